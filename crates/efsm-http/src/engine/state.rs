//! The state of the service, and the operations on it.

use std::sync::Arc;

use bytes::Bytes;
use imbl::{HashMap, OrdMap};
use uuid::Uuid;

use super::index::Index;
use super::mock::{MockState, Spec};
use super::pattern::Probe;
use super::recording::Recorder;
use super::resource::Collection;
use super::scenario::Scenarios;
use super::settings::Settings;
use super::stub::Stub;

/// Everything that a snapshot of the service holds. The journal holds its serve events.
///
/// Its parts are shared pointers and persistent maps, so that a request takes a copy and matches outside the lock.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub stubs: Arc<Index>,
    pub scenarios: Scenarios,
    pub settings: Arc<Settings>,
    /// How often the stubs with a sequence have answered.
    pub turns: HashMap<Uuid, u64>,
    /// The contents of `__files`, by path below it.
    pub files: OrdMap<Arc<str>, Bytes>,
    /// The data of stateful resources, by the stub that serves them.
    pub collections: HashMap<Uuid, Collection>,
    /// The descriptions that answer where no stub matches, the newest first.
    pub specs: Arc<Vec<Arc<Spec>>>,
    /// What they keep between requests, by their ids.
    pub mock_states: HashMap<Uuid, MockState>,
    pub recorder: Arc<Recorder>,
    /// The stubs of the root directory: what a reset of the mappings goes back to.
    pub defaults: Arc<Vec<Arc<Stub>>>,
    /// What stubs, files and data hold together.
    pub stored_bytes: u64,
    /// Counts changes of what matching depends on.
    pub revision: u64,
}

/// The stub that answers a request, and with which of its responses.
#[derive(Clone, Debug)]
pub struct Matched {
    pub stub: Arc<Stub>,
    /// The response's place in the stub's sequence; 0 without one.
    pub response: usize,
}

impl State {
    /// Changes the stubs; scenarios, turns and data of those that go are forgotten.
    pub fn edit_stubs<R>(&mut self, change: impl FnOnce(&mut Index) -> R) -> R {
        let stubs = Arc::make_mut(&mut self.stubs);
        let before = stubs.size_bytes();
        let result = change(stubs);
        self.stored_bytes = self.stored_bytes + stubs.size_bytes() - before;
        self.scenarios.prune(stubs);
        if !self.turns.is_empty() {
            self.turns.retain(|id, _| stubs.get(id).is_some());
        }
        if self.collections.keys().any(|id| stubs.get(id).is_none()) {
            self.collections.retain(|id, _| stubs.get(id).is_some());
            self.stored_bytes = self.weigh();
        }
        self.revision += 1;
        result
    }

    /// Adds a stub as the newest.
    pub fn add(&mut self, stub: Arc<Stub>) {
        self.edit_stubs(|stubs| stubs.insert(stub));
    }

    /// The stub that answers the request, as things stand.
    pub fn find(&self, probe: &Probe<'_>) -> Option<&Arc<Stub>> {
        self.stubs.find(probe.request, |stub| {
            stub.pattern.fits(probe) && self.scenarios.allow(stub) && self.has_turn(stub)
        })
    }

    /// Whether an answer of this stub changes what matches next.
    pub fn is_moved_by(&self, stub: &Stub) -> bool {
        stub.sequence.is_some() || self.scenarios.would_move(stub)
    }

    /// Takes a turn of the stub that answers the request, and moves its scenario on.
    ///
    /// `seen` is the revision at which `candidate` was found: when nothing changed since, it is not sought again.
    pub fn take_turn(
        &mut self,
        probe: &Probe<'_>,
        candidate: &Arc<Stub>,
        seen: u64,
        below: impl FnOnce(u64) -> u64,
    ) -> Option<Matched> {
        let stub = if self.revision == seen {
            candidate.clone()
        } else {
            self.find(probe)?.clone()
        };
        let mut response = 0;
        if let Some(sequence) = &stub.sequence {
            let turn = self.turns.get(&stub.id).copied().unwrap_or(0);
            response = sequence.pick(turn, below);
            self.turns.insert(stub.id, turn + 1);
        }
        self.scenarios.advance(&stub);
        self.revision += 1;
        Some(Matched { stub, response })
    }

    /// Puts back what serving changed: scenarios, turns, data of resources.
    pub fn reset_progress(&mut self) {
        self.scenarios.reset();
        self.turns = HashMap::new();
        self.collections = HashMap::new();
        self.mock_states = HashMap::new();
        self.stored_bytes = self.weigh();
        self.revision += 1;
    }

    /// Adds a description before those that are there.
    pub fn add_spec(&mut self, spec: Spec) {
        Arc::make_mut(&mut self.specs).insert(0, Arc::new(spec));
        self.revision += 1;
    }

    /// Whether there was such a description; what it kept goes with it.
    pub fn remove_spec(&mut self, id: &Uuid) -> bool {
        let specs = Arc::make_mut(&mut self.specs);
        let before = specs.len();
        specs.retain(|spec| spec.id != *id);
        let is_gone = specs.len() < before;
        self.mock_states.remove(id);
        self.stored_bytes = self.weigh();
        self.revision += 1;
        is_gone
    }

    /// Keeps what a mock changed of its state.
    pub fn keep_mock_state(&mut self, id: Uuid, state: MockState) {
        let before = self
            .mock_states
            .get(&id)
            .map_or(0, |state| state.resources.size_bytes());
        self.stored_bytes = self.stored_bytes + state.resources.size_bytes() - before;
        self.mock_states.insert(id, state);
    }

    /// Puts a file below `__files`.
    pub fn put_file(&mut self, name: Arc<str>, content: Bytes) {
        self.stored_bytes += content.len() as u64;
        if let Some(before) = self.files.insert(name, content) {
            self.stored_bytes -= before.len() as u64;
        }
    }

    pub fn remove_file(&mut self, name: &str) {
        if let Some(before) = self.files.remove(name) {
            self.stored_bytes -= before.len() as u64;
        }
    }

    fn weigh(&self) -> u64 {
        let files: u64 = self.files.values().map(|file| file.len() as u64).sum();
        let data: u64 = self.collections.values().map(Collection::size_bytes).sum();
        let kept: u64 = self
            .mock_states
            .values()
            .map(|state| state.resources.size_bytes())
            .sum();
        self.stubs.size_bytes() + files + data + kept
    }

    /// Goes back to the stubs of the root directory.
    pub fn reset_stubs(&mut self) {
        let defaults = self.defaults.clone();
        self.edit_stubs(|stubs| {
            stubs.clear();
            for stub in defaults.iter() {
                stubs.insert(stub.clone());
            }
        });
        self.reset_progress();
    }

    fn has_turn(&self, stub: &Stub) -> bool {
        stub.sequence.as_ref().is_none_or(|sequence| {
            sequence.has_turn(self.turns.get(&stub.id).copied().unwrap_or(0))
        })
    }
}
