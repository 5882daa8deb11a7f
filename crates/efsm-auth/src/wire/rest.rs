//! Which path and method is which call.

use efsm_core::{Request, Response};
use efsm_wire::{error_with_hint, method_not_allowed, segments};
use http::{Method, StatusCode};

use super::{introspect, issued, token, userinfo, users};
use crate::AuthService;

pub(crate) async fn answer(service: &AuthService, request: Request) -> Response {
    let path = request.path().to_owned();
    let segments = match segments(&path) {
        Ok(segments) => segments,
        Err(bad) => return bad.into(),
    };
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    let method = request.method().clone();
    let is_read = method == Method::GET || method == Method::HEAD;
    match segments.as_slice() {
        ["oauth", "token"] => match method {
            Method::POST => token::answer(service, request).await,
            _ => method_not_allowed(&method, "POST"),
        },
        ["oauth", "userinfo"] if is_read => userinfo::answer(service, &request),
        ["oauth", "introspect"] => match method {
            Method::POST => introspect::answer(service, request).await,
            _ => method_not_allowed(&method, "POST"),
        },
        ["users"] => match method {
            Method::POST => users::add(service, request).await,
            _ if is_read => users::list(service),
            _ => method_not_allowed(&method, "GET, HEAD, POST"),
        },
        ["users", name] => match method {
            Method::DELETE => users::remove(service, name),
            _ if is_read => users::show(service, name),
            _ => method_not_allowed(&method, "GET, HEAD, DELETE"),
        },
        ["issued"] if is_read => issued::answer(service, &request),
        ["oauth", "userinfo"] | ["issued"] => method_not_allowed(&method, "GET, HEAD"),
        _ => error_with_hint(
            StatusCode::NOT_FOUND,
            format!("auth has no call at {path}"),
            "auth has /oauth/token, /oauth/userinfo, /oauth/introspect, /users, /users/{name} and /issued",
        ),
    }
}
