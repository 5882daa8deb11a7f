//! JSON Schema as an API description uses it: checked against values, with errors in the words of Ajv, which
//! those who test against Prism know.
//!
//! Schemas are read in place, in the one shared tree of the document, and never compiled: a description with a
//! thousand operations costs nothing before one of them is called, cyclic schemas need no special care, and
//! the order of the errors is Ajv's. The `jsonschema` crate is the oracle of the tests.

mod check;
mod coerce;
mod formats;
mod parts;
mod pattern;
mod unique;
mod words;

use std::sync::Arc;

use serde_json::Value;

pub use check::{Checker, Failure, Purpose};
pub use formats::fits as fits_format;
pub use pattern::Patterns;

/// The tree in which `$ref`s are looked up, with what was worked out about it.
#[derive(Debug, Default)]
pub struct Root {
    pub value: Value,
    pub patterns: Patterns,
}

/// How many `$ref`s may lead to the next before something else stands there.
const HOPS: usize = 64;

impl Root {
    pub fn new(value: Value) -> Arc<Self> {
        Arc::new(Self {
            value,
            patterns: Patterns::default(),
        })
    }

    /// What a local `$ref` names.
    pub fn find(&self, reference: &str) -> Option<&Value> {
        Tree(&self.value).find(reference)
    }

    /// The value itself, or what its `$ref` leads to; `None` when it leads nowhere or in a circle.
    pub fn follow<'a>(&'a self, value: &'a Value) -> Option<&'a Value> {
        Tree(&self.value).follow(value)
    }
}

/// A tree in which `$ref`s are looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree<'a>(pub(crate) &'a Value);

impl<'a> Tree<'a> {
    pub(crate) fn find(self, reference: &str) -> Option<&'a Value> {
        let fragment = reference.strip_prefix('#')?;
        if !fragment.contains('%') {
            return self.0.pointer(fragment);
        }
        let decoded = percent_encoding::percent_decode_str(fragment)
            .decode_utf8()
            .ok()?;
        self.0.pointer(&decoded)
    }

    pub(crate) fn follow(self, mut value: &'a Value) -> Option<&'a Value> {
        for _ in 0..HOPS {
            match value.get("$ref").and_then(Value::as_str) {
                Some(reference) => value = self.find(reference)?,
                None => return Some(value),
            }
        }
        None
    }

    /// A field of a value: its own, else that of what its `$ref` leads to.
    pub(crate) fn field(self, mut value: &'a Value, name: &str) -> Option<&'a Value> {
        for _ in 0..HOPS {
            if let Some(field) = value.get(name) {
                return Some(field);
            }
            value = self.find(value.get("$ref")?.as_str()?)?;
        }
        None
    }

    /// The same for a value that is not of the tree.
    pub(crate) fn field_of<'v>(self, value: &'v Value, name: &str) -> Option<&'v Value>
    where
        'a: 'v,
    {
        if let Some(field) = value.get(name) {
            return Some(field);
        }
        let target: &'v Value = self.find(value.get("$ref")?.as_str()?)?;
        self.field(target, name)
    }

    /// The names of a value's fields, and those of what its `$ref` leads to.
    pub(crate) fn fields(self, mut value: &'a Value) -> Vec<&'a str> {
        let mut names: Vec<&'a str> = Vec::new();
        for _ in 0..HOPS {
            for name in value
                .as_object()
                .into_iter()
                .flat_map(|object| object.keys())
            {
                if name != "$ref" && !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
            match value
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|target| self.find(target))
            {
                Some(target) => value = target,
                None => break,
            }
        }
        names
    }

    /// The entries of a map, each followed to where its `$ref` leads.
    pub(crate) fn entries(
        self,
        map: Option<&'a Value>,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> {
        map.and_then(|map| self.follow(map))
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(move |(name, value)| Some((name.as_str(), self.follow(value)?)))
    }
}
