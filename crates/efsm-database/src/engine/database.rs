//! One database: its versions, and what is done to it as a whole.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::connection::{Connection, Trust};
use super::databases::Databases;
use super::diff::{self, Diff};
use super::dump;
use super::limits::{Limits, Run};
use super::pages::store::Refused;
use super::pages::{Store, Version};
use super::reset;
use super::schema::{self, Schema};
use super::script;
use super::session::{Session, in_script};
use super::statement::{Args, Discard, RowSet};
use super::value::Value;
use crate::error::Error;

/// What every database file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 100;
/// How long a load waits for the writers before it: as long as a session does by default.
const LOAD_PATIENCE: Duration = Duration::from_secs(5);

/// A handle to a database by its name; it stays good when the database is restored or removed.
#[derive(Clone, Debug)]
pub struct Database {
    databases: Databases,
    name: Arc<str>,
}

impl Database {
    pub(super) fn new(databases: Databases, name: Arc<str>) -> Self {
        Self { databases, name }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        self.name.clone()
    }

    /// A session with it; costs nothing until its first statement.
    pub fn session(&self) -> Session {
        Session::new(self.clone())
    }

    /// What was last committed, as a value.
    pub fn version(&self) -> Version {
        self.store().current()
    }

    /// Puts a version in place, of this database or another. Open transactions end without a trace.
    pub fn restore(&self, version: &Version) {
        self.databases.replace(&self.name, version.clone());
    }

    /// Drops all rows and counters of `AUTOINCREMENT` and keeps the schema.
    pub fn reset_data(&self, run: &Run) -> Result<(), Error> {
        let emptied = reset::emptied(&self.version(), &self.limits(), run)?;
        self.restore(&emptied);
        Ok(())
    }

    /// Drops everything.
    pub fn reset_all(&self) {
        self.restore(&Version::default());
    }

    /// The names of its tables, alphabetical, without SQLite's own and those inside of virtual tables.
    pub fn tables(&self, run: &Run) -> Result<Vec<String>, Error> {
        schema::tables(&mut self.reader()?, run)
    }

    /// Its tables with their columns, indexes, views and triggers.
    pub fn schema(&self, run: &Run) -> Result<Schema, Error> {
        schema::read(&mut self.reader()?, run)
    }

    /// Hands the database over as SQL text which makes it anew, piece by piece, as it is at one instant;
    /// stops when `take` answers `false`. SQLite's shell and [`Database::load`] both read it.
    pub fn dump(&self, run: &Run, take: &mut dyn FnMut(&str) -> bool) -> Result<(), Error> {
        dump::dump(&mut self.reader()?, run, take)
    }

    /// Runs a script of SQL, whole or not at all: migrations, seeds, dumps. Others see it happen at once.
    /// The script may begin and commit transactions of its own.
    pub fn load(&self, script: &str, run: &Run) -> Result<(), Error> {
        let store = self.store();
        let base = reserve(&store, run)?;
        let loaded = self.load_into(base, script, run);
        match loaded {
            Ok(version) => {
                store.release(Some(version));
                Ok(())
            }
            Err(error) => {
                store.release(None);
                Err(error)
            }
        }
    }

    fn load_into(&self, base: Version, text: &str, run: &Run) -> Result<Version, Error> {
        let scratch = self.store().scratch_of(base);
        let mut connection = Connection::open(scratch.clone(), self.limits(), Trust::Load)?;
        let mut touched_catalogue = false;
        for (index, piece) in script::split(text).enumerate() {
            connection
                .execute(piece.sql, &Args::NONE, run, &mut Discard)
                .map_err(|cause| in_script(text, index, piece, cause))?;
            touched_catalogue |= piece.sql.contains("writable_schema");
        }
        if !connection.is_autocommit() {
            return Err(Error::sql(
                "the script leaves its transaction open: end it with COMMIT",
                rusqlite::ffi::SQLITE_MISUSE,
            ));
        }
        if touched_catalogue {
            // Writing to the catalogue itself does not tell other connections that the schema changed.
            let number = query(&mut connection, "PRAGMA schema_version", run)?;
            let number = number.first().and_then(Value::as_integer).unwrap_or(0);
            let next = format!("PRAGMA schema_version = {}", number.wrapping_add(1));
            connection.execute(&next, &Args::NONE, run, &mut Discard)?;
        }
        drop(connection);
        Ok(scratch.current())
    }

    /// The database as a file of SQLite's, of one instant.
    pub fn export(&self, run: &Run) -> Result<Bytes, Error> {
        let version = self.version();
        if !version.is_empty() {
            return Ok(version.to_image());
        }
        // A file of no bytes is a valid database too, but nothing recognises it as one.
        let scratch = self.store().scratch();
        let mut connection = Connection::open(scratch.clone(), self.limits(), Trust::Load)?;
        connection.execute("PRAGMA user_version = 0", &Args::NONE, run, &mut Discard)?;
        Ok(scratch.current().to_image())
    }

    /// Puts the content of a file of SQLite's in the place of the database, after checking it whole.
    pub fn import(&self, image: &[u8], run: &Run) -> Result<(), Error> {
        let version = check_image(image, &self.limits(), run)?;
        if version.size_bytes() > self.limits().database_bytes {
            return Err(Error::sql(
                format!(
                    "the file has {} bytes and a database at most {}: raise the limit `database`",
                    version.size_bytes(),
                    self.limits().database_bytes
                ),
                rusqlite::ffi::SQLITE_FULL,
            ));
        }
        self.restore(&version);
        Ok(())
    }

    /// Which rows differ from an earlier (or any other) version.
    pub fn diff(&self, from: &Version, row_limit: usize, run: &Run) -> Result<Diff, Error> {
        diff::diff(from, &self.version(), row_limit, &self.limits(), run)
    }

    pub(super) fn generation(&self) -> u64 {
        self.databases.generation()
    }

    pub(super) fn store(&self) -> Arc<Store> {
        self.databases.store(&self.name)
    }

    pub(super) fn limits(&self) -> Arc<Limits> {
        self.databases.limits().clone()
    }

    /// A connection to a copy of what was last committed: nothing that it does is seen.
    fn reader(&self) -> Result<Connection, Error> {
        Connection::open(self.store().scratch(), self.limits(), Trust::Client)
    }
}

/// Takes the writer's lock of a store, waiting for those before; gives the version to start from.
fn reserve(store: &Store, run: &Run) -> Result<Version, Error> {
    let mut left = LOAD_PATIENCE;
    let slice = Duration::from_millis(10);
    loop {
        let base = store.current();
        match store.reserve(&base) {
            Ok(()) => return Ok(base),
            Err(Refused::Stale) => {}
            Err(Refused::Busy) if left.is_zero() => {
                return Err(Error::sql("database is locked", rusqlite::ffi::SQLITE_BUSY));
            }
            Err(Refused::Busy) => {
                if !store.wait_released(slice) {
                    left = left.saturating_sub(slice);
                }
            }
        }
        if run.cancel.as_ref().is_some_and(super::Cancel::is_cancelled) {
            return Err(Error::Cancelled);
        }
    }
}

/// Runs one statement of our own and collects its rows.
pub(super) fn query(connection: &mut Connection, sql: &str, run: &Run) -> Result<RowSet, Error> {
    let mut rows = RowSet::default();
    rows.outcome = connection.execute(sql, &Args::NONE, run, &mut rows)?;
    Ok(rows)
}

fn check_image(image: &[u8], limits: &Arc<Limits>, run: &Run) -> Result<Version, Error> {
    let bad = |problem: String| Error::BadImage { problem };
    if image.is_empty() {
        return Ok(Version::default());
    }
    if image.len() < HEADER_BYTES || !image.starts_with(MAGIC) {
        return Err(bad("it does not begin with \"SQLite format 3\"".to_owned()));
    }
    let page_size = match u16::from_be_bytes([image[16], image[17]]) {
        1 => 65_536,
        size => usize::from(size),
    };
    if page_size < 512 || !page_size.is_power_of_two() {
        return Err(bad(format!("its page size of {page_size} is impossible")));
    }
    let pages = u32::from_be_bytes([image[28], image[29], image[30], image[31]]) as usize;
    let is_count_valid = image[24..28] == image[92..96];
    if !image.len().is_multiple_of(page_size) || (is_count_valid && pages * page_size > image.len())
    {
        return Err(bad(format!(
            "it is cut off: {} bytes, and {pages} pages of {page_size} bytes belong to it",
            image.len()
        )));
    }
    let mut draft = Version::from_image(image).draft();
    // A file in WAL mode says so here; without its log it is whole, and the mode is not ours.
    draft.write(18, &[1, 1]);
    let version = draft.into_version();
    let scratch = Store::unbounded(version.clone());
    let mut connection = Connection::open(scratch, limits.clone(), Trust::Client)?;
    let checked = query(&mut connection, "PRAGMA integrity_check(1)", run);
    match checked {
        Ok(rows) => match rows.first().and_then(|value| value.as_text()) {
            Some("ok") => Ok(version),
            problem => Err(bad(problem.unwrap_or("it cannot be read").to_owned())),
        },
        Err(error @ (Error::TimedOut { .. } | Error::Cancelled)) => Err(error),
        Err(error) => Err(bad(error.to_string())),
    }
}
