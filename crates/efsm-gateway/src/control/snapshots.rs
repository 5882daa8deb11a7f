//! `snapshots`: take, list, restore, forget.

use efsm_core::{BoxFuture, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{Call, Operation, no_snapshot, ok};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "POST",
        path: "/snapshots",
        summary: "Keeps the stack's whole state as it is now, under an id and optionally a name",
        query: &[],
        body: Some(r#"{"name":"seeded"}"#),
        status: 201,
        answer: r#"{"id":"snap-1","name":"seeded","created":"2026-01-01T00:00:00Z"}"#,
        handler: take,
    },
    Operation {
        method: "GET",
        path: "/snapshots",
        summary: "Lists the kept snapshots, oldest first",
        query: &[],
        body: None,
        status: 200,
        answer: r#"{"snapshots":[{"id":"snap-1","name":"seeded","created":"2026-01-01T00:00:00Z"}]}"#,
        handler: |call| {
            Box::pin(async move { ok(&json!({ "snapshots": call.stack.kept_snapshots() })) })
        },
    },
    Operation {
        method: "DELETE",
        path: "/snapshots/{id}",
        summary: "Forgets a kept snapshot, by id or name",
        query: &[],
        body: None,
        status: 200,
        answer: r#"{"deleted":"snap-1"}"#,
        handler: |call| {
            Box::pin(async move {
                match call.stack.forget_snapshot(&call.id) {
                    Some(info) => ok(&json!({ "deleted": info.id })),
                    None => no_snapshot(&call.id),
                }
            })
        },
    },
    Operation {
        method: "POST",
        path: "/snapshots/{id}/restore",
        summary: "Puts the stack where the snapshot found it: data, clock, journal, faults, counters",
        query: &[],
        body: None,
        status: 200,
        answer: r#"{"restored":"seeded"}"#,
        handler: |call| {
            Box::pin(async move {
                let Some(snapshot) = call.stack.kept_snapshot(&call.id) else {
                    return no_snapshot(&call.id);
                };
                match call.stack.restore(&snapshot) {
                    Ok(()) => ok(&json!({ "restored": call.id })),
                    Err(e) => efsm_wire::error_with_hint(
                        StatusCode::CONFLICT,
                        e.to_string(),
                        "the stack is as it was before the call",
                    ),
                }
            })
        },
    },
];

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Take {
    name: Option<String>,
}

fn take(mut call: Call) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        match call.json().await {
            Ok(Take { name: Some(name) }) if name.trim().is_empty() => efsm_wire::error_with_hint(
                StatusCode::BAD_REQUEST,
                "a snapshot's name cannot be empty",
                "leave `name` out to get an id alone",
            ),
            Ok(Take { name }) => {
                efsm_wire::json(StatusCode::CREATED, &call.stack.keep_snapshot(name))
            }
            Err(refusal) => refusal,
        }
    })
}
