//! Two values in one, key by key, as Prism's sampler merges what the parts of an `allOf` gave.

use serde_json::{Map, Value};

/// The second lies over the first. Lists are merged place by place.
pub(super) fn deep(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut fields), Value::Object(over)) => {
            for (key, value) in over {
                match fields.get_mut(&key) {
                    Some(place) => *place = deep(place.take(), value),
                    None => {
                        fields.insert(key, value);
                    }
                }
            }
            Value::Object(fields)
        }
        (Value::Array(mut items), Value::Array(over)) => {
            for (index, value) in over.into_iter().enumerate() {
                match items.get_mut(index) {
                    Some(place) => *place = deep(place.take(), value),
                    None => items.push(value),
                }
            }
            Value::Array(items)
        }
        (Value::Array(items), Value::Object(over)) => {
            let keyed: Map<_, _> = items
                .into_iter()
                .enumerate()
                .map(|(index, item)| (index.to_string(), item))
                .collect();
            deep(Value::Object(keyed), Value::Object(over))
        }
        (_, second) => second,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn later_values_lie_over_earlier_ones() {
        let first = json!({"a": {"x": 1}, "l": [1, {"p": 1}], "k": 1});
        let second = json!({"a": {"y": 2}, "l": [2, {"q": 2}, 3], "k": {"z": 1}});
        let merged = json!({"a": {"x": 1, "y": 2}, "l": [2, {"p": 1, "q": 2}, 3], "k": {"z": 1}});
        assert_eq!(deep(first, second), merged);
        assert_eq!(deep(json!([1]), json!({"a": 2})), json!({"0": 1, "a": 2}));
    }
}
