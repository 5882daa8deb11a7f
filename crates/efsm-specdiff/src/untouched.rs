//! What is the same in both descriptions, references followed.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// The references whose targets are not the same on both sides, or refer to such.
#[derive(Debug)]
pub(crate) struct Touched {
    references: HashSet<String>,
}

/// Nesting that is looked into; what is deeper counts as touched.
const DEPTH: usize = 200;

impl Touched {
    pub(crate) fn of(old: &Value, new: &Value) -> Self {
        let mut uses: HashMap<String, Vec<String>> = HashMap::new();
        let mut touched: HashSet<String> = HashSet::new();
        let mut todo = Vec::new();
        references(old, DEPTH, &mut todo);
        while let Some(reference) = todo.pop() {
            if uses.contains_key(&reference) {
                continue;
            }
            let (before, after) = (target(old, &reference), target(new, &reference));
            if before != after {
                touched.insert(reference.clone());
            }
            let mut own = Vec::new();
            if let Some(before) = before {
                references(before, DEPTH, &mut own);
            }
            todo.extend(own.iter().cloned());
            uses.insert(reference, own);
        }
        // Touched is whatever refers to something touched.
        loop {
            let more: Vec<String> = uses
                .iter()
                .filter(|(reference, own)| {
                    !touched.contains(*reference) && own.iter().any(|used| touched.contains(used))
                })
                .map(|(reference, _)| reference.clone())
                .collect();
            if more.is_empty() {
                break;
            }
            touched.extend(more);
        }
        Self {
            references: touched,
        }
    }

    /// Whether both values are the same and everything that they refer to is.
    pub(crate) fn is_same(&self, old: &Value, new: &Value) -> bool {
        if old != new {
            return false;
        }
        let mut used = Vec::new();
        references(old, DEPTH, &mut used);
        !used
            .iter()
            .any(|reference| self.references.contains(reference))
    }
}

fn target<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

fn references(value: &Value, depth: usize, found: &mut Vec<String>) {
    let Some(deeper) = depth.checked_sub(1) else {
        return;
    };
    match value {
        Value::Array(items) => {
            for item in items {
                references(item, deeper, found);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                match field {
                    Value::String(reference) if key == "$ref" => found.push(reference.clone()),
                    _ => references(field, deeper, found),
                }
            }
        }
        _ => {}
    }
}
