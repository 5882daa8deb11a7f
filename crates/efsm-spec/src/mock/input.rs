//! A request checked against its operation: everything that is wrong with it.

use super::parameters::{self, At};
use super::request::{Input, Payload};
use super::styles::StyleError;
use super::violation::{Side, Violation};
use super::{body, media, route, security};
use crate::model::Operation;
use crate::schema::Root;

/// The code of a body that is not what its type says.
pub(super) const MALFORMED: &str = "json";

/// What to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) security: bool,
    pub(super) request: bool,
}

pub(super) fn check(
    root: &Root,
    operation: &Operation,
    input: &mut Input<'_>,
    path: &str,
    scope: Scope,
) -> Result<Vec<Violation>, StyleError> {
    let mut violations = Vec::new();
    if scope.security {
        violations.extend(security::check(operation, input));
    }
    if !scope.request {
        return Ok(violations);
    }
    let mut body = std::mem::replace(&mut input.body, Payload::Nothing);
    violations.extend(of_body(root, operation, input, &mut body));
    input.body = body;
    let side = Side::Request;
    violations.extend(parameters::check(
        root,
        side,
        At::Header,
        &operation.headers,
        || {
            let given = operation.headers.iter().filter_map(|parameter| {
                let name = parameter.name.to_lowercase();
                let value = input.header(&name)?.into_owned();
                Some((name, vec![value]))
            });
            given.collect()
        },
    )?);
    violations.extend(parameters::check(
        root,
        side,
        At::Query,
        &operation.query,
        || input.query.clone(),
    )?);
    // Prism does not look at cookies.
    violations.extend(parameters::check(
        root,
        side,
        At::Cookie,
        &operation.cookies,
        || {
            let cookies = input.header("cookie").unwrap_or_default();
            let given = cookies
                .split(';')
                .filter_map(|pair| pair.trim().split_once('='))
                .map(|(name, value)| (name.to_owned(), vec![decoded(value.trim_matches('"'))]));
            given.collect()
        },
    )?);
    violations.extend(parameters::check(
        root,
        side,
        At::Path,
        &operation.path_parameters,
        || {
            let given = route::parameters(&operation.path, path).into_iter();
            given.map(|(name, value)| (name, vec![value])).collect()
        },
    )?);
    Ok(violations)
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

fn of_body(
    root: &Root,
    operation: &Operation,
    input: &Input<'_>,
    body: &mut Payload,
) -> Vec<Violation> {
    let is_empty = match &*body {
        Payload::Nothing => true,
        Payload::Json(value) => is_falsy(value),
        Payload::Text(text) => text.is_empty(),
        Payload::Malformed(reason) => {
            let message = format!("Request body is not valid JSON: {reason}");
            return vec![Violation::error(message).at(&["body"]).keyword(MALFORMED)];
        }
    };
    let described = operation.body.as_ref();
    if is_empty && described.is_some_and(|body| body.is_required) {
        return vec![Violation::error("Body parameter is required").keyword("required")];
    }
    let media_type = input
        .header("content-type")
        .filter(|media_type| !media_type.is_empty());
    if *body != Payload::Nothing {
        let is_supported = described.is_some_and(|body| {
            media_type.as_deref().is_none_or(|kind| {
                body.contents.iter().any(|content| {
                    content.media_type.is_empty() || media::is_described(kind, &content.media_type)
                })
            })
        });
        if !is_supported {
            let message = match described.map(|body| &body.contents) {
                Some(contents) if !contents.is_empty() => {
                    let types: Vec<&str> =
                        contents.iter().map(|one| one.media_type.as_str()).collect();
                    format!("Supported content types: {}", types.join(","))
                }
                _ => "No supported content types, but request included a non-empty body".to_owned(),
            };
            return vec![Violation::error(message).status(415)];
        }
    }
    match described {
        Some(described) if !is_null(body) => body::check(
            root,
            Side::Request,
            &described.contents,
            media_type.as_deref(),
            body,
        ),
        _ => Vec::new(),
    }
}

/// What JavaScript takes for nothing.
fn is_falsy(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => true,
        serde_json::Value::Bool(value) => !value,
        serde_json::Value::Number(number) => number.as_f64() == Some(0.0),
        serde_json::Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn is_null(body: &Payload) -> bool {
    matches!(
        body,
        Payload::Nothing | Payload::Json(serde_json::Value::Null)
    )
}
