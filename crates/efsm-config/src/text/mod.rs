//! From a text to a tree of values that know where they stand.

mod source;

use std::sync::Arc;

pub(crate) use efsm_document::{Entry, Kind, Node};
pub use source::Origin;
pub(crate) use source::Source;

use crate::error::ConfigError;

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
    let read = if is_json {
        efsm_document::json::document
    } else {
        efsm_document::yaml::document
    };
    read(source.text()).map_err(|error| {
        let origin = Origin {
            source: source.clone(),
            span: error.span,
            key: Arc::from(""),
        };
        let told = origin.error(error.message);
        match error.help {
            Some(help) => told.with_help(help),
            None => told,
        }
    })
}
