//! What applies to a value at once: a schema with everything that its `$ref`s and, for bodies, its `allOf`s add.

use serde_json::{Map, Value};

use super::{HOPS, Root};

/// Objects whose keywords all apply; `None` for the schema `false`.
pub(super) type Parts<'a> = Option<Vec<&'a Map<String, Value>>>;

/// Takes `schemas` apart. With `merge`, members of `allOf` are parts beside what they stand in, as if they were
/// written there: what Prism does with bodies.
pub(super) fn of<'a>(root: &'a Root, schemas: &[&'a Value], merge: bool) -> Parts<'a> {
    let mut parts = Vec::with_capacity(schemas.len());
    schemas
        .iter()
        .all(|schema| collect(root, schema, merge, &mut parts, 0))
        .then_some(parts)
}

fn collect<'a>(
    root: &'a Root,
    schema: &'a Value,
    merge: bool,
    parts: &mut Vec<&'a Map<String, Value>>,
    hops: usize,
) -> bool {
    let object = match schema {
        Value::Bool(false) => return false,
        Value::Object(object) => object,
        _ => return true,
    };
    // A schema that is there already adds nothing: cycles of references end here.
    if hops > HOPS || parts.iter().any(|part| std::ptr::eq(*part, object)) {
        return true;
    }
    if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
        if let Some(target) = root.find(reference)
            && !collect(root, target, merge, parts, hops + 1)
        {
            return false;
        }
        if object.len() == 1 {
            return true;
        }
    }
    parts.push(object);
    if merge && let Some(Value::Array(members)) = object.get("allOf") {
        return members
            .iter()
            .all(|member| collect(root, member, merge, parts, hops + 1));
    }
    true
}

/// The types that all parts allow, as they are written; empty when none says anything.
pub(super) fn types<'a>(parts: &[&'a Map<String, Value>]) -> Vec<&'a str> {
    let mut allowed: Option<Vec<&'a str>> = None;
    for part in parts {
        let own: Vec<&str> = match part.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => continue,
        };
        allowed = Some(match allowed {
            None => own,
            Some(before) => {
                let both: Vec<&str> = before
                    .iter()
                    .filter_map(|kind| common(kind, &own))
                    .collect();
                // Types that exclude each other: no value fits, and the first is named.
                if both.is_empty() { before } else { both }
            }
        });
    }
    allowed.unwrap_or_default()
}

fn common<'a>(kind: &'a str, own: &[&'a str]) -> Option<&'a str> {
    if own.contains(&kind) {
        return Some(kind);
    }
    match kind {
        "number" if own.contains(&"integer") => Some("integer"),
        "integer" if own.contains(&"number") => Some("integer"),
        _ => None,
    }
}

pub(super) fn is_type(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => super::coerce::is_whole(value),
        "array" => value.is_array(),
        "object" => value.is_object(),
        // A type that JSON Schema does not have, such as Swagger's `file`, forbids nothing.
        _ => true,
    }
}
