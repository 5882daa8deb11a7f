//! What a test calls in process. Statements run on the caller's thread; they are journalled, and fault rules
//! do not touch them.

use bytes::Bytes;
use efsm_core::ResetDepth;

use super::{DatabaseService, Inner};
use crate::engine::databases::DEFAULT;
use crate::engine::session::in_script;
use crate::engine::{Args, Database, Diff, Outcome, RowSet, Run, Schema, Session, Version, script};
use crate::error::Error;
use crate::journal::Face;

/// One database of the service, by name.
#[derive(Clone, Debug)]
pub struct NamedDatabase {
    service: DatabaseService,
    database: Database,
}

/// A session of a test's own: its transaction and temporary tables last as long as it does.
#[derive(Debug)]
pub struct LocalSession {
    service: DatabaseService,
    session: Session,
}

impl DatabaseService {
    /// The database of that name, made if there is none. `main` is the one without a name.
    pub fn database(&self, name: &str) -> Result<NamedDatabase, Error> {
        if crate::wire::is_reserved(name) {
            return Err(Error::BadName {
                name: name.to_owned(),
                problem: "that is the name of a call under /db",
            });
        }
        Ok(NamedDatabase {
            service: self.clone(),
            database: self.databases().database(name)?,
        })
    }

    fn main(&self) -> NamedDatabase {
        NamedDatabase {
            service: self.clone(),
            database: self.inner().main.clone(),
        }
    }

    /// Runs one statement of the default database; see [`NamedDatabase::execute`], as for what follows.
    pub fn execute(&self, sql: &str, params: impl Into<Args>) -> Result<RowSet, Error> {
        self.main().execute(sql, params)
    }

    pub fn execute_many(
        &self,
        sql: &str,
        params: impl IntoIterator<Item = impl Into<Args>>,
    ) -> Result<Outcome, Error> {
        self.main().execute_many(sql, params)
    }

    pub fn seed(&self, sql: &str) -> Result<(), Error> {
        self.main().seed(sql)
    }

    pub fn tables(&self) -> Result<Vec<String>, Error> {
        self.main().tables()
    }

    pub fn schema(&self) -> Result<Schema, Error> {
        self.main().schema()
    }

    pub fn dump(&self) -> Result<String, Error> {
        self.main().dump()
    }

    pub fn export(&self) -> Result<Bytes, Error> {
        self.main().export()
    }

    pub fn import(&self, image: &[u8]) -> Result<(), Error> {
        self.main().import(image)
    }

    pub fn session(&self) -> LocalSession {
        self.main().session()
    }

    pub fn version(&self) -> Version {
        self.main().version()
    }

    pub fn diff(&self, from: &Version) -> Result<Diff, Error> {
        self.main().diff(from)
    }

    /// Drops the rows of every database and keeps the schemas.
    pub fn reset_data(&self) -> Result<(), Error> {
        let run = self.inner().run();
        for (name, _) in self.databases().list() {
            self.databases().database(&name)?.reset_data(&run)?;
        }
        Ok(())
    }

    /// Drops every database; the default one is there again, empty.
    pub fn hard_reset(&self) {
        self.databases().clear();
        self.inner().pool.clear();
    }
}

impl NamedDatabase {
    pub fn name(&self) -> &str {
        self.database.name()
    }

    fn inner(&self) -> &Inner {
        self.service.inner()
    }

    /// Does one call with a session of the pool, as a call over REST without a session does.
    fn with_session<R>(
        &self,
        call: impl FnOnce(&mut Session, &Run) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let run = self.inner().run();
        let mut session = self.inner().pool.take(&self.database, &run)?;
        let result = call(session.session(), &run);
        let was_left_open = self.inner().pool.give(session, &run);
        if was_left_open && result.is_ok() {
            return Err(Error::LeftOpen);
        }
        result
    }

    /// Runs one statement. `params` are values in order (`[1, 2]`, `vec![..]`), an [`Args`] with names, or `()`.
    ///
    /// Calls share their connection as long as they come one after the other; a transaction that spans calls
    /// needs a [`NamedDatabase::session`].
    pub fn execute(&self, sql: &str, params: impl Into<Args>) -> Result<RowSet, Error> {
        let args = params.into();
        self.with_session(|session, run| run_one(self.inner(), session, sql, args, run))
    }

    /// Runs one statement for each set of parameters, all or none; gives the sum of their changes.
    pub fn execute_many(
        &self,
        sql: &str,
        params: impl IntoIterator<Item = impl Into<Args>>,
    ) -> Result<Outcome, Error> {
        let rows: Vec<Args> = params.into_iter().map(Into::into).collect();
        self.with_session(|session, run| {
            let result = session.execute_many(sql, &rows, run);
            let first = rows.first().cloned().unwrap_or_default();
            let face = Face::InProcess;
            let database = session.database().clone();
            self.inner()
                .record(&database, sql, first, rows.len(), face, run, &result);
            result
        })
    }

    /// Runs a script (schema, migrations, seed rows, a dump) whole or not at all. An error says which statement
    /// failed, and on which line.
    pub fn seed(&self, sql: &str) -> Result<(), Error> {
        self.database.load(sql, &self.inner().run())
    }

    /// Runs the statements of a script one by one, up to the first that fails; gives their results.
    pub fn run_script(&self, sql: &str) -> Result<Vec<RowSet>, Error> {
        self.with_session(|session, run| {
            let pieces = script::split(sql).enumerate();
            pieces
                .map(|(index, piece)| {
                    run_one(self.inner(), session, piece.sql, Args::NONE, run)
                        .map_err(|cause| in_script(sql, index, piece, cause))
                })
                .collect()
        })
    }

    /// The names of the tables, alphabetical.
    pub fn tables(&self) -> Result<Vec<String>, Error> {
        self.database.tables(&self.inner().run())
    }

    pub fn schema(&self) -> Result<Schema, Error> {
        self.database.schema(&self.inner().run())
    }

    /// The database as SQL text which makes it anew.
    pub fn dump(&self) -> Result<String, Error> {
        let mut text = String::new();
        self.database.dump(&self.inner().run(), &mut |piece| {
            text.push_str(piece);
            true
        })?;
        Ok(text)
    }

    /// The database as a file of SQLite's.
    pub fn export(&self) -> Result<Bytes, Error> {
        self.database.export(&self.inner().run())
    }

    /// Puts a file of SQLite's in the place of the database.
    pub fn import(&self, image: &[u8]) -> Result<(), Error> {
        self.database.import(image, &self.inner().run())
    }

    /// A session, for transactions and temporary tables that span calls.
    pub fn session(&self) -> LocalSession {
        LocalSession {
            service: self.service.clone(),
            session: self.database.session(),
        }
    }

    /// What was last committed, as a value to restore or to compare with.
    pub fn version(&self) -> Version {
        self.database.version()
    }

    /// Puts a version in place.
    pub fn restore(&self, version: &Version) {
        self.database.restore(version);
    }

    /// Which rows differ from an earlier version.
    pub fn diff(&self, from: &Version) -> Result<Diff, Error> {
        self.database.diff(from, usize::MAX, &self.inner().run())
    }

    /// Drops the rows, and with [`ResetDepth::All`] the schema.
    pub fn reset(&self, depth: ResetDepth) -> Result<(), Error> {
        match depth {
            ResetDepth::Data => self.database.reset_data(&self.inner().run()),
            ResetDepth::All => {
                self.database.reset_all();
                Ok(())
            }
        }
    }

    /// Whether this is the database without a name.
    pub fn is_default(&self) -> bool {
        self.name() == DEFAULT
    }
}

impl LocalSession {
    /// Runs one statement.
    pub fn execute(&mut self, sql: &str, params: impl Into<Args>) -> Result<RowSet, Error> {
        let run = self.service.inner().run();
        let args = params.into();
        run_one(self.service.inner(), &mut self.session, sql, args, &run)
    }

    /// Whether no transaction is open.
    pub fn is_autocommit(&self) -> bool {
        self.session.is_autocommit()
    }
}

fn run_one(
    service: &Inner,
    session: &mut Session,
    sql: &str,
    args: Args,
    run: &Run,
) -> Result<RowSet, Error> {
    let mut rows = RowSet::default();
    let result = session.execute(sql, &args, run, &mut rows);
    service.record(
        session.database(),
        sql,
        args,
        1,
        Face::InProcess,
        run,
        &result,
    );
    rows.outcome = result?;
    Ok(rows)
}
