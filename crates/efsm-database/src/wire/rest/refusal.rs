//! Errors as answers.

use efsm_core::{Effect, Response, SocketFault};
use efsm_wire::{error_with_hint, json};
use http::StatusCode;
use serde_json::{Map, Value as Json};

use crate::error::Error;
use crate::service::Failure;

/// 400 `{"error": message, "code": "SQLITE_..."}` with, where they are known, `offset` into the SQL in bytes,
/// of a script or a batch `statement`, and of a script `line`.
pub(super) fn of_error(error: &Error) -> Response {
    let mut body = Map::new();
    body.insert("error".to_owned(), error.to_string().into());
    body.insert("code".to_owned(), error.code().name().into());
    if let Some(offset) = error.offset() {
        body.insert("offset".to_owned(), offset.into());
    }
    if let Error::InScript { number, .. } | Error::InBatch { number, .. } = error {
        body.insert("statement".to_owned(), (*number).into());
    }
    if let Error::InScript { line, .. } = error {
        body.insert("line".to_owned(), (*line).into());
    }
    json(StatusCode::BAD_REQUEST, &Json::Object(body))
}

pub(super) fn of_failure(failure: &Failure) -> Response {
    match failure {
        Failure::Database(error) => of_error(error),
        Failure::Fault(fault) => of_effect(fault.effect(), &fault.rule.id),
    }
}

/// What a fault rule says to answer; without a status, the answer of a failed statement.
fn of_effect(effect: &Effect, rule: &str) -> Response {
    let socket = if effect.reset {
        Some(SocketFault::Reset)
    } else if effect.drop || effect.truncate.is_some() {
        Some(SocketFault::Close)
    } else {
        None
    };
    if let Some(fault) = socket {
        let mut response = efsm_wire::empty(StatusCode::SERVICE_UNAVAILABLE);
        response.extensions_mut().insert(fault);
        return response;
    }
    let status = effect
        .status
        .and_then(|status| StatusCode::from_u16(status).ok());
    match (&effect.body, status) {
        (Some(Json::String(message)), None) => efsm_wire::error(StatusCode::BAD_REQUEST, message),
        (Some(body), status) => json(status.unwrap_or(StatusCode::BAD_REQUEST), body),
        (None, status) => efsm_wire::error(
            status.unwrap_or(StatusCode::BAD_REQUEST),
            format!("failed on purpose by the fault rule {rule}"),
        ),
    }
}

pub(super) fn no_session(id: &str) -> Response {
    error_with_hint(
        StatusCode::NOT_FOUND,
        format!("no session {id}"),
        "sessions are closed when they idle for too long on the stack's clock; its transaction was rolled \
         back: open another with POST /db/sessions",
    )
}
