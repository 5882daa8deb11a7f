//! Operations of OpenAPI 3.0 and 3.1.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    Body, Callback, Content, Encoding, Example, Kind, METHODS, Operation, Parameter, Response,
    Style, as_javascript_orders, security, servers,
};
use crate::schema::Tree;

/// An operation with the requests that it makes the API send.
pub(super) fn operation(tree: Tree<'_>, item: &Value, own: &Value, named: Operation) -> Operation {
    Operation {
        callbacks: callbacks(tree, own),
        ..read(tree, item, own, named)
    }
}

fn callbacks(tree: Tree<'_>, own: &Value) -> Vec<Callback> {
    let mut found = Vec::new();
    for (name, urls) in tree.entries(own.get("callbacks")) {
        for (url, item) in tree.entries(Some(urls)) {
            for method in METHODS {
                if let Some(own) = tree.field(item, method).and_then(|own| tree.follow(own)) {
                    let named = Operation::named(url, method, own);
                    found.push(Callback {
                        name: name.to_owned(),
                        operation: read(tree, item, own, named),
                    });
                }
            }
        }
    }
    found
}

fn read(tree: Tree<'_>, item: &Value, own: &Value, named: Operation) -> Operation {
    let mut operation = Operation {
        body: own
            .get("requestBody")
            .and_then(|body| request_body(tree, body)),
        responses: as_javascript_orders(
            tree.entries(own.get("responses"))
                .filter_map(|(code, response)| self::response(tree, code, response))
                .collect(),
        ),
        security: security::required(Kind::OpenApi3, tree, own.get("security")),
        servers: servers::listed(own.get("servers"))
            .or_else(|| servers::listed(tree.field(item, "servers")))
            .unwrap_or_else(|| servers::of_document(Kind::OpenApi3, tree.0)),
        ..named
    };
    for found in parameters(tree, item, own) {
        let parameter = parameter(tree, found);
        match found.get("in").and_then(Value::as_str) {
            Some("path") => operation.path_parameters.push(parameter),
            Some("query") => operation.query.push(parameter),
            Some("header") => operation.headers.push(parameter),
            Some("cookie") => operation.cookies.push(parameter),
            _ => {}
        }
    }
    operation
}

/// The operation's parameters, then those of its path that it does not have itself.
pub(super) fn parameters<'a>(
    tree: Tree<'a>,
    item: &'a Value,
    operation: &'a Value,
) -> Vec<&'a Value> {
    let mut found: Vec<&Value> = Vec::new();
    let mut keys = HashSet::new();
    let lists = [operation.get("parameters"), tree.field(item, "parameters")];
    for list in lists.into_iter().flatten().filter_map(Value::as_array) {
        for parameter in list.iter().filter_map(|one| tree.follow(one)) {
            let text = |field: &str| parameter.get(field).and_then(Value::as_str);
            if let (Some(name), Some(place)) = (text("name"), text("in"))
                && keys.insert((name, place))
            {
                found.push(parameter);
            }
        }
    }
    found
}

fn parameter(tree: Tree<'_>, value: &Value) -> Parameter {
    let text = |field: &str| value.get(field).and_then(Value::as_str);
    let place = text("in").unwrap_or_default();
    let fallback = if matches!(place, "query" | "cookie") {
        Style::Form
    } else {
        Style::Simple
    };
    let mut examples = named_examples(tree, value);
    if let Some(example) = value.get("example")
        && !examples
            .iter()
            .any(|example| example.key.contains("default"))
    {
        examples.insert(0, default_example(example));
    }
    Parameter {
        name: text("name").unwrap_or_default().to_owned(),
        style: text("style").and_then(Style::named).unwrap_or(fallback),
        explode: value.get("explode").and_then(Value::as_bool),
        is_required: is_true(value, "required"),
        is_deprecated: is_true(value, "deprecated"),
        schema: object(value.get("schema")),
        examples,
    }
}

/// A header of a response.
fn header(tree: Tree<'_>, name: &str, value: &Value) -> Parameter {
    let mut examples = Vec::new();
    let content = value
        .get("content")
        .and_then(Value::as_object)
        .and_then(|contents| contents.values().next());
    if let Some(content) = content {
        examples.extend(named_examples(tree, content));
        examples.extend(content.get("example").map(default_example));
    }
    examples.extend(named_examples(tree, value));
    examples.extend(value.get("example").map(default_example));
    Parameter {
        name: name.to_owned(),
        style: Style::Simple,
        explode: value.get("explode").and_then(Value::as_bool),
        is_required: is_true(value, "required"),
        is_deprecated: is_true(value, "deprecated"),
        schema: object(value.get("schema")),
        examples,
    }
}

fn request_body(tree: Tree<'_>, value: &Value) -> Option<Body> {
    let body = tree.follow(value)?;
    body.get("content")?.as_object()?;
    Some(Body {
        is_required: is_true(body, "required"),
        contents: contents(tree, body),
    })
}

fn response(tree: Tree<'_>, code: &str, value: &Value) -> Option<Response> {
    let is_response = ["description", "headers", "content", "links"]
        .iter()
        .any(|field| value.get(field).is_some());
    is_response.then(|| Response {
        code: code.to_owned(),
        headers: tree
            .entries(value.get("headers"))
            .map(|(name, value)| header(tree, name, value))
            .collect(),
        contents: contents(tree, value),
    })
}

fn contents(tree: Tree<'_>, value: &Value) -> Vec<Content> {
    tree.entries(value.get("content"))
        .filter(|(_, media)| media.is_object())
        .map(|(media_type, media)| content(tree, media_type, media))
        .collect()
}

fn content(tree: Tree<'_>, media_type: &str, media: &Value) -> Content {
    let schema = object(media.get("schema"));
    let of_schema = schema
        .as_ref()
        .and_then(|schema| tree.field_of(schema, "examples"))
        .and_then(Value::as_array)
        .and_then(|examples| examples.first());
    let mut examples: Vec<Example> = media
        .get("example")
        .or(of_schema)
        .map(default_example)
        .into_iter()
        .collect();
    examples.extend(named_examples(tree, media));
    Content {
        media_type: media_type.to_owned(),
        schema,
        examples,
        encodings: tree
            .entries(media.get("encoding"))
            .filter_map(|(property, value)| encoding(property, value))
            .collect(),
    }
}

fn encoding(property: &str, value: &Value) -> Option<Encoding> {
    let style = Style::named(value.get("style")?.as_str()?)?;
    let is_for_forms = matches!(
        style,
        Style::Form | Style::SpaceDelimited | Style::PipeDelimited | Style::DeepObject
    );
    is_for_forms.then(|| Encoding {
        property: property.to_owned(),
        style,
        explode: value.get("explode").and_then(Value::as_bool),
        allows_reserved: is_true(value, "allowReserved"),
    })
}

fn named_examples(tree: Tree<'_>, value: &Value) -> Vec<Example> {
    let Some(examples) = value
        .get("examples")
        .filter(|examples| examples.is_object())
    else {
        return Vec::new();
    };
    tree.entries(Some(examples))
        .filter(|(_, example)| example.is_object())
        .map(|(key, example)| Example {
            key: key.to_owned(),
            value: match example.get("externalValue") {
                Some(Value::String(_)) => None,
                _ => example.get("value").cloned(),
            },
        })
        .collect()
}

pub(super) fn default_example(value: &Value) -> Example {
    Example {
        key: "default".to_owned(),
        value: Some(value.clone()),
    }
}

pub(super) fn is_true(value: &Value, field: &str) -> bool {
    value.get(field) == Some(&Value::Bool(true))
}

pub(super) fn object(value: Option<&Value>) -> Option<Value> {
    value.filter(|value| value.is_object()).cloned()
}
