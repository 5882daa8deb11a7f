//! From a text to a tree of values that know where they stand.

mod json;
mod node;
mod source;
mod yaml;

use std::sync::Arc;

pub(crate) use node::{Entry, Kind, Node};
pub use source::Origin;
pub(crate) use source::Source;

use crate::error::ConfigError;

/// Nesting of a document. Far above what a configuration needs, far below what a stack holds.
const DEPTH: usize = 100;

/// Values of a document after its aliases are followed.
const NODES: usize = 1_000_000;

/// The text of a file, or the line (from 1) at which it stops being UTF-8.
pub(crate) fn decoded(bytes: Vec<u8>) -> Result<String, usize> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let newlines = error.as_bytes()[..good].split(|byte| *byte == b'\n');
        newlines.count()
    })
}

/// Reads a document: JSON when its name ends so, YAML otherwise.
pub(crate) fn document(source: &Arc<Source>) -> Result<Arc<Node>, ConfigError> {
    let is_json = source
        .name()
        .rsplit_once('.')
        .is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("json"));
    if is_json {
        json::document(source)
    } else {
        yaml::document(source)
    }
}
