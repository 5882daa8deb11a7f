//! Errors in the shape of RFC 6749 section 5.2 and RFC 6750 section 3.

use efsm_core::Response;
use efsm_wire::{BadInput, json};
use http::header::{CACHE_CONTROL, PRAGMA, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json as value;

use crate::GrantError;

/// `{"error": code, "error_description": ..}`, never cached.
pub(super) fn refusal(status: StatusCode, code: &str, description: &str) -> Response {
    no_store(json(
        status,
        &value!({"error": code, "error_description": plain(description)}),
    ))
}

pub(super) fn invalid_request(description: &str) -> Response {
    refusal(StatusCode::BAD_REQUEST, "invalid_request", description)
}

/// A body that could not be read or parsed keeps its status.
pub(super) fn bad_input(bad: &BadInput) -> Response {
    refusal(bad.status, "invalid_request", &bad.message)
}

/// 401 with the challenge of RFC 6750.
pub(super) fn invalid_token(description: &str) -> Response {
    let description = plain(description);
    let challenge =
        format!(r#"Bearer realm="efsm", error="invalid_token", error_description="{description}""#);
    challenged(
        refusal(StatusCode::UNAUTHORIZED, "invalid_token", &description),
        &challenge,
    )
}

pub(super) fn invalid_client(description: &str) -> Response {
    challenged(
        refusal(StatusCode::UNAUTHORIZED, "invalid_client", description),
        r#"Basic realm="efsm", charset="UTF-8""#,
    )
}

/// The token endpoint's errors: the one place that knows their codes.
pub(super) fn of_grant(error: &GrantError) -> Response {
    let bad_request = |code| refusal(StatusCode::BAD_REQUEST, code, &error.to_string());
    match error {
        GrantError::NoGrantType | GrantError::NoUsername | GrantError::Token(_) => {
            bad_request("invalid_request")
        }
        GrantError::UnsupportedGrantType { .. } => bad_request("unsupported_grant_type"),
        GrantError::WrongPassword { .. } => bad_request("invalid_grant"),
        GrantError::BadScope { .. } => bad_request("invalid_scope"),
        GrantError::NoClient | GrantError::WrongClientSecret { .. } => {
            invalid_client(&error.to_string())
        }
    }
}

pub(super) fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

fn challenged(mut response: Response, challenge: &str) -> Response {
    let challenge = HeaderValue::from_str(challenge)
        .unwrap_or_else(|_| HeaderValue::from_static("Bearer error=\"invalid_token\""));
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}

/// A description in the characters that both RFCs allow: printable ASCII without `"` and `\`.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' => '\'',
            '\\' => '/',
            ' '..='~' => c,
            _ => '?',
        })
        .collect()
}
