//! `uniqueItems`.

use std::collections::HashMap;

use serde_json::Value;

use super::parts::is_type;

/// The places of two equal items, in the order in which Ajv names them; `None` when all differ. Where all items are
/// to be of these scalar types, those that are not do not count.
pub(super) fn duplicates(items: &[Value], scalars: &[&str]) -> Option<(usize, usize)> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    // Ajv goes from the end to the front, and names the places in another order when it compares pairs.
    for (place, item) in items.iter().enumerate().rev() {
        let counts = scalars.is_empty() || scalars.iter().any(|kind| is_type(item, kind));
        if !counts {
            continue;
        }
        if let Some(later) = seen.insert(key(item), place) {
            return Some(if scalars.is_empty() {
                (place, later)
            } else {
                (later, place)
            });
        }
    }
    None
}

/// Equal values have equal keys: the order of an object's fields does not count, nor does `1` differ from `1.0`.
pub(super) fn key(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut pairs: Vec<String> = fields
                .iter()
                .map(|(name, field)| format!("{name:?}:{}", key(field)))
                .collect();
            pairs.sort_unstable();
            format!("{{{}}}", pairs.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(key).collect();
            format!("[{}]", items.join(","))
        }
        Value::Number(_) => crate::json::number(value),
        other => other.to_string(),
    }
}

/// Whether two values are the same.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            a == b
                || a.as_f64()
                    .zip(b.as_f64())
                    .is_some_and(|(a, b)| a.total_cmp(&b).is_eq())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => one == other,
    }
}
