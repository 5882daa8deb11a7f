//! The SQL database of a stack: SQLite over copy-on-write pages, so that a snapshot or a fork of it costs
//! the same whatever it holds, and readers never wait for the writer.
//!
//! | module | holds |
//! | --- | --- |
//! | [`engine`] | databases and their versions, sessions, statements, values |
//! | [`error`] | what can go wrong, with SQLite's codes |

pub mod engine;
pub mod error;

pub use engine::{
    Args, Cancel, Database, Databases, Limits, Run, Session, Snapshot, Value, Version,
};
pub use error::{Code, Error};
