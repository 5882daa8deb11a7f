//! Sessions that clients hold across calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use efsm_core::{Context, SignedDuration, Timestamp};
use parking_lot::Mutex;

use super::Inner;
use super::open::{Detached, OpenSession};
use crate::journal::Face;

/// How long a session may idle unless its client asks for another time.
pub(crate) const IDLE: SignedDuration = SignedDuration::from_mins(5);
/// Sessions of one stack at once.
const MOST: usize = 10_000;

#[derive(Default)]
pub(crate) struct Held(Mutex<BTreeMap<String, Entry>>);

struct Entry {
    session: Detached,
    idle: SignedDuration,
    used: Timestamp,
}

/// A held session, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    pub id: String,
    pub database: String,
    /// When it is closed unless it is used before, on the stack's clock.
    pub expires: Timestamp,
}

/// There are too many sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany(pub(crate) usize);

impl Held {
    pub(crate) fn add(
        &self,
        session: OpenSession,
        idle: SignedDuration,
        context: &Context,
    ) -> Result<SessionInfo, TooMany> {
        let now = context.now();
        self.sweep(now);
        let id = context.entropy().alphanumeric(24);
        let entry = Entry {
            session: session.detach(),
            idle,
            used: now,
        };
        let info = entry.info(&id);
        let mut held = self.0.lock();
        if held.len() >= MOST {
            return Err(TooMany(MOST));
        }
        held.insert(id, entry);
        Ok(info)
    }

    /// A session to use now; `None` when there is none of that id, or no longer.
    pub(crate) fn use_now(service: &Arc<Inner>, id: &str, now: Timestamp) -> Option<OpenSession> {
        let mut held = service.held.0.lock();
        let entry = held.get_mut(id)?;
        if entry.is_expired(now) {
            let expired = held.remove(id);
            drop(held);
            drop(expired);
            return None;
        }
        entry.used = now;
        Some(entry.session.clone().attach(service.clone()))
    }

    /// Counts the time from now, after a call that took long.
    pub(crate) fn used(&self, id: &str, now: Timestamp) {
        if let Some(entry) = self.0.lock().get_mut(id) {
            entry.used = entry.used.max(now);
        }
    }

    pub(crate) fn info(&self, id: &str) -> Option<SessionInfo> {
        self.0.lock().get(id).map(|entry| entry.info(id))
    }

    /// Closes a session; its transaction is rolled back. Whether there was one.
    pub(crate) fn remove(&self, id: &str) -> bool {
        let removed = self.0.lock().remove(id);
        removed.is_some()
    }

    pub(crate) fn list(&self) -> Vec<SessionInfo> {
        let held = self.0.lock();
        held.iter().map(|(id, entry)| entry.info(id)).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().len()
    }

    pub(crate) fn sweep(&self, now: Timestamp) {
        let mut expired = Vec::new();
        self.0.lock().retain(|_, entry| {
            let is_expired = entry.is_expired(now);
            if is_expired {
                expired.push(entry.session.clone());
            }
            !is_expired
        });
        // Connections are closed after the lock.
        drop(expired);
    }
}

impl Entry {
    /// Whether it has idled for too long; while a statement runs it does not idle.
    fn is_expired(&self, now: Timestamp) -> bool {
        now.duration_since(self.used) >= self.idle && !self.session.is_running()
    }

    fn info(&self, id: &str) -> SessionInfo {
        debug_assert_ne!(self.session.face(), Face::InProcess);
        SessionInfo {
            id: id.to_owned(),
            database: self.session.database().name().to_owned(),
            expires: self
                .used
                .saturating_add(self.idle)
                .unwrap_or(Timestamp::MAX),
        }
    }
}
