//! The protocols by which clients reach a stack's databases.
//!
//! | module | holds |
//! | --- | --- |
//! | [`hrana`] | libSQL's Hrana, over HTTP and WebSocket |
//! | [`rest`] | the plain REST contract under `/db`, and the service's calls of the control API |
//! | [`values`] | how values travel as JSON without loss |

pub mod hrana;
pub mod rest;
pub mod values;

use efsm_core::{Face, Request, Response, ResponseFuture};
use http::StatusCode;

pub(crate) use self::rest::is_reserved;
use crate::DatabaseService;

/// Answers a request that came by any face. Each call has a future of its own size, and the frequent ones keep no more
/// of their request in it than they read.
pub(crate) fn answer(service: &DatabaseService, request: Request) -> ResponseFuture<'_> {
    match request.route.face {
        Face::Hrana => hrana::answer(service, request),
        Face::Rest if hrana::is_meant(&request) => hrana::answer(service, request),
        Face::Rest => rest::answer(service, request),
        Face::Control => ResponseFuture::new(control(service, request)),
        _ => ResponseFuture::Ready(efsm_wire::error_with_hint(
            StatusCode::NOT_IMPLEMENTED,
            "this protocol is not served by the database",
            "use the REST calls under /db",
        )),
    }
}

/// Answers the service's calls of the control API.
pub(crate) async fn control(service: &DatabaseService, request: Request) -> Response {
    rest::control(service, request).await
}
