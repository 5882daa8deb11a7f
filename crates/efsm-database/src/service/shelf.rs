//! Sessions that are set aside for later calls: opening a connection costs more than most statements do.

use efsm_core::{SignedDuration, Timestamp};

use super::open::Lone;

/// The sessions of one database that nobody uses, the one that was used last on top.
///
/// The read transaction of queries in a row goes on here, so that a client which makes one call after the other has
/// what a session of its own would give it. It ends when a session is set aside that has seen a commit: old versions
/// must not be kept for nobody.
#[derive(Default)]
pub(crate) struct Shelf {
    sessions: Vec<(Lone, Timestamp)>,
    seen_commits: u64,
}

impl Shelf {
    pub(crate) fn take(&mut self) -> Option<Lone> {
        self.sessions.pop().map(|(session, _)| session)
    }

    /// Sets a session aside; gives it back when there are `most` already.
    pub(crate) fn put(&mut self, mut session: Lone, now: Timestamp, most: usize) -> Option<Lone> {
        let commits = session.session().seen_commits();
        if self.seen_commits != commits {
            self.seen_commits = commits;
            for (other, _) in &mut self.sessions {
                other.session().rest();
            }
        }
        if self.sessions.len() >= most {
            return Some(session);
        }
        self.sessions.push((session, now));
        None
    }

    /// Closes those that were not used for so long, and ends what goes on in the others.
    pub(crate) fn sweep(&mut self, now: Timestamp, idle: SignedDuration) {
        self.sessions
            .retain(|(_, used)| now.duration_since(*used) < idle);
        for (session, _) in &mut self.sessions {
            session.session().rest();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }
}
