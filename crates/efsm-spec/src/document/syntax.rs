//! From a text to a tree, and from a pointer back to its line.

use std::collections::{HashMap, HashSet};
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

/// The lines of a text's values. The text is read once more, with its places: that is needed only where there is
/// something to tell.
pub(super) struct Lines {
    root: Arc<Node>,
    /// Where each line begins.
    starts: Vec<usize>,
    /// The entries of the maps that were passed, by the map's address and their keys.
    entries: HashMap<(usize, String), (usize, Arc<Node>)>,
    passed: HashSet<usize>,
}

impl Lines {
    /// `None` for what is no document.
    pub(super) fn of(text: &str) -> Option<Self> {
        let read = if looks_like_json(text) {
            efsm_document::json::document
        } else {
            efsm_document::yaml::document
        };
        Some(Self {
            root: read(text).ok()?,
            starts: std::iter::once(0)
                .chain(text.match_indices('\n').map(|(at, _)| at + 1))
                .collect(),
            entries: HashMap::new(),
            passed: HashSet::new(),
        })
    }

    /// The line, from 1, at which a pointer's value begins.
    pub(super) fn line_of(&mut self, pointer: &str) -> Option<usize> {
        let mut node = self.root.clone();
        let mut start = node.span.start;
        for segment in pointer.split('/').skip(1) {
            let segment = segment.replace("~1", "/").replace("~0", "~");
            (start, node) = match &node.kind {
                Kind::Map(_) => self.entry(&node, segment)?,
                Kind::List(items) => {
                    let item = items.get(segment.parse::<usize>().ok()?)?;
                    (item.span.start, item.clone())
                }
                _ => return None,
            };
        }
        Some(self.starts.partition_point(|begin| *begin <= start))
    }

    /// Where a key of a map stands, and its value.
    fn entry(&mut self, map: &Arc<Node>, key: String) -> Option<(usize, Arc<Node>)> {
        let address = Arc::as_ptr(map) as usize;
        if let Kind::Map(entries) = &map.kind
            && self.passed.insert(address)
        {
            let places = entries.iter().map(|entry| {
                let place = (entry.key_span.start, entry.value.clone());
                ((address, entry.key.clone()), place)
            });
            self.entries.extend(places);
        }
        self.entries.get(&(address, key)).cloned()
    }
}
