//! WireMock's admin API, under `/__admin`.

mod docs;
mod errors;
mod files;
mod mappings;
mod near_misses;
mod recordings;
mod requests;
mod scenarios;
mod settings;
mod specs;
mod system;

use std::borrow::Cow;

use bytes::Bytes;
use efsm_core::{Request, Response};
use efsm_wire::BadInput;
use http::{Method, StatusCode};

use crate::engine::request::unpacked;
use crate::service::HttpService;

/// A call of the admin API: its path below `/__admin` in segments, its query and its body.
pub(crate) struct Call {
    pub head: http::request::Parts,
    pub segments: Vec<String>,
    pub query: Vec<(String, String)>,
    pub body: Bytes,
}

impl Call {
    fn method(&self) -> &str {
        self.head.method.as_str()
    }

    /// A query parameter that is a number.
    pub(crate) fn number(&self, name: &'static str) -> Result<Option<usize>, Response> {
        match self.query(name).map(|text| (text, text.parse())) {
            None => Ok(None),
            Some((_, Ok(number))) => Ok(Some(number)),
            Some((text, Err(_))) => Err(errors::not_a_number(name, text)),
        }
    }

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
        // `/__admin` and `/__admin/` are told apart: one leads to the other.
        let segments = if path == "/" {
            Ok(vec![Cow::Borrowed("")])
        } else {
            efsm_wire::segments(path)
        };
        let segments = match segments {
            Ok(segments) => segments.into_iter().map(Cow::into_owned).collect(),
            Err(bad) => return bad.into(),
        };
        let query = efsm_wire::query_pairs(request.query());
        let limit = self.context().limits().body_bytes;
        let body = match request.body.collect(limit).await {
            Ok(body) => unpacked(&request.head.headers, body, limit),
            Err(error) => return BadInput::from(error).into(),
        };
        let call = Call {
            head: request.head,
            segments,
            query,
            body,
        };
        self.dispatch(&call).await
    }

    async fn dispatch(&self, call: &Call) -> Response {
        let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            [] => Self::to_root(call),
            [""] if call.head.method == Method::GET => self.list_mappings(call),
            ["mappings", rest @ ..] => self.mappings(rest, call).await,
            ["requests", rest @ ..] => self.requests(rest, call),
            ["recordings", rest @ ..] => self.recordings(rest, call).await,
            ["files", rest @ ..] => self.files(rest, call),
            ["specs", rest @ ..] => self.specs_of(rest, call),
            rest => self.others(rest, call),
        }
    }

    async fn mappings(&self, rest: &[&str], call: &Call) -> Response {
        match (call.method(), rest) {
            (_, [""]) => nowhere(),
            ("POST", [] | ["import"]) | ("PUT", [_]) => self.store_mappings(rest, call).await,
            ("GET", []) => self.list_mappings(call),
            ("DELETE", []) => self.delete_mappings().await,
            ("POST", ["reset"]) => self.reset_mappings(),
            ("POST", ["save"]) => self.save_mappings().await,
            ("POST", ["remove"]) => self.remove_mapping(call).await,
            ("POST", ["find-by-metadata"]) => self.find_mappings_by_metadata(call),
            ("POST", ["remove-by-metadata"]) => self.remove_mappings_by_metadata(call).await,
            ("GET", ["unmatched"]) => self.unmatched_mappings(),
            ("DELETE", ["unmatched"]) => self.delete_unmatched_mappings().await,
            ("GET", [id]) => self.read_mapping(id),
            ("DELETE", [id]) => self.delete_mapping(id).await,
            _ => nowhere(),
        }
    }

    /// The calls that bring stubs: what does not fit under the memory cap is not looked at.
    async fn store_mappings(&self, rest: &[&str], call: &Call) -> Response {
        if let Err(full) = self.take_room(call.body.len() as u64) {
            return errors::out_of_memory(&full);
        }
        let answer = match (call.method(), rest) {
            ("PUT", [id]) => self.replace_mapping(id, call).await,
            (_, ["import"]) => self.import_mappings(call).await,
            _ => self.create_mapping(call).await,
        };
        self.settle_room();
        answer
    }

    fn requests(&self, rest: &[&str], call: &Call) -> Response {
        match (call.method(), rest) {
            ("GET", []) => self.list_requests(call),
            // WireMock's documentation and old clients reset by POST.
            ("DELETE", []) | ("POST", ["reset"]) => self.delete_requests(),
            ("POST", ["count"]) => self.count_requests(call),
            ("POST", ["find"]) => self.find_requests(call),
            ("POST", ["remove"]) => self.remove_requests(call),
            ("POST", ["remove-by-metadata"]) => self.remove_requests_by_metadata(call),
            ("GET", ["unmatched"]) => self.unmatched_requests(call),
            ("GET", ["unmatched", "near-misses"]) => self.near_misses_of_unmatched(),
            (_, [""]) => nowhere(),
            ("GET", [id]) => self.read_request(id),
            ("DELETE", [id]) => self.delete_request(id),
            _ => nowhere(),
        }
    }

    async fn recordings(&self, rest: &[&str], call: &Call) -> Response {
        match (call.method(), rest) {
            ("GET", ["status"]) => self.recording_status(),
            ("POST", ["start"]) => self.start_recording(call),
            ("POST", ["stop"]) => self.stop_recording().await,
            ("POST", ["snapshot"]) => self.snapshot_recording(call).await,
            _ => nowhere(),
        }
    }

    fn files(&self, rest: &[&str], call: &Call) -> Response {
        match (call.method(), rest) {
            ("GET", []) => self.list_files(),
            ("GET", path) => self.read_file(path),
            ("PUT", path) => self.write_file(path, call),
            ("DELETE", path) => self.delete_file(path),
            _ => nowhere(),
        }
    }

    fn specs_of(&self, rest: &[&str], call: &Call) -> Response {
        match (call.method(), rest) {
            ("GET", []) => self.list_specs(),
            ("POST", []) => self.create_spec(call),
            ("DELETE", []) => self.delete_specs(),
            ("GET", [id]) => self.read_spec(id),
            ("DELETE", [id]) => self.delete_spec(id),
            ("POST", [id, "events"]) => self.push_event(id, call),
            _ => nowhere(),
        }
    }

    fn others(&self, segments: &[&str], call: &Call) -> Response {
        match (call.method(), segments) {
            ("POST", ["reset"]) => self.reset_mappings(),
            ("POST", ["near-misses", "request"]) => self.near_misses_of_request(call),
            ("POST", ["near-misses", "request-pattern"]) => self.near_misses_of_pattern(call),
            ("GET", ["scenarios"]) => self.list_scenarios(),
            ("POST", ["scenarios", "reset"]) => self.reset_scenarios(),
            ("PUT", ["scenarios", name, "state"]) => self.set_scenario(name, call),
            ("GET", ["settings"]) => self.read_settings(),
            ("PUT" | "POST", ["settings"]) => self.write_settings(call),
            ("PATCH", ["settings", "extended"]) => self.extend_settings(call),
            ("GET", ["docs" | "recorder"] | ["swagger-ui", ..]) => Self::docs_page(),
            ("GET", ["docs", "swagger"]) => Self::open_api(),
            ("GET", ["version"]) => Self::version(call),
            ("GET", ["health"]) => self.health(),
            ("POST", ["shutdown"]) => self.shut_down(),
            (_, ["message-mappings" | "messages" | "channels", ..]) => {
                errors::not_supported("WebSocket message stubs")
            }
            _ => nowhere(),
        }
    }
}

fn nowhere() -> Response {
    efsm_wire::empty(StatusCode::NOT_FOUND)
}
