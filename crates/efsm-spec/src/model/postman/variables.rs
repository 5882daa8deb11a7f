//! `{{name}}` in a collection stands for the value of a variable of the collection's.

use std::collections::HashMap;

use serde_json::Value;

/// Variables may stand for texts with variables.
const ROUNDS: usize = 8;

/// The collection with its variables in place; those that it does not define stay as they are.
pub(super) fn resolved(root: &Value) -> Value {
    let list = root.get("variable").and_then(Value::as_array);
    let variables: HashMap<String, String> = list
        .into_iter()
        .flatten()
        .filter_map(|variable| {
            let name = super::text(variable, "key").or_else(|| super::text(variable, "id"))?;
            let value = match variable.get("value")? {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some((name.to_owned(), value))
        })
        .collect();
    let mut root = root.clone();
    if !variables.is_empty() {
        replace(&mut root, &variables);
    }
    root
}

fn replace(value: &mut Value, variables: &HashMap<String, String>) {
    match value {
        Value::String(text) => {
            for _ in 0..ROUNDS {
                let next = once(text, variables);
                if next == *text {
                    break;
                }
                *text = next;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, variables)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| replace(field, variables)),
        _ => {}
    }
}

fn once(text: &str, variables: &HashMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else {
            break;
        };
        let name = &rest[start + 2..start + length];
        let end = start + length + 2;
        out.push_str(&rest[..start]);
        match variables.get(name.trim()) {
            Some(value) => out.push_str(value),
            None => out.push_str(&rest[start..end]),
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}
