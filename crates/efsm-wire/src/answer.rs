//! Answers in the plain REST contract's shape.

use efsm_core::{Body, Response};
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::json;

/// A JSON answer.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => with_type(status, "application/json", bytes.into()),
        // Only a map with keys that are not text can fail: our own bug, told rather than panicked.
        Err(e) => error(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("the answer could not be written as JSON: {e}"),
        ),
    }
}

/// `{"error": message}`.
pub fn error(status: StatusCode, message: impl Into<String>) -> Response {
    json(status, &json!({ "error": message.into() }))
}

/// `{"error": message, "hint": hint}`: what happened, and what to try.
pub fn error_with_hint(
    status: StatusCode,
    message: impl Into<String>,
    hint: impl Into<String>,
) -> Response {
    json(
        status,
        &json!({ "error": message.into(), "hint": hint.into() }),
    )
}

/// 405 with the methods that would do, as `GET, PUT`.
pub fn method_not_allowed(method: &http::Method, allowed: &'static str) -> Response {
    let mut response = error_with_hint(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{method} is not allowed here"),
        format!("use {allowed}"),
    );
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

pub fn text(status: StatusCode, text: impl Into<String>) -> Response {
    with_type(status, "text/plain; charset=utf-8", text.into().into())
}

pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    response
}

fn with_type(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
