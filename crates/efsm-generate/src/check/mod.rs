//! Whether a value obeys a schema, asked of one place after another while data is made.
//!
//! A schema is read as it stands, without compiling it: a big document's schemas are asked for once each, and what
//! they refer to is most of the document. Property tests hold the answers against the `jsonschema` crate's.

mod applied;
mod evaluated;
mod plain;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value};

pub(crate) use applied::tuple_and_rest;

use crate::pattern::Pattern;
use crate::reference;

/// How deep schemas nest while one value is checked, references counted.
const DEPTH: usize = 96;

/// A checker for schemas of one document.
pub(crate) struct Checker<'a> {
    root: &'a Value,
    patterns: RefCell<HashMap<String, Option<Rc<Pattern>>>>,
    formats: RefCell<HashMap<String, Option<Rc<jsonschema::Validator>>>>,
    depth: Cell<usize>,
    /// Schemas that may still be visited; at 0 nothing is valid any more.
    pub(crate) steps: Cell<u64>,
    /// Properties that are left out on this way, by the keyword that says so (`writeOnly`): not asked for.
    left_out: Option<&'static str>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(root: &'a Value, left_out: Option<&'static str>, steps: u64) -> Self {
        Self {
            root,
            patterns: RefCell::default(),
            formats: RefCell::default(),
            depth: Cell::new(0),
            steps: Cell::new(steps),
            left_out,
        }
    }

    /// Whether the value obeys the schema. What is nested too deeply, or past the limit of steps, does not.
    pub(crate) fn is_valid(&self, schema: &Value, value: &Value) -> bool {
        match schema {
            Value::Bool(allowed) => *allowed,
            Value::Object(fields) => self.obeys(fields, value),
            _ => true,
        }
    }

    /// [`Self::is_valid`] for a schema that is an object.
    pub(crate) fn obeys(&self, schema: &Map<String, Value>, value: &Value) -> bool {
        let (depth, steps) = (self.depth.get(), self.steps.get());
        if depth >= DEPTH || steps == 0 {
            return false;
        }
        self.steps.set(steps - 1);
        self.depth.set(depth + 1);
        let obeyed = plain::holds(self, schema, value)
            && applied::holds(self, schema, value)
            && evaluated::holds(self, schema, value);
        self.depth.set(depth);
        obeyed
    }

    /// Counts work that is as good as looking at so many schemas.
    fn count(&self, steps: usize) {
        let left = self.steps.get().saturating_sub(steps as u64);
        self.steps.set(left);
    }

    pub(crate) fn resolve(&self, reference: &str) -> Option<&'a Value> {
        reference::resolve(self.root, reference)
    }

    /// The compiled pattern; `None` for what is no regular expression, which then says nothing.
    pub(crate) fn pattern(&self, source: &str) -> Option<Rc<Pattern>> {
        if let Some(known) = self.patterns.borrow().get(source) {
            return known.clone();
        }
        let pattern = Pattern::new(source).map(Rc::new);
        self.patterns
            .borrow_mut()
            .insert(source.to_owned(), pattern.clone());
        pattern
    }

    /// Whether the text is of the format. Formats that JSON Schema does not define are not asserted.
    pub(crate) fn has_format(&self, format: &str, text: &str) -> bool {
        let known = self.formats.borrow().get(format).cloned();
        let validator = known.unwrap_or_else(|| {
            let built = jsonschema::options()
                .offline()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(true)
                .should_ignore_unknown_formats(true)
                .build(&serde_json::json!({ "format": format }))
                .ok()
                .map(Rc::new);
            self.formats
                .borrow_mut()
                .insert(format.to_owned(), built.clone());
            built
        });
        validator.is_none_or(|validator| validator.is_valid(&Value::from(text)))
    }

    fn is_left_out(&self, schema: Option<&Value>) -> bool {
        self.left_out.is_some_and(|keyword| {
            schema.and_then(|schema| schema.get(keyword)) == Some(&Value::Bool(true))
        })
    }
}

/// Whether two values are the same JSON: `1` is `1.0`.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() != b.is_f64() && a.as_f64() == b.as_f64())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
