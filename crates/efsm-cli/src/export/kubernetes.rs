//! The Kubernetes manifests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Files, MOUNT, PORT, Plan, USER, shell};
use crate::failure::Failure;

/// What the API server takes of a ConfigMap.
const MAX_CONFIG_BYTES: usize = 1_000_000;
const VOLUME: &str = "stack";

pub(super) fn manifests(plan: &Plan) -> Result<Vec<Value>, Failure> {
    let mut manifests = Vec::new();
    if let Some(files) = &plan.files {
        manifests.push(config_map(plan, files)?);
    }
    manifests.extend([
        deployment(plan),
        service(plan),
        network_policy(plan),
        tests_network_policy(plan),
        job(plan),
    ]);
    Ok(manifests)
}

fn labels(plan: &Plan) -> Value {
    json!({ "app.kubernetes.io/name": "efsm", "app.kubernetes.io/instance": plan.name })
}

fn test_labels(plan: &Plan) -> Value {
    json!({ "app.kubernetes.io/name": "efsm-tests", "app.kubernetes.io/instance": plan.name })
}

fn metadata(plan: &Plan, suffix: &str, labels: &Value) -> Value {
    json!({ "name": format!("{}{suffix}", plan.name), "labels": labels })
}

/// Keys know no folders: each file has a number, and the mounts give it its path back.
fn key(index: usize) -> String {
    format!("file-{index}")
}

fn config_map(plan: &Plan, files: &Files) -> Result<Value, Failure> {
    let mut data = Map::new();
    let mut binary = Map::new();
    let mut size = 0;
    for (index, path) in files.relative.iter().enumerate() {
        let path = files.folder.join(path);
        let bytes = std::fs::read(&path).map_err(|source| Failure::File { path, source })?;
        size += bytes.len();
        match String::from_utf8(bytes) {
            Ok(text) => data.insert(key(index), text.into()),
            Err(e) => binary.insert(key(index), STANDARD.encode(e.as_bytes()).into()),
        };
    }
    if size > MAX_CONFIG_BYTES {
        return Err(Failure::Options {
            what: format!(
                "the files of the configuration have {size} bytes; a ConfigMap holds {MAX_CONFIG_BYTES}"
            ),
            hint: format!(
                "put them into an image of your own, FROM {}, below {MOUNT}",
                plan.image
            ),
        });
    }
    let mut map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(plan, "-stack", &labels(plan)),
        "data": data,
    });
    if !binary.is_empty() {
        map["binaryData"] = binary.into();
    }
    Ok(map)
}

fn container_security() -> Value {
    json!({
        "allowPrivilegeEscalation": false,
        "readOnlyRootFilesystem": true,
        "capabilities": { "drop": ["ALL"] },
    })
}

fn pod_security() -> Value {
    json!({
        "runAsNonRoot": true,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": { "type": "RuntimeDefault" },
    })
}

fn memory(plan: &Plan) -> String {
    format!("{}Mi", plan.memory_bytes() >> 20)
}

/// efsm itself; probes are the caller's.
fn efsm(plan: &Plan, arguments: &[String]) -> Value {
    json!({
        "name": "efsm",
        "image": plan.image,
        "args": arguments,
        "ports": [{ "name": "http", "containerPort": PORT }],
        "securityContext": container_security(),
        "resources": {
            "requests": { "cpu": "50m", "memory": "64Mi" },
            "limits": { "memory": memory(plan) },
        },
        "volumeMounts": mounts(plan),
    })
}

/// Each file by itself: a whole ConfigMap would be mounted as links, which a listing of folders does not follow.
fn mounts(plan: &Plan) -> Vec<Value> {
    let mut mounts = vec![json!({ "name": "tmp", "mountPath": "/tmp" })];
    let files = plan.files.iter().flat_map(|files| &files.relative);
    mounts.extend(files.enumerate().map(|(index, path)| {
        json!({
            "name": VOLUME,
            "mountPath": format!("{MOUNT}/{}", path.display()),
            "subPath": key(index),
            "readOnly": true,
        })
    }));
    mounts
}

fn volumes(plan: &Plan) -> Vec<Value> {
    let mut volumes = vec![json!({
        "name": "tmp",
        "emptyDir": { "medium": "Memory", "sizeLimit": "64Mi" },
    })];
    if plan.files.is_some() {
        volumes.push(json!({
            "name": VOLUME,
            "configMap": { "name": format!("{}-stack", plan.name) },
        }));
    }
    volumes
}

fn deployment(plan: &Plan) -> Value {
    let url = format!("http://{}:{PORT}", plan.name);
    let mut container = efsm(plan, &plan.served_at(&url));
    let health = json!({ "path": "/health", "port": "http" });
    container["startupProbe"] =
        json!({ "httpGet": health, "periodSeconds": 1, "failureThreshold": 60 });
    container["readinessProbe"] = json!({ "httpGet": health, "periodSeconds": 2 });
    container["livenessProbe"] =
        json!({ "httpGet": health, "periodSeconds": 10, "failureThreshold": 3 });
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(plan, "", &labels(plan)),
        "spec": {
            // State is in memory: two of them would be two stacks.
            "replicas": 1,
            "strategy": { "type": "Recreate" },
            "selector": { "matchLabels": labels(plan) },
            "template": {
                "metadata": { "labels": labels(plan) },
                "spec": {
                    "automountServiceAccountToken": false,
                    "enableServiceLinks": false,
                    "terminationGracePeriodSeconds": 15,
                    "securityContext": pod_security(),
                    "containers": [container],
                    "volumes": volumes(plan),
                },
            },
        },
    })
}

fn service(plan: &Plan) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(plan, "", &labels(plan)),
        "spec": {
            "selector": labels(plan),
            "ports": [{ "name": "http", "port": PORT, "targetPort": "http" }],
        },
    })
}

/// Pods with the label `efsm-client: "true"` reach the stack; the stack reaches nobody.
fn network_policy(plan: &Plan) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(plan, "", &labels(plan)),
        "spec": {
            "podSelector": { "matchLabels": labels(plan) },
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{
                "from": [{ "podSelector": { "matchLabels": { "efsm-client": "true" } } }],
                "ports": [{ "port": "http", "protocol": "TCP" }],
            }],
            "egress": [],
        },
    })
}

/// The tests reach their sidecar by the pod's loopback, which no policy covers, and nothing else.
fn tests_network_policy(plan: &Plan) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(plan, "-tests", &test_labels(plan)),
        "spec": {
            "podSelector": { "matchLabels": test_labels(plan) },
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [],
            "egress": [],
        },
    })
}

fn job(plan: &Plan) -> Value {
    let mut sidecar = efsm(plan, &plan.arguments("127.0.0.1"));
    // A sidecar: it starts before the tests, and ends after them (Kubernetes 1.29).
    sidecar["restartPolicy"] = "Always".into();
    // Asked from inside: a probe over the network would have to reach the loopback address.
    sidecar["startupProbe"] = json!({
        "exec": { "command": plan.health_command() },
        "periodSeconds": 1,
        "timeoutSeconds": 5,
        "failureThreshold": 60,
    });
    let env: Vec<Value> = plan
        .variables(&format!("http://127.0.0.1:{PORT}"))
        .into_iter()
        .map(|(name, value)| json!({ "name": name, "value": value.replace("$(", "$$(") }))
        .collect();
    let mut tests = json!({
        "name": "tests",
        "image": plan.test_image,
        "env": env,
        "securityContext": container_security(),
        "resources": { "requests": { "cpu": "100m", "memory": "128Mi" } },
        "volumeMounts": [{ "name": "tests-tmp", "mountPath": "/tmp" }],
    });
    if let Some(command) = &plan.test_command {
        tests["command"] = shell(command);
    }
    let mut volumes = volumes(plan);
    volumes.push(json!({ "name": "tests-tmp", "emptyDir": {} }));
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(plan, "-tests", &test_labels(plan)),
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": 1800,
            "template": {
                "metadata": { "labels": test_labels(plan) },
                "spec": {
                    "restartPolicy": "Never",
                    "automountServiceAccountToken": false,
                    "enableServiceLinks": false,
                    "securityContext": pod_security(),
                    "initContainers": [sidecar],
                    "containers": [tests],
                    "volumes": volumes,
                },
            },
        },
    })
}
