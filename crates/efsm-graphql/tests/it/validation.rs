//! Which documents are executed: section 5, rule by rule.

use crate::support::{api, ask, messages, refusal};

#[test]
fn one_broken_rule_is_told_in_one_sentence() {
    for (query, expected) in [
        // 5.2 operations
        (
            "query A { me { id } } query A { me { id } }",
            "There can be only one operation named \"A\".",
        ),
        (
            "{ me { id } } query A { me { id } }",
            "This anonymous operation must be the only defined operation.",
        ),
        (
            "subscription { tick userChanged { id } }",
            "Anonymous Subscription must select only one top level field.",
        ),
        (
            "subscription S { ...F } fragment F on Subscription { tick t: tick }",
            "Subscription \"S\" must select only one top level field.",
        ),
        (
            "subscription { __typename }",
            "Anonymous Subscription must not select an introspection top level field.",
        ),
        (
            "subscription { tick @skip(if: true) }",
            "Anonymous Subscription must not use `@skip` or `@include` directives in the top level selection.",
        ),
        // 5.3 fields
        (
            "{ me { nam } }",
            "Cannot query field \"nam\" on type \"User\". Did you mean \"name\"?",
        ),
        (
            "{ search(filter: {text: \"\"}) { total } }",
            "Cannot query field \"total\" on type \"SearchResult\". Did you mean to use an inline fragment on \"Order\"?",
        ),
        (
            "{ node(id: 1) { name } }",
            "Cannot query field \"name\" on type \"Node\". Did you mean to use an inline fragment on \"User\"?",
        ),
        (
            "{ me }",
            "Field \"me\" of type \"User!\" must have a selection of subfields. Did you mean \"me { ... }\"?",
        ),
        (
            "{ me { id { x } } }",
            "Field \"id\" must not have a selection since type \"ID!\" has no subfields.",
        ),
        (
            "{ me { a: id a: name } }",
            "Fields \"a\" conflict because \"id\" and \"name\" are different fields. Use different aliases on the fields to fetch both if this was intentional.",
        ),
        (
            "{ number(value: 1) number }",
            "Fields \"number\" conflict because they have differing arguments. Use different aliases on the fields to fetch both if this was intentional.",
        ),
        (
            "{ me { id } me { id: name } }",
            "Fields \"me\" conflict because subfields \"id\" conflict because \"id\" and \"name\" are different fields. Use different aliases on the fields to fetch both if this was intentional.",
        ),
        (
            "{ search(filter: {text: \"\"}) { ... on User { x: name } ... on Order { x: total } } }",
            "Fields \"x\" conflict because they return conflicting types \"String!\" and \"Float!\". Use different aliases on the fields to fetch both if this was intentional.",
        ),
        // 5.4 arguments
        (
            "{ user(id: 1, i: 2) { id } }",
            "Unknown argument \"i\" on field \"Query.user\". Did you mean \"id\"?",
        ),
        (
            "{ user(id: 1, id: 1) { id } }",
            "There can be only one argument named \"id\".",
        ),
        (
            "{ user { id } }",
            "Field \"user\" argument \"id\" of type \"ID!\" is required, but it was not provided.",
        ),
        // 5.5 fragments
        (
            "{ ...F ...F } fragment F on Query { me { id } } fragment F on Query { me { id } }",
            "There can be only one fragment named \"F\".",
        ),
        ("{ ...F }", "Unknown fragment \"F\"."),
        ("{ ... on Zzz { id } }", "Unknown type \"Zzz\"."),
        (
            "{ me { ... on Role { id } } }",
            "Fragment cannot condition on non composite type \"Role\".",
        ),
        (
            "{ me { ...F } } fragment F on Role { id }",
            "Fragment \"F\" cannot condition on non composite type \"Role\".",
        ),
        (
            "{ me { id } } fragment F on User { id }",
            "Fragment \"F\" is never used.",
        ),
        (
            "{ me { ...F } } fragment F on User { id ...F }",
            "Cannot spread fragment \"F\" within itself.",
        ),
        (
            "{ me { ...A } } fragment A on User { id friends { ...B } } fragment B on User { ...A }",
            "Cannot spread fragment \"A\" within itself via \"B\".",
        ),
        (
            "{ me { ... on Order { id } } }",
            "Fragment cannot be spread here as objects of type \"User\" can never be of type \"Order\".",
        ),
        (
            "{ me { ...F } } fragment F on Order { id }",
            "Fragment \"F\" cannot be spread here as objects of type \"User\" can never be of type \"Order\".",
        ),
        // 5.6 values
        (
            "{ number(value: \"1\") }",
            "Int cannot represent non-integer value: \"1\"",
        ),
        (
            "{ number(value: 2147483648) }",
            "Int cannot represent non 32-bit signed integer value: 2147483648",
        ),
        (
            "{ number(float: \"1\") }",
            "Float cannot represent non numeric value: \"1\"",
        ),
        (
            "{ number(flag: 1) }",
            "Boolean cannot represent a non boolean value: 1",
        ),
        (
            "{ number(text: 1) }",
            "String cannot represent a non string value: 1",
        ),
        (
            "{ user(id: 1.5) { id } }",
            "ID cannot represent a non-string and non-integer value: 1.5",
        ),
        (
            "{ user(id: null) { id } }",
            "Expected value of type \"ID!\", found null.",
        ),
        (
            "{ users(role: ADMI) { id } }",
            "Value \"ADMI\" does not exist in \"Role\" enum. Did you mean the enum value \"ADMIN\"?",
        ),
        (
            "{ users(role: \"ADMIN\") { id } }",
            "Enum \"Role\" cannot represent non-enum value: \"ADMIN\". Did you mean the enum value \"ADMIN\"?",
        ),
        (
            "{ search(filter: 1) { __typename } }",
            "Expected value of type \"Filter!\", found 1.",
        ),
        (
            "{ search(filter: {}) { __typename } }",
            "Field \"Filter.text\" of required type \"String!\" was not provided.",
        ),
        (
            "{ search(filter: {text: \"\", txt: 1}) { __typename } }",
            "Field \"txt\" is not defined by type \"Filter\". Did you mean \"text\"?",
        ),
        (
            "{ search(filter: {text: \"\", text: \"\"}) { __typename } }",
            "There can be only one input field named \"text\".",
        ),
        (
            "{ find(by: {}) { id } }",
            "OneOf Input Object \"UserBy\" must specify exactly one key.",
        ),
        (
            "{ find(by: {id: 1, email: \"\"}) { id } }",
            "OneOf Input Object \"UserBy\" must specify exactly one key.",
        ),
        (
            "{ find(by: {id: null}) { id } }",
            "Field \"UserBy.id\" must be non-null.",
        ),
        // 5.7 directives
        ("{ me @nothing { id } }", "Unknown directive \"@nothing\"."),
        (
            "{ me @deprecated { id } }",
            "Directive \"@deprecated\" may not be used on FIELD.",
        ),
        (
            "{ me @skip(if: true) @skip(if: false) { id } }",
            "The directive \"@skip\" can only be used once at this location.",
        ),
        (
            "{ me @skip { id } }",
            "Directive \"@skip\" argument \"if\" of type \"Boolean!\" is required, but it was not provided.",
        ),
        (
            "{ me @skip(if: true, of: 1) { id } }",
            "Unknown argument \"of\" on directive \"@skip\". Did you mean \"if\"?",
        ),
        // 5.8 variables
        (
            "query ($a: ID!, $a: ID!) { user(id: $a) { id } }",
            "There can be only one variable named \"$a\".",
        ),
        (
            "query ($a: Int = \"x\") { number(value: $a) }",
            "Int cannot represent non-integer value: \"x\"",
        ),
        ("{ user(id: $a) { id } }", "Variable \"$a\" is not defined."),
        (
            "query Q { ...F } fragment F on Query { user(id: $a) { id } }",
            "Variable \"$a\" is not defined by operation \"Q\".",
        ),
        (
            "query Q($a: ID) { me { id } }",
            "Variable \"$a\" is never used in operation \"Q\".",
        ),
        (
            "query ($a: ID) { user(id: $a) { id } }",
            "Variable \"$a\" of type \"ID\" used in position expecting type \"ID!\".",
        ),
        (
            "query ($a: [Int]) { number(value: $a) }",
            "Variable \"$a\" of type \"[Int]\" used in position expecting type \"Int\".",
        ),
        (
            "query ($a: ID) { find(by: {id: $a}) { id } }",
            "Variable \"$a\" is of type \"ID\" but must be non-nullable to be used for OneOf Input Object \"UserBy\".",
        ),
    ] {
        assert_eq!(refusal(query), expected, "{query}");
    }
}

#[test]
fn documents_of_every_kind_are_valid() {
    for query in [
        "query A { me { id } } query B { me { id } }",
        "{ me { id id ... { id } ...F } } fragment F on User { id }",
        "{ search(filter: {text: \"\"}) { ... on User { x: id } ... on Order { x: id } } }",
        "query ($a: Int) { number(value: $a) }",
        "query ($a: ID! = 1) { user(id: $a) { id } }",
        "query ($a: ID = 1) { user(id: $a) { id } }",
        "query ($a: Int! @audit(by: \"x\")) @cached @cached(seconds: 1) { number(value: $a) }",
        "query ($a: ID!) { find(by: {id: $a}) { id } }",
        "{ users(ids: 1) { id } }",
        "{ number(float: 3) }",
        "{ me { nick(style: {size: 3}) } }",
        "subscription { ...F } fragment F on Subscription { tick }",
        "{ me { ... on Node { id } ... on Named { name } } }",
        "{ node(id: 1) { ... on Named { name } } }",
    ] {
        let response = ask(&api(), query);
        let refusals: Vec<_> = messages(&response)
            .into_iter()
            .filter(|message| {
                !message.starts_with("Must provide operation name")
                    && !message.starts_with("Variable")
            })
            .collect();
        assert_eq!(refusals, [] as [&str; 0], "{query}");
    }
}

#[test]
fn every_broken_rule_is_told_at_once() {
    let response = ask(&api(), "{ a b @c me { d } }");
    assert_eq!(messages(&response).len(), 4);
    assert_eq!(
        response["errors"][3]["locations"],
        serde_json::json!([{"line": 1, "column": 15}])
    );
    assert_eq!(
        response["errors"][0]["extensions"]["code"],
        "GRAPHQL_VALIDATION_FAILED"
    );
}

#[test]
fn operations_need_a_root_type() {
    let api = crate::support::api_of(
        "type Query { a: Int }",
        serde_json::json!({}),
        efsm_graphql::Limits::default(),
    );
    assert_eq!(
        messages(&ask(&api, "mutation { a }")),
        ["Schema is not configured to execute mutation operation."]
    );
}
