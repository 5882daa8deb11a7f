//! HAR 1.2 recordings: every method and path that was recorded is an operation, which answers what was recorded for
//! the query that a request has, else what was recorded first.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Content, Example, Operation, Parameter, Recorded, Response};

/// Headers that belong to the connection on which they were recorded.
const OF_CONNECTION: [&str; 9] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "keep-alive",
    "server",
    "set-cookie",
    "transfer-encoding",
];

pub(super) fn operations(root: &Value) -> Vec<Operation> {
    let mut operations: Vec<Operation> = Vec::new();
    let entries = root.pointer("/log/entries").and_then(Value::as_array);
    for entry in entries.into_iter().flatten() {
        let Some((method, path, query)) = request(entry) else {
            continue;
        };
        let Some(code) = entry.pointer("/response/status").and_then(Value::as_u64) else {
            continue;
        };
        // 0 is a request that was blocked or broken off.
        if !(100..1000).contains(&code) {
            continue;
        }
        let known = operations
            .iter()
            .position(|own| own.method == method && own.path == path);
        let place = known.unwrap_or_else(|| {
            operations.push(Operation {
                method,
                path,
                ..Operation::default()
            });
            operations.len() - 1
        });
        add(&mut operations[place], &query, code as u16, entry);
    }
    operations
}

/// Method, path and query of a recorded request.
fn request(entry: &Value) -> Option<(String, String, String)> {
    let method = entry.pointer("/request/method")?.as_str()?;
    let url = entry.pointer("/request/url")?.as_str()?;
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let from = rest.find('/').unwrap_or(rest.len());
    let target = rest[from..].split('#').next()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = if path.is_empty() { "/" } else { path };
    Some((
        method.to_ascii_lowercase(),
        path.to_owned(),
        query.to_owned(),
    ))
}

fn add(operation: &mut Operation, query: &str, code: u16, entry: &Value) {
    // The same request again: what was answered first stays, as in a replay from the start.
    if operation
        .recorded
        .iter()
        .any(|recorded| recorded.query == query)
    {
        return;
    }
    let key = if query.is_empty() { "default" } else { query };
    operation.recorded.push(Recorded {
        query: query.to_owned(),
        code,
        example: key.to_owned(),
    });
    let text = code.to_string();
    let place = operation.responses.iter().position(|own| own.code == text);
    let place = place.unwrap_or_else(|| {
        operation.responses.push(Response {
            code: text,
            headers: headers(entry).into(),
            contents: Vec::new(),
        });
        operation.responses.len() - 1
    });
    let Some((media_type, value)) = content(entry) else {
        return;
    };
    let contents = &mut operation.responses[place].contents;
    let example = Example {
        key: key.to_owned(),
        value: Some(value),
    };
    match contents.iter_mut().find(|own| own.media_type == media_type) {
        Some(own) => own.examples.push(example),
        None => contents.push(Content {
            media_type,
            examples: vec![example],
            ..Content::default()
        }),
    }
}

fn headers(entry: &Value) -> Vec<Parameter> {
    let list = entry.pointer("/response/headers").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|header| {
            let name = header.get("name")?.as_str()?.to_ascii_lowercase();
            let value = header.get("value")?.as_str()?;
            let is_kept = !name.starts_with(':') && !OF_CONNECTION.contains(&name.as_str());
            is_kept.then(|| Parameter {
                name,
                schema: Some(json!({"type": "string"})),
                examples: vec![Example {
                    key: "default".to_owned(),
                    value: Some(value.into()),
                }],
                ..Parameter::default()
            })
        })
        .collect()
}

/// The type and value of a recorded body; `None` where none was recorded, or where it is no text.
fn content(entry: &Value) -> Option<(String, Value)> {
    let content = entry.pointer("/response/content")?;
    let text = content.get("text")?.as_str()?;
    let media_type = content
        .get("mimeType")
        .and_then(Value::as_str)
        .filter(|kind| !kind.is_empty())
        .unwrap_or("text/plain");
    let text = if content.get("encoding").and_then(Value::as_str) == Some("base64") {
        String::from_utf8(STANDARD.decode(text).ok()?).ok()?
    } else {
        text.to_owned()
    };
    let parsed = crate::mock::is_json(media_type)
        .then(|| serde_json::from_str(&text).ok())
        .flatten();
    Some((media_type.to_owned(), parsed.unwrap_or(Value::String(text))))
}
