//! A read transaction that goes on between two queries.

use crate::engine::pages::Store;
use crate::engine::sqlite::prepared::{Prepared, prepare};

/// Keeps the read transaction of a connection open from one query to the next, as long as nobody commits: beginning
/// and ending one costs as much as a short query. It is let go before everything else that is done, when somebody
/// has committed, and when the session rests, so that old versions are not kept for nobody.
#[derive(Default)]
pub(super) struct Anchor {
    /// Compiled at first use.
    statement: Option<Prepared>,
    /// The number of commits to the store when the transaction was begun.
    held_at: Option<u64>,
    /// The number of commits at the last query: only the second in a row is worth an anchor.
    pub(super) queried_at: Option<u64>,
}

impl Anchor {
    pub(super) fn let_go(&mut self) {
        if self.held_at.take().is_some()
            && let Some(statement) = &mut self.statement
        {
            statement.let_go();
        }
    }

    pub(super) fn is_held(&self) -> bool {
        self.held_at.is_some()
    }

    /// Lets go unless what the transaction sees is what was committed last.
    pub(super) fn keep_up(&mut self, store: &Store) {
        if self.held_at.is_some_and(|at| at != store.commits()) {
            self.let_go();
        }
    }

    /// After a query: stays where it was, if the one before was there too.
    pub(super) fn hold(&mut self, sqlite: &rusqlite::Connection, store: &Store) {
        let commits = store.commits();
        if self.queried_at.replace(commits) != Some(commits) {
            return;
        }
        if self.statement.is_none() {
            let compiled = prepare(sqlite, "SELECT 1 FROM sqlite_schema");
            self.statement = compiled.ok().and_then(|(prepared, _)| prepared);
        }
        if self.statement.as_mut().is_some_and(Prepared::hold) {
            self.held_at = Some(commits);
        }
    }
}
