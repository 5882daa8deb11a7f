//! The control API: one table of calls, from which both the routing and the OpenAPI document are made,
//! so that neither can drift from the other.

mod ca;
mod clock;
mod env;
mod faults;
mod journal;
pub mod openapi;
mod snapshots;
mod stacks;
mod status;

pub use clock::clock_change;

use std::borrow::Cow;
use std::sync::Arc;

use efsm_core::{BoxFuture, Request, Response};
use http::StatusCode;
use serde_json::Value;

use crate::{Host, Stack};

/// What a handler gets.
pub(crate) struct Call {
    pub(crate) host: Arc<Host>,
    pub(crate) stack: Arc<Stack>,
    pub(crate) request: Request,
    /// The path's variable segment, decoded; empty where the path has none.
    pub(crate) id: String,
}

type Handler = fn(Call) -> BoxFuture<'static, Response>;

/// One call of the API.
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    /// Below `/_efsm`; `{id}` stands for one segment.
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    /// Query parameters: name and meaning.
    pub(crate) query: &'static [(&'static str, &'static str)],
    /// An example of the body, as JSON text, where there is one.
    pub(crate) body: Option<&'static str>,
    pub(crate) status: u16,
    pub(crate) answer: &'static str,
    pub(crate) handler: Handler,
}

/// Every call, in the order in which people read about them.
pub(crate) fn operations() -> impl Iterator<Item = &'static Operation> {
    [
        status::OPERATIONS,
        snapshots::OPERATIONS,
        stacks::OPERATIONS,
        clock::OPERATIONS,
        journal::OPERATIONS,
        faults::OPERATIONS,
        env::OPERATIONS,
        ca::OPERATIONS,
        openapi::OPERATIONS,
    ]
    .into_iter()
    .flatten()
}

pub(crate) async fn answer(host: Arc<Host>, stack: Arc<Stack>, request: Request) -> Response {
    let path = request.path().trim_matches('/').to_owned();
    let mut allowed = Vec::new();
    for operation in operations() {
        let Some(id) = variable(operation.path, &path) else {
            continue;
        };
        if operation.method != request.method().as_str() {
            allowed.push(operation.method);
            continue;
        }
        let id = match efsm_wire::decode(id) {
            Ok(id) => id.into_owned(),
            Err(bad) => return bad.into(),
        };
        let call = Call {
            host,
            stack,
            request,
            id,
        };
        return (operation.handler)(call).await;
    }
    if allowed.is_empty() {
        return efsm_wire::error_with_hint(
            StatusCode::NOT_FOUND,
            format!("no control call at /_efsm/{path}"),
            "GET /_efsm/openapi.json lists the calls",
        );
    }
    let allowed = allowed.join(", ");
    let mut refusal = efsm_wire::error_with_hint(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{} is not a call at /_efsm/{path}", request.method()),
        format!("use {allowed}"),
    );
    if let Ok(allowed) = allowed.parse() {
        refusal.headers_mut().insert(http::header::ALLOW, allowed);
    }
    refusal
}

/// The variable segment of `path` under `pattern`, empty when the pattern has none; `None` when
/// they differ.
fn variable<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    let mut found = "";
    let mut segments = path.split('/');
    for expected in pattern.trim_start_matches('/').split('/') {
        let segment = segments.next()?;
        if expected == "{id}" {
            if segment.is_empty() {
                return None;
            }
            found = segment;
        } else if expected != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(found)
}

impl Call {
    /// The body as JSON; an empty body is an empty object, since most calls have only options.
    async fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Response> {
        let limit = self.stack.context().limits().body_bytes;
        let body = std::mem::take(&mut self.request.body);
        let bytes = body
            .collect(limit)
            .await
            .map_err(|e| Response::from(efsm_wire::BadInput::from(e)))?;
        let bytes = if bytes.is_empty() { "{}".into() } else { bytes };
        efsm_wire::input::parse_json(&bytes).map_err(|bad| {
            efsm_wire::error_with_hint(
                bad.status,
                bad.message,
                "GET /_efsm/openapi.json shows the body that this call takes",
            )
        })
    }

    fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        efsm_wire::query_value(self.request.query(), name)
    }
}

fn ok(value: &Value) -> Response {
    efsm_wire::json(StatusCode::OK, value)
}

fn no_snapshot(id: &str) -> Response {
    efsm_wire::error_with_hint(
        StatusCode::NOT_FOUND,
        format!("no snapshot `{id}` in this stack"),
        "GET /_efsm/snapshots lists those that are kept",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_matches_whole_segments() {
        assert_eq!(
            variable("/snapshots/{id}/restore", "snapshots/a%2Fb/restore"),
            Some("a%2Fb")
        );
        assert_eq!(variable("/snapshots/{id}", "snapshots/a/restore"), None);
        assert_eq!(variable("/snapshots/{id}", "snapshots/"), None);
        assert_eq!(variable("/status", "status"), Some(""));
    }

    #[test]
    fn no_two_operations_answer_the_same_call() {
        let mut calls: Vec<_> = operations().map(|o| (o.method, o.path)).collect();
        let all = calls.len();
        calls.sort_unstable();
        calls.dedup();
        assert_eq!(calls.len(), all);
    }
}
