//! Results as JSON and as CSV, written row by row.

use std::borrow::Cow;
use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::body::Shape;
use crate::engine::statement::Columns;
use crate::engine::{Column, Outcome, Row, Sink, ValueRef};
use crate::wire::values;

/// `{"rows":[..],"row_count":n}`, being written.
pub(super) struct JsonRows {
    shape: Shape,
    out: Vec<u8>,
    columns: Vec<Column>,
    /// `"name":` of each column, one behind the other.
    keys: Vec<u8>,
    /// Where each of them ends.
    key_ends: Vec<usize>,
    is_first: bool,
}

impl JsonRows {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            out: Vec::with_capacity(256),
            columns: Vec::new(),
            keys: Vec::new(),
            key_ends: Vec::new(),
            is_first: true,
        }
    }

    fn set_keys<'n>(&mut self, names: impl IntoIterator<Item = Cow<'n, str>>) {
        self.keys.clear();
        self.key_ends.clear();
        for name in names {
            values::write_string(&mut self.keys, &name);
            self.keys.push(b':');
            self.key_ends.push(self.keys.len());
        }
    }

    /// The whole object. `row_count` counts the rows of a result, or those that were changed.
    pub(super) fn finish(mut self, outcome: &Outcome) -> Vec<u8> {
        // A statement that failed before its first row has not begun it.
        if self.out.is_empty() {
            self.out.extend_from_slice(b"{\"rows\":[");
        }
        let count = row_count(outcome, !self.key_ends.is_empty());
        self.out.extend_from_slice(b"],\"row_count\":");
        values::write_integer(&mut self.out, count);
        if self.shape.with_detail || self.shape.as_arrays {
            let columns: Vec<_> = self
                .columns
                .iter()
                .map(|column| json!({"name": column.name, "type": column.declared_type}))
                .collect();
            // Writing into memory does not fail.
            let _ = write!(self.out, ",\"columns\":{}", json!(columns));
        }
        if self.shape.with_detail {
            let _ = write!(
                self.out,
                ",\"changes\":{},\"last_insert_rowid\":{},\"rows_read\":{}",
                outcome.changes, outcome.last_insert_rowid, outcome.rows_read
            );
        }
        self.out.push(b'}');
        self.out
    }
}

pub(super) fn row_count(outcome: &Outcome, has_columns: bool) -> u64 {
    if has_columns {
        outcome.rows
    } else {
        outcome.changes
    }
}

impl Sink for JsonRows {
    fn columns(&mut self, columns: Columns<'_>) {
        self.out.clear();
        self.out.extend_from_slice(b"{\"rows\":[");
        self.is_first = true;
        if self.shape.as_arrays || self.shape.with_detail {
            self.columns = columns.to_vec();
        }
        let names = columns.names();
        if columns.len() == 1 {
            self.set_keys(names);
        } else {
            self.set_keys(values::unique_names(names));
        }
    }

    fn row(&mut self, row: &Row<'_>) -> bool {
        if !self.is_first {
            self.out.push(b',');
        }
        self.is_first = false;
        self.out
            .push(if self.shape.as_arrays { b'[' } else { b'{' });
        for (at, value) in row.values().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            if !self.shape.as_arrays {
                let start = at.checked_sub(1).map_or(0, |before| self.key_ends[before]);
                let key = &self.keys[start..self.key_ends[at]];
                self.out.extend_from_slice(key);
            }
            values::write(&mut self.out, &value, self.shape.large);
        }
        self.out
            .push(if self.shape.as_arrays { b']' } else { b'}' });
        true
    }
}

/// RFC 4180 with a line of names: null is empty, empty text is `""`, a blob is base64.
#[derive(Default)]
pub(super) struct CsvRows {
    out: Vec<u8>,
}

impl CsvRows {
    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() || text.contains([',', '"', '\r', '\n']) {
            self.out.push(b'"');
            self.out
                .extend_from_slice(text.replace('"', "\"\"").as_bytes());
            self.out.push(b'"');
        } else {
            self.out.extend_from_slice(text.as_bytes());
        }
    }
}

impl Sink for CsvRows {
    fn columns(&mut self, columns: Columns<'_>) {
        self.out.clear();
        if columns.is_empty() {
            return;
        }
        for (at, name) in columns.names().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            self.text(&name);
        }
        self.out.extend_from_slice(b"\r\n");
    }

    fn row(&mut self, row: &Row<'_>) -> bool {
        for (at, value) in row.values().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            // Writing into memory does not fail.
            let _ = match value {
                ValueRef::Null => Ok(()),
                ValueRef::Integer(n) => write!(self.out, "{n}"),
                ValueRef::Real(x) => write!(self.out, "{x:?}"),
                ValueRef::Text(text) => {
                    self.text(&text);
                    Ok(())
                }
                ValueRef::Blob(bytes) => {
                    self.text(&BASE64_STANDARD.encode(bytes));
                    Ok(())
                }
            };
        }
        self.out.extend_from_slice(b"\r\n");
        true
    }
}
