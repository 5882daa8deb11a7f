//! Schemas, on their way in and on their way out.

use serde_json::{Value, json};

use crate::{changes, check, giving, taking};

/// What a change means for requests and for responses.
#[track_caller]
fn both(old: &Value, new: &Value, taken: &[&str], given: &[&str]) {
    check(&taking(old), &taking(new), taken);
    check(&giving(old), &giving(new), given);
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "cases read better without borrows"
)]
fn object(properties: Value, required: Value) -> Value {
    json!({"type": "object", "properties": properties, "required": required})
}

#[test]
fn types_narrow_and_widen() {
    let (narrow, wide) = (json!({"type": "integer"}), json!({"type": "number"}));
    both(
        &wide,
        &narrow,
        &["breaking type-narrowed"],
        &["safe type-narrowed"],
    );
    both(
        &narrow,
        &wide,
        &["safe type-widened"],
        &["breaking type-widened"],
    );
    both(
        &wide,
        &json!({"type": "string"}),
        &["breaking type-changed"],
        &["breaking type-changed"],
    );
    let nullable = json!({"type": "integer", "nullable": true});
    both(
        &narrow,
        &nullable,
        &["safe type-widened"],
        &["breaking type-widened"],
    );
}

#[test]
fn values_and_formats_narrow_and_widen() {
    let (few, many) = (json!({"enum": ["a"]}), json!({"enum": ["a", "b"]}));
    both(
        &many,
        &few,
        &["breaking enum-narrowed"],
        &["safe enum-narrowed"],
    );
    both(
        &few,
        &many,
        &["safe enum-widened"],
        &["breaking enum-widened"],
    );
    let (plain, mail) = (
        json!({"type": "string"}),
        json!({"type": "string", "format": "email"}),
    );
    both(
        &plain,
        &mail,
        &["breaking format-changed"],
        &["safe format-changed"],
    );
    both(
        &mail,
        &plain,
        &["safe format-changed"],
        &["breaking format-changed"],
    );
    let (small, large) = (
        json!({"type": "integer", "format": "int32"}),
        json!({"type": "integer", "format": "int64"}),
    );
    both(
        &small,
        &large,
        &["safe format-changed"],
        &["breaking format-changed"],
    );
    let pattern = |pattern: &str| json!({"type": "string", "pattern": pattern});
    both(
        &pattern("a"),
        &pattern("b"),
        &["breaking pattern-changed"],
        &["warning pattern-changed"],
    );
}

#[test]
fn bounds_tighten_and_loosen() {
    for (loose, tight) in [
        (
            json!({"type": "string"}),
            json!({"type": "string", "maxLength": 5}),
        ),
        (json!({"minimum": 1}), json!({"minimum": 2})),
        (
            json!({"type": "array"}),
            json!({"type": "array", "uniqueItems": true}),
        ),
        (json!({"multipleOf": 2}), json!({"multipleOf": 4})),
        (json!({"maxItems": 3}), json!({"maxItems": 2})),
    ] {
        let (tightened, loosened) = ("bounds-tightened", "bounds-loosened");
        both(
            &loose,
            &tight,
            &[&format!("breaking {tightened}")],
            &[&format!("safe {tightened}")],
        );
        both(
            &tight,
            &loose,
            &[&format!("safe {loosened}")],
            &[&format!("breaking {loosened}")],
        );
    }
    both(
        &json!({"type": "string", "minLength": 0}),
        &json!({"type": "string"}),
        &[],
        &[],
    );
}

#[test]
fn properties_come_and_go() {
    let with = object(json!({"a": {"type": "string"}}), json!([]));
    let without = object(json!({}), json!([]));
    let required = object(json!({"a": {"type": "string"}}), json!(["a"]));
    both(
        &with,
        &without,
        &["warning property-removed"],
        &["breaking property-removed"],
    );
    both(
        &without,
        &with,
        &["safe property-added"],
        &["safe property-added"],
    );
    both(
        &without,
        &required,
        &["breaking property-added-required"],
        &["safe property-added"],
    );
    both(
        &with,
        &required,
        &["breaking property-became-required"],
        &["safe property-became-required"],
    );
    both(
        &required,
        &with,
        &["safe property-became-optional"],
        &["breaking property-became-optional"],
    );
    let closed = json!({"type": "object", "additionalProperties": false});
    both(
        &with,
        &closed,
        &[
            "breaking additional-properties-closed",
            "breaking property-removed",
        ],
        &[
            "breaking property-removed",
            "safe additional-properties-closed",
        ],
    );
    both(
        &closed,
        &without,
        &["safe additional-properties-opened"],
        &["safe additional-properties-opened"],
    );
}

#[test]
fn properties_of_the_other_direction_do_not_count() {
    let with = object(
        json!({"r": {"type": "string", "readOnly": true}, "w": {"type": "string", "writeOnly": true}}),
        json!([]),
    );
    let without = object(json!({}), json!([]));
    both(
        &with,
        &without,
        &["warning property-removed"],
        &["breaking property-removed"],
    );
}

#[test]
fn alternatives_come_and_go() {
    let one = json!({"oneOf": [{"type": "string"}]});
    let two = json!({"oneOf": [{"type": "string"}, {"type": "integer"}]});
    both(
        &two,
        &one,
        &["breaking branch-removed"],
        &["safe branch-removed"],
    );
    both(
        &one,
        &two,
        &["safe branch-added"],
        &["breaking branch-added"],
    );
    let inner =
        |kind: &str| json!({"anyOf": [{"title": "A", "properties": {"a": {"type": kind}}}]});
    both(
        &inner("string"),
        &inner("boolean"),
        &["breaking type-changed"],
        &["breaking type-changed"],
    );
    both(
        &json!({"not": {"const": 1}}),
        &json!({"not": {"const": 2}}),
        &["warning not-changed"],
        &["warning not-changed"],
    );
}

#[test]
fn what_all_of_lays_together_is_one_schema() {
    let apart = json!({"allOf": [
        {"type": "object", "properties": {"a": {"type": "string"}}}, {"required": ["a"]}]});
    let together = object(json!({"a": {"type": "string"}}), json!(["a"]));
    both(&apart, &together, &[], &[]);
}

#[test]
fn items_and_further_properties_are_followed() {
    let list = |kind: &str| json!({"type": "array", "items": {"type": kind}});
    both(
        &list("number"),
        &list("integer"),
        &["breaking type-narrowed"],
        &["safe type-narrowed"],
    );
    let map = |kind: &str| json!({"type": "object", "additionalProperties": {"type": kind}});
    both(
        &map("integer"),
        &map("number"),
        &["safe type-widened"],
        &["breaking type-widened"],
    );
}

fn recursive(kind: &str) -> Value {
    let reference = json!({"$ref": "#/components/schemas/Node"});
    let operation = giving(&reference);
    json!({
        "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "paths": {"/a": {"get": operation}, "/b": {"get": giving(&json!({"type": "array", "items": reference}))}},
        "components": {"schemas": {"Node": {"type": "object", "properties": {
            "value": {"type": kind}, "next": reference}}}},
    })
}

#[test]
fn a_shared_recursive_schema_changes_once() {
    let found = changes(&recursive("string"), &recursive("integer"));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].operations, ["GET /a", "GET /b"]);
    assert_eq!(
        found[0].pointer,
        "/components/schemas/Node/properties/value/type"
    );
    assert_eq!(changes(&recursive("string"), &recursive("string")), []);
}
