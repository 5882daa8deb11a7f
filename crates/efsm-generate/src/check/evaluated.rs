//! `unevaluatedProperties` and `unevaluatedItems`: what no other keyword here has looked at.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Checker;
use super::applied::tuple_and_rest;

pub(super) fn holds(checker: &Checker<'_>, schema: &Map<String, Value>, value: &Value) -> bool {
    match value {
        Value::Object(fields) => schema.get("unevaluatedProperties").is_none_or(|rest| {
            let mut seen = BTreeSet::new();
            properties(checker, schema, value, fields, &mut seen, DEPTH);
            fields
                .iter()
                .filter(|(name, _)| !seen.contains(name.as_str()))
                .all(|(_, field)| checker.is_valid(rest, field))
        }),
        Value::Array(items) => schema.get("unevaluatedItems").is_none_or(|rest| {
            let mut seen = BTreeSet::new();
            places(checker, schema, value, items, &mut seen, DEPTH);
            items
                .iter()
                .enumerate()
                .filter(|(index, _)| !seen.contains(index))
                .all(|(_, item)| checker.is_valid(rest, item))
        }),
        _ => true,
    }
}

/// How far what other schemas looked at is followed.
const DEPTH: usize = 32;

/// The schemas that hold for the value in its own place.
fn in_place<'s>(
    checker: &Checker<'s>,
    schema: &'s Map<String, Value>,
    value: &Value,
    each: &mut dyn FnMut(&'s Map<String, Value>),
) {
    let mut visit = |schema: &'s Value| {
        if let Value::Object(fields) = schema
            && checker.obeys(fields, value)
        {
            each(fields);
        }
    };
    if let Some(Value::String(reference)) = schema.get("$ref")
        && let Some(target) = checker.resolve(reference)
    {
        visit(target);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for schema in schema
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            visit(schema);
        }
    }
    if let Some(condition) = schema.get("if") {
        let branch = if checker.is_valid(condition, value) {
            "then"
        } else {
            "else"
        };
        visit(condition);
        if let Some(schema) = schema.get(branch) {
            visit(schema);
        }
    }
    for (name, schema) in schema
        .get("dependentSchemas")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if value.get(name).is_some() {
            visit(schema);
        }
    }
}

fn properties<'s>(
    checker: &Checker<'s>,
    schema: &'s Map<String, Value>,
    value: &Value,
    fields: &Map<String, Value>,
    seen: &mut BTreeSet<String>,
    depth: usize,
) {
    let object = |key: &str| schema.get(key).and_then(Value::as_object);
    for name in fields.keys() {
        let known = object("properties").is_some_and(|known| known.contains_key(name))
            || object("patternProperties")
                .into_iter()
                .flatten()
                .any(|(source, _)| {
                    checker
                        .pattern(source)
                        .is_some_and(|pattern| pattern.is_match(name))
                });
        if known || schema.contains_key("additionalProperties") {
            seen.insert(name.clone());
        }
    }
    in_place(checker, schema, value, &mut |schema| {
        if schema.contains_key("unevaluatedProperties") {
            seen.extend(fields.keys().cloned());
        }
        if depth > 0 {
            properties(checker, schema, value, fields, seen, depth - 1);
        }
    });
}

fn places<'s>(
    checker: &Checker<'s>,
    schema: &'s Map<String, Value>,
    value: &Value,
    items: &[Value],
    seen: &mut BTreeSet<usize>,
    depth: usize,
) {
    let (tuple, rest) = tuple_and_rest(schema);
    let known = if rest.is_some() {
        items.len()
    } else {
        tuple.len().min(items.len())
    };
    seen.extend(0..known);
    if let Some(contains) = schema.get("contains") {
        seen.extend((0..items.len()).filter(|index| checker.is_valid(contains, &items[*index])));
    }
    in_place(checker, schema, value, &mut |schema| {
        if schema.contains_key("unevaluatedItems") {
            seen.extend(0..items.len());
        }
        if depth > 0 {
            places(checker, schema, value, items, seen, depth - 1);
        }
    });
}
