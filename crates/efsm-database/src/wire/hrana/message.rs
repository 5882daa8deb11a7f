//! Hrana's structures, encoding aside. Their JSON is what serde makes of them.
//!
//! <https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md>, "Shared structures".
//!
//! A field that is unknown is ignored, as the specification wants; `replication_index`, which belongs to a
//! database with replicas, is one of them in requests, and null in answers.

use serde::{Deserialize, Serialize};

use super::cell::Cell;
use super::tagged::tagged;
use crate::engine::{Column, Outcome};

/// What failed, in English, and the name of SQLite's code or of the protocol's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Error {
    pub message: String,
    pub code: String,
}

/// A statement. Either `sql` or `sql_id` is given.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Stmt {
    pub sql: Option<String>,
    pub sql_id: Option<i32>,
    pub args: Option<Vec<Cell>>,
    pub named_args: Option<Vec<NamedArg>>,
    pub want_rows: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct NamedArg {
    /// With or without its prefix.
    pub name: String,
    pub value: Cell,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Batch {
    pub steps: Vec<BatchStep>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct BatchStep {
    pub condition: Option<Cond>,
    pub stmt: Stmt,
}

tagged! {
    /// Whether a step of a batch is run. Steps are counted from 0 and must come before the one that asks.
    #[derive(Eq)]
    pub enum Cond {
        "ok" => Ok { step: u32 },
        "error" => Error { step: u32 },
        "not" => Not { cond: Box<Cond> },
        "and" => And { conds: Vec<Cond> },
        "or" => Or { conds: Vec<Cond> },
        "is_autocommit" => IsAutocommit {},
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StmtResult {
    pub cols: Vec<Col>,
    pub rows: Vec<Vec<Cell>>,
    #[serde(flatten)]
    pub ended: Ended,
}

/// What is known of a statement once it has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Ended {
    pub affected_row_count: u64,
    #[serde(serialize_with = "as_text")]
    pub last_insert_rowid: i64,
    pub replication_index: (),
    pub rows_read: u64,
    pub rows_written: u64,
    pub query_duration_ms: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Col {
    pub name: String,
    pub decltype: Option<String>,
}

impl From<Column> for Col {
    fn from(column: Column) -> Self {
        Self {
            name: column.name,
            decltype: column.declared_type,
        }
    }
}

impl Ended {
    pub(super) fn new(outcome: &Outcome, query_duration_ms: f64) -> Self {
        Self {
            affected_row_count: outcome.changes,
            last_insert_rowid: outcome.last_insert_rowid,
            replication_index: (),
            rows_read: outcome.rows_read,
            rows_written: outcome.rows_written,
            query_duration_ms,
        }
    }
}

/// For each step a result, an error or, when it was skipped, neither.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BatchResult {
    pub step_results: Vec<Option<StmtResult>>,
    pub step_errors: Vec<Option<Error>>,
    pub replication_index: (),
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CursorEntry {
    StepBegin {
        step: u32,
        cols: Vec<Col>,
    },
    StepEnd {
        affected_row_count: u64,
        #[serde(serialize_with = "as_text")]
        last_insert_rowid: i64,
    },
    StepError {
        step: u32,
        error: Error,
    },
    Row {
        row: Vec<Cell>,
    },
    /// The batch as a whole has failed; the last entry.
    Error {
        error: Error,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DescribeResult {
    pub params: Vec<DescribeParam>,
    pub cols: Vec<Col>,
    pub is_explain: bool,
    pub is_readonly: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DescribeParam {
    pub name: Option<String>,
}

/// What a request on a stream or on a socket is answered with.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer {
    OpenStream,
    CloseStream,
    Close,
    Execute {
        result: StmtResult,
    },
    Batch {
        result: BatchResult,
    },
    OpenCursor,
    CloseCursor,
    FetchCursor {
        entries: Vec<CursorEntry>,
        done: bool,
    },
    Sequence,
    Describe {
        result: DescribeResult,
    },
    StoreSql,
    CloseSql,
    GetAutocommit {
        is_autocommit: bool,
    },
}

/// The body of `POST pipeline`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct PipelineRequest {
    pub baton: Option<String>,
    pub requests: Vec<StreamRequest>,
}

tagged! {
    /// A request on the stream of a pipeline. Of `sql` and `sql_id` exactly one is given.
    pub enum StreamRequest {
        "close" => Close {},
        "execute" => Execute { stmt: Stmt },
        "batch" => Batch { batch: Batch },
        "sequence" => Sequence { sql: Option<String>, sql_id: Option<i32> },
        "describe" => Describe { sql: Option<String>, sql_id: Option<i32> },
        "store_sql" => StoreSql { sql_id: i32, sql: String },
        "close_sql" => CloseSql { sql_id: i32 },
        "get_autocommit" => GetAutocommit {},
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct PipelineAnswer {
    pub baton: Option<String>,
    pub base_url: Option<String>,
    pub results: Vec<StreamResult>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamResult {
    Ok { response: Answer },
    Error { error: Error },
}

/// The body of version 1's `POST execute`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ExecuteRequest {
    pub stmt: Stmt,
}

/// The body of version 1's `POST batch`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct BatchRequest {
    pub batch: Batch,
}

/// What version 1 answers over HTTP.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Resulting<R> {
    pub result: R,
}

/// The body of `POST cursor`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct CursorRequest {
    pub baton: Option<String>,
    pub batch: Batch,
}

/// The first line of a cursor's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CursorAnswer {
    pub baton: Option<String>,
    pub base_url: Option<String>,
}

tagged! {
    /// What a client says on a WebSocket.
    pub enum ClientMessage {
        /// Any token is good: the databases of a stack have no users.
        "hello" => Hello { jwt: Option<String> },
        "request" => Request { request_id: i32, request: Request },
    }
}

tagged! {
    /// A request on a WebSocket. Ids are the client's; of `sql` and `sql_id` exactly one is given.
    pub enum Request {
        "open_stream" => OpenStream { stream_id: i32 },
        "close_stream" => CloseStream { stream_id: i32 },
        "execute" => Execute { stream_id: i32, stmt: Stmt },
        "batch" => Batch { stream_id: i32, batch: Batch },
        "open_cursor" => OpenCursor { stream_id: i32, cursor_id: i32, batch: Batch },
        "close_cursor" => CloseCursor { cursor_id: i32 },
        "fetch_cursor" => FetchCursor { cursor_id: i32, max_count: u32 },
        "sequence" => Sequence { stream_id: i32, sql: Option<String>, sql_id: Option<i32> },
        "describe" => Describe { stream_id: i32, sql: Option<String>, sql_id: Option<i32> },
        "store_sql" => StoreSql { sql_id: i32, sql: String },
        "close_sql" => CloseSql { sql_id: i32 },
        "get_autocommit" => GetAutocommit { stream_id: i32 },
    }
}

/// What the server says on a WebSocket.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    HelloOk,
    ResponseOk { request_id: i32, response: Answer },
    ResponseError { request_id: i32, error: Error },
}

/// A 64-bit integer as decimal text, which no JSON reader rounds.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn as_text<S: serde::Serializer>(n: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(itoa::Buffer::new().format(*n))
}
