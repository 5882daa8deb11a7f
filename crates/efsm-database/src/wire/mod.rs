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

use efsm_core::{Face, Request, Response};
use http::StatusCode;

pub(crate) use self::rest::is_reserved;
use crate::DatabaseService;

/// Answers a request that came by any face.
pub(crate) async fn answer(service: &DatabaseService, request: Request) -> Response {
    match request.route.face {
        Face::Hrana => hrana::answer(service, request).await,
        Face::Rest if hrana::is_meant(&request) => Box::pin(hrana::answer(service, request)).await,
        Face::Rest => rest::answer(service, request).await,
        Face::Control => Box::pin(control(service, request)).await,
        _ => efsm_wire::error_with_hint(
            StatusCode::NOT_IMPLEMENTED,
            "this protocol is not served by the database",
            "use the REST calls under /db",
        ),
    }
}

/// Answers the service's calls of the control API.
pub(crate) async fn control(service: &DatabaseService, request: Request) -> Response {
    rest::control(service, request).await
}
