//! Near misses of requests and of patterns.

use efsm_core::Response;
use serde_json::{Value, json};

use super::{Call, errors};
use crate::engine::document;
use crate::engine::near_miss::{self, NearMiss};
use crate::engine::pattern::{Probe, RequestPattern};
use crate::engine::request::LoggedRequest;
use crate::service::HttpService;
use crate::wire::{json, render};

impl HttpService {
    /// Of every request without a stub.
    pub(super) fn near_misses_of_unmatched(&self) -> Response {
        let mut calls = self.calls();
        calls.retain(|served| !served.was_matched());
        calls.reverse();
        let misses: Vec<Value> = calls
            .iter()
            .flat_map(|served| self.near_misses_of(&served.request))
            .collect();
        json::ok(&json!({"nearMisses": misses}))
    }

    /// Of the request in the body.
    pub(super) fn near_misses_of_request(&self, call: &Call) -> Response {
        let request = document::parse(&call.body)
            .and_then(|value| LoggedRequest::from_json(&value, self.context().now()));
        match request {
            Ok(request) => json::ok(&json!({"nearMisses": self.near_misses_of(&request)})),
            Err(error) => errors::document(&error),
        }
    }

    /// Of the pattern in the body: the requests that it almost describes.
    pub(super) fn near_misses_of_pattern(&self, call: &Call) -> Response {
        let pattern = match super::requests::read_pattern(call) {
            Ok(pattern) => pattern,
            Err(error) => return errors::document(&error),
        };
        let calls = self.calls();
        // Of two that are equally near the newer one comes first.
        let mut distances: Vec<_> = calls
            .iter()
            .rev()
            .map(|served| (pattern.distance(&Probe::new(&served.request)), served))
            .collect();
        distances.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let misses: Vec<Value> = distances
            .iter()
            .take(near_miss::TOLD)
            .map(|(distance, served)| {
                json!({
                    "request": render::logged_request(&served.request),
                    "requestPattern": pattern.json,
                    "matchResult": match_result(*distance, &pattern, &Probe::new(&served.request)),
                })
            })
            .collect();
        json::ok(&json!({"nearMisses": misses}))
    }

    fn near_misses_of(&self, request: &LoggedRequest) -> Vec<Value> {
        let state = self.current();
        let probe = Probe::new(request);
        near_miss::of_request(&state.stubs, &probe)
            .iter()
            .map(|NearMiss { stub, distance }| {
                json!({
                    "request": render::logged_request(request),
                    "stubMapping": stub.json,
                    "matchResult": match_result(*distance, &stub.pattern, &probe),
                })
            })
            .collect()
    }
}

fn match_result(distance: f64, pattern: &RequestPattern, probe: &Probe<'_>) -> Value {
    let sub_events: Vec<Value> = pattern
        .sub_events(probe)
        .into_iter()
        .map(|event| json!({"type": event.kind.as_str(), "data": event.data}))
        .collect();
    json!({"subEvents": sub_events, "diffDescriptions": [], "distance": distance})
}
