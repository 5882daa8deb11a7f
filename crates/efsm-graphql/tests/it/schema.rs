//! Schemas: section 3, and introspection results as schemas.

use efsm_graphql::Schema;
use serde_json::json;

use crate::support::{SDL, api, data};

fn problems(sdl: &str) -> Vec<String> {
    match Schema::parse(sdl) {
        Ok(_) => Vec::new(),
        Err(error) => error.0.into_iter().map(|problem| problem.message).collect(),
    }
}

#[test]
fn whole_schemas_are_taken() {
    for sdl in [
        SDL,
        "type Query { a: Int }",
        "schema { query: Q } type Q { a: Int }",
        "type Query extend type Query { a: Int }",
        "type Query { a: A } extend enum A { C } enum A { B } extend schema @link(url: \"x\")",
        "type Query { a: A } interface A implements B { b: Int } interface B { b: Int } type C implements A & B { b: Int! c: Int }",
        "type Query { a(i: I): Int } input I { i: I, j: [I!]!, k: Int! = 1 }",
        "type Query { a: U } union U = | A | B type A { a: Int } type B { a: Int }",
        "directive @deprecated(why: String) on FIELD_DEFINITION type Query { a: Int @deprecated(why: \"x\") }",
        "type Query { a: Int } type __Type { x: Int }",
    ] {
        assert_eq!(problems(sdl), [] as [&str; 0], "{sdl}");
    }
}

/// Looked for one in the other, the names of these would be compared some thousand million times.
#[test]
fn schemas_with_many_names_are_checked() {
    let names = |count: usize, prefix: &str, joint: &str| {
        let names: Vec<String> = (0..count).map(|n| format!("{prefix}{n}")).collect();
        names.join(joint)
    };
    let interfaces: Vec<String> = (0..400)
        .map(|n| match n {
            0 => "interface I0 { a: Int } ".to_owned(),
            n => format!(
                "interface I{n} implements {} {{ a: Int }} ",
                names(n, "I", " & ")
            ),
        })
        .collect();
    let query = "type Query { a: Int } ";
    assert_eq!(
        problems(&format!("{query}{}", interfaces.concat())),
        [] as [&str; 0]
    );
    let types: Vec<String> = (0..60_000)
        .map(|n| format!("type T{n} {{ a: Int }} "))
        .collect();
    let union = format!(
        "{query}{}union U = {} | T7",
        types.concat(),
        names(60_000, "T", " | ")
    );
    assert_eq!(
        problems(&union),
        ["Union type U can only include type T7 once."]
    );
    let arguments = names(60_000, "a", ": Int ");
    assert_eq!(
        problems(&format!(
            "type Query {{ f({arguments}: Int a7: Int): Int }}"
        )),
        ["Argument \"Query.f(a7:)\" can only be defined once."]
    );
}

#[test]
fn every_problem_of_a_schema_is_told() {
    for (sdl, expected) in [
        ("", "Syntax Error: Unexpected <EOF>."),
        ("type A { a: Int }", "Query root type must be provided."),
        ("schema { query: Q }", "Unknown type \"Q\"."),
        (
            "type Query { a: Strin }",
            "Unknown type \"Strin\". Did you mean \"String\"?",
        ),
        ("type Query", "Type Query must define one or more fields."),
        (
            "type Query { a: Int } type Query { a: Int }",
            "There can be only one type named \"Query\".",
        ),
        (
            "type Query { a: I } input I { a: Int }",
            "The type of Query.a must be Output Type but got: I.",
        ),
        (
            "type Query { a(b: Query): Int }",
            "The type of Query.a.b must be Input Type but got: Query.",
        ),
        (
            "type Query { a(b: Int, b: Int): Int }",
            "Argument \"Query.a(b:)\" can only be defined once.",
        ),
        (
            "type Query { __a: Int }",
            "Name \"__a\" must not begin with \"__\", which is reserved by GraphQL introspection.",
        ),
        (
            "type Query implements N { a: Int } interface N { id: ID }",
            "Interface field N.id expected but Query does not provide it.",
        ),
        (
            "type Query implements N { id: Int } interface N { id: ID }",
            "Interface field N.id expects type ID but Query.id is type Int.",
        ),
        (
            "type Query implements N { a(x: Int!): Int } interface N { a: Int }",
            "Object field Query.a includes required argument x that is missing from the Interface field N.a.",
        ),
        (
            "type Query implements N { a: Int } interface N { a(x: Int): Int }",
            "Interface field argument N.a(x:) expected but Query.a does not provide it.",
        ),
        (
            "type Query implements A { a: Int } interface A implements B { a: Int } interface B { a: Int }",
            "Type Query must implement B because it is implemented by A.",
        ),
        (
            "type Query implements Query { a: Int }",
            "Type Query must only implement Interface types, it cannot implement Query.",
        ),
        (
            "type Query { a: U } union U = Query | Int",
            "Union type U can only include Object types, it cannot include Int.",
        ),
        (
            "type Query { a: U } union U = Query | Query",
            "Union type U can only include type Query once.",
        ),
        (
            "type Query { a: E } enum E",
            "Enum type E must define one or more values.",
        ),
        (
            "type Query { a(i: I): Int } input I { i: J! } input J { i: I! }",
            "Invalid circular reference. The Input Object I references itself in the non-null field J.i.",
        ),
        (
            "type Query { a(i: I): Int } input I @oneOf { a: Int! }",
            "OneOf input field I.a must be nullable and have no default value.",
        ),
        (
            "type Query { a(i: Int! @deprecated): Int }",
            "Required argument Query.a(i:) cannot be deprecated.",
        ),
        (
            "schema { query: Q mutation: Q } type Q { a: Int }",
            "All root types must be different, \"Q\" is used more than once.",
        ),
        (
            "type Query { a: Int } extend type B { a: Int }",
            "Cannot extend type \"B\" because it is not defined.",
        ),
        (
            "type Query { a: Int } extend enum Query { A }",
            "Cannot extend type \"Query\" as a different kind; it is OBJECT.",
        ),
        (
            "type Query { a: Int } extend type Query { a: Int }",
            "Field \"Query.a\" already exists in the schema.",
        ),
        (
            "query { a }",
            "a schema holds no operations and no fragments",
        ),
        (
            "{\"a\": 1}",
            "the JSON is no introspection result: it needs `__schema`, or `data.__schema`, an object",
        ),
    ] {
        assert_eq!(problems(sdl), [expected], "{sdl}");
    }
}

#[test]
fn problems_are_listed_with_their_lines() {
    let error = Schema::parse("type Query {\n  a: A\n  b: B\n}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the GraphQL schema has 2 problem(s):\n  line 2, column 6: Unknown type \"A\".\n  line 3, column 6: Unknown type \"B\"."
    );
}

#[test]
fn fields_that_are_defined_twice_are_tolerated_and_told() {
    let schema = Schema::parse("type Query { a: Int\n a: ID }\nenum E { A A }").unwrap();
    assert_eq!(
        schema.warnings(),
        [
            "line 2: Field \"Query.a\" is defined more than once; the first one is served",
            "line 3: Enum value \"E.A\" is defined more than once; the first one is served"
        ]
    );
    let query = schema.ty("Query").unwrap();
    assert_eq!(query.field("a").unwrap().ty.to_string(), "Int");
}

#[test]
fn unknown_directives_are_tolerated_and_told() {
    let schema =
        Schema::parse("type Query @key(fields: \"a\") { a: Int @shareable b: Int @shareable }");
    let schema = schema.unwrap();
    assert_eq!(
        schema.warnings(),
        [
            "directive @key is used and not defined; it is ignored",
            "directive @shareable is used and not defined; it is ignored"
        ]
    );
}

/// The query of graphql-js with every option on.
pub(crate) const INTROSPECTION: &str = r"
query IntrospectionQuery {
  __schema {
    description
    queryType { name kind } mutationType { name kind } subscriptionType { name kind }
    types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) {
    name description
    args(includeDeprecated: true) { ...InputValue }
    type { ...TypeRef }
    isDeprecated deprecationReason
  }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue {
  name description type { ...TypeRef } defaultValue isDeprecated deprecationReason
}
fragment TypeRef on __Type {
  kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } }
}";

#[test]
fn an_introspection_result_is_the_schema_again() {
    let told = data(&api(), INTROSPECTION);
    for text in [told.to_string(), json!({ "data": told }).to_string()] {
        let again = crate::support::api_of(&text, json!({}), efsm_graphql::Limits::default());
        assert_eq!(data(&again, INTROSPECTION), told);
        let query = "{ me { id name friends { email } } }";
        assert_eq!(data(&again, query), data(&api(), query));
    }
}

#[test]
fn spoilt_introspection_results_are_refused() {
    for (json, expected) in [
        (json!({"__schema": {}}), "`__schema.types` must be a list"),
        (
            json!({"__schema": {"types": [{"kind": "OBJECT"}]}}),
            "an element of the introspection result has no name: {\"kind\":\"OBJECT\"}",
        ),
        (
            json!({"__schema": {"types": [{"kind": "THING", "name": "A"}]}}),
            "type A has the kind \"THING\", which is none of SCALAR, OBJECT, INTERFACE, UNION, ENUM, INPUT_OBJECT",
        ),
        (
            json!({"__schema": {"types": [{"kind": "OBJECT", "name": "A", "fields": [
                {"name": "a", "type": {"kind": "LIST", "ofType": null}}]}]}}),
            "a type reference is missing, or cut off: ask for more levels of `ofType` when introspecting",
        ),
    ] {
        assert_eq!(problems(&json.to_string()), [expected]);
    }
}
