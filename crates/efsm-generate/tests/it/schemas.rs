//! Random schemas: tame ones, which something satisfies by construction, and wild ones.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a",
        "b",
        "c",
        "id",
        "email",
        "price",
        "created_at",
        "x/y",
        "n~m",
        "Ü",
    ])
    .prop_map(str::to_owned)
}

fn range(
    least: &'static str,
    most: &'static str,
    high: u64,
) -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    (0..=high, 0..=high, 0..4_u8).prop_map(move |(a, b, which)| {
        let (low, high) = (a.min(b), a.max(b));
        let mut range = Vec::new();
        if which & 1 == 1 {
            range.push((least, json!(low)));
        }
        if which & 2 == 2 {
            range.push((most, json!(high)));
        }
        range
    })
}

fn object(fields: Vec<(&'static str, Value)>) -> Value {
    Value::Object(
        fields
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

fn string() -> impl Strategy<Value = Value> {
    let pattern = prop::sample::select(vec![
        "^[a-z]{2,5}$",
        r"^\d{3}-\d{4}$",
        "^(foo|bar)+$",
        r"[A-Z]\w*",
        r"^(?!x)[x-z]{3}$",
        r"^\S+@\S+\.\w{2,}$",
    ]);
    let format = prop::sample::select(vec![
        "date-time",
        "date",
        "time",
        "duration",
        "email",
        "uuid",
        "uri",
        "uri-reference",
        "hostname",
        "ipv4",
        "ipv6",
        "json-pointer",
        "relative-json-pointer",
        "regex",
        "uri-template",
        "iri",
        "byte",
        "int32",
        "idn-email",
    ]);
    prop_oneof![
        range("minLength", "maxLength", 30).prop_map(|mut fields| {
            fields.push(("type", json!("string")));
            object(fields)
        }),
        pattern.prop_map(|pattern| json!({"type": "string", "pattern": pattern})),
        format.prop_map(|format| json!({"type": "string", "format": format})),
    ]
}

fn number() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec!["integer", "number"]);
    prop_oneof![
        (kind.clone(), range("minimum", "maximum", 50)).prop_map(|(kind, mut fields)| {
            fields.push(("type", json!(kind)));
            object(fields)
        }),
        (kind.clone(), -1_000..1_000_i32, 1..100_i32).prop_map(|(kind, low, size)| {
            json!({"type": kind, "exclusiveMinimum": low, "exclusiveMaximum": low + size + 1})
        }),
        (
            kind,
            prop::sample::select(vec![json!(7), json!(0.01), json!(2.5), json!(100)]),
            any::<bool>()
        )
            .prop_map(|(kind, step, negative)| {
                let high = if negative { 0 } else { 1_000 };
                json!({"type": kind, "multipleOf": step, "maximum": high})
            }),
        Just(json!({"type": "number", "minimum": 0.1, "maximum": 0.2})),
        Just(json!({"type": "integer", "minimum": 9_007_199_254_740_993_i64})),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => string(),
        4 => number(),
        1 => Just(json!({"type": "boolean"})),
        1 => Just(json!({"type": "null"})),
        1 => Just(json!({"type": ["string", "null"], "maxLength": 2})),
        1 => Just(json!({})),
        1 => Just(json!(true)),
        1 => Just(json!({"enum": ["a", 1, null, {"k": []}]})),
        1 => Just(json!({"const": {"a": [1, 2]}})),
        2 => prop::sample::select(vec!["tree", "list", "leaf"]).prop_map(|name| json!({"$ref": format!("#/$defs/{name}")})),
    ]
}

fn with_definitions(mut schema: Value) -> Value {
    let definitions = json!({
        "leaf": {"type": "string", "minLength": 3},
        "tree": {"type": "object", "required": ["kids"], "properties": {
            "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
            "next": {"$ref": "#/$defs/tree"},
        }},
        "list": {"oneOf": [
            {"type": "object", "required": ["rest", "head"], "additionalProperties": false, "properties": {
                "head": {"type": "integer"}, "rest": {"$ref": "#/$defs/list"}}},
            {"type": "null"},
        ]},
    });
    if schema == Value::Bool(true) {
        schema = json!({});
    }
    if let Value::Object(fields) = &mut schema {
        fields.insert("$defs".to_owned(), definitions);
    }
    schema
}

/// A schema that some value satisfies.
pub(crate) fn tame() -> impl Strategy<Value = Value> {
    leaf()
        .prop_recursive(4, 40, 5, |inner| {
            let properties = prop::collection::btree_map(name(), inner.clone(), 0..5);
            let objects = (properties, any::<u32>(), 0..4_u8).prop_map(|(properties, picked, additional)| {
                let required: Vec<&String> = properties
                    .keys()
                    .enumerate()
                    .filter(|(at, _)| picked >> at & 1 == 1)
                    .map(|(_, name)| name)
                    .collect();
                let mut schema = json!({"type": "object", "properties": properties, "required": required});
                match additional {
                    1 => schema["additionalProperties"] = json!(false),
                    2 => {
                        schema["additionalProperties"] = json!({"type": "integer"});
                        schema["minProperties"] = json!(7);
                    }
                    3 => {
                        schema["patternProperties"] = json!({"^x-[a-z]+$": {"type": "boolean"}});
                        schema["propertyNames"] = json!({"minLength": 1});
                    }
                    _ => {}
                }
                schema
            });
            let arrays = (inner.clone(), range("minItems", "maxItems", 6)).prop_map(|(items, mut fields)| {
                fields.push(("type", json!("array")));
                fields.push(("items", items));
                object(fields)
            });
            let tuples = (inner.clone(), inner.clone()).prop_map(|(first, rest)| {
                json!({"type": "array", "prefixItems": [first, {"type": "integer"}], "items": rest})
            });
            let sets = Just(json!({"type": "array", "uniqueItems": true, "minItems": 3, "items": {"enum": [1, 2, 3, "3"]}}));
            let containing = Just(json!({
                "type": "array", "contains": {"type": "integer", "minimum": 5}, "minContains": 2, "maxContains": 3,
                "items": {"type": ["integer", "string"]}
            }));
            let choices = (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"anyOf": [a, b]}));
            let exclusive = (inner.clone(), inner.clone()).prop_map(|(a, b)| {
                json!({"oneOf": [
                    {"type": "object", "required": ["kind", "v"], "properties": {"kind": {"const": "a"}, "v": a}},
                    {"type": "object", "required": ["kind", "v"], "properties": {"kind": {"const": "b"}, "v": b}},
                ]})
            });
            let merged = (inner.clone(), inner.clone()).prop_map(|(a, b)| {
                json!({"allOf": [
                    {"type": "object", "required": ["left"], "properties": {"left": a}},
                    {"properties": {"right": b}, "required": ["right"]},
                ], "unevaluatedProperties": false})
            });
            let conditional = inner.clone().prop_map(|value| {
                json!({
                    "type": "object",
                    "properties": {"on": {"type": "boolean"}, "value": value},
                    "required": ["on"],
                    "if": {"properties": {"on": {"const": true}}},
                    "then": {"required": ["value"]},
                    "else": {"properties": {"off": {"type": "string"}}, "required": ["off"]},
                })
            });
            let dependent = inner.prop_map(|value| {
                json!({
                    "type": "object",
                    "properties": {"card": {"type": "integer"}},
                    "dependentRequired": {"card": ["address"]},
                    "dependentSchemas": {"card": {"properties": {"address": value}}},
                    "not": {"required": ["forbidden"]},
                })
            });
            prop_oneof![
                4 => objects, 2 => arrays, 1 => tuples, 1 => sets, 1 => containing, 2 => choices, 1 => exclusive,
                1 => merged, 1 => conditional, 1 => dependent,
            ]
        })
        .prop_map(with_definitions)
}

/// A schema of keywords thrown together; perhaps nothing satisfies it.
pub(crate) fn wild() -> impl Strategy<Value = Value> {
    leaf()
        .prop_recursive(3, 30, 4, |inner| {
            let fields = vec![
                inner.clone().prop_map(|schema| ("not", schema)).boxed(),
                inner.clone().prop_map(|schema| ("items", schema)).boxed(),
                inner
                    .clone()
                    .prop_map(|schema| ("contains", schema))
                    .boxed(),
                inner.clone().prop_map(|schema| ("if", schema)).boxed(),
                inner.clone().prop_map(|schema| ("then", schema)).boxed(),
                inner.clone().prop_map(|schema| ("else", schema)).boxed(),
                inner
                    .clone()
                    .prop_map(|schema| ("additionalProperties", schema))
                    .boxed(),
                inner
                    .clone()
                    .prop_map(|schema| ("unevaluatedProperties", schema))
                    .boxed(),
                inner
                    .clone()
                    .prop_map(|schema| ("unevaluatedItems", schema))
                    .boxed(),
                inner
                    .clone()
                    .prop_map(|schema| ("propertyNames", schema))
                    .boxed(),
                prop::collection::vec(inner.clone(), 1..4)
                    .prop_map(|list| ("oneOf", json!(list)))
                    .boxed(),
                prop::collection::vec(inner.clone(), 1..4)
                    .prop_map(|list| ("anyOf", json!(list)))
                    .boxed(),
                prop::collection::vec(inner.clone(), 1..3)
                    .prop_map(|list| ("allOf", json!(list)))
                    .boxed(),
                prop::collection::vec(inner.clone(), 1..3)
                    .prop_map(|list| ("prefixItems", json!(list)))
                    .boxed(),
                prop::collection::btree_map(name(), inner.clone(), 0..3)
                    .prop_map(|map| ("properties", json!(map)))
                    .boxed(),
                prop::collection::btree_map(name(), inner.clone(), 0..3)
                    .prop_map(|map| ("dependentSchemas", json!(map)))
                    .boxed(),
                inner
                    .prop_map(|schema| ("patternProperties", json!({"^[ab]": schema})))
                    .boxed(),
                prop::collection::vec(name(), 0..3)
                    .prop_map(|mut names| {
                        names.sort();
                        names.dedup();
                        ("required", json!(names))
                    })
                    .boxed(),
                prop::sample::select(vec![
                    json!("object"),
                    json!("array"),
                    json!(["object", "string"]),
                ])
                .prop_map(|kind| ("type", kind))
                .boxed(),
                (0..4_u8)
                    .prop_map(|size| ("minProperties", json!(size)))
                    .boxed(),
                (0..4_u8)
                    .prop_map(|size| ("maxProperties", json!(size)))
                    .boxed(),
                (0..4_u8).prop_map(|size| ("minItems", json!(size))).boxed(),
                (0..4_u8).prop_map(|size| ("maxItems", json!(size))).boxed(),
                Just(("uniqueItems", json!(true))).boxed(),
                Just(("dependentRequired", json!({"a": ["b"]}))).boxed(),
            ];
            prop::collection::vec(proptest::strategy::Union::new(fields), 1..5).prop_map(|fields| {
                let fields: Map<String, Value> = fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect();
                Value::Object(fields)
            })
        })
        .prop_map(with_definitions)
}
