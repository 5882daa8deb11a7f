//! The compose file.

use serde_json::{Map, Value, json};

use super::{MOUNT, PORT, Plan, USER, shell};

/// The service, by which others reach it.
const SERVICE: &str = "efsm";

pub(super) fn file(plan: &Plan) -> Value {
    let url = format!("http://{SERVICE}:{PORT}");
    let mut health: Vec<String> = vec!["CMD".to_owned()];
    health.extend(plan.health_command());
    let mut stack = json!({
        "image": plan.image,
        "command": plan.served_at(&url),
        // For this machine alone: the network of the project needs no published port.
        "ports": [format!("127.0.0.1:{PORT}:{PORT}")],
        "user": format!("{USER}:{USER}"),
        "read_only": true,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "tmpfs": ["/tmp:size=64m,mode=1777"],
        "mem_limit": plan.memory_bytes().to_string(),
        "pids_limit": 256,
        "stop_grace_period": "15s",
        "healthcheck": {
            "test": health,
            "interval": "1s",
            "timeout": "5s",
            "retries": 30,
        },
    });
    if let Some(files) = &plan.files {
        stack["volumes"] = json!([{
            "type": "bind",
            "source": files.folder,
            "target": MOUNT,
            "read_only": true,
        }]);
    }
    let environment: Map<String, Value> = plan
        .variables(&url)
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect();
    let mut tests = json!({
        "image": plan.test_image,
        "profiles": ["tests"],
        "environment": environment,
        "depends_on": { SERVICE: { "condition": "service_healthy" } },
    });
    if let Some(command) = &plan.test_command {
        // A `$` is compose's own unless it stands twice.
        tests["command"] = shell(&command.replace('$', "$$"));
    }
    json!({
        "name": plan.name,
        "services": { SERVICE: stack, "tests": tests },
    })
}
