//! Package `hrana`: what both variants share.

use std::collections::BTreeMap;

use prost::{Message, Oneof};

use super::missing;
use crate::engine;
use crate::wire::hrana::cell::Cell;
use crate::wire::hrana::error::ProtocolError;
use crate::wire::hrana::message;

#[derive(Clone, PartialEq, Eq, Message)]
pub struct Error {
    #[prost(string, tag = "1")]
    pub message: String,
    #[prost(string, optional, tag = "2")]
    pub code: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Stmt {
    #[prost(string, optional, tag = "1")]
    pub sql: Option<String>,
    #[prost(int32, optional, tag = "2")]
    pub sql_id: Option<i32>,
    #[prost(message, repeated, tag = "3")]
    pub args: Vec<Value>,
    #[prost(message, repeated, tag = "4")]
    pub named_args: Vec<NamedArg>,
    #[prost(bool, optional, tag = "5")]
    pub want_rows: Option<bool>,
}

#[derive(Clone, PartialEq, Message)]
pub struct NamedArg {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub value: Option<Value>,
}

/// The fields from 5 on are not in the specification; libSQL's server sends them and its clients read them.
#[derive(Clone, PartialEq, Message)]
pub struct StmtResult {
    #[prost(message, repeated, tag = "1")]
    pub cols: Vec<Col>,
    #[prost(message, repeated, tag = "2")]
    pub rows: Vec<Row>,
    #[prost(uint64, tag = "3")]
    pub affected_row_count: u64,
    #[prost(sint64, optional, tag = "4")]
    pub last_insert_rowid: Option<i64>,
    #[prost(uint64, optional, tag = "5")]
    pub replication_index: Option<u64>,
    #[prost(uint64, tag = "6")]
    pub rows_read: u64,
    #[prost(uint64, tag = "7")]
    pub rows_written: u64,
    #[prost(double, tag = "8")]
    pub query_duration_ms: f64,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct Col {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub decltype: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Row {
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Batch {
    #[prost(message, repeated, tag = "1")]
    pub steps: Vec<BatchStep>,
}

#[derive(Clone, PartialEq, Message)]
pub struct BatchStep {
    #[prost(message, optional, tag = "1")]
    pub condition: Option<BatchCond>,
    #[prost(message, optional, tag = "2")]
    pub stmt: Option<Stmt>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct BatchCond {
    #[prost(oneof = "Cond", tags = "1, 2, 3, 4, 5, 6")]
    pub cond: Option<Cond>,
}

#[derive(Clone, PartialEq, Eq, Oneof)]
pub enum Cond {
    #[prost(uint32, tag = "1")]
    StepOk(u32),
    #[prost(uint32, tag = "2")]
    StepError(u32),
    #[prost(message, tag = "3")]
    Not(Box<BatchCond>),
    #[prost(message, tag = "4")]
    And(CondList),
    #[prost(message, tag = "5")]
    Or(CondList),
    #[prost(message, tag = "6")]
    IsAutocommit(Empty),
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct CondList {
    #[prost(message, repeated, tag = "1")]
    pub conds: Vec<BatchCond>,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Empty {}

#[derive(Clone, PartialEq, Message)]
pub struct BatchResult {
    #[prost(btree_map = "uint32, message", tag = "1")]
    pub step_results: BTreeMap<u32, StmtResult>,
    #[prost(btree_map = "uint32, message", tag = "2")]
    pub step_errors: BTreeMap<u32, Error>,
}

#[derive(Clone, PartialEq, Message)]
pub struct CursorEntry {
    #[prost(oneof = "Entry", tags = "1, 2, 3, 4, 5")]
    pub entry: Option<Entry>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Entry {
    #[prost(message, tag = "1")]
    StepBegin(StepBeginEntry),
    #[prost(message, tag = "2")]
    StepEnd(StepEndEntry),
    #[prost(message, tag = "3")]
    StepError(StepErrorEntry),
    #[prost(message, tag = "4")]
    Row(Row),
    #[prost(message, tag = "5")]
    Error(Error),
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct StepBeginEntry {
    #[prost(uint32, tag = "1")]
    pub step: u32,
    #[prost(message, repeated, tag = "2")]
    pub cols: Vec<Col>,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct StepEndEntry {
    #[prost(uint64, tag = "1")]
    pub affected_row_count: u64,
    #[prost(sint64, optional, tag = "2")]
    pub last_insert_rowid: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct StepErrorEntry {
    #[prost(uint32, tag = "1")]
    pub step: u32,
    #[prost(message, optional, tag = "2")]
    pub error: Option<Error>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct DescribeResult {
    #[prost(message, repeated, tag = "1")]
    pub params: Vec<DescribeParam>,
    #[prost(message, repeated, tag = "2")]
    pub cols: Vec<DescribeCol>,
    #[prost(bool, tag = "3")]
    pub is_explain: bool,
    #[prost(bool, tag = "4")]
    pub is_readonly: bool,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct DescribeParam {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct DescribeCol {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, optional, tag = "2")]
    pub decltype: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Value {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5")]
    pub kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Kind {
    #[prost(message, tag = "1")]
    Null(Empty),
    #[prost(sint64, tag = "2")]
    Integer(i64),
    #[prost(double, tag = "3")]
    Float(f64),
    #[prost(string, tag = "4")]
    Text(String),
    #[prost(bytes = "vec", tag = "5")]
    Blob(Vec<u8>),
}

impl From<Cell> for Value {
    fn from(cell: Cell) -> Self {
        let kind = match cell.0 {
            engine::Value::Null => Kind::Null(Empty {}),
            engine::Value::Integer(n) => Kind::Integer(n),
            engine::Value::Real(x) => Kind::Float(x),
            engine::Value::Text(text) => Kind::Text(text),
            engine::Value::Blob(bytes) => Kind::Blob(bytes),
        };
        Self { kind: Some(kind) }
    }
}

impl TryFrom<Value> for Cell {
    type Error = ProtocolError;

    fn try_from(value: Value) -> Result<Self, ProtocolError> {
        Ok(Self(
            match value.kind.ok_or_else(|| missing("a value"))? {
                Kind::Null(_) => engine::Value::Null,
                Kind::Integer(n) => engine::Value::Integer(n),
                Kind::Float(x) => engine::Value::Real(x),
                Kind::Text(text) => engine::Value::Text(text),
                Kind::Blob(bytes) => engine::Value::Blob(bytes),
            },
        ))
    }
}

impl TryFrom<Stmt> for message::Stmt {
    type Error = ProtocolError;

    fn try_from(stmt: Stmt) -> Result<Self, ProtocolError> {
        let named = stmt.named_args.into_iter().map(|arg| {
            Ok(message::NamedArg {
                name: arg.name,
                value: arg.value.unwrap_or_default().try_into()?,
            })
        });
        Ok(Self {
            sql: stmt.sql,
            sql_id: stmt.sql_id,
            args: Some(converted(stmt.args)?),
            named_args: Some(named.collect::<Result<_, ProtocolError>>()?),
            want_rows: stmt.want_rows,
        })
    }
}

fn converted<A: TryInto<B>, B>(all: Vec<A>) -> Result<Vec<B>, A::Error> {
    all.into_iter().map(TryInto::try_into).collect()
}

impl TryFrom<Batch> for message::Batch {
    type Error = ProtocolError;

    fn try_from(batch: Batch) -> Result<Self, ProtocolError> {
        Ok(Self {
            steps: converted(batch.steps)?,
        })
    }
}

impl TryFrom<BatchStep> for message::BatchStep {
    type Error = ProtocolError;

    fn try_from(step: BatchStep) -> Result<Self, ProtocolError> {
        Ok(Self {
            condition: step.condition.map(TryInto::try_into).transpose()?,
            stmt: step.stmt.unwrap_or_default().try_into()?,
        })
    }
}

impl TryFrom<BatchCond> for message::Cond {
    type Error = ProtocolError;

    fn try_from(cond: BatchCond) -> Result<Self, ProtocolError> {
        Ok(match cond.cond.ok_or_else(|| missing("a condition"))? {
            Cond::StepOk(step) => Self::Ok { step },
            Cond::StepError(step) => Self::Error { step },
            Cond::Not(cond) => Self::Not {
                cond: Box::new((*cond).try_into()?),
            },
            Cond::And(list) => Self::And {
                conds: converted(list.conds)?,
            },
            Cond::Or(list) => Self::Or {
                conds: converted(list.conds)?,
            },
            Cond::IsAutocommit(_) => Self::IsAutocommit {},
        })
    }
}

impl From<message::Error> for Error {
    fn from(error: message::Error) -> Self {
        Self {
            message: error.message,
            code: Some(error.code),
        }
    }
}

impl From<message::Col> for Col {
    fn from(col: message::Col) -> Self {
        Self {
            name: Some(col.name),
            decltype: col.decltype,
        }
    }
}

impl From<Vec<Cell>> for Row {
    fn from(cells: Vec<Cell>) -> Self {
        Self {
            values: cells.into_iter().map(Value::from).collect(),
        }
    }
}

impl From<message::StmtResult> for StmtResult {
    fn from(result: message::StmtResult) -> Self {
        Self {
            cols: result.cols.into_iter().map(Col::from).collect(),
            rows: result.rows.into_iter().map(Row::from).collect(),
            affected_row_count: result.ended.affected_row_count,
            last_insert_rowid: Some(result.ended.last_insert_rowid),
            replication_index: None,
            rows_read: result.ended.rows_read,
            rows_written: result.ended.rows_written,
            query_duration_ms: result.ended.query_duration_ms,
        }
    }
}

impl From<message::BatchResult> for BatchResult {
    fn from(result: message::BatchResult) -> Self {
        Self {
            step_results: by_step(result.step_results),
            step_errors: by_step(result.step_errors),
        }
    }
}

fn by_step<A: Into<B>, B>(all: Vec<Option<A>>) -> BTreeMap<u32, B> {
    let all = all.into_iter().zip(0..);
    all.filter_map(|(one, step)| Some((step, one?.into())))
        .collect()
}

impl From<message::CursorEntry> for CursorEntry {
    fn from(entry: message::CursorEntry) -> Self {
        let entry = match entry {
            message::CursorEntry::StepBegin { step, cols } => Entry::StepBegin(StepBeginEntry {
                step,
                cols: cols.into_iter().map(Col::from).collect(),
            }),
            message::CursorEntry::StepEnd {
                affected_row_count,
                last_insert_rowid,
            } => Entry::StepEnd(StepEndEntry {
                affected_row_count,
                last_insert_rowid: Some(last_insert_rowid),
            }),
            message::CursorEntry::StepError { step, error } => Entry::StepError(StepErrorEntry {
                step,
                error: Some(error.into()),
            }),
            message::CursorEntry::Row { row } => Entry::Row(row.into()),
            message::CursorEntry::Error { error } => Entry::Error(error.into()),
        };
        Self { entry: Some(entry) }
    }
}

impl From<message::DescribeResult> for DescribeResult {
    fn from(result: message::DescribeResult) -> Self {
        let params = result.params.into_iter();
        let cols = result.cols.into_iter();
        Self {
            params: params
                .map(|param| DescribeParam { name: param.name })
                .collect(),
            cols: cols
                .map(|col| DescribeCol {
                    name: col.name,
                    decltype: col.decltype,
                })
                .collect(),
            is_explain: result.is_explain,
            is_readonly: result.is_readonly,
        }
    }
}
