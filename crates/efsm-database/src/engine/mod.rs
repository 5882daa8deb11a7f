//! The engine: databases, their versions, the sessions that speak SQL to them.
//!
//! Pure in the sense of the stack: it asks nobody for the time or for entropy, opens no file and no
//! socket, and knows no protocol. Each call gets a [`Run`]: the stack's time, a stopwatch that its
//! caller started, and how to be stopped. A call may take long: a wire decides on which thread.
//!
//! | module | holds |
//! | --- | --- |
//! | [`value`] | values, owned and borrowed |
//! | [`databases`] | the named databases of a stack: snapshot, restore, fork |
//! | [`database`] | one database: versions, reset, schema, dump and load, file images |
//! | [`session`] | one client's connection: statements, scripts, batches, its transaction |
//! | [`statement`] | arguments, columns, rows, outcomes |
//! | [`script`] | where one statement of a text ends and the next begins |
//! | [`limits`] | bounds of a statement, and how it is stopped |
//! | [`diff`] | which rows differ between two versions |
//! | [`pages`] | the copy-on-write pages below all of it |
//! | `sqlite` | SQLite's C interface: the only `unsafe` code |

mod authorizer;
mod connection;
pub mod database;
pub mod databases;
pub mod diff;
mod dump;
mod functions;
pub mod limits;
pub mod pages;
mod pragma;
mod reset;
pub mod schema;
pub mod script;
pub mod session;
#[expect(
    unsafe_code,
    reason = "SQLite's interface is C; every block says why it is sound"
)]
mod sqlite;
pub mod statement;
pub mod value;

pub use database::Database;
pub use databases::{Databases, Snapshot};
pub use diff::{Diff, RowChange, TableDiff};
pub use limits::{Cancel, Limits, Run};
pub use pages::Version;
pub use schema::{ColumnInfo, ObjectInfo, Schema};
pub use session::Session;
pub use statement::{
    Args, Column, Columns, Description, Discard, Outcome, Parameter, Positional, Row, RowSet, Sink,
};
pub use value::{Value, ValueRef};
