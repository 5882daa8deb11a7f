//! The result of one statement, written as JSON while its rows come.
//!
//! It is what nearly every answer holds; by way of the structures each name and each value would be copied first.

use std::borrow::Cow;

use serde::Serialize;

use super::cell::CellRef;
use super::message::Ended;
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

    /// The whole result.
    pub(super) fn finish(mut self, outcome: &Outcome, duration_ms: f64) -> Vec<u8> {
        self.out.push(b']');
        let at = self.out.len();
        write(&mut self.out, &Ended::new(outcome, duration_ms));
        // Its members go on where those before them end.
        self.out[at] = b',';
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
