//! The sentences of Ajv's errors.

use serde_json::Value;

use super::check::Failure;

pub(super) fn failure(
    path: Vec<String>,
    keyword: &'static str,
    message: impl Into<String>,
) -> Failure {
    Failure {
        path,
        keyword,
        message: message.into(),
    }
}

/// `must be string,null`
pub(super) fn wrong_type(types: &[&str]) -> String {
    format!("must be {}", types.join(","))
}

/// The allowed values are appended as Prism does it.
pub(super) fn not_in_enum(allowed: &[Value]) -> String {
    let allowed: Vec<String> = allowed.iter().map(in_javascript).collect();
    format!(
        "must be equal to one of the allowed values: {}",
        allowed.join(", ")
    )
}

/// A value as JavaScript makes a text of it.
fn in_javascript(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items
            .iter()
            .map(in_javascript)
            .collect::<Vec<_>>()
            .join(","),
        Value::Object(_) => "[object Object]".to_owned(),
        Value::Number(_) => crate::json::number(value),
        Value::Bool(value) => value.to_string(),
    }
}

pub(super) fn too_many(limit: u64, what: &str) -> String {
    format!("must NOT have more than {limit} {what}")
}

pub(super) fn too_few(limit: u64, what: &str) -> String {
    format!("must NOT have fewer than {limit} {what}")
}

/// `must have property b when property a is present`
pub(super) fn dependent(needed: &[&str], present: &str) -> String {
    let noun = if needed.len() == 1 {
        "property"
    } else {
        "properties"
    };
    format!(
        "must have {noun} {} when property {present} is present",
        needed.join(", ")
    )
}
