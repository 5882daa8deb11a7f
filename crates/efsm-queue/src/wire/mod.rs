//! The protocols: the plain REST contract with its streams, and what AWS clients are told.

mod aws;
mod consume;
mod publish;
mod rest;
mod sse;
mod subscribe;
mod topics;
mod websocket;

use efsm_core::{Face, Request, Response};
use efsm_wire::error;
use http::StatusCode;

use crate::{QueueError, QueueService};

pub(crate) async fn answer(service: &QueueService, request: Request) -> Response {
    match &request.route.face {
        Face::Aws(scope) => {
            let scope = scope.clone();
            aws::answer(service, request, &scope).await
        }
        _ => rest::answer(service, request).await,
    }
}

/// The one place that gives the engine's errors a status.
fn refusal(refused: &QueueError) -> Response {
    let status = match refused {
        QueueError::OutOfMemory(_) => StatusCode::INSUFFICIENT_STORAGE,
        QueueError::UnnamedTopic
        | QueueError::LongTopic { .. }
        | QueueError::NotJson { .. }
        | QueueError::TooDeep { .. } => StatusCode::BAD_REQUEST,
    };
    error(status, refused.to_string())
}
