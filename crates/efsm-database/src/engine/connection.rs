//! One connection of SQLite's to one store.

use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::ToSqlOutput;
use rusqlite::{CachedStatement, OpenFlags, Statement, StatementStatus, ToSql, ffi};

use super::authorizer::Witness;
use super::limits::{Limits, Run, STEPS_PER_LOOK, Watch};
use super::pages::scope::{self, Pause, Scope};
use super::pages::{Store, vfs};
use super::statement::{Args, Columns, Description, Outcome, Parameter, Row, Sink, columns_of};
use super::value::Value;
use super::{functions, pragma, script};
use crate::error::{Code, Error};

/// Compiled statements that a connection keeps.
const CACHED_STATEMENTS: usize = 128;

pub(crate) struct Connection {
    sqlite: rusqlite::Connection,
    store: Arc<Store>,
    limits: Arc<Limits>,
    watch: Watch,
    witness: Witness,
    pause: Pause,
}

/// How much a result may hold.
#[derive(Clone, Copy)]
struct Bounds {
    rows: usize,
    bytes: usize,
}

/// What a connection may do beyond a client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A client: cannot write to the catalogue or to the insides of virtual tables.
    Client,
    /// A dump that is being loaded: dumps of SQLite's shell do both.
    Load,
}

impl Connection {
    pub(crate) fn open(
        store: Arc<Store>,
        limits: Arc<Limits>,
        trust: Trust,
    ) -> Result<Self, Error> {
        vfs::register().map_err(|code| Error::sql("the page store cannot be registered", code))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut sqlite = scope::offering(&store, || {
            // The name carries no meaning.
            rusqlite::Connection::open_with_flags_and_vfs("database", flags, vfs::NAME)
        })
        .map_err(|error| sql_error(&error))?;
        let watch = Watch::new();
        let witness = Witness::default();
        set_up(&mut sqlite, &limits, trust, &watch, &witness).map_err(|error| sql_error(&error))?;
        let pause: Pause = Arc::new({
            let (watch, store) = (watch.clone(), store.clone());
            move |patience| watch.wait(&store, patience)
        });
        Ok(Self {
            sqlite,
            store,
            limits,
            watch,
            witness,
            pause,
        })
    }

    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    pub(crate) fn is_autocommit(&self) -> bool {
        self.sqlite.is_autocommit()
    }

    pub(crate) fn disable_triggers(&self) -> Result<(), Error> {
        self.sqlite
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)
            .map(drop)
            .map_err(|error| sql_error(&error))
    }

    pub(crate) fn last_insert_rowid(&self) -> i64 {
        self.sqlite.last_insert_rowid()
    }

    /// Lends the statement that follows its time, its stopwatch and its limits.
    fn enter(&self, run: &Run) -> Scope {
        self.watch.begin(run, self.limits.statement_timeout);
        Scope::enter(run.now.as_millisecond(), &self.pause)
    }

    /// Runs one statement.
    pub(crate) fn execute(
        &self,
        sql: &str,
        args: &Args,
        run: &Run,
        sink: &mut dyn Sink,
    ) -> Result<Outcome, Error> {
        let bounds = Bounds {
            rows: self.limits.result_rows,
            bytes: self.limits.result_bytes,
        };
        self.execute_within(bounds, sql, args, run, sink)
    }

    /// Runs one statement of our own, whose rows are not kept.
    pub(crate) fn execute_unbounded(
        &self,
        sql: &str,
        args: &Args,
        run: &Run,
        sink: &mut dyn Sink,
    ) -> Result<Outcome, Error> {
        let bounds = Bounds {
            rows: usize::MAX,
            bytes: usize::MAX,
        };
        self.execute_within(bounds, sql, args, run, sink)
    }

    fn execute_within(
        &self,
        bounds: Bounds,
        sql: &str,
        args: &Args,
        run: &Run,
        sink: &mut dyn Sink,
    ) -> Result<Outcome, Error> {
        let _scope = self.enter(run);
        let harmless = pragma::in_place_of(sql);
        let sql = harmless.as_deref().unwrap_or(sql);
        let mut statement = self
            .sqlite
            .prepare_cached(sql)
            .map_err(|error| self.error(&error))?;
        bind(&mut statement, args).map_err(|error| match error {
            BindError::Sqlite(error) => self.error(&error),
            BindError::Args(error) => error,
        })?;
        let returns_changes = !statement.readonly()
            && statement.column_count() > 0
            && script::first_word(sql) != "pragma";
        if returns_changes {
            self.step_guarded(bounds, statement, sink)
        } else {
            self.step(bounds, &mut statement, sink)
        }
    }

    /// Runs `INSERT ... RETURNING` and its like. Their rows come when all changes are done, so that rows
    /// which are refused (too many, nobody there) call for undoing the changes.
    fn step_guarded(
        &self,
        bounds: Bounds,
        mut statement: CachedStatement<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Outcome, Error> {
        let was_autocommit = self.sqlite.is_autocommit();
        self.guard("SAVEPOINT efsm_result")?;
        let result = self.step(bounds, &mut statement, sink);
        drop(statement);
        if result.is_err() {
            // SQLite may have rolled everything back by itself.
            if !self.sqlite.is_autocommit() {
                self.guard("ROLLBACK TO efsm_result")?;
                self.guard("RELEASE efsm_result")?;
            }
            return result;
        }
        let released = self.guard("RELEASE efsm_result");
        if released.is_err() && was_autocommit && !self.sqlite.is_autocommit() {
            self.guard("ROLLBACK")?;
        }
        released.and(result)
    }

    fn guard(&self, sql: &str) -> Result<(), Error> {
        self.sqlite
            .prepare_cached(sql)
            .and_then(|mut statement| statement.raw_execute())
            .map(drop)
            .map_err(|error| self.error(&error))
    }

    fn step(
        &self,
        bounds: Bounds,
        statement: &mut Statement<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Outcome, Error> {
        sink.columns(Columns(statement));
        let is_readonly = statement.readonly();
        let written_before = self.sqlite.total_changes();
        let columns = statement.column_count();
        let mut count = 0;
        let mut bytes = 0;
        {
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(|error| self.error(&error))? {
                let row = Row { row, columns };
                count += 1;
                if count > bounds.rows {
                    return Err(Error::TooManyRows { limit: bounds.rows });
                }
                bytes += row.size_bytes();
                if bytes > bounds.bytes {
                    return Err(Error::ResultTooLarge {
                        limit: bounds.bytes,
                    });
                }
                if !sink.row(&row) {
                    return Err(Error::ReceiverGone);
                }
            }
        }
        let scanned = statement.reset_status(StatementStatus::FullscanStep);
        let rows_written = self.sqlite.total_changes() - written_before;
        Ok(Outcome {
            rows: count as u64,
            // SQLite's own count stays where it was after a statement that changes no rows.
            changes: if rows_written > 0 {
                self.sqlite.changes()
            } else {
                0
            },
            last_insert_rowid: self.sqlite.last_insert_rowid(),
            rows_read: (scanned.max(0) as u64).max(count as u64),
            rows_written,
            is_readonly,
        })
    }

    pub(crate) fn describe(&self, sql: &str, run: &Run) -> Result<Description, Error> {
        let _scope = self.enter(run);
        let harmless = pragma::in_place_of(sql);
        let statement = self
            .sqlite
            .prepare_cached(harmless.as_deref().unwrap_or(sql))
            .map_err(|error| self.error(&error))?;
        Ok(Description {
            parameters: (1..=statement.parameter_count())
                .map(|number| Parameter {
                    name: statement.parameter_name(number).map(str::to_owned),
                })
                .collect(),
            columns: columns_of(&statement),
            is_explain: statement.is_explain() != 0,
            is_readonly: statement.readonly(),
        })
    }

    /// The tables that a statement touches, views resolved; none when it does not compile.
    pub(crate) fn tables_of(&self, sql: &str, run: &Run) -> Vec<String> {
        let _scope = self.enter(run);
        self.witness.watch_tables();
        // Compiled anew: a statement from the cache does not ask the authorizer again.
        let compiled = self.sqlite.prepare(sql);
        drop(compiled);
        self.witness.tables()
    }

    /// The engine's error for SQLite's, with the cause that only we know.
    fn error(&self, error: &rusqlite::Error) -> Error {
        let error = sql_error(error);
        let cause = match error.code().primary() {
            ffi::SQLITE_INTERRUPT | ffi::SQLITE_BUSY => self.watch.stopped(),
            ffi::SQLITE_AUTH => self.witness.denied(),
            ffi::SQLITE_FULL => Some(Error::sql(
                format!(
                    "{error}: the database would pass its limit of {} bytes; delete rows and VACUUM, \
                     or raise the limit `database_bytes`",
                    self.limits.database_bytes
                ),
                ffi::SQLITE_FULL,
            )),
            _ => None,
        };
        cause.unwrap_or(error)
    }
}

fn set_up(
    sqlite: &mut rusqlite::Connection,
    limits: &Limits,
    trust: Trust,
    watch: &Watch,
    witness: &Witness,
) -> rusqlite::Result<()> {
    // SQLite's own default; the bundled build has it the other way.
    sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, trust == Trust::Client)?;
    let bytes = i32::try_from(limits.result_bytes).unwrap_or(i32::MAX);
    sqlite.set_limit(Limit::SQLITE_LIMIT_LENGTH, bytes)?;
    sqlite.execute_batch(&format!(
        "PRAGMA journal_mode = memory; PRAGMA synchronous = off; PRAGMA temp_store = memory;
         PRAGMA mmap_size = {}; PRAGMA cache_size = -256;",
        vfs::MMAP_BYTES
    ))?;
    functions::register(sqlite)?;
    sqlite.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    sqlite.progress_handler(
        STEPS_PER_LOOK as i32,
        Some({
            let watch = watch.clone();
            move || watch.look()
        }),
    )?;
    sqlite.authorizer(Some(witness.authorizer()))
}

enum BindError {
    Sqlite(rusqlite::Error),
    Args(Error),
}

fn bind(statement: &mut Statement<'_>, args: &Args) -> Result<(), BindError> {
    let expected = statement.parameter_count();
    if args.positional.len() > expected {
        return Err(BindError::Args(Error::TooManyParameters {
            expected,
            given: args.positional.len(),
        }));
    }
    for number in 1..=expected {
        let name = statement.parameter_name(number);
        let Some(value) = args.value(name, number) else {
            let parameter = name.map_or_else(|| format!("number {number}"), str::to_owned);
            return Err(BindError::Args(Error::MissingParameter { parameter }));
        };
        statement
            .raw_bind_parameter(number, Bound(value))
            .map_err(BindError::Sqlite)?;
    }
    Ok(())
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        use rusqlite::types::ValueRef as Raw;
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => Raw::Null,
            Value::Integer(n) => Raw::Integer(*n),
            Value::Real(x) => Raw::Real(*x),
            Value::Text(text) => Raw::Text(text.as_bytes()),
            Value::Blob(bytes) => Raw::Blob(bytes),
        }))
    }
}

pub(crate) fn sql_error(error: &rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::SqlInputError {
            error, msg, offset, ..
        } => Error::Sql {
            message: msg.clone(),
            code: Code(error.extended_code),
            offset: usize::try_from(*offset).ok(),
        },
        rusqlite::Error::SqliteFailure(error, message) => Error::Sql {
            message: message.clone().unwrap_or_else(|| error.to_string()),
            code: Code(error.extended_code),
            offset: None,
        },
        rusqlite::Error::MultipleStatement => Error::SeveralStatements,
        other => Error::sql(other.to_string(), ffi::SQLITE_ERROR),
    }
}
