//! Pairs of descriptions, and what their change means.

mod operations;
mod places;
mod properties;
mod schemas;

use efsm_spec::{Description, NoFiles};
use efsm_specdiff::{CODES, Change, diff};
use serde_json::{Value, json};

pub(crate) fn description(value: &Value) -> Description {
    Description::parse("api.json", &value.to_string(), &NoFiles).expect("a description")
}

/// A description of one operation.
pub(crate) fn with_operation(operation: &Value) -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {"/pets/{id}": {"post": operation}},
        "components": {"securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "login": {"type": "oauth2", "flows": {}},
        }},
    })
}

pub(crate) fn changes(old: &Value, new: &Value) -> Vec<Change> {
    diff(&description(old), &description(new))
}

/// The changes of one operation, as `severity code`.
#[track_caller]
pub(crate) fn check(old: &Value, new: &Value, expected: &[&str]) {
    let found = changes(&with_operation(old), &with_operation(new));
    let mut codes: Vec<String> = found
        .iter()
        .map(|change| format!("{} {}", change.severity.as_str(), change.code))
        .collect();
    codes.sort();
    assert_eq!(codes, expected, "{found:#?}");
    for change in found {
        assert!(
            CODES.contains(&change.code),
            "{} is no known code",
            change.code
        );
    }
}

/// An operation that takes a body of a schema.
pub(crate) fn taking(schema: &Value) -> Value {
    json!({
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "ok"}},
    })
}

/// An operation that gives a body of a schema.
pub(crate) fn giving(schema: &Value) -> Value {
    json!({"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}})
}

#[test]
fn every_code_is_in_the_documentation() {
    let page = include_str!("../../../../docs/spec-diff.md");
    for code in CODES {
        assert!(page.contains(&format!("`{code}`")), "{code}");
    }
}
