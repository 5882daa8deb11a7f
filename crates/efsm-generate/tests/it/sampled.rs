//! Prism's static rules, each as `prism mock` 5.15.11 answered it.

use efsm_generate::{Error, Options, SampleOptions, sample, sample_valid};
use serde_json::{Value, json};

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "cases read better without borrows"
)]
fn check(schema: Value, expected: Value) {
    assert_eq!(
        sample(&schema, &schema, &SampleOptions::default()),
        Ok(expected)
    );
}

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "cases read better without borrows"
)]
fn property(schema: Value, expected: Value) {
    check(
        json!({"type": "object", "properties": {"p": schema}}),
        json!({"p": expected}),
    );
}

#[test]
fn types_have_their_first_value() {
    property(json!({"type": "string"}), json!("string"));
    property(json!({"type": "integer"}), json!(0));
    property(json!({"type": "number"}), json!(0));
    property(json!({"type": "boolean"}), json!(true));
    property(json!({"type": "null"}), json!(null));
    property(json!({"type": "object"}), json!({}));
    property(json!({"type": "array"}), json!([]));
    property(json!({"type": ["string", "null"]}), json!("string"));
    property(json!({}), json!(null));
    property(
        json!({"properties": {"z": {"type": "boolean"}}}),
        json!({"z": true}),
    );
    property(json!({"minimum": 3}), json!(3));
}

#[test]
fn named_values_come_in_order_of_default_const_enum_examples() {
    let mut schema = json!({"type": "string", "default": "d", "const": "c", "enum": ["e", "f"], "examples": ["x"]});
    for (keyword, expected) in [
        ("default", "d"),
        ("const", "c"),
        ("enum", "e"),
        ("examples", "x"),
    ] {
        property(schema.clone(), json!(expected));
        schema
            .as_object_mut()
            .expect("an object")
            .shift_remove(keyword);
    }
    property(
        json!({"type": "string", "example": "Rex", "enum": ["a"]}),
        json!("a"),
    );
    property(json!({"type": "string", "example": "Rex"}), json!("Rex"));
    property(
        json!({"type": "object", "example": {"q": 1}, "properties": {"w": {}}}),
        json!({"q": 1}),
    );
    property(json!({"type": "integer", "enum": []}), json!(0));
}

#[test]
fn formats_have_fixed_strings() {
    for (format, expected) in [
        ("email", "user@example.com"),
        ("date-time", "2019-08-24T14:15:22Z"),
        ("date", "2019-08-24"),
        ("time", "14:15:22Z"),
        ("uri", "http://example.com"),
        ("hostname", "example.com"),
        ("ipv4", "192.168.0.1"),
        ("ipv6", "2001:0db8:85a3:0000:0000:8a2e:0370:7334"),
        ("uri-reference", "../dictionary"),
        ("json-pointer", "/json/pointer"),
        ("regex", "/regex/"),
        ("byte", "string"),
        ("binary", "string"),
        ("password", "pa$$word"),
    ] {
        property(json!({"type": "string", "format": format}), json!(expected));
    }
    let named =
        json!({"type": "object", "properties": {"u": {"type": "string", "format": "uuid"}}});
    check(named, json!({"u": "5b3d22e0-c8cc-487e-8a5f-6460fdf25dbf"}));
}

#[test]
fn bounds_are_kept_where_prism_keeps_them() {
    property(
        json!({"type": "string", "minLength": 10}),
        json!("stringstri"),
    );
    property(json!({"type": "string", "maxLength": 3}), json!("str"));
    property(
        json!({"type": "string", "pattern": "^[a-z]{3}$"}),
        json!("string"),
    );
    property(
        json!({"type": "string", "format": "password", "minLength": 12}),
        json!("pa$$word_qwe"),
    );
    property(
        json!({"type": "integer", "multipleOf": 7, "minimum": 3}),
        json!(3),
    );
    property(json!({"type": "number", "maximum": -5}), json!(-5));
    property(json!({"type": "number", "exclusiveMinimum": 5}), json!(6));
    property(
        json!({"type": "number", "exclusiveMinimum": true, "minimum": 5}),
        json!(6),
    );
    property(
        json!({"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 2}),
        json!(1.5),
    );
    property(json!({"type": "number", "exclusiveMaximum": 2}), json!(1));
    property(
        json!({"type": "integer", "format": "int64"}),
        json!(-9_007_199_254_740_991_i64),
    );
    property(
        json!({"type": "integer", "format": "int32", "minimum": 1}),
        json!(1),
    );
    property(
        json!({"type": "number", "format": "double"}),
        json!(-f64::MAX),
    );
    property(
        json!({"type": "number", "format": "float"}),
        json!(-3.402_823_669_209_385e38),
    );
}

#[test]
fn arrays_have_one_item_or_as_many_as_they_must() {
    property(
        json!({"type": "array", "items": {"type": "string"}}),
        json!(["string"]),
    );
    property(
        json!({"type": "array", "items": {"type": "integer"}, "minItems": 2}),
        json!([0, 0]),
    );
    property(
        json!({"type": "array", "items": {"type": "integer"}, "maxItems": 0}),
        json!([]),
    );
    property(
        json!({"type": "array", "contains": {"type": "integer"}}),
        json!([0]),
    );
    property(
        json!({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}),
        json!([0, "string"]),
    );
    property(
        json!({"type": "array", "prefixItems": [{"type": "integer"}], "items": false}),
        json!([0]),
    );
}

#[test]
fn maps_have_two_properties() {
    let map = json!({"type": "object", "additionalProperties": {"type": "string"}});
    property(map, json!({"property1": "string", "property2": "string"}));
    property(
        json!({"type": "object", "additionalProperties": true}),
        json!({}),
    );
}

#[test]
fn combined_schemas_are_merged_or_the_first_is_taken() {
    property(
        json!({"oneOf": [{"type": "integer"}, {"type": "string"}]}),
        json!(0),
    );
    property(
        json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        json!("string"),
    );
    property(
        json!({"allOf": [{"type": "string"}, {"minLength": 9}]}),
        json!("stringstr"),
    );
    let object = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
    property(
        json!({"allOf": [object("a"), object("b")]}),
        json!({"a": "string", "b": "string"}),
    );
    property(
        json!({"allOf": [object("a")], "type": "object", "properties": {"c": {}}}),
        json!({"c": null, "a": "string"}),
    );
    property(
        json!({"if": {"type": "object", "properties": {"a": {"const": 1}}}, "then": {"properties": {"b": {"const": 2}}}}),
        json!({"a": 1, "b": 2}),
    );
}

#[test]
fn read_only_and_write_only_properties_are_skipped_on_request() {
    let schema = json!({"type": "object", "properties": {
        "r": {"type": "string", "readOnly": true}, "w": {"type": "string", "writeOnly": true}}});
    check(schema.clone(), json!({"r": "string", "w": "string"}));
    let options = SampleOptions {
        skip_read_only: true,
        ..SampleOptions::default()
    };
    assert_eq!(
        sample(&schema, &schema, &options),
        Ok(json!({"w": "string"}))
    );
    let options = SampleOptions {
        skip_write_only: true,
        ..SampleOptions::default()
    };
    assert_eq!(
        sample(&schema, &schema, &options),
        Ok(json!({"r": "string"}))
    );
}

#[test]
fn a_recursion_takes_two_turns_the_second_as_written() {
    let root = json!({"Node": {"type": "object", "properties": {
        "v": {"type": "integer", "format": "int64"},
        "en": {"type": "string", "enum": ["a", "b"], "example": "b"},
        "next": {"$ref": "#/Node"},
        "kids": {"type": "array", "items": {"$ref": "#/Node"}},
    }}});
    let second = json!({"v": 0, "en": "b", "next": {}, "kids": [{}]});
    let expected =
        json!({"v": -9_007_199_254_740_991_i64, "en": "a", "next": second, "kids": [second]});
    let node = json!({"$ref": "#/Node"});
    assert_eq!(
        sample(&node, &root, &SampleOptions::default()),
        Ok(expected.clone())
    );
    assert_eq!(
        sample(&root["Node"], &root, &SampleOptions::default()),
        Ok(expected.clone())
    );
    let list = json!({"type": "array", "items": node});
    assert_eq!(
        sample(&list, &root, &SampleOptions::default()),
        Ok(json!([expected]))
    );
}

#[test]
fn a_recursion_over_two_schemas_ends() {
    let root = json!({
        "A": {"type": "object", "properties": {"b": {"$ref": "#/B"}}},
        "B": {"type": "object", "properties": {"a": {"$ref": "#/A"}, "id": {"type": "integer", "format": "int64"}}},
    });
    let expected = json!({"b": {"a": {"b": {"a": {}, "id": 0}}, "id": -9_007_199_254_740_991_i64}});
    assert_eq!(
        sample(&json!({"$ref": "#/A"}), &root, &SampleOptions::default()),
        Ok(expected)
    );
}

#[test]
fn a_schema_past_the_limit_is_too_complex() {
    let schema = json!({"type": "array", "minItems": 5_000, "items": {"type": "string"}});
    let error = sample(&schema, &schema, &SampleOptions::default()).expect_err("an error");
    assert!(matches!(error, Error::TooComplex { steps: 2_500, .. }));
    // A thousand texts of a megabyte are not a thousand steps.
    let texts = json!({"type": "array", "minItems": 1_000, "items": {"type": "string", "minLength": 1_000_000}});
    let error = sample(&texts, &texts, &SampleOptions::default()).expect_err("an error");
    assert!(matches!(error, Error::TooComplex { steps: 2_500, .. }));
    let dangling = json!({"$ref": "#/none"});
    let error = sample(&dangling, &dangling, &SampleOptions::default()).expect_err("an error");
    assert!(matches!(error, Error::DanglingReference { .. }));
}

#[test]
fn a_sample_that_breaks_its_schema_is_mended_where_it_does() {
    let schema = json!({"type": "object", "required": ["code"], "properties": {
        "name": {"type": "string"}, "code": {"type": "string", "pattern": "^[A-Z]{3}$"}}});
    let mended = sample_valid(&schema, &schema, &Options::default()).expect("a value");
    assert_eq!(mended["name"], json!("string"));
    assert_ne!(mended["code"], json!("string"));
}
