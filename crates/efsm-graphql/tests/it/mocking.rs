//! The data that is made up, and what the user says of it.

use efsm_graphql::{
    Api, Event, GraphQlRequest, Limits, MockOptions, OverrideError, Schema, Timestamp,
};
use serde_json::{Map, Value, json};

use crate::support::{SDL, api, api_with, ask, ask_with, data};

#[test]
fn one_seed_gives_one_world() {
    let query = "{ me { id name email orders { nodes { id total } } } named { name } }";
    assert_eq!(data(&api(), query), data(&api(), query));
    let other = MockOptions {
        seed: 1,
        ..MockOptions::default()
    };
    let other = Api::new(Schema::parse(SDL).unwrap(), &other, Limits::default()).unwrap();
    assert_ne!(data(&other, query), data(&api(), query));
}

#[test]
fn a_value_does_not_depend_on_what_else_is_asked() {
    let alone = data(&api(), "{ me { email } }")["me"]["email"].clone();
    let among = data(
        &api(),
        "{ order(id: 1) { total } you: me { name mail: email friends { email } } }",
    );
    assert_eq!(among["you"]["mail"], alone);
    assert_ne!(among["you"]["friends"][0]["email"], alone);
}

#[test]
fn arguments_make_a_difference() {
    let both = data(
        &api(),
        "{ a: user(id: 1) { name email } b: user(id: 2) { name email } c: user(id: 1) { name email } }",
    );
    assert_eq!(both["a"], both["c"]);
    assert_ne!(both["a"], both["b"]);
}

#[test]
fn what_is_fetched_by_its_id_has_that_id_and_is_the_same_everywhere() {
    let users = data(&api(), "{ users(first: 3) { id name email } }")["users"].clone();
    assert_eq!(users.as_array().unwrap().len(), 3);
    for user in users.as_array().unwrap() {
        let query = "query ($id: ID!) { user(id: $id) { id name email } }";
        let again = ask_with(&api(), query, json!({"id": user["id"]}));
        assert_eq!(again["data"]["user"], *user);
        // Ids of the type Node tell the type.
        let query = "query ($id: ID!) { node(id: $id) { __typename id ... on User { name } } }";
        let node = ask_with(&api(), query, json!({"id": user["id"]}));
        assert_eq!(
            node["data"]["node"],
            json!({"__typename": "User", "id": user["id"], "name": user["name"]})
        );
    }
    let listed = data(&api(), "{ users(ids: [\"7\", \"8\"]) { id } }");
    assert_eq!(listed["users"], json!([{"id": "7"}, {"id": "8"}]));
    let filtered = data(&api(), "{ users(role: ADMIN) { role } }");
    assert!(
        filtered["users"]
            .as_array()
            .unwrap()
            .iter()
            .all(|user| user["role"] == "ADMIN")
    );
}

#[test]
fn names_and_types_guide_values() {
    let user = data(
        &api(),
        "{ me { email createdAt birthday website token extra balance views name } }",
    )["me"]
        .clone();
    let text = |field: &str| user[field].as_str().unwrap_or_default().to_owned();
    assert!(text("email").contains('@'));
    assert!(text("createdAt").parse::<Timestamp>().is_ok(), "{user}");
    assert_eq!(text("birthday").len(), 10);
    assert!(text("website").starts_with("https://"));
    assert_eq!(text("token").len(), 36);
    assert!(user["extra"].is_object() && user["views"].is_i64());
    assert!(text("balance").parse::<f64>().is_ok());
    assert!(text("name").contains(' '));
}

#[test]
fn deprecated_enum_values_are_not_drawn() {
    let users = data(&api(), "{ users(first: 100) { role } }")["users"].clone();
    let roles: Vec<_> = users
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles.len(), 100);
    assert!(roles.contains(&"ADMIN") && roles.contains(&"GUEST") && !roles.contains(&"MEMBER"));
}

#[test]
fn pages_are_of_one_piece() {
    let page = data(
        &api(),
        "{ me { orders(first: 7) { totalCount pageInfo { hasNextPage hasPreviousPage } nodes { id } edges { node { id total } } } } }",
    );
    let orders = &page["me"]["orders"];
    let ids = |items: &Value, pointer: &str| -> Vec<Value> {
        items
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item.pointer(pointer).unwrap().clone())
            .collect()
    };
    assert_eq!(
        ids(&orders["nodes"], "/id"),
        ids(&orders["edges"], "/node/id")
    );
    assert_eq!(orders["nodes"].as_array().unwrap().len(), 7);
    assert_eq!(orders["totalCount"], 7);
    assert_eq!(
        orders["pageInfo"],
        json!({"hasNextPage": false, "hasPreviousPage": false})
    );
}

#[test]
fn mutations_return_what_was_sent() {
    let query = "mutation ($input: UserInput!) {
        createUser(input: $input, clientMutationId: \"c1\") {
            clientMutationId success userErrors { message } user { id name email role tags }
        }
    }";
    let input = json!({"name": "Ada", "email": "ada@example.org", "tags": ["a", "b"]});
    let response = ask_with(&api(), query, json!({"input": input}));
    let payload = &response["data"]["createUser"];
    let id = payload["user"]["id"].clone();
    assert!(id.is_string());
    assert_eq!(
        *payload,
        json!({"clientMutationId": "c1", "success": true, "userErrors": [],
            "user": {"id": id, "name": "Ada", "email": "ada@example.org", "role": "GUEST", "tags": ["a", "b"]}})
    );
    let updated = data(
        &api(),
        "mutation { updateUser(id: 9, name: \"Bo\") { id name } deleteUser(id: 9) }",
    );
    assert_eq!(
        updated,
        json!({"updateUser": {"id": "9", "name": "Bo"}, "deleteUser": true})
    );
}

#[test]
fn mutations_succeed() {
    for number in 0..20 {
        let query = format!(
            "mutation {{ signUp(email: \"a{number}@example.org\") {{ __typename ... on User {{ email }} }} }}"
        );
        let result = data(&api(), &query)["signUp"].clone();
        // EmailTaken does not look like a failure by its name; SignupError does.
        assert_ne!(result["__typename"], "SignupError");
        if result["__typename"] == "User" {
            assert_eq!(result["email"], format!("a{number}@example.org"));
        }
    }
}

#[test]
fn overrides_are_taken_from_the_nearest() {
    let api = api_with(json!({
        "User": {"name": "Ada", "email": "ada@example.org"},
        "User.email": "nearer@example.org",
        "Query.user": {"name": "Bob"},
        "Named": {"name": "Any name"},
        "DateTime": "2020-01-01T00:00:00Z",
        "Role": "GUEST",
    }));
    let found = data(
        &api,
        "{ me { name email role createdAt } user(id: 4) { id name email } named { __typename name } }",
    );
    assert_eq!(
        found["me"],
        json!({"name": "Ada", "email": "nearer@example.org", "role": "GUEST", "createdAt": "2020-01-01T00:00:00Z"})
    );
    assert_eq!(
        found["user"],
        json!({"id": "4", "name": "Bob", "email": "nearer@example.org"})
    );
    for named in found["named"].as_array().unwrap() {
        let expected = if named["__typename"] == "User" {
            "Ada"
        } else {
            "Any name"
        };
        assert_eq!(named["name"], expected);
    }
}

#[test]
fn overrides_say_lists_choices_templates_and_types() {
    let api = api_with(json!({
        "Query.named": [{"__typename": "Product", "name": "P{{index}}"}, {"__typename": "User"}],
        "User.friends": {"$length": 2, "$of": {"name": "Friend {{index}} of {{args.first}}"}},
        "User.tags": {"$length": 5},
        "User.role": {"$oneOf": ["ADMIN", "MEMBER"]},
        "Query.user": {"name": "User {{args.id}}", "extra": {"any": ["thing", 1]}},
        "Order.total": "{{args.nothing}}12.5",
        "Query.users": [],
    }));
    let found = data(
        &api,
        "{ named { __typename name } user(id: 6) { name role tags extra friends { name } } order(id: 1) { total } users { id } }",
    );
    assert_eq!(
        found["named"][0],
        json!({"__typename": "Product", "name": "P0"})
    );
    assert_eq!(found["named"][1]["__typename"], "User");
    let user = &found["user"];
    assert_eq!(user["name"], "User 6");
    assert_eq!(
        user["friends"],
        json!([{"name": "Friend 0 of 3"}, {"name": "Friend 1 of 3"}])
    );
    assert_eq!(user["tags"].as_array().unwrap().len(), 5);
    assert!(user["role"] == "ADMIN" || user["role"] == "MEMBER");
    assert_eq!(user["extra"], json!({"any": ["thing", 1]}));
    assert_eq!(found["order"]["total"], 12.5);
    assert_eq!(found["users"], json!([]));
}

#[test]
fn overrides_that_fit_nothing_are_refused() {
    for (overrides, expected) in [
        (
            json!({"Usr": {}}),
            "override \"Usr\": the schema has no type \"Usr\". Did you mean \"User\" or \"URL\"?",
        ),
        (
            json!({"User.nam": 1}),
            "override \"User.nam\": type \"User\" has no field \"nam\". Did you mean \"name\"?",
        ),
        (
            json!({"User": {"nam": 1}}),
            "override \"User\": type \"User\" has no field \"nam\". Did you mean \"name\"?",
        ),
        (
            json!({"User": 1}),
            "override \"User\": an object with the type's fields is expected",
        ),
        (
            json!({"User.name": "{{#if}}"}),
            "override \"User.name\": bad template: ",
        ),
        (
            json!({"User.name": {"$eror": "x"}}),
            "override \"User.name\": $eror is none of $error, $length, $oneOf",
        ),
        (
            json!({"User.name": {"$oneOf": []}}),
            "override \"User.name\": $oneOf must be a list of values, at least one",
        ),
        (
            json!({"User.tags": {"$length": 1e9}}),
            "override \"User.tags\": $length must be a number up to 100000",
        ),
        (
            json!({"SearchResult.name": 1}),
            "override \"SearchResult.name\": use Type.field or a type's name; unions and input objects have no fields of their own",
        ),
    ] {
        let options = MockOptions {
            overrides: overrides.as_object().unwrap().clone(),
            ..MockOptions::default()
        };
        let refused: Result<Api, OverrideError> =
            Api::new(Schema::parse(SDL).unwrap(), &options, Limits::default());
        let message = refused.unwrap_err().to_string();
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn events_of_a_subscription_differ_and_can_be_told() {
    let api = api();
    let request = GraphQlRequest::new("subscription { changed: userChanged { id name } }");
    let prepared = api.prepare(&request).unwrap();
    assert_eq!(prepared.subscribed_field(), Some("userChanged"));
    let run = |event: &Event| {
        api.execute(&prepared, Timestamp::UNIX_EPOCH, Some(event))
            .to_json()
    };
    let numbered = |number| {
        run(&Event {
            number,
            data: Map::new(),
        })
    };
    assert_eq!(numbered(1), numbered(1));
    assert_ne!(numbered(1), numbered(2));
    let data = json!({"userChanged": {"id": "5", "name": "Told {{index}}"}});
    let told = run(&Event {
        number: 3,
        data: data.as_object().unwrap().clone(),
    });
    // What an event holds is data, not a template.
    assert_eq!(
        told["data"]["changed"],
        json!({"id": "5", "name": "Told {{index}}"})
    );
}

#[test]
fn what_clients_send_is_no_template() {
    let api = api();
    let response = ask(
        &api,
        "mutation { updateUser(id: 1, name: \"{{now}}\") { name } }",
    );
    assert_eq!(response["data"]["updateUser"]["name"], "{{now}}");
}
