//! Keywords that apply other schemas, to the value or to its parts.

use serde_json::{Map, Value};

use super::Checker;

pub(super) fn holds(checker: &Checker<'_>, schema: &Map<String, Value>, value: &Value) -> bool {
    in_place(checker, schema, value)
        && match value {
            Value::Object(fields) => to_properties(checker, schema, value, fields),
            Value::Array(items) => to_items(checker, schema, items),
            _ => true,
        }
}

fn in_place(checker: &Checker<'_>, schema: &Map<String, Value>, value: &Value) -> bool {
    let valid = |schema: &Value| checker.is_valid(schema, value);
    if let Some(Value::String(reference)) = schema.get("$ref")
        && !checker.resolve(reference).is_some_and(valid)
    {
        return false;
    }
    let list = |key: &str| schema.get(key).and_then(Value::as_array);
    list("allOf").is_none_or(|all| all.iter().all(valid))
        && list("anyOf").is_none_or(|any| any.iter().any(valid))
        && list("oneOf")
            .is_none_or(|one| one.iter().filter(|schema| valid(schema)).take(2).count() == 1)
        && schema.get("not").is_none_or(|not| !valid(not))
        && schema.get("if").is_none_or(|condition| {
            let branch = if valid(condition) { "then" } else { "else" };
            schema.get(branch).is_none_or(valid)
        })
}

fn to_properties(
    checker: &Checker<'_>,
    schema: &Map<String, Value>,
    value: &Value,
    fields: &Map<String, Value>,
) -> bool {
    let object = |key: &str| schema.get(key).and_then(Value::as_object);
    let properties = object("properties");
    if let Some(Value::Array(required)) = schema.get("required") {
        let missing = |name: &&str| {
            !fields.contains_key(*name)
                && !checker.is_left_out(properties.and_then(|known| known.get(*name)))
        };
        if required
            .iter()
            .filter_map(Value::as_str)
            .any(|name| missing(&name))
        {
            return false;
        }
    }
    if let Some(names) = schema.get("propertyNames")
        && !fields
            .keys()
            .all(|name| checker.is_valid(names, &Value::from(name.as_str())))
    {
        return false;
    }
    for (key, wanted) in ["dependentRequired", "dependentSchemas", "dependencies"]
        .into_iter()
        .filter_map(object)
        .flatten()
    {
        let held = !fields.contains_key(key)
            || match wanted {
                Value::Array(names) => names
                    .iter()
                    .filter_map(Value::as_str)
                    .all(|name| fields.contains_key(name)),
                schema => checker.is_valid(schema, value),
            };
        if !held {
            return false;
        }
    }
    let patterns = object("patternProperties");
    let additional = schema.get("additionalProperties");
    if properties.is_none() && patterns.is_none() && additional.is_none() {
        return true;
    }
    fields.iter().all(|(name, field)| {
        let known = properties.and_then(|known| known.get(name));
        let mut covered = known.is_some();
        if !known.is_none_or(|schema| checker.is_valid(schema, field)) {
            return false;
        }
        for (source, schema) in patterns.into_iter().flatten() {
            if checker
                .pattern(source)
                .is_some_and(|pattern| pattern.is_match(name))
            {
                covered = true;
                if !checker.is_valid(schema, field) {
                    return false;
                }
            }
        }
        covered || additional.is_none_or(|schema| checker.is_valid(schema, field))
    })
}

fn to_items(checker: &Checker<'_>, schema: &Map<String, Value>, items: &[Value]) -> bool {
    let (tuple, rest) = tuple_and_rest(schema);
    for (index, item) in items.iter().enumerate() {
        if !tuple
            .get(index)
            .or(rest)
            .is_none_or(|schema| checker.is_valid(schema, item))
        {
            return false;
        }
    }
    let Some(contains) = schema.get("contains") else {
        return true;
    };
    let found = items
        .iter()
        .filter(|item| checker.is_valid(contains, item))
        .count() as u64;
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
    found >= bound("minContains").unwrap_or(1)
        && bound("maxContains").is_none_or(|most| found <= most)
}

/// Schemas by place, and the one of the places after them: in the words of 2020-12, or of the drafts before it.
pub(crate) fn tuple_and_rest(schema: &Map<String, Value>) -> (&[Value], Option<&Value>) {
    match (schema.get("prefixItems"), schema.get("items")) {
        (Some(Value::Array(tuple)), rest) => (tuple, rest),
        (_, Some(Value::Array(tuple))) => (tuple, schema.get("additionalItems")),
        (_, rest) => (&[], rest),
    }
}
