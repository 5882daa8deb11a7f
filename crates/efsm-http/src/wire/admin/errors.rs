//! Errors in the admin API's words.

use efsm_core::{OutOfMemory, Response};
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::error::DocumentError;
use crate::wire::json;

/// 422 with a pointer to what is wrong.
pub(crate) fn document(error: &DocumentError) -> Response {
    let mut source = Map::new();
    if let Some(pointer) = &error.pointer {
        source.insert("pointer".into(), pointer.clone().into());
    }
    json::answer(
        StatusCode::UNPROCESSABLE_ENTITY,
        &json!({"errors": [{
            "code": 10,
            "source": source,
            "title": "Error parsing JSON",
            "detail": error.detail,
        }]}),
    )
}

/// One error with a title and no more.
pub(crate) fn titled(status: StatusCode, code: u32, title: impl Into<String>) -> Response {
    let error = json!({"code": code, "title": title.into()});
    json::answer(status, &json!({"errors": [error]}))
}

/// 507 for what does not fit under the memory cap.
pub(crate) fn out_of_memory(full: &OutOfMemory) -> Response {
    titled(StatusCode::INSUFFICIENT_STORAGE, 70, full.to_string())
}

/// 400 for an id that is none.
pub(crate) fn not_a_uuid(text: &str) -> Response {
    titled(
        StatusCode::BAD_REQUEST,
        10,
        format!("{text} is not a valid UUID"),
    )
}

/// 400 for a date that is none.
pub(crate) fn not_a_date(text: &str) -> Response {
    let error = json!({
        "code": 10,
        "source": {"pointer": "since"},
        "title": format!("{text} is not a valid ISO8601 date"),
    });
    json::answer(StatusCode::BAD_REQUEST, &json!({"errors": [error]}))
}

/// 400 for a query parameter that must be a number.
pub(crate) fn not_a_number(name: &str, text: &str) -> Response {
    let error = json!({
        "code": 10,
        "source": {"pointer": name},
        "title": format!("{text} is not a whole number"),
    });
    json::answer(StatusCode::BAD_REQUEST, &json!({"errors": [error]}))
}

/// 501 for what WireMock can do and this cannot.
pub(crate) fn not_supported(what: &str) -> Response {
    titled(
        StatusCode::NOT_IMPLEMENTED,
        50,
        format!("{what} are not supported: stubs answer HTTP requests only"),
    )
}

/// 422 for a new stub with the id of another.
pub(crate) fn duplicate_id(id: &uuid::Uuid) -> Response {
    let error: Value = json!({
        "code": 109,
        "title": "Duplicate stub mapping ID",
        "detail": format!(
            "ID of the provided stub mapping '{id}' is already taken by another stub mapping"
        ),
    });
    json::answer(
        StatusCode::UNPROCESSABLE_ENTITY,
        &json!({"errors": [error]}),
    )
}
