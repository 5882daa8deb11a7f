//! Scenarios: state machines whose transitions are answers.

use std::sync::Arc;

use imbl::OrdMap;

use super::index::Index;
use super::stub::Stub;

/// The state in which every scenario begins.
pub const STARTED: &str = "Started";

/// The states of the scenarios that have left `Started`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenarios(OrdMap<Arc<str>, Arc<str>>);

/// Why a scenario's state was not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    #[error("Scenario {name} does not exist")]
    Unknown { name: String },
    #[error("Scenario {name} does not support state {state}")]
    UnknownState { name: String, state: String },
}

impl Scenarios {
    pub fn state(&self, name: &str) -> &str {
        self.0.get(name).map_or(STARTED, |state| state)
    }

    /// Whether the scenario is in the state that the stub asks for.
    pub fn allow(&self, stub: &Stub) -> bool {
        stub.scenario.as_ref().is_none_or(|rule| {
            rule.required
                .as_ref()
                .is_none_or(|required| self.state(&rule.name) == required)
        })
    }

    /// Whether an answer of this stub would move its scenario on.
    pub fn would_move(&self, stub: &Stub) -> bool {
        stub.scenario.as_ref().is_some_and(|rule| {
            rule.next
                .as_ref()
                .is_some_and(|next| self.state(&rule.name) != next)
        })
    }

    /// Moves the stub's scenario on, after its answer.
    pub fn advance(&mut self, stub: &Stub) {
        if let Some(rule) = &stub.scenario
            && let Some(next) = &rule.next
        {
            self.put(&rule.name, next);
        }
    }

    /// Sets a state that one of the scenario's stubs names.
    pub fn set(&mut self, stubs: &Index, name: &str, state: &str) -> Result<(), ScenarioError> {
        let states = possible_states(stubs, name).ok_or_else(|| ScenarioError::Unknown {
            name: name.to_owned(),
        })?;
        if state != STARTED && !states.iter().any(|possible| possible == state) {
            return Err(ScenarioError::UnknownState {
                name: name.to_owned(),
                state: state.to_owned(),
            });
        }
        self.put(name, state);
        Ok(())
    }

    /// Puts one scenario back to its start.
    pub fn restart(&mut self, stubs: &Index, name: &str) -> Result<(), ScenarioError> {
        self.set(stubs, name, STARTED)
    }

    /// Puts every scenario back to its start.
    pub fn reset(&mut self) {
        self.0 = OrdMap::new();
    }

    /// Forgets the scenarios that no stub names any more.
    pub fn prune(&mut self, stubs: &Index) {
        if self.0.keys().any(|name| stubs.scenario(name).is_none()) {
            self.0 = std::mem::take(&mut self.0)
                .into_iter()
                .filter(|(name, _)| stubs.scenario(name).is_some())
                .collect();
        }
    }

    fn put(&mut self, name: &str, state: &str) {
        if state == STARTED {
            self.0.remove(name);
        } else {
            self.0.insert(name.into(), state.into());
        }
    }
}

/// A scenario's stubs, oldest first; `None` for a scenario that none names.
pub fn members<'s>(stubs: &'s Index, name: &str) -> Option<Vec<&'s Arc<Stub>>> {
    let mut members: Vec<_> = stubs.scenario(name)?.iter().collect();
    members.sort_by_key(|(rank, _)| std::cmp::Reverse(rank.added));
    Some(members.into_iter().map(|(_, stub)| stub).collect())
}

/// The states that a scenario's stubs name, oldest stub first; `None` for a scenario that none names.
pub fn possible_states(stubs: &Index, name: &str) -> Option<Vec<String>> {
    let mut states: Vec<String> = Vec::new();
    for stub in members(stubs, name)? {
        let rule = stub.scenario.as_ref();
        for state in rule
            .iter()
            .flat_map(|rule| rule.required.iter().chain(&rule.next))
        {
            if !states.contains(state) {
                states.push(state.clone());
            }
        }
    }
    Some(states)
}
