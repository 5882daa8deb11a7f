//! `/__admin/requests`: the journal's serve events.

use std::collections::HashSet;

use efsm_core::{Response, Timestamp};
use efsm_matchers::{MatchContext, Matcher, Subject};
use http::StatusCode;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Call, errors};
use crate::engine::document::{self, Place};
use crate::engine::pattern::{Probe, RequestPattern};
use crate::engine::serve_event::ServeEvent;
use crate::error::DocumentError;
use crate::service::nearest::Nearest;
use crate::service::{Call as Served, HttpService};
use crate::wire::{json, render};

impl HttpService {
    pub(super) fn list_requests(&self, call: &Call) -> Response {
        let since = match call.query("since").map(|text| (text, instant(text))) {
            None => None,
            Some((_, Some(since))) => Some(since),
            Some((text, None)) => return errors::not_a_date(text),
        };
        let stub = match call.query("matchingStub").map(|t| (t, Uuid::try_parse(t))) {
            None => None,
            Some((_, Ok(id))) => Some(id),
            Some((text, Err(_))) => {
                return errors::titled(
                    StatusCode::BAD_REQUEST,
                    15,
                    format!("Query parameter matchingStub value '{text}' is not a valid UUID"),
                );
            }
        };
        let limit = match call.number("limit") {
            Ok(limit) => limit,
            Err(refusal) => return refusal,
        };
        let unmatched_only = call.query("unmatched") == Some("true");
        let mut calls = self.calls();
        calls.reverse();
        calls.retain(|served| {
            !(unmatched_only && served.was_matched())
                && stub.is_none_or(|id| served.stub.as_ref().is_some_and(|s| s.id == id))
        });
        // The total counts what `since` and `limit` leave out.
        let events: Vec<Value> = calls
            .iter()
            .filter(|served| since.is_none_or(|since| served.request.at() > since))
            .take(limit.unwrap_or(usize::MAX))
            .map(|served| render::serve_event(served))
            .collect();
        json::ok(&json!({
            "requests": events,
            "meta": {"total": calls.len()},
            "requestJournalDisabled": self.keeps_no_calls(),
        }))
    }

    pub(super) fn delete_requests(&self) -> Response {
        self.clear_calls();
        json::nothing()
    }

    pub(super) fn read_request(&self, id: &str) -> Response {
        let Ok(uuid) = Uuid::try_parse(id) else {
            return errors::not_a_uuid(id);
        };
        match self.calls().iter().find(|served| served.id == uuid) {
            Some(served) => json::ok(&render::serve_event(served)),
            None => efsm_wire::empty(StatusCode::NOT_FOUND),
        }
    }

    pub(super) fn delete_request(&self, id: &str) -> Response {
        let Ok(uuid) = Uuid::try_parse(id) else {
            return errors::not_a_uuid(id);
        };
        self.remove_calls(|event| event.id == uuid);
        json::nothing()
    }

    pub(super) fn count_requests(&self, call: &Call) -> Response {
        match self.matching(call) {
            Ok(calls) => json::ok(&json!({
                "count": calls.len(),
                "requestJournalDisabled": self.keeps_no_calls(),
            })),
            Err(error) => errors::document(&error),
        }
    }

    pub(super) fn find_requests(&self, call: &Call) -> Response {
        match self.matching(call) {
            Ok(calls) => self.logged(&calls),
            Err(error) => errors::document(&error),
        }
    }

    pub(super) fn remove_requests(&self, call: &Call) -> Response {
        match read_pattern(call) {
            Ok(pattern) => self.removed(|event| pattern.fits(&Probe::new(&event.request))),
            Err(error) => errors::document(&error),
        }
    }

    pub(super) fn remove_requests_by_metadata(&self, call: &Call) -> Response {
        match self.metadata_matcher(call) {
            Ok(matches) => self.removed(|event| {
                matches(event.stub.as_ref().and_then(|stub| stub.metadata.as_ref()))
            }),
            Err(error) => errors::document(&error),
        }
    }

    /// With `nearest=true`, which is efsm's own, each with the stub that came nearest to it.
    pub(super) fn unmatched_requests(&self, call: &Call) -> Response {
        if call.query("nearest") == Some("true") {
            let requests: Vec<Value> = self
                .unmatched_calls()
                .iter()
                .rev()
                .map(|unmatched| {
                    let mut request = render::logged_request(&unmatched.call.request);
                    request["nearest"] = unmatched.nearest.as_ref().map(Nearest::to_json).into();
                    request
                })
                .collect();
            return self.listed_requests(&requests);
        }
        let mut calls = self.calls();
        calls.retain(|served| !served.was_matched());
        calls.reverse();
        self.logged(&calls)
    }

    /// The ids of the stubs that the journal shows to have answered.
    pub(super) fn answering_stubs(&self) -> HashSet<Uuid> {
        let calls = self.calls();
        calls
            .iter()
            .filter_map(|served| Some(served.stub.as_ref()?.id))
            .collect()
    }

    /// Reads a matcher of metadata from a call's body. As in WireMock it sees a stub without metadata as one
    /// whose metadata is `null`.
    pub(super) fn metadata_matcher(
        &self,
        call: &Call,
    ) -> Result<impl Fn(Option<&Value>) -> bool + use<>, DocumentError> {
        let value = document::parse(&call.body)?;
        // Metadata are no bytes.
        if value.get("binaryEqualTo").is_some() {
            let detail = format!("{value} is not a valid match operation");
            return Err(Place::root(&value).error(detail));
        }
        let matcher = Matcher::from_json_lenient(&value)
            .map_err(|error| Place::root(&value).error(error.detail.clone()))?;
        let context = MatchContext::new(self.context().now().to_zoned(TimeZone::UTC));
        Ok(move |metadata: Option<&Value>| {
            let metadata = metadata.cloned().unwrap_or(Value::Null);
            matcher.is_match(&Subject::json(metadata), &context)
        })
    }

    fn matching(&self, call: &Call) -> Result<Vec<Served>, DocumentError> {
        let pattern = read_pattern(call)?;
        let mut calls = self.calls();
        calls.retain(|served| pattern.fits(&Probe::new(&served.request)));
        Ok(calls)
    }

    fn logged(&self, calls: &[Served]) -> Response {
        let requests: Vec<Value> = calls
            .iter()
            .map(|served| render::logged_request(&served.request))
            .collect();
        self.listed_requests(&requests)
    }

    fn listed_requests(&self, requests: &[Value]) -> Response {
        json::ok(&json!({
            "requests": requests,
            "requestJournalDisabled": self.keeps_no_calls(),
        }))
    }

    /// Removes the calls that fit, and answers with them, newest first.
    fn removed(&self, fits: impl Fn(&ServeEvent) -> bool) -> Response {
        let mut calls = self.calls();
        calls.retain(|served| fits(served));
        calls.reverse();
        let ids: HashSet<Uuid> = calls.iter().map(|served| served.id).collect();
        self.remove_calls(|event| ids.contains(&event.id));
        let events: Vec<Value> = calls.iter().map(|s| render::serve_event(s)).collect();
        json::ok(&json!({"serveEvents": events}))
    }

    fn keeps_no_calls(&self) -> bool {
        self.context().limits().journal_entries == 0
    }
}

pub(super) fn read_pattern(call: &Call) -> Result<RequestPattern, DocumentError> {
    RequestPattern::from_json(&document::parse(&call.body)?)
}

/// An instant in ISO 8601, zone included. A query makes a blank of the plus sign of its offset.
fn instant(text: &str) -> Option<Timestamp> {
    text.replace(' ', "+").parse().ok()
}
