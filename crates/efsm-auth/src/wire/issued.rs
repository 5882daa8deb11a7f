//! `GET /issued?sub=&limit=`: the newest issued tokens, oldest first.

use efsm_core::{Request, Response};
use efsm_wire::{error_with_hint, json, query_value};
use http::StatusCode;
use serde_json::{Value, json as value};

use super::oauth_error::no_store;
use crate::AuthService;

pub(super) fn answer(service: &AuthService, request: &Request) -> Response {
    let limit = match query_value(request.query(), "limit").map(|text| text.parse::<usize>()) {
        None => usize::MAX,
        Some(Ok(limit)) => limit,
        Some(Err(_)) => {
            return error_with_hint(
                StatusCode::BAD_REQUEST,
                "limit is not a whole number",
                "use ?limit=10 for the ten newest tokens",
            );
        }
    };
    let subject = query_value(request.query(), "sub");
    let mut tokens: Vec<Value> = service
        .issued_tokens()
        .iter()
        .rev()
        .filter(|token| subject.as_ref().is_none_or(|sub| *sub == token.subject))
        .take(limit)
        .map(|token| token.to_json())
        .collect();
    tokens.reverse();
    let count = tokens.len();
    no_store(json(
        StatusCode::OK,
        &value!({"tokens": tokens, "count": count}),
    ))
}
