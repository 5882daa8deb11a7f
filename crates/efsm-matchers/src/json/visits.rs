//! How many schemas may have to be looked at for one value.
//!
//! References make a schema a graph, and a validator follows each of its paths: forty schemas of two alternatives
//! each, which are the same next one, are looked at 2^40 times.

use std::collections::HashMap;

use serde_json::Value;

use crate::limits::{SCHEMA_DEPTH, SCHEMA_VISITS};

/// Whether no value has more schemas to be looked at than there is time for. What a value's members and items have
/// to obey is not counted: that depends on the value.
pub(super) fn are_bounded(schema: &Value) -> bool {
    let mut known = HashMap::new();
    let mut open = vec![schema];
    while let Some(part) = open.pop() {
        if of(part, schema, 0, &mut known) > SCHEMA_VISITS {
            return false;
        }
        match part {
            Value::Object(fields) => open.extend(fields.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    true
}

/// Those of one schema, by its address in `known`; a schema that is met within itself counts once.
fn of(schema: &Value, root: &Value, depth: usize, known: &mut HashMap<usize, u64>) -> u64 {
    let Value::Object(fields) = schema else {
        return 1;
    };
    if depth > SCHEMA_DEPTH {
        return u64::MAX;
    }
    let address = std::ptr::from_ref(schema) as usize;
    if let Some(visits) = known.get(&address) {
        return *visits;
    }
    known.insert(address, 1);
    let referred = fields.get("$ref").and_then(Value::as_str);
    let referred = referred
        .and_then(|reference| reference.strip_prefix('#'))
        .and_then(|pointer| root.pointer(pointer));
    let lists = ["allOf", "anyOf", "oneOf"]
        .into_iter()
        .filter_map(|keyword| fields.get(keyword)?.as_array())
        .flatten();
    let single = ["not", "if", "then", "else"]
        .into_iter()
        .filter_map(|keyword| fields.get(keyword));
    let dependent = ["dependentSchemas", "dependencies"]
        .into_iter()
        .filter_map(|keyword| fields.get(keyword)?.as_object())
        .flat_map(|schemas| schemas.values());
    let visits = referred
        .into_iter()
        .chain(lists)
        .chain(single)
        .chain(dependent)
        .fold(1_u64, |sum, part| {
            sum.saturating_add(of(part, root, depth + 1, known))
        });
    known.insert(address, visits);
    visits
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, json};

    /// Schemas that each refer twice to the next, by `keyword`.
    fn doubling(keyword: &str, count: usize) -> Value {
        let mut schemas = Map::new();
        for n in 0..count {
            let next = json!({"$ref": format!("#/$defs/s{}", n + 1)});
            schemas.insert(format!("s{n}"), json!({keyword: [next, next]}));
        }
        schemas.insert(format!("s{count}"), json!({"type": "integer"}));
        json!({"$ref": "#/$defs/s0", "$defs": schemas})
    }

    #[test]
    fn alternatives_that_multiply_are_counted() {
        for keyword in ["allOf", "anyOf", "oneOf"] {
            assert!(are_bounded(&doubling(keyword, 10)), "{keyword}");
            assert!(!are_bounded(&doubling(keyword, 40)), "{keyword}");
        }
        let mut hidden = doubling("anyOf", 40);
        hidden["$ref"] = json!("#/$defs/s40");
        hidden["properties"] = json!({"a": {"items": {"$ref": "#/$defs/s0"}}});
        assert!(!are_bounded(&hidden));
    }

    #[test]
    fn schemas_that_are_only_large_or_recursive_are_bounded() {
        let tree = json!({"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}});
        assert!(are_bounded(&tree));
        let circle = json!({"anyOf": [{"$ref": "#"}, {"type": "integer"}]});
        assert!(are_bounded(&circle));
        let many: Vec<Value> = (0..10_000).map(|n| json!({"const": n})).collect();
        assert!(are_bounded(&json!({"oneOf": many})));
    }
}
