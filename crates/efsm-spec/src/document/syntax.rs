//! From a text to a tree, and from a pointer back to its line.

use std::sync::Arc;

use efsm_document::{Kind, Node, SyntaxError, line_at};
use serde_json::Value;

use super::LoadError;

/// Reads JSON, or YAML where it is none.
pub(super) fn parse(location: &str, text: &str) -> Result<Value, LoadError> {
    let is_json = looks_like_json(text);
    let of_json = if is_json {
        match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(value) => return Ok(value),
            Err(error) => Some(error),
        }
    } else {
        None
    };
    let error = |line: usize, message: String| LoadError::Syntax {
        file: location.to_owned(),
        line,
        message,
    };
    match efsm_document::yaml::document(text) {
        Ok(node) => node.to_json().map_err(|span| {
            let message = "JSON cannot hold this number".to_owned();
            error(line_at(text, span.start), message)
        }),
        Err(of_yaml) => Err(match of_json {
            Some(of_json) => error(of_json.line(), format!("not valid JSON: {of_json}")),
            None => error(line_at(text, of_yaml.span.start), with_help(&of_yaml)),
        }),
    }
}

fn with_help(error: &SyntaxError) -> String {
    match &error.help {
        Some(help) => format!("{}: {help}", error.message),
        None => error.message.clone(),
    }
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with(['{', '['])
}

/// The line at which a pointer's value begins. The text is read once more, with its places: that is needed only
/// where there is something to tell.
pub(super) fn line_of(text: &str, pointer: &str) -> Option<usize> {
    let read = if looks_like_json(text) {
        efsm_document::json::document
    } else {
        efsm_document::yaml::document
    };
    let root = read(text).ok()?;
    let mut node: &Arc<Node> = &root;
    let mut start = node.span.start;
    for segment in pointer.split('/').skip(1) {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        match &node.kind {
            Kind::Map(entries) => {
                let entry = entries.iter().find(|entry| entry.key == segment)?;
                start = entry.key_span.start;
                node = &entry.value;
            }
            Kind::List(items) => {
                node = items.get(segment.parse::<usize>().ok()?)?;
                start = node.span.start;
            }
            _ => return None,
        }
    }
    Some(line_at(text, start))
}
