//! Sessions that a client holds across calls, for transactions and temporary tables.

use efsm_core::{Request, Response, SignedDuration};
use efsm_wire::{error_with_hint, json, method_not_allowed};
use http::{Method, StatusCode};
use serde_json::{Value as Json, json};

use super::optional_body;
use super::refusal::no_session;
use crate::DatabaseService;
use crate::engine::Database;
use crate::journal::Face;
use crate::service::{IDLE, Lone, OpenSession, SessionInfo};

pub(super) async fn all(
    service: &DatabaseService,
    database: &Database,
    request: Request,
) -> Response {
    match *request.method() {
        Method::POST => open(service, database, request).await,
        Method::GET | Method::HEAD => list(service),
        _ => method_not_allowed(request.method(), "GET, HEAD, POST"),
    }
}

async fn open(service: &DatabaseService, database: &Database, request: Request) -> Response {
    let body = match optional_body(service, request).await {
        Ok(body) => body,
        Err(bad) => return bad.into(),
    };
    let idle = match body.get("idle_seconds") {
        None | Some(Json::Null) => IDLE,
        Some(seconds) => match seconds.as_u64() {
            Some(seconds @ 1..=86_400) => SignedDuration::from_secs(seconds as i64),
            _ => {
                return efsm_wire::error(
                    StatusCode::BAD_REQUEST,
                    "idle_seconds must be a whole number from 1 to 86400",
                );
            }
        },
    };
    let inner = service.inner();
    let session = Lone::new(database.session());
    let session = OpenSession::new(inner.clone(), session, Face::Rest);
    match inner.held.add(session, idle, &inner.context) {
        Ok(info) => json(StatusCode::CREATED, &shown(&info)),
        Err(too_many) => error_with_hint(
            StatusCode::SERVICE_UNAVAILABLE,
            format!(
                "{} sessions are open, which is the most there can be",
                too_many.0
            ),
            "close some with DELETE /db/sessions/{id}, or let them idle out",
        ),
    }
}

pub(super) fn list(service: &DatabaseService) -> Response {
    let inner = service.inner();
    inner.sweep(inner.context.now());
    let sessions: Vec<Json> = inner.held.list().iter().map(shown).collect();
    json(StatusCode::OK, &json!({ "sessions": sessions }))
}

pub(super) fn one(service: &DatabaseService, id: &str, method: &Method) -> Response {
    let inner = service.inner();
    inner.sweep(inner.context.now());
    match *method {
        Method::DELETE => json(StatusCode::OK, &json!({ "closed": inner.held.remove(id) })),
        Method::GET | Method::HEAD => match inner.held.info(id) {
            Some(info) => json(StatusCode::OK, &shown(&info)),
            None => no_session(id),
        },
        _ => method_not_allowed(method, "GET, HEAD, DELETE"),
    }
}

fn shown(info: &SessionInfo) -> Json {
    json!({
        "session": info.id,
        "database": info.database,
        "expires": info.expires.to_string(),
    })
}
