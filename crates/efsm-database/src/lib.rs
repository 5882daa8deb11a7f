//! The SQL database of a stack: SQLite over copy-on-write pages, so that a snapshot or a fork of it costs
//! the same whatever it holds, and readers never wait for the writer.
//!
//! | module | holds |
//! | --- | --- |
//! | [`engine`] | databases and their versions, sessions, statements, values |
//! | [`service`] | the service of a stack: sessions, journal, faults, the typed API |
//! | [`wire`] | the plain REST contract under `/db` |
//! | [`journal`] | what the stack's journal tells of a statement |
//! | [`error`] | what can go wrong, with SQLite's codes |
//!
//! ```
//! use efsm_core::Context;
//! use efsm_database::{Args, DatabaseService};
//!
//! let database = DatabaseService::new(Context::default());
//! database.seed("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")?;
//! database.execute("INSERT INTO item(name) VALUES (?)", ["tea"])?;
//! let before = database.version();
//! database.execute("UPDATE item SET name = :name", Args::named([("name", "coffee")]))?;
//! let rows = database.execute("SELECT name FROM item", ())?;
//! assert_eq!(rows.get(0, "name").and_then(|v| v.as_text()), Some("coffee"));
//! assert_eq!(database.diff(&before)?.tables[0].changed_count, 1);
//! # Ok::<(), efsm_database::Error>(())
//! ```

pub mod engine;
pub mod error;
pub mod journal;
pub mod service;
pub mod wire;

pub use engine::{
    Args, Cancel, Database, Databases, Limits, RowSet, Run, Session, Snapshot, Value, Version,
};
pub use error::{Code, Error};
pub use service::{DatabaseService, LocalSession, NamedDatabase, OpenSession};
