//! Schemas of OpenAPI 3.0 and Swagger 2.0 in the words of JSON Schema: `nullable`, boolean `exclusiveMinimum`,
//! `example`, and the ranges that number formats stand for. As Prism does it, OpenAPI 3.1 gets the same, unless
//! the document names a dialect of its own.

use std::collections::HashSet;

use serde_json::{Map, Number, Value, json};

use super::FILES;

/// Nesting that is followed.
const DEPTH: usize = 200;

/// Keywords whose value is a schema, a list of schemas, or (`items`) either.
const SCHEMAS: [&str; 16] = [
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "items",
    "prefixItems",
    "additionalProperties",
    "additionalItems",
    "contains",
    "propertyNames",
    "if",
    "then",
    "else",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contentSchema",
];

/// Keywords whose value is a map of schemas.
const MAPS: [&str; 5] = [
    "properties",
    "patternProperties",
    "dependentSchemas",
    "$defs",
    "definitions",
];

/// Fields of a description that hold parts by name.
const NAMED: [&str; 5] = [
    "responses",
    "headers",
    "parameters",
    "requestBodies",
    "callbacks",
];

pub(super) fn normalise(root: &mut Value) {
    let mut walk = Walk::default();
    walk.document(root, 0);
    // A reference may make a schema of what stands anywhere, such as a file that is nothing else.
    while let Some(target) = walk.targets.pop() {
        if let Some(value) = root.pointer_mut(&target) {
            walk.schema(value, 0);
        }
    }
}

/// One schema that does not stand in a document.
pub(crate) fn normalise_schema(schema: &mut Value) {
    Walk::default().schema(schema, 0);
}

#[derive(Default)]
struct Walk {
    seen: HashSet<String>,
    targets: Vec<String>,
}

impl Walk {
    /// Looks for schemas where descriptions have them.
    fn document(&mut self, value: &mut Value, depth: usize) {
        if depth > DEPTH {
            return;
        }
        match value {
            Value::Array(items) => {
                for item in items {
                    self.document(item, depth + 1);
                }
            }
            Value::Object(fields) => {
                for (key, field) in fields.iter_mut() {
                    match key.as_str() {
                        "schema" => self.schema(field, 0),
                        "schemas" | "definitions" => self.map(field, 0),
                        _ if NAMED.contains(&key.as_str()) => self.named(field, depth + 1),
                        "example" | "examples" | "default" | "enum" | "const" | "value" => {}
                        _ => self.document(field, depth + 1),
                    }
                }
            }
            _ => {}
        }
    }

    /// Parts of a description by their names, of which one may be `default`.
    fn named(&mut self, value: &mut Value, depth: usize) {
        match value {
            Value::Object(parts) => {
                for part in parts.values_mut() {
                    self.document(part, depth);
                }
            }
            other => self.document(other, depth),
        }
    }

    fn map(&mut self, value: &mut Value, depth: usize) {
        if let Value::Object(schemas) = value {
            for schema in schemas.values_mut() {
                self.schema(schema, depth + 1);
            }
        }
    }

    fn schema(&mut self, value: &mut Value, depth: usize) {
        let Value::Object(schema) = value else {
            return;
        };
        if depth > DEPTH {
            return;
        }
        if let Some(Value::String(reference)) = schema.get("$ref") {
            self.target(reference);
        }
        for keyword in SCHEMAS {
            match schema.get_mut(keyword) {
                Some(Value::Array(members)) => {
                    for member in members {
                        self.schema(member, depth + 1);
                    }
                }
                Some(one) => self.schema(one, depth + 1),
                None => {}
            }
        }
        for keyword in MAPS {
            if let Some(schemas) = schema.get_mut(keyword) {
                self.map(schemas, depth + 1);
            }
        }
        convert(schema);
    }

    fn target(&mut self, reference: &str) {
        let Some(fragment) = reference.strip_prefix('#') else {
            return;
        };
        let is_usual = |rest: &str| rest.split('/').count() == 1;
        let is_known = ["/components/schemas/", "/definitions/"]
            .iter()
            .any(|prefix| fragment.strip_prefix(prefix).is_some_and(is_usual));
        if is_known && !fragment.starts_with(&format!("/{FILES}")) {
            return;
        }
        let decoded = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
        if self.seen.insert(decoded.clone().into_owned()) {
            self.targets.push(decoded.into_owned());
        }
    }
}

/// Rewrites one schema's own keywords; doing it twice is doing it once.
fn convert(schema: &mut Map<String, Value>) {
    for keyword in ["x-example", "example"] {
        if let Some(example) = schema.shift_remove(keyword) {
            schema.insert("examples".to_owned(), json!([example]));
        }
    }
    // Once the name of a schema, now the base of its references, which are all of the document here.
    schema.shift_remove("id");
    schema.shift_remove("$id");
    if let Some(Value::String(format)) = schema.get("format") {
        let format = format.clone();
        by_format(schema, &format);
    }
    for keyword in ["x-nullable", "nullable"] {
        nullable(schema, keyword);
    }
    exclusive(schema, "exclusiveMinimum", "minimum");
    exclusive(schema, "exclusiveMaximum", "maximum");
}

fn by_format(schema: &mut Map<String, Value>, format: &str) {
    const SAFE: f64 = 9_007_199_254_740_991.0;
    let float = 2_f64.powi(128);
    match format {
        "int32" => range(schema, f64::from(i32::MIN), f64::from(i32::MAX)),
        "int64" => range(schema, -SAFE, SAFE),
        "float" => range(schema, -float, float),
        "double" => range(schema, f64::MIN, f64::MAX),
        "byte" => {
            schema.insert("pattern".to_owned(), json!("^[\\w\\d+\\/=]*$"));
        }
        "base64" => {
            schema.shift_remove("format");
            schema.insert("contentEncoding".to_owned(), json!("base64"));
        }
        "binary" => {
            schema.shift_remove("format");
            schema.insert(
                "contentMediaType".to_owned(),
                json!("application/octet-stream"),
            );
        }
        _ => {}
    }
}

/// Narrows the range to what the format can hold.
fn range(schema: &mut Map<String, Value>, least: f64, most: f64) {
    let minimum = bound(schema.get("minimum"), least, f64::max);
    schema.insert("minimum".to_owned(), minimum);
    let maximum = bound(schema.get("maximum"), most, f64::min);
    schema.insert("maximum".to_owned(), maximum);
}

fn bound(given: Option<&Value>, limit: f64, narrower: fn(f64, f64) -> f64) -> Value {
    match given {
        Some(Value::Number(number)) => {
            let own = number.as_f64().unwrap_or(limit);
            if (narrower(own, limit) - own).abs() == 0.0 {
                return Value::Number(number.clone());
            }
        }
        Some(Value::String(text)) => {
            if let Ok(own) = text.parse::<f64>() {
                return number(narrower(own, limit));
            }
        }
        _ => {}
    }
    number(limit)
}

fn number(value: f64) -> Value {
    // Whole numbers that fit stay whole: they are examples, too.
    if value.fract() == 0.0 && value.abs() < 9.1e15 {
        return (value as i64).into();
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// The comment of the `null` that stands for a `nullable` beside `allOf`.
const NULLABLE: &str = "nullable";

/// Whether a schema is what became of a `nullable` beside `allOf`.
pub(crate) fn is_nullable(schema: &Value) -> bool {
    schema.get("$comment").and_then(Value::as_str) == Some(NULLABLE)
}

fn nullable(schema: &mut Map<String, Value>, keyword: &str) {
    if !schema.contains_key(keyword) {
        return;
    }
    let is_nullable = schema.get(keyword) == Some(&Value::Bool(true));
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => Some(kind.clone()),
        _ => None,
    };
    match kind {
        Some(kind) if is_nullable && kind != "null" => {
            schema.insert("type".to_owned(), json!([kind, "null"]));
            if let Some(Value::Array(allowed)) = schema.get_mut("enum") {
                allowed.push(Value::Null);
            }
        }
        // Beside a reference, or where schemas are put together: null is one more of what is allowed.
        None if is_nullable => {
            let mut inner = Map::new();
            for keyword in ["$ref", "allOf", "oneOf", "anyOf"] {
                if let Some(value) = schema.shift_remove(keyword) {
                    inner.insert(keyword.to_owned(), value);
                }
            }
            if !inner.is_empty() {
                let is_put_together = inner.len() == 1 && inner.contains_key("allOf");
                let absent = if is_put_together {
                    json!({"type": "null", "$comment": NULLABLE})
                } else {
                    json!({"type": "null"})
                };
                let members = json!([Value::Object(inner), absent]);
                schema.insert("anyOf".to_owned(), members);
            }
        }
        _ => {}
    }
    schema.shift_remove(keyword);
}

fn exclusive(schema: &mut Map<String, Value>, keyword: &str, bound: &str) {
    match schema.get(keyword) {
        None | Some(Value::Number(_)) => {}
        Some(Value::Bool(true)) if schema.get(bound).is_some_and(Value::is_number) => {
            if let Some(limit) = schema.shift_remove(bound) {
                schema.insert(keyword.to_owned(), limit);
            }
        }
        Some(_) => {
            schema.shift_remove(keyword);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &Value, after: &Value) {
        let mut root = json!({"components": {"schemas": {"X": before}}});
        normalise(&mut root);
        let first = root.clone();
        assert_eq!(&root["components"]["schemas"]["X"], after);
        normalise(&mut root);
        assert_eq!(root, first, "doing it twice is doing it once");
    }

    #[test]
    fn keywords_of_openapi_become_those_of_json_schema() {
        check(
            &json!({"type": "string", "nullable": true, "enum": ["a"], "example": "a"}),
            &json!({"type": ["string", "null"], "enum": ["a", null], "examples": ["a"]}),
        );
        check(
            &json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true, "exclusiveMaximum": false}),
            &json!({"type": "integer", "exclusiveMinimum": 1}),
        );
        check(
            &json!({"type": "integer", "format": "int32", "maximum": 10}),
            &json!({"type": "integer", "format": "int32", "maximum": 10, "minimum": -2_147_483_648_i64}),
        );
        check(
            &json!({"$ref": "#/components/schemas/X", "nullable": true}),
            &json!({"anyOf": [{"$ref": "#/components/schemas/X"}, {"type": "null"}]}),
        );
        check(
            &json!({"properties": {"example": {"type": "string", "nullable": false}}}),
            &json!({"properties": {"example": {"type": "string"}}}),
        );
    }

    #[test]
    fn schemas_are_found_where_references_lead() {
        let mut root = json!({
            "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {
                "schema": {"$ref": "#/odd/place"}, "example": {"nullable": true, "type": "string"}
            }}}}}}},
            "odd": {"place": {"type": "string", "nullable": true}},
        });
        normalise(&mut root);
        assert_eq!(root["odd"]["place"], json!({"type": ["string", "null"]}));
        let media = &root["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"];
        assert_eq!(
            media["example"],
            json!({"nullable": true, "type": "string"})
        );
    }
}
