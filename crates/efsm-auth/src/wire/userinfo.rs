//! `GET /oauth/userinfo`: what a bearer token (RFC 6750) says, and what is registered of its subject.

use efsm_core::{Request, Response};
use efsm_wire::json;
use http::StatusCode;
use http::header::AUTHORIZATION;
use serde_json::json as value;

use super::oauth_error::{invalid_token, no_store};
use crate::AuthService;

const CALL: &str = "userinfo";

pub(super) fn answer(service: &AuthService, request: &Request) -> Response {
    let token = match bearer(request) {
        Ok(token) => token,
        Err(problem) => {
            service.refuse(CALL, problem);
            return invalid_token(problem);
        }
    };
    match service.identify(token, CALL) {
        Err(error) => invalid_token(&error.to_string()),
        Ok((claims, user)) => {
            let user = user.map(|user| user.claims.clone()).unwrap_or_default();
            no_store(json(
                StatusCode::OK,
                &value!({"sub": claims.subject().unwrap_or(""), "claims": claims, "user": user}),
            ))
        }
    }
}

fn bearer(request: &Request) -> Result<&str, &'static str> {
    let mut headers = request.head.headers.get_all(AUTHORIZATION).iter();
    let header = headers
        .next()
        .ok_or("no token was sent: add the header 'Authorization: Bearer TOKEN'")?;
    if headers.next().is_some() {
        return Err("more than one Authorization header was sent");
    }
    header
        .to_str()
        .ok()
        .and_then(|header| of_scheme(header, "bearer"))
        .filter(|token| !token.is_empty())
        .ok_or("the Authorization header is not 'Bearer TOKEN'")
}

/// What follows an authentication scheme, whose name is case-insensitive (RFC 9110 section 11.1).
pub(super) fn of_scheme<'h>(header: &'h str, scheme: &str) -> Option<&'h str> {
    let (found, rest) = header.trim().split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}
