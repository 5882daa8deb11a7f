//! Stateful resources over HTTP.

use serde_json::{Value, json};

use crate::support::{admin, get, send, service};

#[tokio::test]
async fn resource_behaves_like_a_crud_api() {
    let http = service();
    http.add_stub(&json!({"resource": {"path": "/users", "seed": [{"id": 1, "name": "Ada"}]}}))
        .unwrap();
    let made = send(&http, "POST /http/users", &[], br#"{"name":"Bob"}"#).await;
    assert_eq!(
        (made.status, made.header("location")),
        (201, Some("/users/2"))
    );
    assert_eq!(made.json(), json!({"id": 2, "name": "Bob"}));
    let list = get(&http, "/users?_sort=-name&_page=1&_limit=1").await;
    assert_eq!(list.json(), json!([{"id": 2, "name": "Bob"}]));
    assert_eq!(list.header("x-total-count"), Some("2"));
    assert!(
        list.header("link")
            .unwrap()
            .contains(r#"_page=2&_limit=1>; rel="next""#)
    );
    let one = get(&http, "/users/1").await;
    let tag = one.header("etag").unwrap().to_owned();
    let same = send(
        &http,
        "GET /users/1",
        &[&format!("if-none-match: {tag}")],
        b"",
    )
    .await;
    assert_eq!((same.status, same.text()), (304, ""));
    let merged = send(
        &http,
        "PATCH /users/1",
        &[&format!("if-match: {tag}")],
        br#"{"age":36}"#,
    )
    .await;
    assert_eq!(merged.json(), json!({"id": 1, "name": "Ada", "age": 36}));
    let stale = send(&http, "PUT /users/1", &[&format!("if-match: {tag}")], b"{}").await;
    assert_eq!(stale.status, 412);
    let replaced = send(&http, "PUT /users/1", &[], br#"{"name":"Eve"}"#).await;
    assert_eq!(replaced.json(), json!({"id": 1, "name": "Eve"}));
    assert_eq!(send(&http, "DELETE /users/1", &[], b"").await.status, 204);
    assert_eq!(get(&http, "/users/1").await.status, 404);
    let conflict = send(&http, "POST /users", &[], br#"{"id":2}"#).await;
    assert_eq!(conflict.status, 409);
    let bad = send(&http, "POST /users", &[], b"{oops").await;
    assert_eq!(bad.status, 400);
    assert!(
        bad.json()["error"]
            .as_str()
            .unwrap()
            .contains("line 1 column")
    );
    let wrong = send(&http, "DELETE /users", &[], b"").await;
    assert_eq!(
        (wrong.status, wrong.header("allow")),
        (405, Some("GET, HEAD, POST, OPTIONS"))
    );
    assert_eq!(get(&http, "/users/1/friends").await.status, 404);
}

#[tokio::test]
async fn resource_yields_to_a_stub_of_its_path_that_is_newer() {
    let http = service();
    http.add_stub(&json!({"resource": {"path": "/v1/**"}}))
        .unwrap();
    http.add_stub(&json!({"request": {"urlPath": "/v1/cats"}, "response": {"status": 503}}))
        .unwrap();
    assert_eq!(get(&http, "/v1/cats").await.status, 503);
    assert_eq!(get(&http, "/v1/dogs").await.json(), json!([]));
}

#[tokio::test]
async fn resource_stub_is_made_and_removed_by_the_admin_api_with_its_data() {
    let http = service();
    let stub =
        json!({"resource": {"path": "/things"}, "request": {"headers": {"X": {"equalTo": "1"}}}});
    let made = admin(&http, "POST /__admin/mappings", &stub).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.json()["resource"], stub["resource"]);
    assert_eq!(get(&http, "/things").await.status, 404);
    send(&http, "POST /things", &["X: 1"], b"{}").await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    admin(
        &http,
        &format!("DELETE /__admin/mappings/{id}"),
        &Value::Null,
    )
    .await;
    let again = admin(&http, "POST /__admin/mappings", &stub).await;
    assert_eq!(again.status, 201);
    assert_eq!(
        send(&http, "GET /things", &["X: 1"], b"").await.json(),
        json!([])
    );
    let bad = json!({"resource": {"path": "/x"}, "request": {"url": "/y"}});
    assert_eq!(
        admin(&http, "POST /__admin/mappings", &bad).await.status,
        422
    );
}

#[tokio::test]
async fn data_and_files_past_the_memory_cap_are_refused_and_given_back() {
    let (context, http) = capped(100_000);
    let id = http
        .add_stub(&json!({"resource": {"path": "/things"}}))
        .unwrap();
    let body = json!({"text": "x".repeat(50_000)}).to_string();
    let line = "POST /things";
    assert_eq!(send(&http, line, &[], body.as_bytes()).await.status, 201);
    assert_eq!(send(&http, line, &[], body.as_bytes()).await.status, 507);
    let file = send(&http, "PUT /__admin/files/a", &[], &vec![0; 60_000]).await;
    assert_eq!(file.status, 507);
    assert_eq!(
        get(&http, "/things").await.json().as_array().unwrap().len(),
        1
    );
    http.remove_stub(id);
    assert_eq!(context.memory().used_bytes(), 0);
    assert_eq!(
        send(&http, "PUT /__admin/files/a", &[], &vec![0; 60_000])
            .await
            .status,
        200
    );
    assert_eq!(context.memory().used_bytes(), 60_000);
}

#[tokio::test]
async fn stubs_past_the_memory_cap_are_refused_and_disturb_nothing() {
    let (context, http) = capped(100_000);
    let stub = |n: u32| json!({"request": {"url": format!("/{n}")}, "response": {"body": "x".repeat(10_000)}});
    let mut held = 0;
    let refused = loop {
        let answer = admin(&http, "POST /__admin/mappings", &stub(held)).await;
        if answer.status != 201 {
            break answer;
        }
        held += 1;
        assert!(held < 100, "the cap holds for stubs");
    };
    assert_eq!(refused.status, 507);
    assert!(refused.text().contains("memory"), "{}", refused.text());
    let import = json!({"mappings": [stub(1)]});
    let import = admin(&http, "POST /__admin/mappings/import", &import).await;
    assert_eq!(import.status, 507);
    assert_eq!(get(&http, "/0").await.status, 200);
    let before = context.memory().used_bytes();
    let all = get(&http, "/__admin/mappings").await.json();
    assert_eq!(all["meta"]["total"], held);
    let bad = admin(&http, "POST /__admin/mappings", &json!({"request": 1})).await;
    assert_eq!((bad.status, context.memory().used_bytes()), (422, before));
    admin(&http, "DELETE /__admin/mappings", &Value::Null).await;
    assert_eq!(context.memory().used_bytes(), 0);
    let again = admin(&http, "POST /__admin/mappings", &stub(0)).await;
    assert_eq!(again.status, 201);
}

fn capped(memory_bytes: u64) -> (efsm_core::Context, efsm_http::HttpService) {
    use efsm_core::{Clock, Context, Entropy, Limits};
    let limits = Limits {
        memory_bytes,
        ..Limits::default()
    };
    let context = Context::new(Clock::system(), Entropy::seeded(1), limits);
    let http = efsm_http::HttpService::new(context.clone());
    (context, http)
}
