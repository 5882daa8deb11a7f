//! Introspection: section 4.

use serde_json::json;

use crate::support::{SDL, api, api_of, data, refusal};

#[test]
fn types_tell_of_themselves() {
    let told = data(
        &api(),
        r#"{
          __schema { description queryType { name } mutationType { name } subscriptionType { name } }
          date: __type(name: "DateTime") { kind name specifiedByURL isOneOf ofType { name } fields { name } }
          by: __type(name: "UserBy") { kind isOneOf inputFields { name } }
          style: __type(name: "Style") { isOneOf inputFields { name defaultValue type { kind ofType { name } } } }
          named: __type(name: "Named") { kind possibleTypes { name } interfaces { name } }
          result: __type(name: "SearchResult") { kind possibleTypes { name } fields { name } }
          nothing: __type(name: "Nothing") { name }
        }"#,
    );
    assert_eq!(
        told,
        json!({
            "__schema": {
                "description": "A shop.", "queryType": {"name": "Query"},
                "mutationType": {"name": "Mutation"}, "subscriptionType": {"name": "Subscription"},
            },
            "date": {
                "kind": "SCALAR", "name": "DateTime", "isOneOf": null, "ofType": null, "fields": null,
                "specifiedByURL": "https://scalars.graphql.org/andimarek/date-time",
            },
            "by": {"kind": "INPUT_OBJECT", "isOneOf": true, "inputFields": [{"name": "id"}, {"name": "email"}]},
            "style": {"isOneOf": false, "inputFields": [
                {"name": "bold", "defaultValue": "false", "type": {"kind": "SCALAR", "ofType": null}},
                {"name": "size", "defaultValue": "12", "type": {"kind": "NON_NULL", "ofType": {"name": "Int"}}},
            ]},
            "named": {"kind": "INTERFACE", "possibleTypes": [{"name": "User"}, {"name": "Product"}], "interfaces": []},
            "result": {"kind": "UNION", "fields": null,
                "possibleTypes": [{"name": "User"}, {"name": "Order"}, {"name": "Product"}]},
            "nothing": null,
        })
    );
}

#[test]
fn deprecated_things_are_shown_on_request() {
    let told = data(
        &api(),
        r#"{
          role: __type(name: "Role") { enumValues { name } all: enumValues(includeDeprecated: true) { name isDeprecated deprecationReason } }
          user: __type(name: "User") {
            fields { name args { name } }
            all: fields(includeDeprecated: true) { name isDeprecated deprecationReason args(includeDeprecated: true) { name defaultValue isDeprecated deprecationReason } }
          }
        }"#,
    );
    assert_eq!(
        told["role"]["enumValues"],
        json!([{"name": "ADMIN"}, {"name": "GUEST"}])
    );
    assert_eq!(
        told["role"]["all"][1],
        json!({"name": "MEMBER", "isDeprecated": true, "deprecationReason": "use GUEST"})
    );
    let names = |list: &serde_json::Value| list.as_array().unwrap().len();
    assert_eq!(
        names(&told["user"]["fields"]) + 1,
        names(&told["user"]["all"])
    );
    let all = told["user"]["all"].as_array().unwrap();
    let field = |name: &str| all.iter().find(|field| field["name"] == name).unwrap();
    assert_eq!(field("old")["deprecationReason"], "No longer supported");
    assert_eq!(
        field("nick")["args"],
        json!([
            {"name": "upper", "defaultValue": null, "isDeprecated": true, "deprecationReason": "no"},
            {"name": "style", "defaultValue": "{bold: true}", "isDeprecated": false, "deprecationReason": null},
        ])
    );
    let shown = told["user"]["fields"].as_array().unwrap();
    let nick = shown.iter().find(|field| field["name"] == "nick").unwrap();
    assert_eq!(nick["args"], json!([{"name": "style"}]));
}

#[test]
fn directives_tell_of_themselves() {
    let told = data(
        &api(),
        "{ __schema { directives { name isRepeatable locations args { name defaultValue } } } }",
    );
    let directives = told["__schema"]["directives"].as_array().unwrap();
    let names: Vec<_> = directives
        .iter()
        .map(|d| d["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "cached",
            "audit",
            "include",
            "skip",
            "deprecated",
            "specifiedBy",
            "oneOf"
        ]
    );
    assert_eq!(
        directives[0],
        json!({"name": "cached", "isRepeatable": true, "locations": ["FIELD", "QUERY"],
            "args": [{"name": "seconds", "defaultValue": "60"}]})
    );
}

#[test]
fn every_object_tells_its_type() {
    assert_eq!(
        data(
            &api(),
            "{ __typename me { __typename t: __typename } __schema { __typename types { __typename } } }"
        )["me"],
        json!({"__typename": "User", "t": "User"})
    );
    assert_eq!(
        refusal("mutation { __schema { description } }"),
        "Cannot query field \"__schema\" on type \"Mutation\"."
    );
}

#[test]
fn introspection_types_are_in_the_schema_once() {
    let sdl = format!("{SDL} type __Type {{ kind: Int }}");
    let told = data(
        &api_of(&sdl, json!({}), efsm_graphql::Limits::default()),
        "{ __schema { types { name } } }",
    );
    let types = told["__schema"]["types"].as_array().unwrap();
    assert_eq!(types.iter().filter(|ty| ty["name"] == "__Type").count(), 1);
    assert!(!types.iter().any(|ty| ty["name"] == "__Meta"));
}
