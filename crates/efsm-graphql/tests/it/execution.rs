//! Execution: section 6.

use efsm_graphql::{GraphQlRequest, Timestamp};
use serde_json::{Value, json};

use crate::support::{api, api_with, ask, ask_with, data, messages};

#[test]
fn fields_come_in_the_order_of_the_query() {
    let text = data(&api(), "{ b: me { name id } a: me { id } }").to_string();
    let places = ["\"b\"", "\"name\"", "\"id\"", "\"a\""].map(|key| text.find(key).unwrap());
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn fields_of_one_name_are_merged() {
    let merged = data(
        &api(),
        "{ me { friends { id } ...F } me { email } } fragment F on User { friends { name } }",
    );
    let friend = &merged["me"]["friends"][0];
    assert!(
        friend["id"].is_string() && friend["name"].is_string() && merged["me"]["email"].is_string()
    );
}

#[test]
fn fragments_apply_to_the_types_that_they_name() {
    let found = data(
        &api(),
        r#"{ search(filter: {text: "x"}) { __typename ...U ... on Order { total } ... on Named { label: name } } }
           fragment U on User { email }"#,
    );
    for result in found["search"].as_array().unwrap() {
        let keys: Vec<_> = result
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let expected: &[&str] = match result["__typename"].as_str().unwrap() {
            "User" => &["__typename", "email", "label"],
            "Order" => &["__typename", "total"],
            _ => &["__typename", "label"],
        };
        assert_eq!(keys, expected);
    }
}

#[test]
fn skip_and_include_are_obeyed() {
    let query = "query ($yes: Boolean!, $no: Boolean = false) {
        a: number @skip(if: $yes) b: number @include(if: $yes) c: number @include(if: $no)
        d: number @skip(if: true) @include(if: true) ... @include(if: $no) { e: number } ...F @skip(if: $no)
    } fragment F on Query { f: number }";
    let response = ask_with(&api(), query, json!({"yes": true}));
    let keys: Vec<_> = response["data"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(keys, ["b", "f"]);
}

#[test]
fn variables_are_coerced() {
    let api = api_with(json!({"User.nick": "{{args.style.size}} {{args.style.bold}}"}));
    let query = "query ($s: Style = {size: 4}) { me { nick(style: $s) } }";
    let nick = |variables: Value| ask_with(&api, query, variables)["data"]["me"]["nick"].clone();
    assert_eq!(nick(json!({})), "4 false");
    assert_eq!(nick(json!({"s": {}})), "12 false");
    assert_eq!(nick(json!({"s": {"bold": true, "size": 3.0}})), "3 true");
    let api = api_with(json!({"Query.users": [{"email": "{{args.ids}} {{args.role}}"}]}));
    let users = |variables: Value| {
        let query = "query ($i: [ID!], $r: Role) { users(ids: $i, role: $r) { email } }";
        ask_with(&api, query, variables)["data"]["users"][0]["email"].clone()
    };
    // One value is a list of one, and an id is a text.
    assert_eq!(
        users(json!({"i": 5, "r": "ADMIN"})),
        users(json!({"i": ["5"], "r": "ADMIN"}))
    );
}

#[test]
fn variables_of_the_wrong_kind_are_refused() {
    for (query, variables, expected) in [
        (
            "query ($a: ID!) { user(id: $a) { id } }",
            json!({}),
            "Variable \"$a\" of required type \"ID!\" was not provided.",
        ),
        (
            "query ($a: ID!) { user(id: $a) { id } }",
            json!({"a": null}),
            "Variable \"$a\" of non-null type \"ID!\" must not be null.",
        ),
        (
            "query ($a: Int) { number(value: $a) }",
            json!({"a": "1"}),
            "Variable \"$a\" got invalid value \"1\"; Int cannot represent non-integer value: \"1\"",
        ),
        (
            "query ($a: Int) { number(value: $a) }",
            json!({"a": 1.5}),
            "Variable \"$a\" got invalid value 1.5; Int cannot represent non-integer value: 1.5",
        ),
        (
            "query ($a: Int) { number(value: $a) }",
            json!({"a": 3_000_000_000_u64}),
            "Variable \"$a\" got invalid value 3000000000; Int cannot represent non 32-bit signed integer value: 3000000000",
        ),
        (
            "query ($a: Role) { users(role: $a) { id } }",
            json!({"a": "ADMI"}),
            "Variable \"$a\" got invalid value \"ADMI\"; Value \"ADMI\" does not exist in \"Role\" enum. Did you mean the enum value \"ADMIN\"?",
        ),
        (
            "query ($a: Role) { users(role: $a) { id } }",
            json!({"a": 1}),
            "Variable \"$a\" got invalid value 1; Enum \"Role\" cannot represent non-string value: 1.",
        ),
        (
            "query ($a: Filter!) { search(filter: $a) { __typename } }",
            json!({"a": 1}),
            "Variable \"$a\" got invalid value 1; Expected type \"Filter\" to be an object.",
        ),
        (
            "query ($a: Filter!) { search(filter: $a) { __typename } }",
            json!({"a": {}}),
            "Variable \"$a\" got invalid value {}; Field \"text\" of required type \"String!\" was not provided.",
        ),
        (
            "query ($a: Filter!) { search(filter: $a) { __typename } }",
            json!({"a": {"text": "", "roles": ["ADMIN", null]}}),
            "Variable \"$a\" got invalid value null at \"a.roles[1]\"; Expected non-nullable type \"Role!\" not to be null.",
        ),
        (
            "query ($a: Filter!) { search(filter: $a) { __typename } }",
            json!({"a": {"text": "", "x": 1}}),
            "Variable \"$a\" got invalid value {\"text\":\"\",\"x\":1}; Field \"x\" is not defined by type \"Filter\".",
        ),
        (
            "query ($a: UserBy!) { find(by: $a) { id } }",
            json!({"a": {}}),
            "Variable \"$a\" got invalid value {}; Exactly one key must be specified for OneOf type \"UserBy\".",
        ),
        (
            "query ($a: UserBy!) { find(by: $a) { id } }",
            json!({"a": {"id": null}}),
            "Variable \"$a\" got invalid value null at \"a.id\"; Field \"id\" must be non-null.",
        ),
    ] {
        let response = ask_with(&api(), query, variables);
        assert_eq!(messages(&response), [expected]);
        assert!(response.get("data").is_none());
        assert_eq!(
            response["errors"][0]["extensions"]["code"],
            "BAD_USER_INPUT"
        );
    }
}

#[test]
fn a_variable_without_a_value_leaves_the_default() {
    let api = api_with(json!({"Query.number": "{{args.value}}"}));
    let number =
        |query: &str, variables: Value| ask_with(&api, query, variables)["data"]["number"].clone();
    let query = "query ($a: Int) { number(value: $a) }";
    assert_eq!(number(query, json!({})), 5);
    assert_eq!(number(query, json!({"a": 6})), 6);
    let query = "query ($a: ID = 1) { user(id: $a) { id } }";
    let response = ask_with(&api, query, json!({"a": null}));
    assert_eq!(
        messages(&response),
        ["Argument \"id\" of non-null type \"ID!\" must not be null."]
    );
    assert_eq!(response["data"], json!({"user": null}));
    assert_eq!(response["errors"][0]["path"], json!(["user"]));
}

#[test]
fn the_operation_is_chosen_by_its_name() {
    let ask = |name: Option<&str>| {
        let request = GraphQlRequest {
            operation_name: name.map(str::to_owned),
            ..GraphQlRequest::new("query A { a: number } query B { b: number }")
        };
        api().answer(&request, Timestamp::UNIX_EPOCH).to_json()
    };
    assert!(ask(Some("B"))["data"]["b"].is_number());
    assert_eq!(
        messages(&ask(None)),
        ["Must provide operation name if query contains multiple operations."]
    );
    assert_eq!(
        messages(&ask(Some("C"))),
        ["Unknown operation named \"C\"."]
    );
}

#[test]
fn an_error_makes_its_field_null() {
    let api = api_with(
        json!({"User.website": {"$error": {"message": "no site", "extensions": {"code": "GONE"}}}}),
    );
    let response = ask(&api, "{ me { id\n website } }");
    assert!(response["data"]["me"]["id"].is_string());
    assert_eq!(response["data"]["me"]["website"], Value::Null);
    assert_eq!(
        response["errors"],
        json!([{"message": "no site", "locations": [{"line": 2, "column": 2}], "path": ["me", "website"],
            "extensions": {"code": "GONE"}}])
    );
}

#[test]
fn null_travels_up_to_what_may_be_null() {
    // Order.lines: [Line!], so an error in an item makes the list null.
    let api = api_with(json!({"Order.lines": [{"quantity": 1}, {"quantity": {"$error": "lost"}}]}));
    let response = ask(&api, "{ order(id: 1) { id lines { quantity } } }");
    assert_eq!(
        response["data"],
        json!({"order": {"id": "1", "lines": null}})
    );
    assert_eq!(
        response["errors"][0]["path"],
        json!(["order", "lines", 1, "quantity"])
    );

    // Query.strict: Order! and Order.total: Float!, so an error reaches the root.
    let api = api_with(json!({"Order.total": null}));
    let response = ask(&api, "{ strict { total } }");
    assert_eq!(response["data"], Value::Null);
    assert_eq!(
        messages(&response),
        ["Cannot return null for non-nullable field total."]
    );
    assert_eq!(
        ask(&api, "{ order(id: 1) { total } }")["data"],
        json!({"order": null})
    );

    // An item that is null itself, in a list whose items may be null.
    let api = api_with(json!({"OrderConnection.nodes": [null, {}]}));
    let nodes = data(&api, "{ me { orders { nodes { id } } } }")["me"]["orders"]["nodes"].clone();
    assert!(nodes[0].is_null() && nodes[1]["id"].is_string());
}

#[test]
fn values_that_their_type_cannot_give_are_errors() {
    for (overrides, query, expected) in [
        (
            json!({"Query.number": "many"}),
            "{ number }",
            "Int cannot represent non-integer value: \"many\"",
        ),
        (
            json!({"User.role": "KING"}),
            "{ user(id: 1) { role } }",
            "Enum \"Role\" cannot represent value: \"KING\"",
        ),
        (
            json!({"Order.lines": "none"}),
            "{ order(id: 1) { lines { quantity } } }",
            "The value is not of the type \"[Line!]\".",
        ),
        (
            json!({"Order.buyer": 3}),
            "{ order(id: 1) { buyer { id } } }",
            "Expected an object of type \"User\", found 3.",
        ),
        (
            json!({"Query.number": [1]}),
            "{ number }",
            "Int cannot represent non-integer value: [1]",
        ),
    ] {
        assert_eq!(messages(&ask(&api_with(overrides), query)), [expected]);
    }
}
