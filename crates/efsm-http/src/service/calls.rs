//! The call log in process: what was asked of the mocks, and assertions on it.

use std::convert::Infallible;
use std::fmt::{self, Write as _};
use std::ops::Deref;
use std::sync::Arc;

use efsm_core::Entry;
use serde_json::Value;
use uuid::Uuid;

use super::{HttpService, NAME};
use crate::engine::pattern::diff::Diff;
use crate::engine::pattern::{Probe, RequestPattern};
use crate::engine::serve_event::{ServeEvent, SubEvent};
use crate::error::{DocumentError, HttpError};

/// A request that was answered, as the journal holds it.
#[derive(Clone, Debug)]
pub struct Call(Entry);

impl Call {
    pub(crate) fn of(entry: Entry) -> Option<Self> {
        entry
            .detail_as::<ServeEvent>()
            .is_some()
            .then_some(Self(entry))
    }

    /// Its number in the stack's journal.
    pub fn seq(&self) -> u64 {
        self.0.seq
    }
}

impl Deref for Call {
    type Target = ServeEvent;

    fn deref(&self) -> &ServeEvent {
        self.0
            .detail_as()
            .expect("a call is made of serve events only")
    }
}

/// How often a request is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    Exactly(usize),
    AtLeast(usize),
    AtMost(usize),
}

impl Times {
    pub const NEVER: Self = Self::Exactly(0);
    pub const ONCE: Self = Self::Exactly(1);

    pub fn holds(self, count: usize) -> bool {
        match self {
            Self::Exactly(times) => count == times,
            Self::AtLeast(times) => count >= times,
            Self::AtMost(times) => count <= times,
        }
    }
}

impl From<usize> for Times {
    fn from(times: usize) -> Self {
        Self::Exactly(times)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, times) = match self {
            Self::Exactly(times) => ("exactly", times),
            Self::AtLeast(times) => ("at least", times),
            Self::AtMost(times) => ("at most", times),
        };
        let unit = if *times == 1 { "request" } else { "requests" };
        write!(f, "{word} {times} {unit}")
    }
}

/// An assertion on the call log that does not hold.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum VerifyFailure {
    #[error("the pattern cannot be read: {0}")]
    Pattern(#[from] HttpError),
    #[error("{}", .0.explanation)]
    Count(Box<CountFailure>),
}

/// How many requests came, and why the nearest one did not count.
#[derive(Clone, Debug, PartialEq)]
pub struct CountFailure {
    pub expected: Times,
    pub found: usize,
    /// All of it for people, over several lines.
    pub explanation: String,
}

impl HttpService {
    /// Every request that was answered and is still in the journal, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.context()
            .journal()
            .entries()
            .into_iter()
            .filter(|entry| entry.service == NAME)
            .filter_map(Call::of)
            .collect()
    }

    /// Removes calls from the journal.
    pub(crate) fn remove_calls(&self, fits: impl Fn(&ServeEvent) -> bool) {
        self.context().journal().retain(|entry| {
            !(entry.service == NAME && entry.detail_as::<ServeEvent>().is_some_and(&fits))
        });
    }

    /// Adds to a call what came after it: in this stack's journal, whoever else has the call in his.
    pub(crate) fn tell(&self, call: Uuid, later: SubEvent) {
        self.context().journal().amend(
            |entry| {
                entry
                    .detail_as::<ServeEvent>()
                    .is_some_and(|event| event.id == call)
            },
            |entry| match entry.detail_as::<ServeEvent>() {
                Some(event) => Arc::new(event.followed_by(later)),
                None => entry.detail.clone(),
            },
        );
    }

    /// Empties the call log.
    pub fn clear_calls(&self) {
        self.forget_calls();
    }

    /// The calls that a request pattern describes, oldest first.
    pub fn find_calls<P>(&self, pattern: P) -> Result<Vec<Call>, HttpError>
    where
        P: TryInto<RequestPattern>,
        P::Error: Into<HttpError>,
    {
        let pattern = pattern.try_into().map_err(Into::into)?;
        let mut calls = self.calls();
        calls.retain(|call| pattern.matches(&call.request));
        Ok(calls)
    }

    /// Asserts how often a request came. The pattern is WireMock's JSON, or `(method, path)`.
    pub fn verify<P>(&self, pattern: P, times: impl Into<Times>) -> Result<(), VerifyFailure>
    where
        P: TryInto<RequestPattern>,
        P::Error: Into<HttpError>,
    {
        let times = times.into();
        let pattern = pattern.try_into().map_err(Into::into)?;
        let calls = self.calls();
        let found = calls
            .iter()
            .filter(|call| pattern.matches(&call.request))
            .count();
        if times.holds(found) {
            return Ok(());
        }
        let explanation = explain(&pattern, times, found, &calls);
        Err(VerifyFailure::Count(Box::new(CountFailure {
            expected: times,
            found,
            explanation,
        })))
    }
}

/// What was expected, what came and, when too little came, what kept the nearest request from counting.
fn explain(pattern: &RequestPattern, times: Times, found: usize, calls: &[Call]) -> String {
    let mut text = format!(
        "expected {times} matching {}, but {found} of {} calls did",
        pattern.json,
        calls.len()
    );
    if matches!(times, Times::AtMost(_)) || matches!(times, Times::Exactly(n) if found > n) {
        for call in calls.iter().filter(|call| pattern.matches(&call.request)) {
            let (method, url) = (call.request.method(), call.request.url());
            let _ = write!(text, "\n  {}: {method} {url}", call.seq());
        }
        return text;
    }
    let nearest = calls
        .iter()
        .filter(|call| !pattern.matches(&call.request))
        .map(|call| (pattern.distance(&Probe::new(&call.request)), call))
        .min_by(|(a, _), (b, _)| a.total_cmp(b));
    if let Some((_, call)) = nearest {
        let request = &call.request;
        let _ = write!(
            text,
            "\nthe nearest miss is call {}: {} {}",
            call.seq(),
            request.method(),
            request.url()
        );
        for (expected, actual, problem) in
            Diff::new(pattern, None, None, &Probe::new(request)).misses()
        {
            let _ = write!(text, "\n  {problem}: expected {}", expected.trim());
            if !actual.trim().is_empty() {
                let _ = write!(text, ", got {}", actual.trim());
            }
        }
    }
    text
}

impl TryFrom<&Value> for RequestPattern {
    type Error = HttpError;

    fn try_from(value: &Value) -> Result<Self, HttpError> {
        Ok(Self::from_json(value)?)
    }
}

impl TryFrom<Value> for RequestPattern {
    type Error = HttpError;

    fn try_from(value: Value) -> Result<Self, HttpError> {
        Ok(Self::from_json(&value)?)
    }
}

impl TryFrom<(&str, &str)> for RequestPattern {
    type Error = HttpError;

    fn try_from((method, path): (&str, &str)) -> Result<Self, HttpError> {
        super::endpoints::endpoint_pattern(method, path)
    }
}

impl From<Infallible> for HttpError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<DocumentError> for VerifyFailure {
    fn from(error: DocumentError) -> Self {
        Self::Pattern(error.into())
    }
}
