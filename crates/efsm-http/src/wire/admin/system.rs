//! `/__admin/version` and `/__admin/health`.

use efsm_core::{Body, Response};
use http::header::{ACCEPT, CONTENT_TYPE, HOST, LOCATION};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::Call;
use crate::service::HttpService;
use crate::wire::json;

/// The version of WireMock whose language is spoken: clients look at it to know what they may send.
pub(crate) const SPOKEN_VERSION: &str = "3.13.2";

impl HttpService {
    /// `/__admin` leads to `/__admin/`.
    pub(super) fn to_root(call: &Call) -> Response {
        let mut response = efsm_wire::empty(StatusCode::FOUND);
        let host = call
            .head
            .headers
            .get(HOST)
            .and_then(|host| host.to_str().ok());
        let location = match host {
            Some(host) => format!("http://{host}/__admin/"),
            None => "/__admin/".to_owned(),
        };
        if let Ok(location) = HeaderValue::from_str(&location) {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }

    /// Ends the stack, when whoever made it has said how.
    pub(super) fn shut_down(&self) -> Response {
        match self.shutdown_hook() {
            Some(hook) => {
                hook();
                efsm_wire::empty(StatusCode::OK)
            }
            None => super::errors::not_supported("shutdowns by the admin API"),
        }
    }

    pub(super) fn version(call: &Call) -> Response {
        let wants_text = call
            .head
            .headers
            .get(ACCEPT)
            .is_some_and(|accept| accept.as_bytes().starts_with(b"text/plain"));
        if wants_text {
            let mut response = Response::new(Body::from(SPOKEN_VERSION));
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            return response;
        }
        json::ok(&json!({"version": SPOKEN_VERSION}))
    }

    pub(super) fn health(&self) -> Response {
        json::answer(
            StatusCode::OK,
            &json!({
                "status": "healthy",
                "message": "Wiremock is ok",
                "version": SPOKEN_VERSION,
                "uptimeInSeconds": self.uptime().as_secs(),
                "timestamp": self.context().now().to_string(),
            }),
        )
    }
}
