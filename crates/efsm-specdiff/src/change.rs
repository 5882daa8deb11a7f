//! What changed, and how bad that is.

use std::collections::HashMap;

/// How a change meets clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Clients that kept to the old description fail.
    Breaking,
    /// Some of them may fail.
    Warning,
    /// None of them fails.
    Safe,
}

impl Severity {
    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Warning => "warning",
            Self::Safe => "safe",
        }
    }
}

/// In which description a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// What was removed stands there.
    Old,
    New,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which kind: one of [`CODES`].
    pub code: &'static str,
    pub severity: Severity,
    /// In a sentence.
    pub message: String,
    /// The operations that it touches, as `GET /pets/{id}`; none for the whole description.
    pub operations: Vec<String>,
    pub side: Side,
    /// Where: a JSON pointer into that side's tree.
    pub pointer: String,
}

/// Every kind of change.
pub const CODES: [&str; 47] = [
    "path-removed",
    "path-added",
    "operation-removed",
    "operation-added",
    "operation-deprecated",
    "operation-renamed",
    "server-removed",
    "parameter-removed",
    "parameter-added-required",
    "parameter-added",
    "parameter-became-required",
    "parameter-became-optional",
    "parameter-style-changed",
    "body-added-required",
    "body-added",
    "body-removed",
    "body-became-required",
    "body-became-optional",
    "media-type-removed",
    "media-type-added",
    "response-removed",
    "response-added",
    "header-removed",
    "header-added",
    "header-became-optional",
    "header-became-required",
    "property-removed",
    "property-added",
    "property-added-required",
    "property-became-required",
    "property-became-optional",
    "additional-properties-closed",
    "additional-properties-opened",
    "type-narrowed",
    "type-widened",
    "type-changed",
    "enum-narrowed",
    "enum-widened",
    "format-changed",
    "pattern-changed",
    "bounds-tightened",
    "bounds-loosened",
    "branch-removed",
    "branch-added",
    "not-changed",
    "security-tightened",
    "security-loosened",
];

/// The changes found so far. One of a schema that many operations share is one change.
#[derive(Debug, Default)]
pub(crate) struct Report {
    changes: Vec<Change>,
    known: HashMap<(&'static str, Side, String, String), usize>,
}

impl Report {
    pub(crate) fn add(
        &mut self,
        code: &'static str,
        severity: Severity,
        operation: Option<&str>,
        place: (Side, &str),
        message: String,
    ) {
        let (side, pointer) = place;
        let key = (code, side, pointer.to_owned(), message.clone());
        let at = *self.known.entry(key).or_insert_with(|| {
            self.changes.push(Change {
                code,
                severity,
                message,
                operations: Vec::new(),
                side,
                pointer: pointer.to_owned(),
            });
            self.changes.len() - 1
        });
        let change = &mut self.changes[at];
        // Met on the way in and on the way out, the worse counts.
        change.severity = change.severity.min(severity);
        if let Some(operation) = operation
            && !change.operations.iter().any(|known| known == operation)
        {
            change.operations.push(operation.to_owned());
        }
    }

    pub(crate) fn into_changes(mut self) -> Vec<Change> {
        self.changes.sort_by_key(|change| change.severity);
        self.changes
    }
}
