//! What of a description will not be served as it is written, told when it is loaded.

use std::collections::HashSet;

use serde_json::Value;

use super::{Kind, METHODS};
use crate::document::{Document, Placed, in_file, pointer_segment};
use crate::schema::Tree;

pub(super) fn run(kind: Kind, document: &mut Document) {
    let mut found = Vec::new();
    version(kind, &document.value, &mut found);
    let tree = Tree(&document.value);
    let paths = document.value.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        let at = format!("/paths/{}", pointer_segment(path));
        if !path.starts_with('/') {
            if !path.starts_with("x-") {
                found.push((
                    at,
                    format!("the path {path} must start with a slash: it is left out"),
                ));
            }
            continue;
        }
        for method in tree
            .fields(item)
            .into_iter()
            .filter(|name| METHODS.contains(name))
        {
            let Some(operation) = tree.field(item, method) else {
                continue;
            };
            let at = format!("{at}/{method}");
            if operation.is_object() {
                self::operation(kind, tree, path, item, operation, &at, &mut found);
            } else {
                found.push((
                    at,
                    format!("{method} of {path} must be an object: it is served without answers"),
                ));
            }
        }
    }
    schemes(kind, tree, &mut found);
    document
        .warnings
        .extend(found.into_iter().map(|(pointer, message)| {
            let (file, pointer) = in_file(&pointer);
            Placed {
                file,
                pointer,
                message,
            }
        }));
}

fn version(kind: Kind, root: &Value, found: &mut Vec<(String, String)>) {
    let (field, known): (&str, &[&str]) = match kind {
        Kind::Swagger2 => ("swagger", &["2.0"]),
        _ => ("openapi", &["3.0", "3.1"]),
    };
    let given = match root.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => return,
    };
    if !known
        .iter()
        .any(|version| given.starts_with(version) || given == version.trim_end_matches(".0"))
    {
        found.push((
            format!("/{field}"),
            format!(
                "version {given} is read as {}: what is new in it is not known",
                known[known.len() - 1]
            ),
        ));
    }
}

/// How many names of one path are told that no parameter describes.
const MOST_NAMES: usize = 20;

fn operation(
    kind: Kind,
    tree: Tree<'_>,
    path: &str,
    item: &Value,
    operation: &Value,
    at: &str,
    found: &mut Vec<(String, String)>,
) {
    let places: &[&str] = match kind {
        Kind::Swagger2 => &["query", "header", "path", "body", "formData"],
        _ => &["query", "header", "path", "cookie"],
    };
    let list = operation.get("parameters").and_then(Value::as_array);
    for (number, parameter) in list.into_iter().flatten().enumerate() {
        let Some(parameter) = tree.follow(parameter) else {
            continue;
        };
        let has_name = parameter.get("name").is_some_and(Value::is_string);
        let place = parameter.get("in").and_then(Value::as_str);
        if !has_name || !place.is_some_and(|place| places.contains(&place)) {
            found.push((
                format!("{at}/parameters/{number}"),
                format!(
                    "a parameter needs a `name` and an `in` of {}: it is left out",
                    places.join(", ")
                ),
            ));
        }
    }
    let parameters = super::oas3::parameters(tree, item, operation);
    let known: HashSet<&str> = parameters
        .iter()
        .filter(|parameter| parameter.get("in").and_then(Value::as_str) == Some("path"))
        .filter_map(|parameter| parameter.get("name")?.as_str())
        .collect();
    let mut told = HashSet::new();
    let unknown = names_in(path).filter(|name| !known.contains(name) && told.insert(*name));
    // Each warning holds the path, which is as long as it has names.
    for name in unknown.take(MOST_NAMES) {
        found.push((
            at.to_owned(),
            format!("{{{name}}} of {path} is described by no parameter: any text is taken"),
        ));
    }
    if tree.entries(operation.get("responses")).next().is_none() {
        found.push((
            at.to_owned(),
            "no response is described: it answers 500".to_owned(),
        ));
    }
}

/// The names in a path's template.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn schemes(kind: Kind, tree: Tree<'_>, found: &mut Vec<(String, String)>) {
    let (pointer, known): (&str, &[&str]) = match kind {
        Kind::Swagger2 => ("/securityDefinitions", &["basic", "apiKey", "oauth2"]),
        _ => (
            "/components/securitySchemes",
            &["apiKey", "http", "oauth2", "openIdConnect"],
        ),
    };
    for (name, scheme) in tree.entries(tree.0.pointer(pointer)) {
        let kind = scheme
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !known.contains(&kind) {
            found.push((
                format!("{pointer}/{}", pointer_segment(name)),
                format!("the security scheme {name} is of the type {kind:?}, which is not checked"),
            ));
        }
    }
}
