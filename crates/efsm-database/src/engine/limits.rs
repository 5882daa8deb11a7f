//! Bounds of statements and databases, and how a statement is stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use efsm_core::{Stopwatch, Timestamp};
use parking_lot::Mutex;

use super::pages::Store;
use crate::error::Error;

/// The bounds that the engine keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A statement's real time.
    pub statement_timeout: Duration,
    /// Rows of a result.
    pub result_rows: usize,
    /// Bytes of a result's values, and of any one value.
    pub result_bytes: usize,
    /// The size of one database's file.
    pub database_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self::from(&efsm_core::Limits::default())
    }
}

impl From<&efsm_core::Limits> for Limits {
    fn from(limits: &efsm_core::Limits) -> Self {
        Self {
            statement_timeout: limits.statement_timeout,
            result_rows: limits.result_rows,
            result_bytes: limits.result_bytes,
            database_bytes: limits.database_bytes,
        }
    }
}

/// What a call is lent from outside: the stack's time, a stopwatch, and ways to be stopped.
#[derive(Clone, Debug)]
pub struct Run {
    /// What `datetime('now')` and its like say.
    pub now: Timestamp,
    /// Measures real time; each statement of the call gets its own time limit by it.
    pub stopwatch: Stopwatch,
    /// Stops the call from another thread.
    pub cancel: Option<Cancel>,
    /// Stops each statement after about this many steps of the virtual machine, and keeps it from
    /// waiting for another writer: for a thread that must not be held up.
    pub steps: Option<u64>,
}

impl Run {
    pub fn new(now: Timestamp, stopwatch: Stopwatch) -> Self {
        Self {
            now,
            stopwatch,
            cancel: None,
            steps: None,
        }
    }

    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = Some(cancel);
        self
    }

    pub fn with_steps(mut self, steps: u64) -> Self {
        self.steps = Some(steps);
        self
    }
}

/// Stops whatever runs with it, from any thread; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many steps of the virtual machine pass between two looks at the watch: some microseconds.
pub(crate) const STEPS_PER_LOOK: u64 = 1000;
/// The longest wait for a writer between two looks at the watch.
const WAIT_PER_LOOK: Duration = Duration::from_millis(10);

/// Watches the statement that a connection runs; shared with the callbacks of the connection.
#[derive(Clone, Debug)]
pub(crate) struct Watch(Arc<Mutex<Watched>>);

#[derive(Debug)]
struct Watched {
    stopwatch: Stopwatch,
    limit: Duration,
    /// What the stopwatch shows when the time is up; read off at the first look, because most
    /// statements are done before it.
    deadline: Option<Duration>,
    cancel: Option<Cancel>,
    steps: Option<u64>,
    steps_left: u64,
    stopped: Option<Error>,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Watched {
            stopwatch: Stopwatch::start(),
            limit: Duration::MAX,
            deadline: None,
            cancel: None,
            steps: None,
            steps_left: u64::MAX,
            stopped: None,
        })))
    }

    /// Begins to watch a statement. The watch goes on until the next one is begun.
    pub(crate) fn begin(&self, run: &Run, limit: Duration) {
        let mut watched = self.0.lock();
        watched.stopwatch = run.stopwatch;
        watched.limit = limit;
        watched.deadline = None;
        watched.cancel.clone_from(&run.cancel);
        watched.steps = run.steps;
        watched.steps_left = run.steps.unwrap_or(u64::MAX);
        watched.stopped = None;
    }

    /// Whether the statement must stop; called every [`STEPS_PER_LOOK`] steps.
    pub(crate) fn look(&self) -> bool {
        self.0.lock().look(STEPS_PER_LOOK)
    }

    /// Why the statement was stopped, if it was.
    pub(crate) fn stopped(&self) -> Option<Error> {
        self.0.lock().stopped.take()
    }

    /// Waits while somebody else writes to `store`, at most `patience`.
    pub(crate) fn wait(&self, store: &Store, patience: Duration) {
        let mut left = patience;
        loop {
            {
                let mut watched = self.0.lock();
                if watched.steps.is_some() || watched.look(0) {
                    return;
                }
            }
            let slice = left.min(WAIT_PER_LOOK);
            if store.wait_released(slice) {
                return;
            }
            left = left.saturating_sub(slice);
            if left.is_zero() {
                return;
            }
        }
    }
}

impl Watched {
    fn look(&mut self, steps: u64) -> bool {
        let elapsed = self.stopwatch.elapsed();
        let deadline = *self
            .deadline
            .get_or_insert_with(|| elapsed.saturating_add(self.limit));
        if self.cancel.as_ref().is_some_and(Cancel::is_cancelled) {
            self.stopped = Some(Error::Cancelled);
        } else if elapsed > deadline {
            self.stopped = Some(Error::TimedOut { limit: self.limit });
        } else if let Some(lent) = self.steps {
            self.steps_left = self.steps_left.saturating_sub(steps);
            if self.steps_left == 0 {
                self.stopped = Some(Error::OutOfSteps { steps: lent });
            }
        }
        self.stopped.is_some()
    }
}
