//! The result of one statement, written as JSON while its rows come.
//!
//! It is what nearly every answer holds; by way of the structures each name and each value would be copied first.

use std::borrow::Cow;

use serde::Serialize;

use super::cell::CellRef;
use crate::engine::statement::Columns;
use crate::engine::{Outcome, Row, Sink};

/// A `StmtResult`, being written.
pub(super) struct Rendered {
    out: Vec<u8>,
    wants_rows: bool,
    has_rows: bool,
}

impl Rendered {
    pub(super) fn new(wants_rows: bool) -> Self {
        Self {
            // Most results are shorter.
            out: Vec::with_capacity(512),
            wants_rows,
            has_rows: false,
        }
    }

    /// The whole result, with the members of [`Ended`](super::message::Ended).
    pub(super) fn finish(mut self, outcome: &Outcome, duration_ms: f64) -> Vec<u8> {
        let out = &mut self.out;
        out.extend_from_slice(b"],\"affected_row_count\":");
        write(out, &outcome.changes);
        out.extend_from_slice(b",\"last_insert_rowid\":\"");
        write(out, &outcome.last_insert_rowid);
        out.extend_from_slice(b"\",\"replication_index\":null,\"rows_read\":");
        write(out, &outcome.rows_read);
        out.extend_from_slice(b",\"rows_written\":");
        write(out, &outcome.rows_written);
        out.extend_from_slice(b",\"query_duration_ms\":");
        write(out, &duration_ms);
        out.push(b'}');
        self.out
    }
}

impl Sink for Rendered {
    fn columns(&mut self, columns: Columns<'_>) {
        #[derive(Serialize)]
        struct Col<'c> {
            name: Cow<'c, str>,
            decltype: Option<Cow<'c, str>>,
        }
        self.out.clear();
        self.has_rows = false;
        self.out.extend_from_slice(b"{\"cols\":[");
        for (at, (name, decltype)) in columns.names().zip(columns.declared_types()).enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            write(&mut self.out, &Col { name, decltype });
        }
        self.out.extend_from_slice(b"],\"rows\":[");
    }

    fn row(&mut self, row: &Row<'_>) -> bool {
        if !self.wants_rows {
            return true;
        }
        self.out
            .extend_from_slice(if self.has_rows { b",[" } else { b"[" });
        self.has_rows = true;
        for (at, value) in row.values().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            write(&mut self.out, &CellRef(value));
        }
        self.out.push(b']');
        true
    }
}

fn write(out: &mut Vec<u8>, value: &impl Serialize) {
    // Structures whose keys are all text, written into memory: nothing can fail.
    let _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::wire::hrana::message::{Ended, StmtResult};

    #[test]
    fn members_are_those_of_the_structure() {
        let outcome = Outcome {
            changes: 1,
            last_insert_rowid: i64::MIN,
            rows_read: 3,
            rows_written: 4,
            ..Outcome::default()
        };
        let mut rendered = Rendered::new(true);
        rendered.out = b"{\"cols\":[],\"rows\":[".to_vec();
        let text = rendered.finish(&outcome, 0.25);
        let structure = StmtResult {
            ended: Ended::new(&outcome, 0.25),
            ..StmtResult::default()
        };
        let read: Json = serde_json::from_slice(&text).unwrap();
        assert_eq!(read, json!(structure));
    }
}
