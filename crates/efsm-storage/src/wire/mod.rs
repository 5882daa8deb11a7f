//! The protocols of the service.

mod aws;
mod fault;
mod rest;

use efsm_core::{Face, Request, Response};

use crate::operations::Operations;

pub(crate) async fn answer(operations: &Operations, request: Request) -> Response {
    match request.route.face {
        Face::Aws(_) => aws::not_implemented(operations, &request),
        _ => rest::answer(operations, request).await,
    }
}
