//! The service as a part of a stack: snapshots, resets, counts, the journal.

use efsm_auth::{AuthService, GrantRequest};
use efsm_core::{Part, ResetDepth, RestoreError, Service as _};
use serde_json::{Value, json};

use crate::{auth_in, call, context, post_form};

fn counts(auth: &AuthService) -> Value {
    Value::Object(auth.status().counts)
}

#[tokio::test]
async fn restore_undoes_users_tokens_and_counts() {
    let context = context();
    let auth = auth_in(context.clone());
    let token = auth.issue_jwt("alice", Value::Null).unwrap();
    auth.validate_jwt(&token).unwrap();
    let part = auth.snapshot(&context.gate().cut());
    let memory = context.memory().used_bytes();
    let before = counts(&auth);
    assert_eq!(
        before,
        json!({"users": 2, "issued": 1, "validated": 1, "refused": 0})
    );

    auth.add_user("carol", json!({"a": 1})).unwrap();
    auth.remove_user("alice");
    auth.issue_jwt("carol", Value::Null).unwrap();
    post_form(&auth, "/oauth/token", "grant_type=magic").await;
    assert_eq!(
        counts(&auth),
        json!({"users": 2, "issued": 2, "validated": 1, "refused": 1})
    );

    auth.restore(&part, &context.gate().cut()).unwrap();
    assert_eq!(counts(&auth), before);
    assert_eq!(auth.issued_tokens().len(), 1);
    assert!(auth.user("alice").is_some() && auth.user("carol").is_none());
    assert_eq!(context.memory().used_bytes(), memory);
}

#[test]
fn fork_takes_the_parents_tokens_and_goes_its_own_way() {
    let parent_context = context();
    let parent = AuthService::new(parent_context.clone());
    parent.add_user("alice", json!({"a": 1})).unwrap();
    let token = parent.issue_jwt("alice", Value::Null).unwrap();
    let part = parent.snapshot(&parent_context.gate().cut());

    let fork_context = context();
    let fork = AuthService::new(fork_context.clone());
    fork.restore(&part, &fork_context.gate().cut()).unwrap();
    assert_eq!(fork.secret(), parent.secret());
    fork.validate_jwt(&token).unwrap();
    fork.add_user("bob", Value::Null).unwrap();
    parent.remove_user("alice");
    assert_eq!(fork.users().len(), 2);
    assert_eq!(parent.users().len(), 0);
    drop(fork);
    assert_eq!(fork_context.memory().used_bytes(), 0);
}

#[test]
fn part_of_another_service_is_refused() {
    let context = context();
    let auth = auth_in(context.clone());
    let refused = auth.restore(&Part::new("queue", 1u8), &context.gate().cut());
    assert_eq!(refused, Err(RestoreError::WrongState { service: "queue" }));
    assert_eq!(auth.users().len(), 2);
}

#[test]
fn reset_of_data_keeps_users_and_reset_of_all_keeps_the_secret() {
    let context = context();
    let auth = auth_in(context.clone());
    let token = auth.issue_jwt("alice", Value::Null).unwrap();
    auth.reset(ResetDepth::Data, &context.gate().cut());
    assert_eq!(
        counts(&auth),
        json!({"users": 2, "issued": 0, "validated": 0, "refused": 0})
    );
    assert!(auth.issued_tokens().is_empty());
    auth.validate_jwt(&token)
        .expect("a token is valid by itself");

    auth.reset(ResetDepth::All, &context.gate().cut());
    assert!(auth.users().is_empty());
    assert_eq!(context.memory().used_bytes(), 0);
    assert_eq!(auth.secret(), crate::SECRET);
}

#[tokio::test]
async fn journal_tells_of_issues_validations_and_refusals() {
    let context = context();
    let auth = auth_in(context.clone());
    let answer = post_form(
        &auth,
        "/oauth/token",
        "grant_type=password&username=bob&password=b0b&scope=read",
    )
    .await;
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    crate::introspect(&auth, &token).await;
    crate::introspect(&auth, "x.y.z").await;
    crate::userinfo(&auth, "Basic x").await;
    call(&auth, "POST", "/oauth/token", &[], "oops=1&oops=2").await;
    let wrong = GrantRequest {
        grant_type: Some("password".to_owned()),
        username: Some("bob".to_owned()),
        ..GrantRequest::default()
    };
    auth.grant(&wrong).unwrap_err();
    auth.add_user("carol", Value::Null).unwrap();
    auth.remove_user("carol");

    let entries: Vec<Value> = context
        .journal()
        .entries()
        .iter()
        .map(efsm_core::Entry::to_json)
        .collect();
    let seen: Vec<(&str, &str)> = entries
        .iter()
        .map(|e| {
            (
                e["kind"].as_str().unwrap(),
                e["call"].as_str().unwrap_or(""),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("issue", ""),
            ("validate", "introspect"),
            ("refuse", "introspect"),
            ("refuse", "userinfo"),
            ("refuse", "token"),
            ("refuse", "token"),
            ("add-user", ""),
            ("remove-user", ""),
        ]
    );
    assert_eq!(entries[0]["sub"], "bob");
    assert_eq!(entries[0]["scope"], "read");
    assert_eq!(
        entries[0]["summary"],
        "token for bob by password, scope read"
    );
    assert_eq!(entries[0]["jti"], entries[1]["jti"]);
    let whole = Value::from(entries).to_string();
    assert!(!whole.contains(&token), "the journal has no tokens");
    assert!(!whole.contains("b0b"), "the journal has no passwords");
}
