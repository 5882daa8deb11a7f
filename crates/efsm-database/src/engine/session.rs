//! One client's session: its connection, its transaction, its settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::connection::{Connection, Trust};
use super::database::Database;
use super::limits::Run;
use super::statement::{Args, Description, Discard, Outcome, Parameter, RowSet, Sink};
use super::{pragma, script};
use crate::error::Error;

/// The pragmas that set a session up, by name.
pub(crate) type Settings = BTreeMap<&'static str, String>;

/// A session with one database. Its connection is opened by its first statement.
///
/// A restore, reset or import puts other pages under the session: a transaction that was open is gone
/// (the next statement says so), temporary tables too; settings such as `PRAGMA foreign_keys` stay.
pub struct Session {
    database: Database,
    generation: u64,
    connection: Option<Connection>,
    settings: Settings,
    enforces_foreign_keys: bool,
}

impl Session {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            generation: 0,
            connection: None,
            settings: Settings::new(),
            enforces_foreign_keys: false,
        }
    }

    /// A session that begins with foreign keys enforced; `PRAGMA foreign_keys` still changes it.
    #[must_use]
    pub(crate) fn enforcing_foreign_keys(mut self) -> Self {
        self.enforces_foreign_keys = true;
        self
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Whether no transaction is open: each statement commits by itself.
    pub fn is_autocommit(&self) -> bool {
        match &self.connection {
            Some(connection) if self.generation == self.database.generation() => {
                connection.is_autocommit()
            }
            Some(connection) => {
                connection.is_autocommit()
                    || !Arc::ptr_eq(connection.store(), &self.database.store())
            }
            None => true,
        }
    }

    /// The rowid of the last insert; 0 before the first.
    pub fn last_insert_rowid(&self) -> i64 {
        self.connection
            .as_ref()
            .map_or(0, Connection::last_insert_rowid)
    }

    /// Makes the session as good as new for another client, if it can be: `false` when a transaction is open
    /// or a setting was changed. Temporary tables and attached databases are the caller's to know of.
    pub(crate) fn forget(&mut self) -> bool {
        if !self.settings.is_empty() || !self.is_autocommit() {
            return false;
        }
        if let Some(connection) = &mut self.connection {
            connection.forget_last_insert();
        }
        true
    }

    /// How many commits there were to the pages that the connection is open to.
    pub(crate) fn seen_commits(&self) -> u64 {
        self.connection
            .as_ref()
            .map_or(0, |connection| connection.store().commits())
    }

    /// Lets go of what goes on between two statements.
    pub(crate) fn rest(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.rest();
        }
    }

    /// Runs one statement; its rows go to `sink` as they come.
    pub fn execute(
        &mut self,
        sql: &str,
        args: &Args,
        run: &Run,
        sink: &mut dyn Sink,
    ) -> Result<Outcome, Error> {
        let connection = self.connection(run)?;
        let outcome = connection.execute(sql, args, run, sink)?;
        // A pragma that sets something answers with no row or with one; anything else is not looked at. What is kept
        // compiled is none.
        if outcome.rows <= 1
            && outcome.rows_written == 0
            && !connection.has_kept_last()
            && let Some(name) = pragma::setting(sql)
        {
            self.settings.insert(name, sql.to_owned());
        }
        Ok(outcome)
    }

    /// Runs one statement and collects its rows.
    pub fn query(&mut self, sql: &str, args: &Args, run: &Run) -> Result<RowSet, Error> {
        let mut rows = RowSet::default();
        rows.outcome = self.execute(sql, args, run, &mut rows)?;
        Ok(rows)
    }

    /// Runs one statement for its effect.
    pub fn run(&mut self, sql: &str, args: &Args, run: &Run) -> Result<Outcome, Error> {
        self.execute(sql, args, run, &mut Discard)
    }

    /// Runs every statement of a text in order, without parameters, up to the first that fails. `done`
    /// is told each statement's text and result.
    pub fn script(
        &mut self,
        text: &str,
        run: &Run,
        mut done: impl FnMut(&str, RowSet),
    ) -> Result<(), Error> {
        for (index, piece) in script::split(text).enumerate() {
            let rows = self
                .query(piece.sql, &Args::NONE, run)
                .map_err(|cause| in_script(text, index, piece, cause))?;
            done(piece.sql, rows);
        }
        Ok(())
    }

    /// Runs one statement for each of `rows`, all or none; gives the sum of their changes.
    pub fn execute_many(&mut self, sql: &str, rows: &[Args], run: &Run) -> Result<Outcome, Error> {
        self.atomically(run, |session| {
            let mut sum = Outcome::default();
            for args in rows {
                let outcome = session.run(sql, args, run)?;
                sum = Outcome {
                    rows: sum.rows + outcome.rows,
                    changes: sum.changes + outcome.changes,
                    rows_read: sum.rows_read + outcome.rows_read,
                    rows_written: sum.rows_written + outcome.rows_written,
                    ..outcome
                };
            }
            Ok(sum)
        })
    }

    /// Does `work` as a whole or, when it fails, not at all: in a transaction of its own, or nested in
    /// the one that is open.
    pub fn atomically<R>(
        &mut self,
        run: &Run,
        work: impl FnOnce(&mut Self) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let (begin, commit, undo): (_, _, &[&str]) = if self.is_autocommit() {
            ("BEGIN", "COMMIT", &["ROLLBACK"])
        } else {
            (
                "SAVEPOINT efsm_atomic",
                "RELEASE efsm_atomic",
                &["ROLLBACK TO efsm_atomic", "RELEASE efsm_atomic"],
            )
        };
        self.run(begin, &Args::NONE, run)?;
        let result = work(self).and_then(|result| {
            self.run(commit, &Args::NONE, run)?;
            Ok(result)
        });
        // Some errors have rolled the transaction back already.
        if result.is_err() && !self.is_autocommit() {
            // Cleaning up must go on when the work was cancelled or ran out of its steps.
            let run = Run::new(run.now, run.stopwatch);
            for sql in undo {
                self.run(sql, &Args::NONE, &run)?;
            }
        }
        result
    }

    /// What a statement is, without running it.
    pub fn describe(&mut self, sql: &str, run: &Run) -> Result<Description, Error> {
        self.connection(run)?.describe(sql, run)
    }

    /// The parameters of a statement, in the order of their numbers.
    pub fn parameters(&mut self, sql: &str, run: &Run) -> Result<Vec<Parameter>, Error> {
        self.connection(run)?.parameters(sql, run)
    }

    /// The tables that a statement touches, views resolved; none when it does not compile.
    pub fn tables_of(&mut self, sql: &str, run: &Run) -> Vec<String> {
        let Ok(connection) = self.connection(run) else {
            return Vec::new();
        };
        let mut tables: Vec<String> = script::split(sql)
            .flat_map(|piece| connection.tables_of(piece.sql, run))
            .collect();
        tables.sort();
        tables.dedup();
        tables
    }

    /// Rolls an open transaction back.
    pub fn roll_back(&mut self, run: &Run) -> Result<(), Error> {
        if !self.is_autocommit() {
            let run = Run::new(run.now, run.stopwatch);
            self.run("ROLLBACK", &Args::NONE, &run)?;
        }
        Ok(())
    }

    /// Whether a statement cannot change anything; `false` also when it does not compile.
    pub fn is_readonly(&mut self, sql: &str, run: &Run) -> bool {
        self.connection(run)
            .is_ok_and(|connection| connection.is_readonly(sql, run))
    }

    /// The pragmas that were set in this session, to set another up alike.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sets this session up as another is.
    pub(crate) fn adopt(&mut self, settings: Settings, run: &Run) -> Result<(), Error> {
        if let Some(connection) = &mut self.connection {
            for setting in settings.values() {
                connection.execute(setting, &Args::NONE, run, &mut Discard)?;
            }
        }
        self.settings = settings;
        Ok(())
    }

    /// The connection to the pages that the database has now.
    fn connection(&mut self, run: &Run) -> Result<&mut Connection, Error> {
        let generation = self.database.generation();
        if self.connection.is_none() || self.generation != generation {
            let store = self.database.store();
            self.generation = generation;
            let is_current = self
                .connection
                .as_ref()
                .is_some_and(|connection| Arc::ptr_eq(connection.store(), &store));
            if !is_current {
                let had_transaction = self
                    .connection
                    .take()
                    .is_some_and(|connection| !connection.is_autocommit());
                let mut connection =
                    Connection::open(store, self.database.limits(), Trust::Client)?;
                if self.enforces_foreign_keys {
                    connection.enforce_foreign_keys()?;
                }
                let quiet = Run::new(run.now, run.stopwatch);
                for setting in self.settings.values() {
                    connection.execute(setting, &Args::NONE, &quiet, &mut Discard)?;
                }
                self.connection = Some(connection);
                if had_transaction {
                    return Err(Error::TransactionLost);
                }
            }
        }
        Ok(self.connection.as_mut().expect("opened above"))
    }
}

/// Says which statement of a script failed, and where.
pub(crate) fn in_script(text: &str, index: usize, piece: script::Piece<'_>, cause: Error) -> Error {
    let offset = piece.offset + cause.offset().unwrap_or(0);
    Error::InScript {
        number: index + 1,
        line: script::line_of(text, offset),
        offset,
        cause: Box::new(cause),
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("database", &self.database.name())
            .field("is_open", &self.connection.is_some())
            .finish_non_exhaustive()
    }
}
