//! `/users`, and the table of calls as a whole.

use efsm_auth::{AuthError, User};
use efsm_core::{Limits, Service as _};
use serde_json::json;

use crate::{JSON, auth, auth_in, call, context_with, post_json};

#[tokio::test]
async fn users_are_registered_replaced_listed_and_removed() {
    let auth = auth();
    let user = json!({"username": "carol/ü", "claims": {"email": "c@example.com"}});
    let answer = post_json(&auth, "/users", user.clone()).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (201, user.clone()));
    let changed = json!({"username": "carol/ü", "claims": {"email": "d@example.com"}});
    assert_eq!(
        post_json(&auth, "/users", changed.clone()).await.status,
        200
    );

    let shown = call(&auth, "GET", "/users/carol%2F%C3%BC", &[], "").await;
    assert_eq!((shown.status.as_u16(), shown.json()), (200, changed));
    let listed = call(&auth, "GET", "/users", &[], "").await.json();
    let names: Vec<_> = listed["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| &u["username"])
        .collect();
    assert_eq!(names, ["alice", "bob", "carol/ü"]);
    assert!(
        !listed.to_string().contains("b0b"),
        "passwords are not shown"
    );

    let removed = call(&auth, "DELETE", "/users/carol%2F%C3%BC", &[], "").await;
    assert_eq!(removed.json(), json!({"deleted": true}));
    let again = call(&auth, "DELETE", "/users/carol%2F%C3%BC", &[], "").await;
    assert_eq!(again.json(), json!({"deleted": false}));
    assert_eq!(
        call(&auth, "GET", "/users/carol", &[], "").await.status,
        404
    );
}

#[tokio::test]
async fn users_that_cannot_be_are_refused() {
    let auth = auth();
    for (body, why) in [
        (r#"{"username": 1}"#, "line 1 column 14"),
        (r#"{"claims": {}}"#, "missing field `username`"),
        (r#"{"username": "a", "claim": {}}"#, "unknown field `claim`"),
        (r#"{"username": ""}"#, "no name"),
        (r#"{"username": "a", "claims": {"exp": 1}}"#, "`exp`"),
        (r#"{"username": "a", "claims": {"sub": "b"}}"#, "`sub`"),
        (r#"{"username": "a", "claims": []}"#, "unexpected JSON"),
        ("{", "malformed JSON"),
        ("", "empty"),
    ] {
        let answer = call(&auth, "POST", "/users", &[JSON], body).await;
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, 400, "{body}");
        assert!(error.contains(why), "{body}: {error}");
    }
    let long = json!({"username": "x".repeat(257)});
    assert_eq!(post_json(&auth, "/users", long).await.status, 400);
    assert_eq!(auth.users().len(), 2);
}

#[test]
fn own_name_as_sub_is_no_contradiction() {
    let auth = auth();
    auth.add_user("dora", json!({"sub": "dora", "email": "d@example.com"}))
        .unwrap();
    assert_eq!(
        auth.user("dora").unwrap(),
        User::new("dora").with_claim("email", "d@example.com")
    );
    auth.add_user("eve", json!(null)).unwrap();
    assert!(matches!(
        auth.add_user("eve", json!("x")),
        Err(AuthError::ClaimsNotAnObject { found: "a string" })
    ));
}

#[tokio::test]
async fn users_past_the_memory_cap_are_not_stored() {
    let context = context_with(Limits {
        memory_bytes: 5_000,
        ..Limits::default()
    });
    let auth = auth_in(context.clone());
    let before = context.memory().used_bytes();
    let big = json!({"username": "big", "claims": {"bio": "x".repeat(5_000)}});
    let answer = post_json(&auth, "/users", big).await;
    assert_eq!(answer.status, 507);
    assert!(
        answer.text.contains("memory cap of 5000 bytes"),
        "{}",
        answer.text
    );
    assert_eq!(auth.users().len(), 2);
    assert_eq!(context.memory().used_bytes(), before);
    auth.add_user("small", json!({"a": 1})).unwrap();
    auth.add_user("small", json!({"a": 2})).unwrap();
    auth.remove_user("small");
    assert_eq!(context.memory().used_bytes(), before);
}

#[tokio::test]
async fn other_methods_and_paths_are_told_what_there_is() {
    let auth = auth();
    for (method, path, allow) in [
        ("GET", "/oauth/token", "POST"),
        ("PUT", "/oauth/token", "POST"),
        ("POST", "/oauth/userinfo", "GET, HEAD"),
        ("GET", "/oauth/introspect", "POST"),
        ("DELETE", "/users", "GET, HEAD, POST"),
        ("PUT", "/users/alice", "GET, HEAD, DELETE"),
        ("DELETE", "/issued", "GET, HEAD"),
    ] {
        let answer = call(&auth, method, path, &[], "").await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
    for path in ["/", "/oauth", "/oauth/token/", "/users/a/b", "/login"] {
        let answer = call(&auth, "GET", path, &[], "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.json()["hint"]
                .as_str()
                .unwrap()
                .contains("/oauth/token")
        );
    }
    assert_eq!(call(&auth, "GET", "/users/%FF", &[], "").await.status, 400);
}

#[test]
fn service_says_who_it_is() {
    let auth = auth();
    assert_eq!((auth.name(), auth.prefix()), ("auth", "/auth"));
}
