//! Bounds of statements and databases, and how a statement is stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use efsm_core::{Stopwatch, Timestamp};

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

/// A statement that runs: its time, its bounds, and whether it was stopped.
#[derive(Debug)]
pub(crate) struct Watch {
    now: Timestamp,
    stopwatch: Stopwatch,
    limit: Duration,
    /// What the stopwatch shows when the time is up; read off at the first look, because most
    /// statements are done before it.
    deadline: Option<Duration>,
    cancel: Option<Cancel>,
    steps: Option<u64>,
    steps_left: u64,
    stopped: Option<Stopped>,
    /// The store whose writer refused the statement the lock, to wait for.
    refused_by: Option<Arc<Store>>,
}

/// Why a statement was stopped.
#[derive(Clone, Copy, Debug)]
enum Stopped {
    Cancelled,
    TimedOut,
    OutOfSteps,
}

impl Watch {
    pub(crate) fn new(run: &Run, limit: Duration) -> Self {
        Self {
            now: run.now,
            stopwatch: run.stopwatch,
            limit,
            deadline: None,
            cancel: run.cancel.clone(),
            steps: run.steps,
            steps_left: run.steps.unwrap_or(u64::MAX),
            stopped: None,
            refused_by: None,
        }
    }

    /// The stack's time, in milliseconds of Unix time.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now.as_millisecond()
    }

    /// Whether the statement must stop, after so many more steps.
    pub(crate) fn look(&mut self, steps: u64) -> bool {
        let elapsed = self.stopwatch.elapsed();
        let deadline = *self
            .deadline
            .get_or_insert_with(|| elapsed.saturating_add(self.limit));
        if self.cancel.as_ref().is_some_and(Cancel::is_cancelled) {
            self.stopped = Some(Stopped::Cancelled);
        } else if elapsed > deadline {
            self.stopped = Some(Stopped::TimedOut);
        } else if self.steps.is_some() {
            self.steps_left = self.steps_left.saturating_sub(steps);
            if self.steps_left == 0 {
                self.stopped = Some(Stopped::OutOfSteps);
            }
        }
        self.stopped.is_some()
    }

    /// Why the statement was stopped, if it was.
    pub(crate) fn stopped(&mut self) -> Option<Error> {
        self.stopped.take().map(|stopped| match stopped {
            Stopped::Cancelled => Error::Cancelled,
            Stopped::TimedOut => Error::TimedOut { limit: self.limit },
            Stopped::OutOfSteps => Error::OutOfSteps {
                steps: self.steps.unwrap_or(0),
            },
        })
    }

    pub(crate) fn refuse(&mut self, by: &Arc<Store>) {
        self.refused_by = Some(by.clone());
    }

    /// The store whose writer is to be waited for, unless the statement must not wait.
    pub(crate) fn must_wait_for(&mut self) -> Option<Arc<Store>> {
        let store = self.refused_by.take()?;
        (self.steps.is_none() && !self.look(0)).then_some(store)
    }
}
