//! Which alternatives of a recursive schema come to an end, and how soon.

use serde_json::{Map, Value};

use super::Generator;
use crate::check::tuple_and_rest;

/// Levels within which a schema must be able to end.
const LEVELS: u8 = 24;

impl<'a> Generator<'a> {
    /// The branches that can end, in the given order; the soonest first when it is time to end.
    pub(super) fn order(
        &self,
        branches: &'a [Value],
        ending: bool,
        order: Vec<usize>,
    ) -> Vec<usize> {
        if branches.len() < 2 {
            return order;
        }
        let mut order: Vec<(u8, usize)> = order
            .into_iter()
            .filter_map(|branch| Some((self.levels(&branches[branch])?, branch)))
            .collect();
        if ending {
            order.sort_by_key(|(levels, _)| *levels);
        }
        order.into_iter().map(|(_, branch)| branch).collect()
    }

    /// The fewest levels of containers that a value of the schema needs, about: what it refers to counts as well.
    fn levels(&self, schema: &'a Value) -> Option<u8> {
        (0..=LEVELS).find(|levels| self.ends(schema, *levels))
    }

    fn ends(&self, schema: &'a Value, levels: u8) -> bool {
        let Value::Object(fields) = schema else {
            return *schema != Value::Bool(false);
        };
        let key = (std::ptr::from_ref(fields) as usize, levels);
        if let Some(known) = self.endings.borrow().get(&key) {
            return *known;
        }
        let ends = self.ends_within(fields, levels);
        self.endings.borrow_mut().insert(key, ends);
        ends
    }

    fn ends_within(&self, fields: &'a Map<String, Value>, levels: u8) -> bool {
        if fields.contains_key("const") || fields.contains_key("enum") {
            return true;
        }
        let Some(fewer) = levels.checked_sub(1) else {
            // At level 0 only what needs no look into other schemas is known to end.
            return !["$ref", "allOf", "anyOf", "oneOf"]
                .iter()
                .any(|key| fields.contains_key(*key))
                && is_flat(fields);
        };
        if let Some(Value::String(reference)) = fields.get("$ref")
            && !self
                .checker
                .resolve(reference)
                .is_some_and(|target| self.ends(target, fewer))
        {
            return false;
        }
        let list = |key: &str| fields.get(key).and_then(Value::as_array);
        if let Some(all) = list("allOf")
            && !all.iter().all(|schema| self.ends(schema, fewer))
        {
            return false;
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(any) = list(key)
                && !any.iter().any(|schema| self.ends(schema, fewer))
            {
                return false;
            }
        }
        if is_flat(fields) {
            return true;
        }
        let properties = fields.get("properties").and_then(Value::as_object);
        let required = list("required")
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        let object_ends = required
            .filter_map(|name| properties?.get(name))
            .all(|schema| self.ends(schema, fewer));
        let (tuple, rest) = tuple_and_rest(fields);
        let least = fields.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let array_ends = least == 0
            || tuple
                .iter()
                .take(least as usize)
                .chain(rest)
                .all(|schema| self.ends(schema, fewer));
        object_ends && array_ends
    }
}

/// Whether the type alone allows a value without parts.
fn is_flat(fields: &Map<String, Value>) -> bool {
    let flat = |name: &str| !matches!(name, "object" | "array");
    match fields.get("type") {
        Some(Value::String(name)) if flat(name) => true,
        Some(Value::Array(names)) if names.iter().filter_map(Value::as_str).any(flat) => true,
        _ if fields.get("nullable") == Some(&Value::Bool(true)) => true,
        _ => {
            let filled = fields
                .get("required")
                .and_then(Value::as_array)
                .is_some_and(|names| !names.is_empty());
            !filled && fields.get("minItems").and_then(Value::as_u64).unwrap_or(0) == 0
        }
    }
}
