//! One connection of SQLite's to one store.

mod anchor;
mod kept;

use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{OpenFlags, TransactionState, ffi};

use self::anchor::Anchor;
use self::kept::{Kept, Statement};
use super::authorizer::Witness;
use super::limits::{Limits, Run};
use super::pages::Store;
use super::pages::scope::{self, STEPS_PER_LOOK, Scope};
use super::sqlite::prepared::{Prepared, Running, forget_last_insert, prepare};
use super::sqlite::vfs;
use super::statement::{Args, Columns, Description, Outcome, Parameter, Row, Sink};
use super::{functions, pragma, script};
use crate::error::{Code, Error};

pub(crate) struct Connection {
    // Dropped before the connection, as SQLite wants it.
    kept: Kept,
    anchor: Anchor,
    sqlite: rusqlite::Connection,
    store: Arc<Store>,
    limits: Arc<Limits>,
    witness: Witness,
    has_kept_last: bool,
    /// The database had no page when this connection last looked.
    saw_nothing: bool,
    /// The number of the schema when this connection last looked for another.
    seen_cookie: u32,
}

/// What a connection may do beyond a client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A client: cannot write to the catalogue or to the insides of virtual tables.
    Client,
    /// A dump that is being loaded: dumps of SQLite's shell do both.
    Load,
}

/// How much a result may hold.
#[derive(Clone, Copy)]
struct Bounds {
    rows: usize,
    bytes: usize,
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
        let witness = Witness::default();
        set_up(&mut sqlite, &limits, trust, &witness).map_err(|error| sql_error(&error))?;
        Ok(Self {
            saw_nothing: store.current().is_empty(),
            seen_cookie: 0,
            has_kept_last: false,
            kept: Kept::default(),
            anchor: Anchor::default(),
            sqlite,
            store,
            limits,
            witness,
        })
    }

    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    pub(crate) fn is_autocommit(&self) -> bool {
        self.sqlite.is_autocommit()
    }

    pub(crate) fn enforce_foreign_keys(&self) -> Result<(), Error> {
        self.sqlite
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)
            .map(drop)
            .map_err(|error| sql_error(&error))
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

    /// The rowid of the last insert is 0 again, as in a new connection.
    pub(crate) fn forget_last_insert(&mut self) {
        forget_last_insert(&self.sqlite);
    }

    /// Runs one statement.
    pub(crate) fn execute(
        &mut self,
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
        &mut self,
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
        &mut self,
        bounds: Bounds,
        sql: &str,
        args: &Args,
        run: &Run,
        sink: &mut dyn Sink,
    ) -> Result<Outcome, Error> {
        let _scope = Scope::enter(run, self.limits.statement_timeout);
        self.anchor.keep_up(&self.store);
        if self.saw_nothing {
            self.anchor.let_go();
            self.look_again()?;
        }
        self.compile(sql)?;
        let statement = &mut *self.kept.0[0];
        let (is_kept, is_query) = (statement.is_kept, statement.is_query);
        self.has_kept_last = is_kept;
        if !is_query {
            self.anchor.let_go();
        }
        let result = if statement.returns_changes {
            run_guarded(&self.sqlite, statement, args, bounds, sink)
        } else {
            run_once(&self.sqlite, statement, args, bounds, sink)
        };
        if !is_kept {
            self.kept.0.remove(0);
        }
        if result.is_err() {
            self.anchor.let_go();
        } else if is_query && !self.anchor.is_held() && self.sqlite.is_autocommit() {
            self.anchor.hold(&self.sqlite, &self.store);
        }
        result.map_err(|error| self.explain(error))
    }

    /// Whether the statement that was run last is kept, which no pragma is.
    pub(crate) fn has_kept_last(&self) -> bool {
        self.has_kept_last
    }

    /// Ends what goes on between two statements of a session: it may not be used for long.
    pub(crate) fn rest(&mut self) {
        self.anchor.let_go();
        self.anchor.queried_at = None;
    }

    /// Lets SQLite see that there are pages now.
    ///
    /// A connection that has seen an empty database takes it for one that its next transaction begins with,
    /// also when somebody else has filled it meanwhile, and then `ROLLBACK TO` the savepoint that began that
    /// transaction empties the database (seen with SQLite 3.54.1, with plain files too). A read of the
    /// transaction's own, before anything else, sets it right.
    fn look_again(&mut self) -> Result<(), Error> {
        if !self.sqlite.is_autocommit() || !self.store.current().is_empty() {
            let pages: i64 = self
                .sqlite
                .query_row("PRAGMA page_count", (), |row| row.get(0))
                .map_err(|error| sql_error(&error))?;
            self.saw_nothing = pages == 0;
        }
        Ok(())
    }

    /// Puts the one statement of a text at the head of those that are kept.
    fn compile(&mut self, sql: &str) -> Result<(), Error> {
        if self.kept.find(sql) {
            return Ok(());
        }
        let harmless = pragma::in_place_of(sql);
        let text = harmless.as_deref().unwrap_or(sql);
        self.witness.watch_tables();
        let mut compiled = prepare(&self.sqlite, text);
        if compiled.as_ref().is_err_and(may_be_by_an_old_schema) && self.see_the_schema() {
            self.witness.watch_tables();
            compiled = prepare(&self.sqlite, text);
        }
        let tables = self.witness.tables();
        let (prepared, taken) = compiled.map_err(|error| self.explain(error))?;
        let Some(prepared) = prepared else {
            return Err(Error::NoStatement(sql.chars().take(80).collect()));
        };
        if script::split(&text[taken..]).next().is_some() {
            return Err(Error::SeveralStatements);
        }
        let word = script::first_word(text);
        self.kept.add(Statement {
            sql: sql.into(),
            returns_changes: !prepared.is_readonly()
                && prepared.columns() > 0
                && !matches!(word.as_str(), "pragma" | "explain"),
            is_kept: matches!(
                word.as_str(),
                "select"
                    | "values"
                    | "with"
                    | "insert"
                    | "replace"
                    | "update"
                    | "delete"
                    | "begin"
                    | "commit"
                    | "end"
                    | "rollback"
                    | "savepoint"
                    | "release"
            ),
            prepared,
            tables,
            is_query: false,
        });
        // A query of pragmas alone, or of nothing, has no transaction to go on.
        let statement = &mut *self.kept.0[0];
        statement.is_query = statement.prepared.is_readonly()
            && statement.prepared.columns() > 0
            && !statement.tables.is_empty()
            && matches!(word.as_str(), "select" | "with");
        Ok(())
    }

    /// Lets SQLite see what others did to the schema, if they did; whether they did. It looks only when a statement
    /// runs: until then it compiles, describes and refuses by the schema that the connection saw last. A transaction
    /// that has read keeps what it saw.
    fn see_the_schema(&mut self) -> bool {
        self.anchor.let_go();
        let cookie = self.store.current().schema_cookie();
        if self.seen_cookie == cookie {
            return false;
        }
        let has_read = self
            .sqlite
            .transaction_state(None::<&str>)
            .is_ok_and(|state| state != TransactionState::None);
        if has_read {
            return false;
        }
        let look = "SELECT EXISTS (SELECT 1 FROM sqlite_schema)";
        let has_seen = self.sqlite.query_row(look, (), |_| Ok(())).is_ok();
        if has_seen {
            self.seen_cookie = cookie;
        }
        has_seen
    }

    /// Compiles a text by the schema as it is now, for what it says of itself.
    fn compile_anew(&mut self, sql: &str) -> Result<(), Error> {
        self.see_the_schema();
        self.kept.forget(sql);
        self.compile(sql)
    }

    pub(crate) fn describe(&mut self, sql: &str, run: &Run) -> Result<Description, Error> {
        let _scope = Scope::enter(run, self.limits.statement_timeout);
        self.compile_anew(sql)?;
        let statement = &self.kept.0[0].prepared;
        let description = Description {
            parameters: parameters(statement),
            columns: Columns(statement, statement.columns()).to_vec(),
            is_explain: statement.is_explain(),
            is_readonly: statement.is_readonly(),
        };
        if !self.kept.0[0].is_kept {
            self.kept.0.remove(0);
        }
        Ok(description)
    }

    /// The parameters of a statement, which no change of the schema changes.
    pub(crate) fn parameters(&mut self, sql: &str, run: &Run) -> Result<Vec<Parameter>, Error> {
        let _scope = Scope::enter(run, self.limits.statement_timeout);
        self.anchor.keep_up(&self.store);
        self.compile(sql)?;
        let parameters = parameters(&self.kept.0[0].prepared);
        if !self.kept.0[0].is_kept {
            self.kept.0.remove(0);
        }
        Ok(parameters)
    }

    /// Whether a statement cannot change anything; `false` also when it does not compile.
    pub(crate) fn is_readonly(&mut self, sql: &str, run: &Run) -> bool {
        let _scope = Scope::enter(run, self.limits.statement_timeout);
        self.anchor.keep_up(&self.store);
        if self.compile(sql).is_err() {
            return false;
        }
        let is_readonly = self.kept.0[0].prepared.is_readonly();
        if !self.kept.0[0].is_kept {
            self.kept.0.remove(0);
        }
        is_readonly
    }

    /// The tables that a statement touches, views resolved; none when it does not compile.
    pub(crate) fn tables_of(&mut self, sql: &str, run: &Run) -> Vec<String> {
        let _scope = Scope::enter(run, self.limits.statement_timeout);
        if self.compile_anew(sql).is_err() {
            return Vec::new();
        }
        let tables = self.kept.0[0].tables.clone();
        if !self.kept.0[0].is_kept {
            self.kept.0.remove(0);
        }
        tables
    }

    /// The engine's error for SQLite's, with the cause that only we know.
    fn explain(&self, error: Error) -> Error {
        if !matches!(error, Error::Sql { .. }) {
            return error;
        }
        if let Some(denied) = self.witness.denied() {
            return denied;
        }
        let cause = match error.code().primary() {
            ffi::SQLITE_INTERRUPT | ffi::SQLITE_BUSY => scope::stopped(),
            ffi::SQLITE_FULL => Some(Error::sql(
                format!(
                    "{error}: the database would pass its limit of {} bytes, or the stack its memory \
                     cap; delete rows and VACUUM, or raise the limit `database` or `memory`",
                    self.limits.database_bytes
                ),
                ffi::SQLITE_FULL,
            )),
            _ => None,
        };
        cause.unwrap_or(error)
    }
}

fn parameters(statement: &Prepared) -> Vec<Parameter> {
    (1..=statement.parameters())
        .map(|number| Parameter {
            name: statement.parameter_name(number).map(Into::into),
        })
        .collect()
}

fn may_be_by_an_old_schema(error: &Error) -> bool {
    matches!(error, Error::Sql { code, .. } if code.0 == ffi::SQLITE_ERROR)
}

/// Runs `INSERT ... RETURNING` and its like. Their rows come when all changes are done, so that rows
/// which are refused (too many, nobody there) call for undoing the changes.
fn run_guarded(
    sqlite: &rusqlite::Connection,
    statement: &mut Statement,
    args: &Args,
    bounds: Bounds,
    sink: &mut dyn Sink,
) -> Result<Outcome, Error> {
    let guard = |sql: &str| sqlite.execute_batch(sql).map_err(|error| sql_error(&error));
    let was_autocommit = sqlite.is_autocommit();
    guard("SAVEPOINT efsm_result")?;
    let result = run_once(sqlite, statement, args, bounds, sink);
    if result.is_err() {
        // SQLite may have rolled everything back by itself.
        if !sqlite.is_autocommit() {
            guard("ROLLBACK TO efsm_result; RELEASE efsm_result")?;
        }
        return result;
    }
    let released = guard("RELEASE efsm_result");
    if released.is_err() && was_autocommit && !sqlite.is_autocommit() {
        guard("ROLLBACK")?;
    }
    released.and(result)
}

fn run_once(
    sqlite: &rusqlite::Connection,
    statement: &mut Statement,
    args: &Args,
    bounds: Bounds,
    sink: &mut dyn Sink,
) -> Result<Outcome, Error> {
    let is_readonly = statement.prepared.is_readonly();
    let written_before = if is_readonly {
        0
    } else {
        sqlite.total_changes()
    };
    let mut running = statement.prepared.begin();
    bind(&mut running, args)?;
    let mut is_row = running.step()?;
    let columns = running.columns();
    sink.columns(Columns(running.statement(), columns));
    let mut rows = 0;
    let mut bytes = 0;
    while is_row {
        rows += 1;
        if rows > bounds.rows {
            return Err(Error::TooManyRows { limit: bounds.rows });
        }
        bytes += running.look(columns);
        if bytes > bounds.bytes {
            return Err(Error::ResultTooLarge {
                limit: bounds.bytes,
            });
        }
        let row = Row {
            running: &running,
            columns,
        };
        if !sink.row(&row) {
            return Err(Error::ReceiverGone);
        }
        is_row = running.step()?;
    }
    let scanned = running.take_scanned();
    drop(running);
    let rows_written = if is_readonly {
        0
    } else {
        sqlite.total_changes() - written_before
    };
    Ok(Outcome {
        rows: rows as u64,
        // SQLite's own count stays where it was after a statement that changes no rows.
        changes: if rows_written > 0 {
            sqlite.changes()
        } else {
            0
        },
        last_insert_rowid: sqlite.last_insert_rowid(),
        rows_read: scanned.max(rows as u64),
        rows_written,
        is_readonly,
    })
}

fn bind<'a>(running: &mut Running<'a>, args: &'a Args) -> Result<(), Error> {
    let expected = running.statement().parameters();
    if args.positional.len() > expected {
        return Err(Error::TooManyParameters {
            expected,
            given: args.positional.len(),
        });
    }
    for number in 1..=expected {
        let value = if args.named.is_empty() {
            args.value(None, number)
        } else {
            let name = running.statement().parameter_name(number);
            args.value(name.as_deref(), number)
        };
        let Some(value) = value else {
            let name = running.statement().parameter_name(number);
            let parameter = name.map_or_else(|| format!("number {number}"), Into::into);
            return Err(Error::MissingParameter { parameter });
        };
        running.bind(number, value)?;
    }
    Ok(())
}

fn set_up(
    sqlite: &mut rusqlite::Connection,
    limits: &Limits,
    trust: Trust,
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
    sqlite.progress_handler(STEPS_PER_LOOK as i32, Some(scope::must_stop))?;
    sqlite.authorizer(Some(witness.authorizer()))
}

fn sql_error(error: &rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::SqliteFailure(error, message) => Error::Sql {
            message: message.clone().unwrap_or_else(|| error.to_string()),
            code: Code(error.extended_code),
            offset: None,
        },
        other => Error::sql(other.to_string(), ffi::SQLITE_ERROR),
    }
}
