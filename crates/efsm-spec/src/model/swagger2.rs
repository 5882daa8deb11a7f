//! Operations of Swagger 2.0.

use serde_json::{Map, Value, json};

use super::oas3::{default_example, is_true, object, parameters};
use super::{
    Body, Content, Encoding, Example, Kind, Operation, Parameter, Response, Style,
    as_javascript_orders, security, servers,
};
use crate::schema::Tree;

const FORMS: [&str; 2] = ["application/x-www-form-urlencoded", "multipart/form-data"];

/// What a parameter that is no body has of a schema.
const KEYWORDS: [&str; 18] = [
    "type",
    "format",
    "default",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minimum",
    "minLength",
    "title",
    "items",
    "pattern",
    "uniqueItems",
    "multipleOf",
    "x-nullable",
];

pub(super) fn operation(tree: Tree<'_>, item: &Value, own: &Value, named: Operation) -> Operation {
    let produces = media_types("produces", own, tree.0);
    let consumes = media_types("consumes", own, tree.0);
    let mut operation = Operation {
        responses: as_javascript_orders(
            tree.entries(own.get("responses"))
                .filter_map(|(code, response)| self::response(tree, code, response, &produces))
                .collect(),
        ),
        security: security::required(Kind::Swagger2, tree, own.get("security")),
        servers: servers::of_swagger(tree.0, Some(own)),
        ..named
    };
    let mut form: Vec<&Value> = Vec::new();
    for found in parameters(tree, item, own) {
        match found.get("in").and_then(Value::as_str) {
            Some("path") => operation.path_parameters.push(parameter(found)),
            Some("header") => operation.headers.push(parameter(found)),
            Some("query") => operation.query.push(in_query(found)),
            Some("body") => operation.body = Some(body(tree, found, &consumes)),
            Some("formData") => form.push(found),
            _ => {}
        }
    }
    if operation.body.is_none() && !form.is_empty() {
        operation.body = Some(form_body(&form, &consumes));
    }
    operation
}

fn media_types(which: &str, operation: &Value, root: &Value) -> Vec<String> {
    let list = operation.get(which).or_else(|| root.get(which));
    let list = list.and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn parameter(value: &Value) -> Parameter {
    Parameter {
        name: name_of(value),
        style: Style::Simple,
        explode: None,
        is_required: is_true(value, "required"),
        is_deprecated: is_true(value, "x-deprecated"),
        schema: schema_of(value),
        examples: Vec::new(),
    }
}

fn name_of(value: &Value) -> String {
    let name = value.get("name").and_then(Value::as_str);
    name.unwrap_or_default().to_owned()
}

fn in_query(value: &Value) -> Parameter {
    let format = value.get("collectionFormat").and_then(Value::as_str);
    let (style, explode) = if value.get("type").and_then(Value::as_str) == Some("array") {
        Style::of_collection(format)
    } else {
        (Style::Form, Some(false))
    };
    Parameter {
        style,
        explode,
        ..parameter(value)
    }
}

/// The schema that a parameter's own keywords make.
fn schema_of(value: &Value) -> Option<Value> {
    let mut schema: Map<String, Value> = KEYWORDS
        .iter()
        .filter_map(|keyword| Some(((*keyword).to_owned(), value.get(*keyword)?.clone())))
        .collect();
    if value.get("allowEmptyValue") == Some(&Value::Bool(false)) {
        schema.insert("minLength".to_owned(), 1.into());
    }
    if schema.is_empty() {
        return None;
    }
    let mut schema = Value::Object(schema);
    crate::document::normalise_schema(&mut schema);
    Some(schema)
}

fn body(tree: Tree<'_>, value: &Value, consumes: &[String]) -> Body {
    let schema = object(value.get("schema"));
    let examples: Vec<Example> = value
        .get("x-examples")
        .filter(|examples| examples.is_object())
        .map_or_else(
            || examples_of(tree, schema.as_ref()),
            |examples| named(tree, examples),
        );
    Body {
        is_required: is_true(value, "required"),
        contents: consumes
            .iter()
            .filter(|media_type| !FORMS.contains(&media_type.as_str()))
            .map(|media_type| Content {
                media_type: media_type.clone(),
                schema: schema.clone(),
                examples: examples.clone(),
                encodings: Vec::new(),
            })
            .collect(),
    }
}

fn form_body(parameters: &[&Value], consumes: &[String]) -> Body {
    let mut properties = Map::new();
    let mut required: Vec<Value> = Vec::new();
    let mut encodings = Vec::new();
    for parameter in parameters {
        let name = name_of(parameter);
        if is_true(parameter, "required") {
            required.push(name.clone().into());
        }
        if let Some(format) = parameter.get("collectionFormat").and_then(Value::as_str)
            && format != "tsv"
        {
            let (style, explode) = Style::of_collection(Some(format));
            encodings.push(Encoding {
                property: name.clone(),
                style,
                explode: explode.or(Some(false)),
                allows_reserved: false,
            });
        }
        let schema = schema_of(parameter).unwrap_or_else(|| json!({}));
        properties.insert(name, schema);
    }
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    Body {
        is_required: false,
        contents: consumes
            .iter()
            .filter(|media_type| FORMS.contains(&media_type.as_str()))
            .map(|media_type| Content {
                media_type: media_type.clone(),
                schema: Some(schema.clone()),
                examples: Vec::new(),
                encodings: encodings.clone(),
            })
            .collect(),
    }
}

fn response(tree: Tree<'_>, code: &str, value: &Value, produces: &[String]) -> Option<Response> {
    let is_response = ["description", "schema", "headers", "examples"]
        .iter()
        .any(|field| value.get(field).is_some());
    if !is_response {
        return None;
    }
    let schema = object(value.get("schema"));
    let examples = match value.get("examples") {
        Some(examples) if examples.is_object() => named(tree, examples),
        _ => examples_of(tree, schema.as_ref()),
    };
    let mut contents: Vec<Content> = produces
        .iter()
        .map(|media_type| Content {
            media_type: media_type.clone(),
            schema: schema.clone(),
            examples: examples
                .iter()
                .filter(|example| example.key == *media_type)
                .cloned()
                .collect(),
            encodings: Vec::new(),
        })
        .filter(|content| content.schema.is_some() || !content.examples.is_empty())
        .collect();
    let foreign: Vec<Example> = examples
        .into_iter()
        .filter(|example| !produces.contains(&example.key))
        .collect();
    if !foreign.is_empty() {
        if contents.is_empty() {
            contents.push(Content::default());
        }
        contents[0].examples.extend(foreign);
    }
    Some(Response {
        code: code.to_owned(),
        headers: tree
            .entries(value.get("headers"))
            .map(|(name, header)| Parameter {
                name: name.to_owned(),
                ..parameter(header)
            })
            .collect(),
        contents,
    })
}

fn named(tree: Tree<'_>, examples: &Value) -> Vec<Example> {
    let examples = tree.follow(examples).and_then(Value::as_object);
    examples
        .into_iter()
        .flatten()
        .map(|(key, value)| Example {
            key: key.clone(),
            value: Some(value.clone()),
        })
        .collect()
}

/// The examples that a schema carries.
fn examples_of(tree: Tree<'_>, schema: Option<&Value>) -> Vec<Example> {
    let Some(schema) = schema else {
        return Vec::new();
    };
    let mut examples = tree
        .field_of(schema, "x-examples")
        .map(|examples| named(tree, examples))
        .unwrap_or_default();
    let own = tree
        .field_of(schema, "examples")
        .and_then(Value::as_array)
        .and_then(|examples| examples.first());
    examples.extend(own.map(default_example));
    examples
}
