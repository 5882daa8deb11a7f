//! Random data, case by case.

use efsm_generate::{Direction, Error, Options, fit, generate};
use serde_json::{Value, json};

use crate::validator;

#[track_caller]
fn made(schema: &Value, seed: u64) -> Value {
    let value = generate(schema, schema, seed, &Options::default()).expect("a value");
    assert!(validator(schema).is_valid(&value), "{value} for {schema}");
    value
}

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "cases read better without borrows"
)]
fn unsatisfiable(schema: Value, place: &str) {
    match generate(&schema, &schema, 1, &Options::default()) {
        Err(Error::Unsatisfiable { place: found, .. }) => assert_eq!(found, place),
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_guide_what_is_made() {
    let names = [
        "email",
        "created_at",
        "price",
        "first_name",
        "url",
        "phone",
        "country",
    ];
    let properties: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                json!({"type": if *name == "price" { "number" } else { "string" }}),
            )
        })
        .collect();
    let value = made(
        &json!({"type": "object", "properties": properties, "required": names}),
        1,
    );
    assert!(
        value["email"]
            .as_str()
            .is_some_and(|text| text.ends_with("@example.com")),
        "{value}"
    );
    assert!(
        value["created_at"]
            .as_str()
            .is_some_and(|text| text.ends_with('Z')),
        "{value}"
    );
    assert!(
        value["url"]
            .as_str()
            .is_some_and(|text| text.starts_with("https://")),
        "{value}"
    );
    assert!(
        value["price"].as_f64().is_some_and(|price| price > 0.0),
        "{value}"
    );
    assert!(
        value["phone"]
            .as_str()
            .is_some_and(|text| text.starts_with('+')),
        "{value}"
    );
}

#[test]
fn hints_for_faker_are_followed() {
    let schema = json!({"type": "object", "required": ["a", "b"], "properties": {
        "a": {"type": "string", "x-faker": "internet.email"},
        "b": {"type": "string", "x-faker": {"date.past": [1]}}}});
    let value = made(&schema, 3);
    assert!(
        value["a"].as_str().is_some_and(|text| text.contains('@')),
        "{value}"
    );
    assert!(
        value["b"].as_str().is_some_and(|text| text.ends_with('Z')),
        "{value}"
    );
}

#[test]
fn another_property_leaves_the_data_of_its_neighbours_alone() {
    let properties =
        json!({"a": {"type": "string"}, "c": {"type": "array", "items": {"type": "integer"}}});
    let before = made(&json!({"type": "object", "properties": properties}), 9);
    let mut more = json!({"b": {"type": "string", "pattern": "^x+$"}});
    more.as_object_mut()
        .expect("an object")
        .extend(properties.as_object().expect("an object").clone());
    let after = made(&json!({"type": "object", "properties": more}), 9);
    assert_eq!((&before["a"], &before["c"]), (&after["a"], &after["c"]));
    assert_ne!(
        before,
        made(&json!({"type": "object", "properties": properties}), 10)
    );
}

#[test]
fn branches_of_one_of_that_overlap_are_told_apart() {
    for seed in 0..20 {
        made(
            &json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}),
            seed,
        );
        made(
            &json!({"oneOf": [{"type": "string"}, {"type": "string", "format": "uuid"}]}),
            seed,
        );
        made(
            &json!({"oneOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}},
                {"type": "object", "properties": {"b": {"type": "integer"}}},
            ]}),
            seed,
        );
        made(
            &json!({"oneOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a", "b"]},
            ]}),
            seed,
        );
    }
}

#[test]
fn the_discriminator_names_the_branch() {
    let schema = json!({
        "oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": {"dog": "#/$defs/Dog"}},
        "$defs": {
            "Cat": {"type": "object", "required": ["kind", "lives"], "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}},
            "Dog": {"type": "object", "required": ["kind", "tricks"], "properties": {"kind": {"type": "string"}, "tricks": {"type": "string"}}},
        },
    });
    for seed in 0..10 {
        let value = made(&schema, seed);
        let expected = if value.get("lives").is_some() {
            "Cat"
        } else {
            "dog"
        };
        assert_eq!(value["kind"], json!(expected));
    }
}

#[test]
fn the_discriminator_of_a_parent_names_the_child() {
    let schema = json!({
        "$ref": "#/$defs/Cat",
        "$defs": {
            "Pet": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}, "discriminator": {"propertyName": "kind"}},
            "Cat": {"allOf": [{"$ref": "#/$defs/Pet"}, {"properties": {"lives": {"type": "integer"}}}]},
        },
    });
    assert_eq!(made(&schema, 1)["kind"], json!("Cat"));
}

#[test]
fn a_recursion_ends_by_the_alternative_that_does() {
    let schema = json!({"$ref": "#/$defs/expr", "$defs": {
        "expr": {"oneOf": [{"$ref": "#/$defs/sum"}, {"$ref": "#/$defs/not"}, {"type": "integer"}]},
        "sum": {"type": "object", "required": ["left", "right"], "additionalProperties": false, "properties": {
            "left": {"$ref": "#/$defs/expr"}, "right": {"$ref": "#/$defs/expr"}}},
        "not": {"type": "object", "required": ["of"], "additionalProperties": false, "properties": {"of": {"$ref": "#/$defs/expr"}}},
    }});
    for seed in 0..30 {
        made(&schema, seed);
    }
}

#[test]
fn a_recursion_without_end_is_an_error() {
    let schema =
        json!({"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#"}}});
    let error = generate(&schema, &schema, 1, &Options::default()).expect_err("an error");
    assert!(matches!(error, Error::TooDeep { .. }), "{error}");
}

#[test]
fn contradictions_are_named_with_their_place() {
    unsatisfiable(
        json!({"allOf": [{"type": "string"}, {"type": "integer"}]}),
        "",
    );
    let inside = json!({"type": "integer", "minimum": 5, "maximum": 3});
    unsatisfiable(
        json!({"type": "object", "required": ["a/b"], "properties": {"a/b": inside}}),
        "/a~1b",
    );
    unsatisfiable(
        json!({"type": "array", "minItems": 2, "items": false}),
        "/0",
    );
    unsatisfiable(
        json!({"type": "string", "pattern": "^a$", "minLength": 4}),
        "",
    );
    unsatisfiable(
        json!({"type": "array", "minItems": 3, "uniqueItems": true, "items": {"type": "boolean"}}),
        "",
    );
    unsatisfiable(json!({"not": {}}), "");
    unsatisfiable(json!({"enum": [1, 2], "type": "string"}), "");
    unsatisfiable(
        json!({"type": "object", "maxProperties": 0, "required": ["a"]}),
        "",
    );
    unsatisfiable(
        json!({"type": "object", "minProperties": 1, "additionalProperties": false}),
        "",
    );
    let optional = json!({"type": "object", "properties": {"a": false, "b": {"type": "null"}}});
    assert_eq!(made(&optional, 1), json!({"b": null}));
}

#[test]
fn work_is_bounded() {
    let many = json!({"type": "array", "minItems": 1_000_000, "items": {"type": "array", "minItems": 1_000_000, "items": {}}});
    let error = generate(&many, &many, 1, &Options::default()).expect_err("an error");
    assert!(matches!(error, Error::TooComplex { .. }), "{error}");
    let long = json!({"type": "string", "minLength": 4_000_000_000_u64});
    assert!(generate(&long, &long, 1, &Options::default()).is_err());
    // Neither names that are made up nor long texts are free.
    let names = json!({"type": "object", "minProperties": 1_000_000_000});
    let no_names =
        json!({"type": "object", "minProperties": 1_000_000_000, "propertyNames": false});
    let texts = json!({"type": "array", "minItems": 90_000, "items": {"type": "string", "minLength": 1_000_000}});
    let options = Options {
        steps: 10_000,
        ..Options::default()
    };
    for schema in [names, texts] {
        let error = generate(&schema, &schema, 1, &options).expect_err("an error");
        assert!(matches!(error, Error::TooComplex { .. }), "{error}");
    }
    assert!(generate(&no_names, &no_names, 1, &options).is_err());
    let values: Vec<u32> = (0..20_000).collect();
    let excluded = json!({"enum": values, "not": {"enum": values}});
    assert!(generate(&excluded, &excluded, 1, &Options::default()).is_err());
    let listed = json!({"type": "array", "minItems": 20, "items": {"enum": &values[..2_000]}});
    assert!(generate(&listed, &listed, 1, &Options::default()).is_ok());
    let contradictory: Vec<Value> = (0..8)
        .map(|n| json!({"anyOf": [{"const": n}, {"const": n + 100}, {"const": n + 200}]}))
        .collect();
    let schema = json!({"allOf": contradictory});
    assert!(generate(&schema, &schema, 1, &Options::default()).is_err());
}

#[test]
fn properties_of_the_other_direction_are_left_out_and_not_missed() {
    let schema = json!({"type": "object", "required": ["id", "secret"], "additionalProperties": false, "properties": {
        "id": {"type": "integer", "readOnly": true}, "secret": {"type": "string", "writeOnly": true}}});
    let keys = |direction| {
        let options = Options {
            direction,
            ..Options::default()
        };
        let value = generate(&schema, &schema, 1, &options).expect("a value");
        value
            .as_object()
            .map(|fields| fields.keys().cloned().collect::<Vec<_>>())
    };
    assert_eq!(keys(Direction::Response), Some(vec!["id".to_owned()]));
    assert_eq!(keys(Direction::Request), Some(vec!["secret".to_owned()]));
    assert_eq!(
        keys(Direction::Both),
        Some(vec!["id".to_owned(), "secret".to_owned()])
    );
}

#[test]
fn fitting_keeps_what_is_valid_and_makes_what_lacks() {
    let schema = json!({"type": "object", "required": ["id", "name"], "additionalProperties": false, "properties": {
        "id": {"type": "integer"}, "name": {"type": "string"}, "age": {"type": "integer"}, "note": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}}}});
    let sent = json!({"name": "Ada", "age": "old", "tags": ["a", 5], "extra": true});
    let fitted = fit(&schema, &schema, &sent, 7, &Options::default()).expect("a value");
    assert!(validator(&schema).is_valid(&fitted), "{fitted}");
    assert_eq!(
        (&fitted["name"], &fitted["tags"][0]),
        (&json!("Ada"), &json!("a"))
    );
    assert!(fitted["id"].is_i64() && fitted["age"].is_i64(), "{fitted}");
    assert!(
        fitted.get("note").is_none() && fitted.get("extra").is_none(),
        "{fitted}"
    );
}

#[test]
fn numbers_are_of_the_usual_size_where_only_a_format_bounds_them() {
    let least = -9_007_199_254_740_991_i64;
    let wide = json!({"type": "integer", "format": "int64", "minimum": least, "maximum": -least});
    let double =
        json!({"type": "number", "format": "double", "minimum": -f64::MAX, "maximum": f64::MAX});
    for seed in 0..20 {
        assert!(
            made(&wide, seed)
                .as_i64()
                .is_some_and(|number| (1..=1_000).contains(&number))
        );
        assert!(
            made(&double, seed)
                .as_f64()
                .is_some_and(|number| (1.0..=1_000.0).contains(&number))
        );
        made(
            &json!({"type": "integer", "minimum": -4_000_000_000_i64, "maximum": -5}),
            seed,
        );
        made(
            &json!({"type": "number", "minimum": 5e12, "maximum": 1e300}),
            seed,
        );
    }
}
