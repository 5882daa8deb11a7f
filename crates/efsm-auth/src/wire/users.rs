//! `/users`: registering users and looking at them. Passwords are never answered.

use efsm_core::{Request, Response};
use efsm_wire::{error, error_with_hint, json, json_body};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json as value};

use crate::{AuthError, AuthService, User};

/// A user, as a request describes it. Unknown members are refused: a misspelt one would never fire.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUser {
    username: String,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    claims: Map<String, Value>,
}

/// `POST /users`: 201, or 200 when a user of that name was replaced.
pub(super) async fn add(service: &AuthService, request: Request) -> Response {
    let limit = service.context().limits().body_bytes;
    let new: NewUser = match json_body(request.body, limit).await {
        Ok(new) => new,
        Err(bad) => return bad.into(),
    };
    let user = User {
        name: new.username,
        password: new.password,
        claims: new.claims,
    };
    let shown = shown(&user);
    match service.put_user(user) {
        Ok(true) => json(StatusCode::CREATED, &shown),
        Ok(false) => json(StatusCode::OK, &shown),
        Err(refused @ AuthError::OutOfMemory(_)) => {
            error(StatusCode::INSUFFICIENT_STORAGE, refused.to_string())
        }
        Err(refused) => error(StatusCode::BAD_REQUEST, refused.to_string()),
    }
}

pub(super) fn list(service: &AuthService) -> Response {
    let users: Vec<Value> = service.users().iter().map(shown).collect();
    json(StatusCode::OK, &value!({ "users": users }))
}

pub(super) fn show(service: &AuthService, name: &str) -> Response {
    match service.user(name) {
        Some(user) => json(StatusCode::OK, &shown(&user)),
        None => error_with_hint(
            StatusCode::NOT_FOUND,
            format!("no user is registered as {name}"),
            "register it with POST /auth/users; tokens are issued for unregistered names too",
        ),
    }
}

pub(super) fn remove(service: &AuthService, name: &str) -> Response {
    let deleted = service.remove_user(name);
    json(StatusCode::OK, &value!({ "deleted": deleted }))
}

fn shown(user: &User) -> Value {
    value!({"username": user.name, "claims": user.claims})
}
