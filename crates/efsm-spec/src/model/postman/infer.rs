//! A schema from an example.

use serde_json::{Map, Value, json};

const DEPTH: usize = 60;

pub(in crate::model) fn schema(value: &Value) -> Value {
    of(value, 0)
}

fn of(value: &Value, depth: usize) -> Value {
    if depth > DEPTH {
        return json!({});
    }
    match value {
        Value::Null => json!({"type": "null"}),
        Value::Bool(_) => json!({"type": "boolean"}),
        Value::String(_) => json!({"type": "string"}),
        Value::Number(number) => {
            let is_whole = number.as_f64().is_some_and(|number| number.fract() == 0.0);
            json!({"type": if is_whole { "integer" } else { "number" }})
        }
        Value::Object(fields) => {
            let properties: Map<String, Value> = fields
                .iter()
                .map(|(name, field)| (name.clone(), of(field, depth + 1)))
                .collect();
            json!({"type": "object", "properties": properties})
        }
        Value::Array(items) => {
            let items = items
                .iter()
                .map(|item| of(item, depth + 1))
                .reduce(|one, other| both(&one, &other))
                .unwrap_or_else(|| json!({"type": "object", "properties": {}}));
            json!({"type": "array", "items": items})
        }
    }
}

/// What fits either: objects have the properties of both, and of other types the later counts.
fn both(one: &Value, other: &Value) -> Value {
    let kinds = (one["type"].as_str(), other["type"].as_str());
    match kinds {
        (Some("object"), Some("object")) => {
            let mut merged = one.clone();
            if let (Some(own), Some(more)) = (
                merged["properties"].as_object_mut(),
                other["properties"].as_object(),
            ) {
                for (name, schema) in more {
                    let joined = match own.get(name) {
                        Some(known) => both(known, schema),
                        None => schema.clone(),
                    };
                    own.insert(name.clone(), joined);
                }
            }
            merged
        }
        (Some("number"), Some("integer")) => one.clone(),
        (Some("array"), Some("array")) => {
            json!({"type": "array", "items": both(&one["items"], &other["items"])})
        }
        _ => other.clone(),
    }
}
