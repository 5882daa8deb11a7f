//! `fork` and `stacks`.

use efsm_core::{BoxFuture, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, Operation, no_snapshot, ok, status};
use crate::{BindError, ForkError, ForkOptions, Preference, Stack, StartError};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "POST",
        path: "/fork",
        summary: "Opens another stack, on a port of its own, with everything that this one (or a snapshot of it) holds",
        query: &[],
        body: Some(r#"{"snapshot":"seeded","port":0,"name":"test-7"}"#),
        status: 201,
        answer: r#"{"id":"stack-2","name":"test-7","url":"http://127.0.0.1:40001","port":40001,"env":{"EFSM_URL":"http://127.0.0.1:40001"}}"#,
        handler: fork,
    },
    Operation {
        method: "GET",
        path: "/stacks",
        summary: "Lists the stacks of this process, oldest first, each with the stack it was forked from",
        query: &[],
        body: None,
        status: 200,
        answer: r#"{"stacks":[{"id":"stack-1","name":null,"parent":null,"url":"http://127.0.0.1:8888","port":8888,"uptime_ms":12}]}"#,
        handler: |call| {
            Box::pin(async move {
                let stacks: Vec<Value> = call.host.stacks().iter().map(|s| describe(s)).collect();
                ok(&json!({ "stacks": stacks }))
            })
        },
    },
    Operation {
        method: "DELETE",
        path: "/stacks/{id}",
        summary: "Closes a forked stack's port and drops it, by id or name",
        query: &[],
        body: None,
        status: 200,
        answer: r#"{"deleted":"stack-2"}"#,
        handler: |call| {
            Box::pin(async move {
                let Some(stack) = call.host.stack(&call.id) else {
                    return efsm_wire::error_with_hint(
                        StatusCode::NOT_FOUND,
                        format!("no stack `{}` in this process", call.id),
                        "GET /_efsm/stacks lists them",
                    );
                };
                if stack.parent.is_none() {
                    return efsm_wire::error_with_hint(
                        StatusCode::CONFLICT,
                        format!(
                            "`{}` is the stack that the process was started with",
                            call.id
                        ),
                        "POST /_efsm/shutdown ends the process with all its stacks",
                    );
                }
                call.host.begin_stop(&stack);
                let deleted = json!({ "deleted": stack.id() });
                // This answer may be among those that the end waits for.
                let host = call.host.clone();
                let end = async move { host.stop(&stack).await };
                call.host.runtime().spawn(end);
                ok(&deleted)
            })
        },
    },
];

fn describe(stack: &Stack) -> Value {
    json!({
        "id": stack.id(),
        "name": stack.name(),
        "parent": stack.parent,
        "url": stack.url(),
        "port": stack.address().port(),
        "uptime_ms": status::uptime_ms(stack),
    })
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fork {
    snapshot: Option<String>,
    /// 0 asks for any free port.
    port: Option<u16>,
    name: Option<String>,
}

fn fork(mut call: Call) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        let fork: Fork = match call.json().await {
            Ok(fork) => fork,
            Err(refusal) => return refusal,
        };
        let snapshot = match &fork.snapshot {
            None => None,
            Some(id) => match call.stack.kept_snapshot(id) {
                Some(snapshot) => Some(snapshot),
                None => return no_snapshot(id),
            },
        };
        if let Some(name) = &fork.name
            && call.host.stack(name).is_some()
        {
            return efsm_wire::error_with_hint(
                StatusCode::CONFLICT,
                format!("a stack `{name}` is running in this process"),
                "choose another name, or delete that stack first",
            );
        }
        let options = ForkOptions {
            snapshot,
            // A port that was asked for by number is wanted as it is: the caller knows it already.
            port: match fork.port {
                None | Some(0) => Preference::Any,
                Some(port) => Preference::Strictly(port),
            },
            name: fork.name,
        };
        match call.host.fork(&call.stack, options) {
            Ok(stack) => {
                let env: Map<String, Value> = stack
                    .env()
                    .into_iter()
                    .map(|(name, value)| (name, value.into()))
                    .collect();
                let mut answer = describe(&stack);
                answer["env"] = env.into();
                efsm_wire::json(StatusCode::CREATED, &answer)
            }
            Err(e) => {
                let is_taken = matches!(
                    e,
                    ForkError::Start(StartError::Bind(BindError::Taken { .. }))
                );
                efsm_wire::error_with_hint(
                    if is_taken {
                        StatusCode::CONFLICT
                    } else {
                        StatusCode::SERVICE_UNAVAILABLE
                    },
                    e.to_string(),
                    "leave `port` out to get a free one",
                )
            }
        }
    })
}
