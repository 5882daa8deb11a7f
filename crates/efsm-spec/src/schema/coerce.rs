//! Parameters arrive as text: what Ajv makes of a text where a schema wants another type.

use serde_json::{Number, Value};

/// The value in the first of `types` that it can stand for.
pub(super) fn coerced(value: &Value, types: &[&str]) -> Option<Value> {
    types.iter().find_map(|kind| into(value, kind))
}

fn into(value: &Value, kind: &str) -> Option<Value> {
    match (kind, value) {
        ("string", Value::Null) => Some("".into()),
        ("string", Value::Number(_)) => Some(crate::json::number(value).into()),
        ("string", Value::Bool(value)) => Some(value.to_string().into()),
        ("number" | "integer", Value::Bool(value)) => Some(u8::from(*value).into()),
        ("number" | "integer", Value::Null) => Some(0.into()),
        ("number", Value::String(text)) => number(text),
        ("integer", Value::String(text)) => number(text).filter(is_whole),
        ("boolean", Value::Null) => Some(false.into()),
        ("boolean", Value::String(text)) => text.parse::<bool>().ok().map(Value::Bool),
        ("boolean", Value::Number(number)) => match number.as_f64() {
            Some(0.0) => Some(false.into()),
            Some(1.0) => Some(true.into()),
            _ => None,
        },
        ("null", Value::Bool(false)) => Some(Value::Null),
        ("null", Value::String(text)) if text.is_empty() => Some(Value::Null),
        ("null", Value::Number(number)) if number.as_f64() == Some(0.0) => Some(Value::Null),
        _ => None,
    }
}

pub(super) fn is_whole(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// A text that JavaScript takes for a number.
fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Ok(value) = text.parse::<i64>() {
        return Some(value.into());
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return i64::from_str_radix(digits, radix).ok().map(Value::from);
        }
    }
    let is_plain = text
        .bytes()
        .all(|c| c.is_ascii_digit() || matches!(c, b'+' | b'-' | b'.' | b'e' | b'E'));
    let is_infinite = matches!(text, "Infinity" | "+Infinity" | "-Infinity");
    let value: f64 = text.parse().ok().filter(|_| is_plain || is_infinite)?;
    // What no JSON number can be is as large as one can be: a whole number that is beyond every bound.
    Number::from_f64(value.clamp(f64::MIN, f64::MAX)).map(Value::Number)
}
