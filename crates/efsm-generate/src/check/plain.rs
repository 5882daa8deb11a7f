//! Keywords that look at the value itself.

use serde_json::{Map, Number, Value};

use super::{Checker, same};
use crate::decimal::Decimal;

/// How many values of an `enum` are as good as a schema to look at.
const VALUES_PER_STEP: usize = 64;

pub(super) fn holds(checker: &Checker<'_>, schema: &Map<String, Value>, value: &Value) -> bool {
    let nullable = schema.get("nullable") == Some(&Value::Bool(true)) && value.is_null();
    if let Some(types) = schema.get("type")
        && !nullable
    {
        let fits = match types {
            Value::String(name) => is_of_type(value, name),
            Value::Array(names) => names
                .iter()
                .filter_map(Value::as_str)
                .any(|name| is_of_type(value, name)),
            _ => true,
        };
        if !fits {
            return false;
        }
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        checker.count(values.len() / VALUES_PER_STEP);
        if !values.iter().any(|known| same(known, value)) {
            return false;
        }
    }
    if schema
        .get("const")
        .is_some_and(|constant| !same(constant, value))
    {
        return false;
    }
    match value {
        Value::Number(number) => number_holds(schema, number),
        Value::String(text) => text_holds(checker, schema, text),
        Value::Array(items) => {
            within(schema, "minItems", "maxItems", items.len())
                && (schema.get("uniqueItems") != Some(&Value::Bool(true)) || all_differ(items))
        }
        Value::Object(fields) => within(schema, "minProperties", "maxProperties", fields.len()),
        Value::Null | Value::Bool(_) => true,
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.as_number().is_some_and(|number| {
            !number.is_f64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
        }),
        _ => false,
    }
}

fn within(schema: &Map<String, Value>, least: &str, most: &str, size: usize) -> bool {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    bound(least).is_none_or(|least| size as f64 >= least)
        && bound(most).is_none_or(|most| size as f64 <= most)
}

fn all_differ(items: &[Value]) -> bool {
    items
        .iter()
        .enumerate()
        .all(|(index, item)| !items[..index].iter().any(|earlier| same(earlier, item)))
}

fn number_holds(schema: &Map<String, Value>, number: &Number) -> bool {
    let excluded = |key: &str| schema.get(key) == Some(&Value::Bool(true));
    let Some(order) = Bounded::of(number) else {
        return false;
    };
    let bound = |key: &str| {
        schema
            .get(key)
            .and_then(Value::as_number)
            .and_then(Bounded::of)
    };
    let low = bound("minimum").is_none_or(|least| {
        if excluded("exclusiveMinimum") {
            order.above(least)
        } else {
            !least.above(order)
        }
    });
    let high = bound("maximum").is_none_or(|most| {
        if excluded("exclusiveMaximum") {
            most.above(order)
        } else {
            !order.above(most)
        }
    });
    low && high
        && bound("exclusiveMinimum").is_none_or(|least| order.above(least))
        && bound("exclusiveMaximum").is_none_or(|most| most.above(order))
        && schema
            .get("multipleOf")
            .and_then(Value::as_number)
            .is_none_or(|step| is_multiple(number, step))
}

fn is_multiple(number: &Number, step: &Number) -> bool {
    match (Decimal::of(number), Decimal::of(step)) {
        (Some(number), Some(step)) => number.is_multiple_of(step),
        _ => number
            .as_f64()
            .zip(step.as_f64())
            .is_some_and(|(number, step)| (number / step).fract() == 0.0),
    }
}

/// A number for comparing: whole ones exactly.
#[derive(Clone, Copy)]
enum Bounded {
    Whole(i128),
    Float(f64),
}

impl Bounded {
    fn of(number: &Number) -> Option<Self> {
        number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from))
            .map(Self::Whole)
            .or_else(|| number.as_f64().map(Self::Float))
    }

    fn above(self, other: Self) -> bool {
        let float = |number| match number {
            Self::Whole(whole) => whole as f64,
            Self::Float(float) => float,
        };
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => a > b,
            (a, b) => float(a) > float(b),
        }
    }
}

fn text_holds(checker: &Checker<'_>, schema: &Map<String, Value>, text: &str) -> bool {
    let counted = schema.contains_key("minLength") || schema.contains_key("maxLength");
    if counted && !within(schema, "minLength", "maxLength", text.chars().count()) {
        return false;
    }
    let pattern = schema.get("pattern").and_then(Value::as_str);
    let matched = pattern
        .and_then(|source| checker.pattern(source))
        .is_none_or(|pattern| pattern.is_match(text));
    let format = schema.get("format").and_then(Value::as_str);
    matched && format.is_none_or(|format| checker.has_format(format, text))
}
