//! The control API as an OpenAPI 3.1 document, written from the table of calls.

use serde_json::{Map, Value, json};

use super::{Operation, ok, operations};

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    method: "GET",
    path: "/openapi.json",
    summary: "This API as an OpenAPI 3.1 document",
    query: &[],
    body: None,
    status: 200,
    answer: r#"{"openapi":"3.1.0"}"#,
    handler: |_| Box::pin(async move { ok(&document()) }),
}];

/// The document.
pub fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations() {
        let path = paths
            .entry(format!("/_efsm{}", operation.path))
            .or_insert_with(|| json!({}));
        path[operation.method.to_ascii_lowercase()] = describe(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "efsm control API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Steers one stack: snapshots, forks, clock, journal, faults.",
        },
        "paths": paths,
        "components": { "schemas": { "Error": {
            "type": "object",
            "required": ["error"],
            "properties": {
                "error": { "type": "string", "description": "what happened, to what" },
                "hint": { "type": "string", "description": "what to try" },
            },
        } } },
    })
}

fn describe(operation: &Operation) -> Value {
    let mut parameters: Vec<Value> = operation
        .query
        .iter()
        .map(|(name, meaning)| {
            json!({
                "name": name, "in": "query", "description": meaning, "schema": { "type": "string" },
            })
        })
        .collect();
    if operation.path.contains("{id}") {
        parameters.push(json!({
            "name": "id", "in": "path", "required": true,
            "description": "an id, or a name wherever one was given",
            "schema": { "type": "string" },
        }));
    }
    let mut described = json!({
        "operationId": operation_id(operation),
        "summary": operation.summary,
        "parameters": parameters,
        "responses": {
            operation.status.to_string(): { "description": "done", "content": content(operation.answer) },
            "default": {
                "description": "nothing was done",
                "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Error" },
                } },
            },
        },
    });
    if let Some(body) = operation.body {
        described["requestBody"] = json!({ "content": content(body) });
    }
    described
}

/// An example with the schema that it shows; text that is no JSON is a certificate or an event stream.
fn content(example: &str) -> Value {
    match serde_json::from_str::<Value>(example) {
        Ok(example) => json!({
            "application/json": { "schema": schema(&example), "example": example },
        }),
        Err(_) if example.starts_with("-----BEGIN") => json!({
            super::ca::PEM: { "schema": { "type": "string" }, "example": example },
        }),
        Err(_) => json!({
            "text/event-stream": { "schema": { "type": "string" }, "example": example },
        }),
    }
}

fn schema(example: &Value) -> Value {
    match example {
        Value::Null => json!({ "type": ["string", "null"] }),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(n) if n.is_f64() => json!({ "type": "number" }),
        Value::Number(_) => json!({ "type": "integer" }),
        Value::String(_) => json!({ "type": "string" }),
        Value::Array(items) => json!({
            "type": "array", "items": items.first().map_or_else(|| json!({}), schema),
        }),
        Value::Object(members) => {
            let properties: Map<String, Value> = members
                .iter()
                .map(|(name, value)| (name.clone(), schema(value)))
                .collect();
            json!({ "type": "object", "properties": properties })
        }
    }
}

/// `postSnapshotsRestore` for `POST /snapshots/{id}/restore`.
fn operation_id(operation: &Operation) -> String {
    let words = operation
        .path
        .split(['/', '.'])
        .filter(|word| !word.is_empty() && *word != "{id}");
    let mut id = operation.method.to_ascii_lowercase();
    for word in words {
        let (first, rest) = word.split_at(1);
        id.push_str(&first.to_ascii_uppercase());
        id.push_str(rest);
    }
    if operation.path.ends_with("{id}") {
        id.push_str("ById");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_has_every_call_with_an_id_of_its_own() {
        let document = document();
        let mut ids: Vec<String> = operations().map(operation_id).collect();
        let calls = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), calls);
        let put = &document["paths"]["/_efsm/clock"]["put"];
        assert_eq!(
            put["requestBody"]["content"]["application/json"]["example"]["freeze"],
            true
        );
    }
}
