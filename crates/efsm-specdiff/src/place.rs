//! The line of a JSON pointer.

use std::sync::Arc;

use efsm_document::{Kind, Node, json, line_at, yaml};

use crate::change::{Change, Side};

/// The key under which `efsm-spec` puts the further files of a description.
const FILES: &str = "x-efsm-files";

/// The files of a description, read again as trees that know their places.
#[derive(Debug)]
pub struct Places {
    /// Name, text and tree, in the order of `Description::files`.
    files: Vec<(String, String, Option<Arc<Node>>)>,
}

impl Places {
    /// The description's files in its order, each with its text.
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let files = files
            .into_iter()
            .map(|(name, text)| {
                let is_json = text.trim_start().starts_with(['{', '[']);
                let parsed = if is_json {
                    json::document(&text)
                } else {
                    yaml::document(&text)
                };
                (name, text, parsed.ok())
            })
            .collect();
        Self { files }
    }

    /// File and line of what a pointer names, or of the nearest thing around it that is written down.
    pub fn find(&self, pointer: &str) -> Option<(&str, usize)> {
        let mut steps = pointer.split('/').skip(1).map(unescaped).peekable();
        let mut number = 0;
        if steps.peek().is_some_and(|step| step == FILES) {
            steps.next();
            number = steps.next()?.parse().ok()?;
        }
        let (name, text, tree) = self.files.get(number)?;
        let mut node: &Node = tree.as_ref()?;
        let mut offset = node.span.start;
        for step in steps {
            let Some((place, next)) = child(node, &step) else {
                break;
            };
            (offset, node) = (place, next);
        }
        Some((name, line_at(text, offset)))
    }
}

/// File and line of a change.
pub fn of<'p>(change: &Change, old: &'p Places, new: &'p Places) -> Option<(&'p str, usize)> {
    match change.side {
        Side::Old => old.find(&change.pointer),
        Side::New => new.find(&change.pointer),
    }
}

/// Where a member starts (its key, for a map's), and the member.
fn child<'n>(node: &'n Node, step: &str) -> Option<(usize, &'n Node)> {
    match &node.kind {
        Kind::Map(entries) => entries
            .iter()
            .find(|entry| entry.key == step)
            .map(|entry| (entry.key_span.start, &*entry.value)),
        Kind::List(items) => {
            let item = items.get(step.parse::<usize>().ok()?)?;
            Some((item.span.start, item))
        }
        _ => None,
    }
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}
