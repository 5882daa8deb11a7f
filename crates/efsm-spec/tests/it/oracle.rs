//! The checker beside the `jsonschema` crate: they agree on what is valid.

use efsm_spec::schema::{Checker, Purpose, Root};
use proptest::prelude::*;
use serde_json::{Value, json};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-5..5_i64).prop_map(Value::from),
        (-20..20_i32).prop_map(|n| Value::from(f64::from(n) / 4.0)),
        "[ab]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[abc]", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn schema() -> impl Strategy<Value = Value> {
    let kinds = prop::sample::select(vec![
        "null", "boolean", "integer", "number", "string", "array", "object",
    ]);
    let leaf = prop_oneof![
        Just(json!(true)),
        Just(json!({})),
        kinds.prop_map(|kind| json!({"type": kind})),
        (-3..3_i64).prop_map(|n| json!({"minimum": n})),
        (-3..3_i64).prop_map(|n| json!({"exclusiveMaximum": n})),
        (1..4_i64).prop_map(|n| json!({"multipleOf": n})),
        (0..3_u64).prop_map(|n| json!({"maxLength": n, "minItems": n})),
        "[ab]".prop_map(|text| json!({"pattern": format!("^{text}")})),
        value().prop_map(|value| json!({"const": value})),
        value().prop_map(|value| json!({"enum": [value, 1]})),
        Just(json!({"uniqueItems": true})),
        Just(json!({"required": ["a"], "maxProperties": 2})),
        Just(json!({"dependentRequired": {"a": ["b"]}})),
    ];
    leaf.prop_recursive(3, 24, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            several.clone().prop_map(|all| json!({"allOf": all})),
            several.clone().prop_map(|any| json!({"anyOf": any})),
            several.prop_map(|one| json!({"oneOf": one})),
            inner.clone().prop_map(|not| json!({"not": not})),
            inner.clone().prop_map(|items| json!({"items": items})),
            inner
                .clone()
                .prop_map(|contains| json!({"contains": contains})),
            (inner.clone(), inner.clone()).prop_map(
                |(a, rest)| json!({"properties": {"a": a}, "additionalProperties": rest})
            ),
            (inner.clone(), inner.clone())
                .prop_map(|(first, rest)| json!({"prefixItems": [first], "items": rest})),
            (inner.clone(), inner.clone()).prop_map(
                |(names, b)| json!({"propertyNames": names, "patternProperties": {"^b": b}})
            ),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| json!({"if": a, "then": b, "else": c})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn checker_and_library_agree(schema in schema(), rest in schema(), value in value()) {
        // `unevaluatedProperties` and a reference at the top, over whatever was drawn.
        for schema in [
            schema.clone(),
            json!({"allOf": [schema.clone()], "unevaluatedProperties": false}),
            json!({"$ref": "#/$defs/x", "$defs": {"x": schema}, "anyOf": [rest, true]}),
        ] {
            let Ok(library) = jsonschema::draft202012::new(&schema) else { continue };
            let root = Root::new(schema.clone());
            // Not merged, so that `allOf` means what the standard says.
            let failures = Checker::new(&root, Purpose::Plain).check(&schema, &mut value.clone());
            prop_assert_eq!(
                failures.is_empty(),
                library.is_valid(&value),
                "{} for {}: {:?}", schema, value, failures
            );
        }
    }
}
