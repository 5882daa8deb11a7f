//! Documents in YAML or JSON, read into trees of values that know where they stand.
//!
//! | module | holds |
//! | --- | --- |
//! | [`node`] | [`Node`]: one value with its place in the text |
//! | [`yaml`] | YAML 1.2 with the core schema |
//! | [`json`] | JSON (RFC 8259) |
//!
//! ```
//! let node = efsm_document::yaml::document("a: [1, two]\n").unwrap();
//! assert_eq!(node.to_json().unwrap(), serde_json::json!({"a": [1, "two"]}));
//!
//! let error = efsm_document::json::document("{\"a\": }").unwrap_err();
//! assert_eq!(error.to_string(), "not valid JSON: expected a JSON value, found `}`");
//! assert_eq!(error.span, 6..7);
//! ```

pub mod json;
pub mod node;
pub mod yaml;

use std::ops::Range;

pub use node::{Entry, Kind, Node};

/// Nesting of a document. Far above what people write, far below what a stack holds.
const DEPTH: usize = 100;

/// Values of a document after its aliases are followed.
const NODES: usize = 1_000_000;

/// Why a text is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    pub message: String,
    /// Bytes of the text.
    pub span: Range<usize>,
    /// What to do about it.
    pub help: Option<String>,
}

impl SyntaxError {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span,
            help: None,
        }
    }

    fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The line of a byte offset, from 1.
pub fn line_at(text: &str, offset: usize) -> usize {
    text[..text.floor_char_boundary(offset)]
        .matches('\n')
        .count()
        + 1
}
