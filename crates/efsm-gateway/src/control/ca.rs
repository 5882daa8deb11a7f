//! `ca.pem`: the certificate that makes clients trust the stack's TLS.

use efsm_core::{BoxFuture, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use super::{Call, Operation};

pub(super) const PEM: &str = "application/x-pem-file";

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    method: "GET",
    path: "/ca.pem",
    summary: "The certificate of the stack's own authority, for the trust stores of clients that use the port by https or as an HTTPS proxy",
    query: &[],
    body: None,
    status: 200,
    answer: "-----BEGIN CERTIFICATE-----\nMIIB...\n-----END CERTIFICATE-----\n",
    handler: certificate,
}];

fn certificate(call: Call) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        match call.stack.ca_pem() {
            Ok(pem) => {
                let mut response = efsm_wire::text(StatusCode::OK, pem);
                response
                    .headers_mut()
                    .insert(CONTENT_TYPE, HeaderValue::from_static(PEM));
                response
            }
            Err(e) => efsm_wire::error_with_hint(
                StatusCode::INTERNAL_SERVER_ERROR,
                e.to_string(),
                "use http:// instead",
            ),
        }
    })
}
