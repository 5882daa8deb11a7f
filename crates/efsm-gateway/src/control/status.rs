//! `GET status`, `POST reset`, `POST shutdown`.

use efsm_core::{BoxFuture, ResetDepth, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, Operation, ok};
use crate::Stack;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "GET",
        path: "/status",
        summary: "What the stack is and holds",
        query: &[],
        body: None,
        status: 200,
        answer: r#"{"id":"stack-1","url":"http://127.0.0.1:8888","version":"0.1.0","uptime_ms":12,"clock":{"now":"2026-01-01T00:00:00Z","frozen":false},"services":{"http":{"status":"up","url":"http://127.0.0.1:8888/http/"}},"stacks":1,"memory_bytes":0}"#,
        handler: |call| Box::pin(async move { ok(&status(&call)) }),
    },
    Operation {
        method: "POST",
        path: "/reset",
        summary: "Empties services: what tests made (data), or what prepared the stack too (all)",
        query: &[],
        body: Some(r#"{"services":["queue"],"depth":"data"}"#),
        status: 200,
        answer: r#"{"reset":["queue"],"depth":"data"}"#,
        handler: reset,
    },
    Operation {
        method: "POST",
        path: "/shutdown",
        summary: "Ends the process's stacks after the requests under way",
        query: &[],
        body: None,
        status: 202,
        answer: r#"{"status":"stopping"}"#,
        handler: |call| {
            Box::pin(async move {
                call.host.begin_end();
                efsm_wire::json(StatusCode::ACCEPTED, &json!({ "status": "stopping" }))
            })
        },
    },
];

fn status(call: &Call) -> Value {
    let stack = &call.stack;
    let url = stack.url();
    let clock = stack.context().clock();
    let services: Map<String, Value> = stack
        .services()
        .iter()
        .map(|service| {
            let status = service.status();
            let mut entry = Map::new();
            entry.insert("status".into(), "up".into());
            entry.insert("url".into(), format!("{url}{}/", service.prefix()).into());
            entry.extend(status.counts);
            entry.insert("memory_bytes".into(), status.memory_bytes.into());
            (service.name().to_owned(), entry.into())
        })
        .collect();
    json!({
        "id": stack.id(),
        "name": stack.name(),
        "url": url,
        "version": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "uptime_ms": uptime_ms(stack),
        "clock": { "now": clock.now(), "frozen": clock.is_frozen() },
        "services": services,
        "stacks": call.host.stacks().len(),
        "memory_bytes": stack.context().memory().used_bytes(),
    })
}

pub(super) fn uptime_ms(stack: &Stack) -> u64 {
    u64::try_from(stack.started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    services: Option<Vec<String>>,
    #[serde(default)]
    depth: Depth,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Depth {
    #[default]
    Data,
    All,
}

fn reset(mut call: Call) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        let reset: Reset = match call.json().await {
            Ok(reset) => reset,
            Err(refusal) => return refusal,
        };
        let (depth, word) = match reset.depth {
            Depth::Data => (ResetDepth::Data, "data"),
            Depth::All => (ResetDepth::All, "all"),
        };
        let all = || call.stack.services().iter().map(|s| s.name());
        match call.stack.reset(reset.services.as_deref(), depth) {
            Ok(()) => {
                let names = reset
                    .services
                    .unwrap_or_else(|| all().map(str::to_owned).collect());
                ok(&json!({ "reset": names, "depth": word }))
            }
            Err(unknown) => efsm_wire::error_with_hint(
                StatusCode::BAD_REQUEST,
                format!(
                    "no service `{}` in this stack; nothing was reset",
                    unknown.join("`, `")
                ),
                format!("the services are {}", all().collect::<Vec<_>>().join(", ")),
            ),
        }
    })
}
