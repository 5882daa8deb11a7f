//! The answer to a request that no stub matches.

use efsm_core::{Body, Response};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

use crate::engine::request::LoggedRequest;

pub(crate) fn answer(request: &LoggedRequest) -> Response {
    let under_prefix = request.mount > 0;
    if under_prefix || prefers_json(request.headers()) {
        return efsm_wire::json(
            StatusCode::NOT_FOUND,
            &json!({
                "error": "endpoint not registered",
                "path": request.path(),
            }),
        );
    }
    let mut response = Response::new(Body::from(
        "No response could be served as there are no stub mappings in this WireMock instance.",
    ));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain;charset=UTF-8"),
    );
    response
}

/// Whether `Accept` names JSON, and nothing textual above it.
pub(crate) fn prefers_json(headers: &HeaderMap) -> bool {
    let (mut json, mut text) = (0.0_f32, 0.0_f32);
    for range in headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or("").to_ascii_lowercase();
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .and_then(|q| q.parse().ok())
            .unwrap_or(1.0);
        if media == "application/json" || media.ends_with("+json") {
            json = json.max(weight);
        } else if media.starts_with("text/") {
            text = text.max(weight);
        }
    }
    json > 0.0 && json >= text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        prefers_json(&headers)
    }

    #[test]
    fn json_is_preferred_when_it_is_named_and_text_is_not_above_it() {
        assert!(check("application/json"));
        assert!(check("application/json, text/plain, */*"));
        assert!(check("application/problem+json"));
        assert!(!check("*/*"));
        assert!(!check("text/html, application/json;q=0.9"));
        assert!(!check("application/json;q=0"));
    }
}
