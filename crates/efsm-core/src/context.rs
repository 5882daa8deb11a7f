//! The context: what a stack lends to each of its services, as one cheap handle.

use std::sync::Arc;

use crate::entropy::EntropyState;
use crate::fault::FaultsState;
use crate::journal::JournalState;
use crate::{
    Clock, ClockState, Cut, Detail, Entropy, Faults, Gate, Journal, Limits, MemoryGauge, StateCell,
    Timestamp,
};

/// One stack's clock, entropy, journal, faults, limits and gate. Cloning shares them.
#[derive(Clone, Debug)]
pub struct Context(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    entropy: Entropy,
    journal: Journal,
    faults: Faults,
    limits: Limits,
    memory: MemoryGauge,
    gate: Gate,
}

/// The stack-wide part of a snapshot.
#[derive(Clone, Debug)]
pub struct ContextSnapshot {
    pub clock: ClockState,
    pub entropy: EntropyState,
    pub journal: JournalState,
    pub faults: FaultsState,
}

impl Default for Context {
    fn default() -> Self {
        Self::new(Clock::system(), Entropy::from_system(), Limits::default())
    }
}

impl Context {
    pub fn new(clock: Clock, entropy: Entropy, limits: Limits) -> Self {
        Self(Arc::new(Shared {
            journal: Journal::bounded(limits.journal_entries, limits.journal_bytes),
            memory: MemoryGauge::new(limits.memory_bytes),
            faults: Faults::default(),
            gate: Gate::default(),
            clock,
            entropy,
            limits,
        }))
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The stack's time.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub fn entropy(&self) -> &Entropy {
        &self.0.entropy
    }

    pub fn journal(&self) -> &Journal {
        &self.0.journal
    }

    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub fn memory(&self) -> &MemoryGauge {
        &self.0.memory
    }

    pub fn gate(&self) -> &Gate {
        &self.0.gate
    }

    /// A cell for a service's state, behind this stack's gate.
    pub fn cell<S: Clone>(&self, state: S) -> StateCell<S> {
        StateCell::new(self.0.gate.clone(), state)
    }

    /// Appends to the journal at the stack's time.
    pub fn record(&self, service: &'static str, kind: &'static str, detail: impl Detail) -> u64 {
        self.0.journal.append(self.now(), service, kind, detail)
    }

    pub fn snapshot(&self, _cut: &Cut<'_>) -> ContextSnapshot {
        ContextSnapshot {
            clock: self.0.clock.state(),
            entropy: self.0.entropy.state(),
            journal: self.0.journal.state(),
            faults: self.0.faults.state(),
        }
    }

    /// Puts clock, entropy, journal and faults where the snapshot found them.
    pub fn restore(&self, snapshot: &ContextSnapshot, _cut: &Cut<'_>) {
        self.0.entropy.restore(snapshot.entropy.clone());
        self.0.journal.restore(snapshot.journal.clone());
        self.0.faults.restore(snapshot.faults.clone());
        // The clock comes last: it wakes sleepers, who must find the rest in place.
        self.0.clock.restore(snapshot.clock);
    }
}
