//! The answer to a request that no stub matches.

use std::time::Duration;

use efsm_core::{Body, Response, ResponseFuture, Stopwatch};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::serve::event;
use crate::engine::near_miss::{self, NearMiss};
use crate::engine::pattern::Probe;
use crate::engine::pattern::diff::Diff;
use crate::engine::request::LoggedRequest;
use crate::engine::serve_event::{Answer, SubEvent};
use crate::engine::state::State;
use crate::service::nearest::{Nearest, diff_of};
use crate::service::{HttpService, UnknownHosts};

const NO_STUBS: &str =
    "No response could be served as there are no stub mappings in this WireMock instance.";

impl HttpService {
    pub(crate) fn unmatched(
        &self,
        state: &State,
        request: LoggedRequest,
        watch: Stopwatch,
    ) -> ResponseFuture<'_> {
        if request.is_proxied() && !knows_host(state, &request) {
            return match self.options().unknown_hosts {
                UnknownHosts::PassOn => self.pass_on(request, watch),
                UnknownHosts::Refuse => {
                    let response = refused(&request);
                    let event = event(self.new_id(), &request, None, 0, Answer::NotMatched);
                    self.log(event, &watch, Duration::ZERO);
                    ResponseFuture::Ready(response)
                }
            };
        }
        let probe = Probe::new(&request);
        let nearest = near_miss::of_request(&state.stubs, &probe);
        let diff = nearest
            .first()
            .map(|miss| diff_of(miss, &state.scenarios, &probe));
        let report = diff
            .as_ref()
            .map_or_else(|| NO_STUBS.to_owned(), Diff::to_text);
        let instead =
            super::static_files::answer(state, &request).or_else(|| not_supported(&request));
        if let Some(response) = instead {
            let event = event(self.new_id(), &request, None, 0, Answer::NotMatched);
            self.log(event, &watch, Duration::ZERO);
            return ResponseFuture::Ready(response);
        }
        let wants_json = request.mount > 0 || prefers_json(request.headers());
        let response = if wants_json {
            efsm_wire::json(
                StatusCode::NOT_FOUND,
                &as_json(&request, nearest.first(), diff.as_ref()),
            )
        } else {
            as_text(&report)
        };
        let mut sub_events = Vec::new();
        state.stubs.find(&request, |stub| {
            sub_events.extend(stub.pattern.sub_events(&probe));
            false
        });
        let not_matched = SubEvent {
            kind: "REQUEST_NOT_MATCHED",
            offset_ns: watch.elapsed().as_nanos() as u64,
            data: json!({"status": 404, "contentType": "text/plain", "report": report}),
        };
        let mut event = event(self.new_id(), &request, None, 0, Answer::NotMatched);
        for told in sub_events {
            event.sub_events.push(SubEvent {
                kind: told.kind.as_str(),
                offset_ns: 0,
                data: told.data,
            });
        }
        event.sub_events.push(not_matched);
        self.log(event, &watch, Duration::ZERO);
        ResponseFuture::Ready(response)
    }
}

/// The answer to a protocol that stubs do not speak, in that protocol's own words.
fn not_supported(request: &LoggedRequest) -> Option<Response> {
    let is_grpc = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/grpc"));
    if is_grpc {
        let mut response = efsm_wire::empty(StatusCode::OK);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        // UNIMPLEMENTED, as trailers without a body.
        headers.insert("grpc-status", HeaderValue::from_static("12"));
        headers.insert(
            "grpc-message",
            HeaderValue::from_static("gRPC stubs are not supported"),
        );
        return Some(response);
    }
    efsm_wire::websocket::is_upgrade(request.headers()).then(|| {
        efsm_wire::error_with_hint(
            StatusCode::NOT_IMPLEMENTED,
            "WebSocket stubs are not supported, and no HTTP stub matches this request",
            "answer the handshake with an HTTP stub, or use /queue/subscribe for a WebSocket of messages",
        )
    })
}

fn as_json(request: &LoggedRequest, nearest: Option<&NearMiss>, diff: Option<&Diff>) -> Value {
    let mut body = json!({
        "error": "endpoint not registered",
        "path": request.path(),
        "method": request.method().as_str(),
    });
    if let (Some(miss), Some(diff)) = (nearest, diff) {
        body["nearest"] = Nearest::new(miss, diff).to_json();
    }
    body
}

fn as_text(report: &str) -> Response {
    let mut response = Response::new(Body::from(report.to_owned()));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain;charset=UTF-8"),
    );
    response
}

fn refused(request: &LoggedRequest) -> Response {
    let host = request.host();
    efsm_wire::error_with_hint(
        StatusCode::FORBIDDEN,
        format!("no stub is for the host {host}, and requests to other hosts are refused"),
        format!(
            "add a stub with \"host\": {{\"equalTo\": \"{host}\"}}, or let unknown hosts be passed on"
        ),
    )
}

/// Whether any stub is for the host of a forward-proxied request.
fn knows_host(state: &State, request: &LoggedRequest) -> bool {
    let probe = Probe::new(request);
    state
        .stubs
        .iter()
        .any(|stub| stub.pattern.names_host(&probe))
}

/// Whether `Accept` names JSON, and nothing textual above it.
pub(crate) fn prefers_json(headers: &HeaderMap) -> bool {
    let (mut json, mut text) = (0.0_f32, 0.0_f32);
    for range in headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or("").to_ascii_lowercase();
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .and_then(|q| q.parse().ok())
            .unwrap_or(1.0);
        if media == "application/json" || media.ends_with("+json") {
            json = json.max(weight);
        } else if media.starts_with("text/") {
            text = text.max(weight);
        }
    }
    json > 0.0 && json >= text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        prefers_json(&headers)
    }

    #[test]
    fn json_is_preferred_when_it_is_named_and_text_is_not_above_it() {
        assert!(check("application/json"));
        assert!(check("application/json, text/plain, */*"));
        assert!(check("application/problem+json"));
        assert!(!check("*/*"));
        assert!(!check("text/html, application/json;q=0.9"));
        assert!(!check("application/json;q=0"));
    }
}
