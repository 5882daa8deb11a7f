//! Descriptions over the admin API, and what a stack keeps for them.

use serde_json::{Value, json};

use crate::support::{admin, get, send, service};

fn pets() -> Value {
    let pet = json!({"type": "object", "required": ["id", "name"], "properties": {
        "id": {"type": "integer"}, "name": {"type": "string"}, "tag": {"type": "string"}}});
    let answers = |code: &str, schema: &Value| json!({code: {"description": "ok", "content": {"application/json": {"schema": schema}}}});
    let list = json!({"type": "object", "required": ["items", "total"], "properties": {
        "items": {"type": "array", "items": pet}, "total": {"type": "integer"}}});
    let query =
        |name: &str, kind: &str| json!({"name": name, "in": "query", "schema": {"type": kind}});
    json!({
        "openapi": "3.0.3", "info": {"title": "Pets", "version": "1"},
        "paths": {
            "/pets": {
                "get": {"parameters": [query("limit", "integer"), query("offset", "integer"), query("tag", "string"), query("sort", "string")],
                        "responses": answers("200", &list)},
                "post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}, "responses": answers("201", &pet)},
            },
            "/pets/{id}": {"get": {"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
                                   "responses": answers("200", &pet)}},
        },
    })
}

#[tokio::test]
async fn descriptions_come_and_go() {
    let http = service();
    let made = admin(&http, "POST /__admin/specs", &pets()).await;
    assert_eq!(made.status, 201);
    let spec = made.json();
    assert_eq!(
        (
            &spec["title"],
            &spec["kind"],
            &spec["operations"],
            &spec["warnings"]
        ),
        (&json!("Pets"), &json!("openapi"), &json!(3), &json!([]))
    );
    assert_eq!(get(&http, "/pets/7").await.status, 200);
    let path = format!("/__admin/specs/{}", spec["id"].as_str().unwrap());
    assert_eq!(get(&http, &path).await.json(), spec);
    let list = get(&http, "/__admin/specs").await.json();
    assert_eq!(list, json!({"specs": [spec], "meta": {"total": 1}}));
    let gone = send(&http, &format!("DELETE {path}"), &[], b"").await;
    assert_eq!(gone.status, 200);
    assert_eq!(get(&http, "/pets/7").await.status, 404);
    for line in ["GET", "DELETE"] {
        let again = send(&http, &format!("{line} {path}"), &[], b"").await;
        assert_eq!(again.status, 404, "{line}");
        let wrong = send(&http, &format!("{line} /__admin/specs/x"), &[], b"").await;
        assert_eq!(wrong.status, 400, "{line}");
    }
}

#[tokio::test]
async fn description_in_an_envelope_has_a_name_and_options() {
    let http = service();
    let envelope = json!({"spec": pets().to_string(), "name": "shop", "options": {"dynamic": true, "seed": 7}});
    let made = admin(&http, "POST /__admin/specs", &envelope).await.json();
    assert_eq!(made["name"], "shop");
    let first = get(&http, "/pets/1").await.json();
    assert_eq!(get(&http, "/pets/1").await.json(), first);
    admin(&http, "POST /__admin/specs?name=pets&dynamic=true", &pets()).await;
    admin(&http, "DELETE /__admin/specs", &Value::Null).await;
    let list = get(&http, "/__admin/specs").await.json();
    assert_eq!(list["meta"]["total"], 0);
}

#[tokio::test]
async fn bad_descriptions_are_refused_with_the_reason() {
    let check = async |body: &Value, query: &str, reason: &str| {
        let http = service();
        let answer = admin(&http, &format!("POST /__admin/specs{query}"), body).await;
        let title = answer.json()["errors"][0]["title"].to_string();
        assert_eq!(answer.status, 422, "{title}");
        assert!(title.contains(reason), "{title}");
        assert_eq!(
            get(&http, "/__admin/specs").await.json()["meta"]["total"],
            0
        );
    };
    check(&json!({"a": 1}), "", "spec").await;
    let nothing = json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}});
    check(&nothing, "", "operation").await;
    check(&pets(), "?colour=red", "colour: no such option").await;
    check(
        &json!({"spec": 5}),
        "",
        "spec: expected an object or a text",
    )
    .await;
    check(
        &json!({"spec": pets(), "extra": 1}),
        "",
        "extra: no such field",
    )
    .await;
}

#[tokio::test]
async fn kept_lists_are_paged_and_filtered_by_what_is_described() {
    let http = service();
    admin(&http, "POST /__admin/specs?stateful=true", &pets()).await;
    for (name, tag) in [("Ada", "cat"), ("Tom", "dog"), ("Eve", "cat")] {
        let pet = json!({"name": name, "tag": tag}).to_string();
        let headers = ["Content-Type: application/json"];
        let made = send(&http, "POST /pets", &headers, pet.as_bytes()).await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    let check = async |query: &str, names: &[&str], total: u64| {
        let found = get(&http, &format!("/pets{query}")).await.json();
        let shown: Vec<&str> = found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pet| pet["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            (shown.as_slice(), &found["total"]),
            (names, &json!(total)),
            "{query}"
        );
    };
    check("", &["Ada", "Tom", "Eve"], 3).await;
    check("?limit=1", &["Ada"], 3).await;
    check("?limit=1&offset=1", &["Tom"], 3).await;
    check("?tag=cat", &["Ada", "Eve"], 2).await;
    check("?sort=-name&limit=2", &["Tom", "Eve"], 3).await;
    // Not described: no parameter of the list.
    check("?name=Ada", &["Ada", "Tom", "Eve"], 3).await;
}
