//! Paths, operations, parameters, bodies, responses, security.

use serde_json::{Value, json};

use crate::{changes, check, with_operation};

#[expect(
    clippy::needless_pass_by_value,
    reason = "cases read better without borrows"
)]
fn with_parameters(parameters: Value) -> Value {
    json!({"parameters": parameters, "responses": {"200": {"description": "ok"}}})
}

fn query(name: &str, required: bool) -> Value {
    json!({"name": name, "in": "query", "required": required, "schema": {"type": "string"}})
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "cases read better without borrows"
)]
fn with_security(security: Value) -> Value {
    json!({"security": security, "responses": {"200": {"description": "ok"}}})
}

#[test]
fn removed_paths_and_operations_break() {
    let plain = json!({"responses": {"200": {"description": "ok"}}});
    let document = |paths: Value| json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths});
    let old = document(
        json!({"/a": {"get": plain, "put": plain}, "/b": {"get": plain}, "/c/{x}": {"get": plain}}),
    );
    let new = document(
        json!({"/a": {"get": plain, "post": plain}, "/c/{y}": {"get": plain}, "/d": {"get": plain}}),
    );
    let found = changes(&old, &new);
    let codes: Vec<(&str, &str)> = found
        .iter()
        .map(|change| (change.severity.as_str(), change.code))
        .collect();
    assert_eq!(
        codes,
        [
            ("breaking", "operation-removed"),
            ("breaking", "path-removed"),
            ("safe", "operation-added"),
            ("safe", "path-added")
        ]
    );
    assert_eq!(found[0].operations, ["PUT /a"]);
    assert_eq!(found[1].pointer, "/paths/~1b");
}

#[test]
fn parameters_that_are_asked_for_break() {
    let with = |parameters: Value| with_parameters(parameters);
    check(
        &with(json!([])),
        &with(json!([query("q", true)])),
        &["breaking parameter-added-required"],
    );
    check(
        &with(json!([])),
        &with(json!([query("q", false)])),
        &["safe parameter-added"],
    );
    check(
        &with(json!([query("q", false)])),
        &with(json!([query("q", true)])),
        &["breaking parameter-became-required"],
    );
    check(
        &with(json!([query("q", true)])),
        &with(json!([query("q", false)])),
        &["safe parameter-became-optional"],
    );
    check(
        &with(json!([query("q", true)])),
        &with(json!([])),
        &["warning parameter-removed"],
    );
    let styled = json!([{"name": "q", "in": "query", "style": "pipeDelimited", "schema": {"type": "string"}}]);
    check(
        &with(json!([query("q", false)])),
        &with(styled),
        &["breaking parameter-style-changed"],
    );
}

#[test]
fn the_schema_of_a_parameter_may_widen_and_not_narrow() {
    let with =
        |schema: Value| with_parameters(json!([{"name": "q", "in": "query", "schema": schema}]));
    let wide = with(json!({"type": "string"}));
    let narrow = with(json!({"type": "string", "enum": ["a"]}));
    check(&wide, &narrow, &["breaking enum-narrowed"]);
    check(&narrow, &wide, &["safe enum-widened"]);
}

#[test]
fn bodies_that_are_asked_for_break() {
    let without = json!({"responses": {"200": {"description": "ok"}}});
    let with = |required: bool, media_type: &str| {
        json!({
            "requestBody": {"required": required, "content": {media_type: {"schema": {"type": "object"}}}},
            "responses": {"200": {"description": "ok"}},
        })
    };
    let json = "application/json";
    check(
        &without,
        &with(true, json),
        &["breaking body-added-required"],
    );
    check(&without, &with(false, json), &["safe body-added"]);
    check(
        &with(false, json),
        &with(true, json),
        &["breaking body-became-required"],
    );
    check(
        &with(true, json),
        &with(false, json),
        &["safe body-became-optional"],
    );
    check(&with(true, json), &without, &["warning body-removed"]);
    check(
        &with(true, json),
        &with(true, "text/plain"),
        &["breaking media-type-removed", "safe media-type-added"],
    );
}

#[test]
fn responses_that_are_lived_from_must_stay() {
    let with = |codes: &[&str]| {
        let responses: serde_json::Map<String, Value> = codes
            .iter()
            .map(|code| ((*code).to_owned(), json!({"description": "d"})))
            .collect();
        json!({"responses": responses})
    };
    check(
        &with(&["200", "404"]),
        &with(&["404"]),
        &["breaking response-removed"],
    );
    check(
        &with(&["200", "404"]),
        &with(&["200"]),
        &["warning response-removed"],
    );
    check(
        &with(&["200"]),
        &with(&["200", "202", "500"]),
        &["safe response-added", "warning response-added"],
    );
}

#[test]
fn headers_of_responses_must_stay() {
    let with =
        |headers: Value| json!({"responses": {"200": {"description": "ok", "headers": headers}}});
    let header =
        |required: bool| json!({"X-A": {"required": required, "schema": {"type": "string"}}});
    check(
        &with(header(false)),
        &with(json!({})),
        &["breaking header-removed"],
    );
    check(
        &with(json!({})),
        &with(header(false)),
        &["safe header-added"],
    );
    check(
        &with(header(true)),
        &with(header(false)),
        &["breaking header-became-optional"],
    );
    check(
        &with(header(false)),
        &with(header(true)),
        &["safe header-became-required"],
    );
}

#[test]
fn what_was_enough_to_get_in_must_stay_enough() {
    let with = |security: Value| with_security(security);
    let (nothing, key) = (with(json!([])), with(json!([{"key": []}])));
    check(&nothing, &key, &["breaking security-tightened"]);
    check(&key, &nothing, &["safe security-loosened"]);
    check(
        &key,
        &with(json!([{"key": []}, {"login": []}])),
        &["safe security-loosened"],
    );
    check(
        &key,
        &with(json!([{"key": [], "login": []}])),
        &["breaking security-tightened"],
    );
    let scoped = |scopes: Value| with(json!([{"login": scopes}]));
    check(
        &scoped(json!(["read"])),
        &scoped(json!(["read", "write"])),
        &["breaking security-tightened"],
    );
    check(
        &scoped(json!(["read", "write"])),
        &scoped(json!(["read"])),
        &["safe security-loosened"],
    );
    // The same scheme under another name is the same.
    let mut renamed = with_operation(&with(json!([{"other": []}])));
    renamed["components"]["securitySchemes"]["other"] =
        json!({"type": "apiKey", "in": "header", "name": "X-Key"});
    assert_eq!(changes(&with_operation(&key), &renamed), []);
}

#[test]
fn names_and_notices_are_told() {
    let with = |id: &str, deprecated: bool| json!({"operationId": id, "deprecated": deprecated, "responses": {"200": {"description": "ok"}}});
    check(
        &with("a", false),
        &with("b", true),
        &["warning operation-deprecated", "warning operation-renamed"],
    );
    check(&with("a", true), &with("a", false), &[]);
}

#[test]
fn servers_that_are_gone_are_told() {
    let with = |servers: Value| {
        let mut document = with_operation(&json!({"responses": {"200": {"description": "ok"}}}));
        document["servers"] = servers;
        document
    };
    let old = with(json!([{"url": "https://a.example"}, {"url": "https://b.example"}]));
    let found = changes(&old, &with(json!([{"url": "https://a.example"}])));
    assert_eq!(
        (found.len(), found[0].code, &*found[0].pointer),
        (1, "server-removed", "/servers/1")
    );
}

#[test]
fn swagger_2_is_compared_as_well() {
    let document = |parameters: Value, schema: Value| {
        json!({
            "swagger": "2.0", "info": {"title": "t", "version": "1"}, "produces": ["application/json"],
            "consumes": ["application/json"],
            "paths": {"/a": {"post": {"parameters": parameters, "responses": {"200": {"description": "ok", "schema": schema}}}}},
        })
    };
    let old = document(
        json!([]),
        json!({"type": "object", "properties": {"a": {"type": "string"}}}),
    );
    let new = document(
        json!([{"name": "q", "in": "query", "required": true, "type": "string"}]),
        json!({"type": "object"}),
    );
    let codes: Vec<&str> = changes(&old, &new)
        .iter()
        .map(|change| change.code)
        .collect();
    assert_eq!(codes, ["parameter-added-required", "property-removed"]);
}
