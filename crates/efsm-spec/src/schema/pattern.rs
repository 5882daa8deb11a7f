//! Regular expressions of ECMAScript.

use std::collections::HashMap;
use std::sync::Arc;

use fancy_regex::{Regex, RegexBuilder};
use parking_lot::Mutex;

/// What one match may try before it counts as failed: patterns come from outside.
const BACKTRACKING: usize = 100_000;

/// Patterns that are kept compiled.
const KEPT: usize = 1_000;

/// Compiled patterns by their source; `None` for those that are none.
#[derive(Debug, Default)]
pub struct Patterns(Mutex<HashMap<String, Option<Arc<Regex>>>>);

impl Patterns {
    /// Whether `pattern` matches somewhere in `text`; `None` when it is no pattern, which then forbids nothing.
    pub fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        let regex = self.get(pattern)?;
        Some(regex.is_match(text).unwrap_or(false))
    }

    fn get(&self, pattern: &str) -> Option<Arc<Regex>> {
        let mut kept = self.0.lock();
        if let Some(known) = kept.get(pattern) {
            return known.clone();
        }
        let compiled = compile(pattern).map(Arc::new);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(pattern.to_owned(), compiled.clone());
        compiled
    }
}

/// A pattern in the engine's syntax.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    let translated = jsonschema_regex::to_rust_regex(pattern).ok()?;
    RegexBuilder::new(&translated)
        .backtrack_limit(BACKTRACKING)
        .build()
        .ok()
}
