//! Sessions for calls that name none.
//!
//! Such calls behave as if they shared one connection: the one used last is used again, so that temporary
//! tables and `last_insert_rowid()` are there for a client that makes one call after the other, and what
//! a pragma sets for one is set for all. Calls at the same time get sessions of their own and do not wait
//! for each other.

use std::collections::BTreeMap;

use efsm_core::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use super::open::Lone;
use super::shelf::Shelf;
use crate::engine::session::Settings;
use crate::engine::{Database, Run};
use crate::error::Error;

/// Sessions that one database keeps for later calls.
const KEPT: usize = 8;
/// How long one is kept without being used.
const IDLE: SignedDuration = SignedDuration::from_secs(60);

#[derive(Default)]
pub(crate) struct Pool(Mutex<BTreeMap<String, Idle>>);

#[derive(Default)]
struct Idle {
    sessions: Shelf,
    settings: Settings,
}

impl Pool {
    /// A session for one call.
    pub(crate) fn take(&self, database: &Database, run: &Run) -> Result<Lone, Error> {
        let mut pools = self.0.lock();
        let Some(idle) = pools.get_mut(database.name()) else {
            return Ok(Lone::new(database.session()));
        };
        let session = idle.sessions.take();
        let mut session = session.unwrap_or_else(|| Lone::new(database.session()));
        if *session.session().settings() != idle.settings {
            let settings = idle.settings.clone();
            drop(pools);
            session.session().adopt(settings, run)?;
        }
        Ok(session)
    }

    /// Takes a session back. A transaction that the call left open would be anybody's: it is rolled back, and
    /// the answer is whether there was one.
    pub(crate) fn give(&self, mut lone: Lone, run: &Run) -> bool {
        let session = lone.session();
        let was_left_open = !session.is_autocommit();
        if was_left_open && session.roll_back(run).is_err() {
            return true;
        }
        let mut pools = self.0.lock();
        let idle = match pools.get_mut(session.database().name()) {
            Some(idle) => idle,
            None => pools
                .entry(session.database().name().to_owned())
                .or_default(),
        };
        if *session.settings() != idle.settings {
            idle.settings = session.settings().clone();
        }
        let surplus = idle.sessions.put(lone, run.now, KEPT);
        drop(pools);
        // A connection is closed after the lock.
        drop(surplus);
        was_left_open
    }

    pub(crate) fn sweep(&self, now: Timestamp) {
        for idle in self.0.lock().values_mut() {
            idle.sessions.sweep(now, IDLE);
        }
    }

    pub(crate) fn clear(&self) {
        let old = std::mem::take(&mut *self.0.lock());
        // Connections are closed after the lock.
        drop(old);
    }

    /// Open sessions by database, for the list of databases.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let pools = self.0.lock();
        pools
            .iter()
            .map(|(name, idle)| (name.clone(), idle.sessions.len()))
            .collect()
    }
}
