//! The database engine from outside, as a wire uses it.

#![expect(
    clippy::unwrap_used,
    reason = "what fails in a test must fail the test, in its helpers too"
)]

mod behaviour;
mod concurrency;
mod confinement;
mod hrana;
mod hrana_socket;
mod model;
mod release;
mod rest;
mod whole;

use efsm_core::{MemoryGauge, Stopwatch, Timestamp};
use efsm_database::engine::RowSet;
use efsm_database::{Args, Databases, Error, Limits, Run, Session, Value};

/// 2026-01-01T00:00:00Z, the time of every statement that does not say otherwise.
const NOW: Timestamp = Timestamp::constant(1_767_225_600, 0);

fn run() -> Run {
    Run::new(NOW, Stopwatch::start())
}

fn databases() -> Databases {
    databases_within(Limits::default())
}

fn databases_within(limits: Limits) -> Databases {
    Databases::new(limits, &MemoryGauge::new(u64::MAX))
}

/// A session with the default database of its own stack.
fn session() -> Session {
    databases().default_database().session()
}

/// What the tests say to a session.
trait Talk {
    fn ask(&mut self, sql: &str) -> Result<RowSet, Error>;

    /// Runs every statement of a text.
    fn tell(&mut self, sql: &str);

    /// The rows of a query, values joined with `|`.
    fn rows(&mut self, sql: &str) -> Vec<String> {
        let rows = self.ask(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
        rows.rows
            .iter()
            .map(|row| row.iter().map(show).collect::<Vec<_>>().join("|"))
            .collect()
    }

    fn one(&mut self, sql: &str) -> String {
        self.rows(sql).join(";")
    }

    /// The name of the code with which a statement fails.
    fn code(&mut self, sql: &str) -> &'static str {
        match self.ask(sql) {
            Ok(_) => "SQLITE_OK",
            Err(error) => error.code().name(),
        }
    }
}

impl Talk for Session {
    fn ask(&mut self, sql: &str) -> Result<RowSet, Error> {
        self.query(sql, &Args::NONE, &run())
    }

    fn tell(&mut self, sql: &str) {
        self.script(sql, &run(), |_, _| {})
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Integer(n) => n.to_string(),
        Value::Real(x) => format!("{x:?}"),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("{bytes:?}"),
    }
}
