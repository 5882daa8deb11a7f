//! `faults`: the rules by which a test breaks its stack.

use efsm_core::{BoxFuture, FaultRule, Response};
use http::StatusCode;
use serde_json::json;

use super::{Call, Operation, ok};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "GET",
        path: "/faults",
        summary: "Lists the fault rules, in the order in which they are tried",
        query: &[],
        body: None,
        status: 200,
        answer: r#"{"faults":[{"id":"fault-1","service":"http","match":{"path":"/pay*"},"effect":{"status":503}}]}"#,
        handler: |call| {
            Box::pin(async move { ok(&json!({ "faults": call.stack.context().faults().list() })) })
        },
    },
    Operation {
        method: "PUT",
        path: "/faults",
        summary: "Replaces all rules. `match` takes method, path, query, host, or what a service knows (table, sql, topic, ...), `*` for any text; `effect` takes delay_ms beside one of status/body, reset, drop, truncate",
        query: &[],
        body: Some(
            r#"[{"service":"http","match":{"path":"/pay*"},"effect":{"delay_ms":200,"status":503},"times":2,"probability":0.5}]"#,
        ),
        status: 200,
        answer: r#"{"faults":[{"id":"fault-1","service":"http","match":{"path":"/pay*"},"effect":{"delay_ms":200,"status":503},"times":2,"probability":0.5}]}"#,
        handler: replace,
    },
    Operation {
        method: "DELETE",
        path: "/faults",
        summary: "Removes all rules",
        query: &[],
        body: None,
        status: 200,
        answer: r#"{"faults":[]}"#,
        handler: |call| {
            Box::pin(async move {
                call.stack.context().faults().clear();
                ok(&json!({ "faults": [] }))
            })
        },
    },
];

fn replace(mut call: Call) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        let rules: Vec<FaultRule> = match call.json().await {
            Ok(rules) => rules,
            Err(refusal) => return refusal,
        };
        match call.stack.context().faults().set(rules) {
            Ok(rules) => ok(&json!({ "faults": rules })),
            Err(e) => efsm_wire::error_with_hint(
                StatusCode::BAD_REQUEST,
                e.to_string(),
                "the rules are as they were",
            ),
        }
    })
}
