//! The format as a JSON Schema (2020-12), for editors.

use serde_json::{Map, Value, json};

use crate::format::{Key, Shape, Table};
use crate::keys::RootKeys;

/// The JSON Schema of `efsm.yaml`. It knows all that can be said of one value; what depends on several keys or on
/// files (a missing file, two objects with one key) only the parser knows.
pub fn json_schema() -> Value {
    let mut tables = Vec::new();
    Shape::Table(RootKeys::TABLE).tables("", &mut tables);
    let mut definitions = Map::new();
    for (_, table) in &tables {
        if table.name != RootKeys::TABLE.name {
            definitions.insert(table.name.to_owned(), definition(table));
        }
    }
    let mut root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "efsm.yaml",
    });
    if let (Value::Object(root), Value::Object(table)) = (&mut root, definition(&RootKeys::TABLE)) {
        root.extend(table);
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    root
}

fn definition(table: &Table) -> Value {
    let keys = (table.keys)();
    let properties: Map<_, _> = keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let required: Vec<_> = keys
        .iter()
        .filter(|key| key.is_required)
        .map(|key| key.name)
        .collect();
    let mut schema = json!({
        "description": one_line(table.doc),
        // A table that needs a key cannot be left empty.
        "type": if required.is_empty() { json!(["object", "null"]) } else { json!("object") },
        "properties": properties,
        "patternProperties": {"^x-": true},
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = schema_of(&key.shape);
    schema["description"] = json!(one_line(key.doc));
    if let Some(default) = key.default {
        schema["default"] = default_value(default);
    }
    schema
}

/// A default stands in the tables as the user would write it in YAML.
fn default_value(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value) => value,
        Err(_) => match text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'))
        {
            Some(items) => items.split(',').map(str::trim).collect(),
            None => json!(text),
        },
    }
}

fn schema_of(shape: &Shape) -> Value {
    match shape {
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Text(text) => {
            let mut schema = json!({"type": "string"});
            if let Some(pattern) = text.pattern {
                schema["pattern"] = json!(pattern);
            }
            if let Some(example) = text.example {
                schema["examples"] = json!([example]);
            }
            schema
        }
        Shape::Integer { least, most, .. } => {
            json!({"type": "integer", "minimum": least, "maximum": most})
        }
        Shape::Fraction => json!({"type": "number", "minimum": 0, "maximum": 1}),
        Shape::Choice(names) => json!({"enum": names}),
        Shape::List { item } => json!({"type": ["array", "null"], "items": schema_of(item)}),
        Shape::Map { names, value, .. } => {
            let mut schema = json!({
                "type": ["object", "null"],
                "additionalProperties": schema_of(value),
            });
            if let Some(pattern) = names {
                schema["propertyNames"] = json!({"pattern": pattern});
            }
            schema
        }
        Shape::Table(table) => json!({"$ref": format!("#/$defs/{}", table.name)}),
        Shape::Either(shapes) => json!({"anyOf": shapes.iter().map(schema_of).collect::<Vec<_>>()}),
        Shape::Json => json!({}),
        Shape::Object => json!({"type": ["object", "null"]}),
    }
}

fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
