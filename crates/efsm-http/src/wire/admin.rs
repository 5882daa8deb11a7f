//! WireMock's admin API, under `/__admin`.

mod errors;
mod mappings;
mod system;

use std::borrow::Cow;

use bytes::Bytes;
use efsm_core::{Request, Response};
use efsm_wire::BadInput;
use http::{Method, StatusCode};

use crate::service::HttpService;

/// A call of the admin API: its path below `/__admin` in segments, its query and its body.
pub(crate) struct Call {
    pub head: http::request::Parts,
    pub segments: Vec<String>,
    pub query: Vec<(String, String)>,
    pub body: Bytes,
}

impl Call {
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl HttpService {
    pub(crate) async fn admin(&self, request: Request) -> Response {
        let path = request.path().to_owned();
        let path = path.strip_prefix("/__admin").unwrap_or(&path);
        let segments = match efsm_wire::segments(path) {
            Ok(segments) => segments.into_iter().map(Cow::into_owned).collect(),
            Err(bad) => return bad.into(),
        };
        let query = efsm_wire::query_pairs(request.query());
        let body = match request
            .body
            .collect(self.context().limits().body_bytes)
            .await
        {
            Ok(body) => body,
            Err(error) => return BadInput::from(error).into(),
        };
        let call = Call {
            head: request.head,
            segments,
            query,
            body,
        };
        self.dispatch(&call)
    }

    fn dispatch(&self, call: &Call) -> Response {
        let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
        let (get, post, put, delete) = (Method::GET, Method::POST, Method::PUT, Method::DELETE);
        let method = &call.head.method;
        match segments.as_slice() {
            ["" | "mappings"] if *method == get => self.list_mappings(call),
            ["mappings"] if *method == post => self.create_mapping(call),
            ["mappings"] if *method == delete => self.delete_mappings(),
            ["mappings", "import"] if *method == post => self.import_mappings(call),
            ["mappings", id] if *method == get => self.read_mapping(id),
            ["mappings", id] if *method == put => self.replace_mapping(id, call),
            ["mappings", id] if *method == delete => self.delete_mapping(id),
            ["version"] if *method == get => Self::version(call),
            ["health"] if *method == get => self.health(),
            _ => efsm_wire::empty(StatusCode::NOT_FOUND),
        }
    }
}
