//! What goes into a statement and what comes out of it.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::sqlite::prepared::{Prepared, Running};
use super::value::{Value, ValueRef};

/// Values by position: most statements have few.
pub type Positional = SmallVec<[Value; 2]>;

/// The values of a statement's parameters.
///
/// A parameter takes the value of its name (`:a`, `@a`, `$a`; given with or without the prefix), else that
/// of its number (`?3`; `?` and named ones count on). Names that the statement does not have are ignored;
/// a parameter without a value and positions past the last parameter are errors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args {
    pub positional: Positional,
    pub named: Vec<(String, Value)>,
}

impl Args {
    pub const NONE: Self = Self {
        positional: SmallVec::new_const(),
        named: Vec::new(),
    };

    pub fn positional(values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        Self {
            positional: values.into_iter().map(Into::into).collect(),
            named: Vec::new(),
        }
    }

    pub fn named<N: Into<String>, V: Into<Value>>(
        values: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self {
            positional: Positional::new(),
            named: values
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.positional.is_empty() && self.named.is_empty()
    }

    /// The value for a parameter, by its name with prefix (none for a bare `?`) and its number from 1.
    pub(crate) fn value(&self, name: Option<&str>, number: usize) -> Option<&Value> {
        if let Some(name) = name
            && !self.named.is_empty()
        {
            let bare = name.get(1..).unwrap_or(name);
            let by_name = self
                .named
                .iter()
                .find(|(given, _)| given == name)
                .or_else(|| self.named.iter().find(|(given, _)| given == bare));
            if let Some((_, value)) = by_name {
                return Some(value);
            }
        }
        self.positional.get(number - 1)
    }
}

impl<V: Into<Value>> From<Vec<V>> for Args {
    fn from(values: Vec<V>) -> Self {
        Self::positional(values)
    }
}

impl<V: Into<Value>, const N: usize> From<[V; N]> for Args {
    fn from(values: [V; N]) -> Self {
        Self::positional(values)
    }
}

impl From<()> for Args {
    fn from((): ()) -> Self {
        Self::NONE
    }
}

/// A column of a result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// The type that the table's definition declares; none for an expression.
    pub declared_type: Option<String>,
}

/// What running a statement did, beside its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Rows that went to the sink, or would have.
    pub rows: u64,
    /// Rows that were inserted, updated or deleted by the statement itself, without triggers.
    pub changes: u64,
    /// The rowid of the session's last insert; 0 before the first.
    pub last_insert_rowid: i64,
    /// Rows that were looked at: the steps of full scans, at least one for each row of the result.
    pub rows_read: u64,
    /// Rows that were written, triggers and cascades included.
    pub rows_written: u64,
    /// Whether the statement could not change anything.
    pub is_readonly: bool,
}

/// What a statement is, without running it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    pub parameters: Vec<Parameter>,
    pub columns: Vec<Column>,
    pub is_explain: bool,
    pub is_readonly: bool,
}

/// A parameter of a statement; its place in the list is its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    /// With its prefix (`:a`, `@a`, `$a`, `?3`); none for a bare `?` or a number that is left out.
    pub name: Option<String>,
}

/// Receives the result of a statement, row by row, on the thread that runs it.
pub trait Sink {
    /// Called once, before the first row; also for a statement without columns.
    fn columns(&mut self, columns: Columns<'_>) {
        let _ = columns;
    }

    /// Takes a row, or ends the statement with `false`.
    fn row(&mut self, row: &Row<'_>) -> bool;
}

/// The columns of a running statement.
pub struct Columns<'a>(pub(super) &'a Prepared, pub(super) usize);

impl<'a> Columns<'a> {
    pub fn len(&self) -> usize {
        self.1
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn names(&self) -> impl Iterator<Item = Cow<'a, str>> + 'a {
        let statement = self.0;
        (0..self.1).map(|column| statement.column_name(column))
    }

    pub fn declared_types(&self) -> impl Iterator<Item = Option<Cow<'a, str>>> + 'a {
        let statement = self.0;
        (0..self.1).map(|column| statement.column_declared_type(column))
    }

    pub fn to_vec(&self) -> Vec<Column> {
        self.names()
            .zip(self.declared_types())
            .map(|(name, declared_type)| Column {
                name: name.into_owned(),
                declared_type: declared_type.map(Cow::into_owned),
            })
            .collect()
    }
}

/// A row of a running statement; its values live until the next row.
pub struct Row<'a> {
    pub(super) running: &'a Running<'a>,
    pub(super) columns: usize,
}

impl<'a> Row<'a> {
    pub fn len(&self) -> usize {
        self.columns
    }

    pub fn is_empty(&self) -> bool {
        self.columns == 0
    }

    /// The value of a column; null past the last.
    pub fn get(&self, column: usize) -> ValueRef<'a> {
        self.running.value(column)
    }

    pub fn values(&self) -> impl Iterator<Item = ValueRef<'a>> {
        let running = self.running;
        (0..self.columns).map(|column| running.value(column))
    }

    /// The bytes of a text or blob as they are stored.
    pub(super) fn bytes(&self, column: usize) -> &'a [u8] {
        self.running.bytes(column)
    }
}

/// A whole result: the sink for whoever wants it in hand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowSet {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
    pub outcome: Outcome,
}

impl RowSet {
    /// The value at a row and a named column.
    pub fn get(&self, row: usize, column: &str) -> Option<&Value> {
        let at = self.columns.iter().position(|c| c.name == column)?;
        self.rows.get(row)?.get(at)
    }

    /// The first value of the first row.
    pub fn first(&self) -> Option<&Value> {
        self.rows.first()?.first()
    }
}

impl Sink for RowSet {
    fn columns(&mut self, columns: Columns<'_>) {
        self.columns = columns.to_vec();
    }

    fn row(&mut self, row: &Row<'_>) -> bool {
        self.rows
            .push(row.values().map(|value| value.to_value()).collect());
        true
    }
}

/// Takes no rows: for statements that are run for their effect.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl Sink for Discard {
    fn row(&mut self, _row: &Row<'_>) -> bool {
        true
    }
}

/// Quotes a name for use in SQL.
pub fn quoted(name: &str) -> Cow<'static, str> {
    Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
}
