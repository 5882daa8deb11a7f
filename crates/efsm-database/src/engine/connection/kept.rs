//! The compiled statements of a connection.

use crate::engine::sqlite::prepared::Prepared;

/// Compiled statements that a connection keeps.
const KEPT_STATEMENTS: usize = 128;

/// A compiled statement and what its text says of it.
pub(super) struct Statement {
    pub(super) sql: Box<str>,
    pub(super) prepared: Prepared,
    /// It changes rows and returns some: `INSERT ... RETURNING`.
    pub(super) returns_changes: bool,
    /// Compiling it again may give something else: what creates or drops, and pragmas.
    pub(super) is_kept: bool,
    pub(super) tables: Vec<String>,
    /// It reads and does nothing else, and may so be run in a transaction that goes on: see [`Anchor`].
    pub(super) is_query: bool,
}

/// Compiled statements, the most recently used first. Statements are few and mostly the same ones, so that
/// a list is faster than a map which hashes the text each time.
#[derive(Default)]
#[expect(
    clippy::vec_box,
    reason = "a statement moves to the front at every use: a pointer is moved, not all of it"
)]
pub(super) struct Kept(pub(super) Vec<Box<Statement>>);

impl Kept {
    /// The statement with that text, which is then the first.
    pub(super) fn find(&mut self, sql: &str) -> bool {
        let Some(at) = self.0.iter().position(|kept| *kept.sql == *sql) else {
            return false;
        };
        if at > 0 {
            self.0[..=at].rotate_right(1);
        }
        true
    }

    pub(super) fn forget(&mut self, sql: &str) {
        self.0.retain(|kept| *kept.sql != *sql);
    }

    pub(super) fn add(&mut self, statement: Statement) {
        self.0.truncate(KEPT_STATEMENTS - 1);
        self.0.insert(0, Box::new(statement));
    }
}
