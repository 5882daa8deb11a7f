//! Why a request met no stub: the one that came nearest, and what kept it from matching.

use std::fmt;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Call, HttpService};
use crate::engine::near_miss::{self, NearMiss};
use crate::engine::pattern::Probe;
use crate::engine::pattern::diff::{Diff, ScenarioMiss};
use crate::engine::request::LoggedRequest;
use crate::engine::scenario::Scenarios;
use crate::engine::state::State;
use crate::error::HttpError;

/// A request that no stub matched.
#[derive(Clone, Debug)]
pub struct Unmatched {
    pub call: Call,
    /// Compared with the stubs as they are now; `None` when there are none.
    pub nearest: Option<Nearest>,
}

/// The stub that came nearest to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    pub stub: Uuid,
    pub name: Option<String>,
    /// The stub's request pattern.
    pub request: Value,
    /// Between 0 and 1.
    pub distance: f64,
    pub differences: Vec<Difference>,
}

/// One thing that a stub asks for and a request has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub problem: String,
    pub expected: String,
    /// Empty when the request has nothing there.
    pub actual: String,
}

impl HttpService {
    /// The requests of the call log that no stub matched, oldest first, each with its nearest stub.
    pub fn unmatched_calls(&self) -> Vec<Unmatched> {
        let state = self.current();
        self.calls()
            .into_iter()
            .filter(|call| !call.was_matched())
            .map(|call| Unmatched {
                nearest: Nearest::of(&state, &call.request),
                call,
            })
            .collect()
    }

    /// The stub that comes nearest to a request without matching it. The request is described as
    /// `/__admin/near-misses/request` takes it: `method`, `url`, `headers`, `body`.
    pub fn nearest_stub(&self, request: &Value) -> Result<Option<Nearest>, HttpError> {
        let request = LoggedRequest::from_json(request, self.context().now())?;
        Ok(Nearest::of(&self.current(), &request))
    }
}

impl Nearest {
    fn of(state: &State, request: &LoggedRequest) -> Option<Self> {
        let probe = Probe::new(request);
        let miss = near_miss::of_request(&state.stubs, &probe)
            .into_iter()
            .next()?;
        let diff = diff_of(&miss, &state.scenarios, &probe);
        Some(Self::new(&miss, &diff))
    }

    pub(crate) fn new(miss: &NearMiss, diff: &Diff) -> Self {
        let differences = diff.misses().map(|(expected, actual, problem)| Difference {
            problem: problem.to_owned(),
            expected: expected.trim().to_owned(),
            actual: actual.trim().to_owned(),
        });
        Self {
            stub: miss.stub.id,
            name: miss.stub.name.clone(),
            request: miss.stub.pattern.json.clone(),
            distance: miss.distance,
            differences: differences.collect(),
        }
    }

    pub fn to_json(&self) -> Value {
        let differences: Vec<Value> = self
            .differences
            .iter()
            .map(|d| json!({"problem": d.problem, "expected": d.expected, "actual": d.actual}))
            .collect();
        json!({
            "stub": self.stub.to_string(),
            "name": self.name,
            "request": self.request,
            "distance": self.distance,
            "differences": differences,
        })
    }
}

/// The stub by its name or id, and a line for each difference.
impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "stub '{name}'")?,
            None => write!(f, "stub {}", self.stub)?,
        }
        for difference in &self.differences {
            write!(
                f,
                "\n  {}: expected {}",
                difference.problem, difference.expected
            )?;
            if !difference.actual.is_empty() {
                write!(f, ", got {}", difference.actual)?;
            }
        }
        Ok(())
    }
}

/// The difference between a request and a stub that it missed.
pub(crate) fn diff_of(miss: &NearMiss, scenarios: &Scenarios, probe: &Probe<'_>) -> Diff {
    let rule = miss.stub.scenario.as_ref();
    let scenario = rule
        .filter(|_| !scenarios.allow(&miss.stub))
        .map(|rule| ScenarioMiss {
            name: &rule.name,
            required: rule.required.as_deref().unwrap_or_default(),
            state: scenarios.state(&rule.name),
        });
    Diff::new(
        &miss.stub.pattern,
        miss.stub.name.as_deref(),
        scenario.as_ref(),
        probe,
    )
}
