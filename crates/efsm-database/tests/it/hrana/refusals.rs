//! What is refused, and how it is said.

use super::*;

#[tokio::test]
async fn second_version_has_no_third_versions_requests() {
    let service = service();
    let condition = json!({"type": "is_autocommit"});
    for request in [
        json!({"type": "get_autocommit"}),
        json!({"type": "batch", "batch": {"steps": [{"stmt": {"sql": "SELECT 1"}, "condition": condition}]}}),
    ] {
        for (path, expected) in [("/v2/pipeline", 400), ("/v3/pipeline", 200)] {
            let body = json!({"requests": [request]});
            let (status, answer) = post(&service, path, body).await;
            assert_eq!(status, expected, "{path}: {answer}");
        }
    }
}

#[tokio::test]
async fn wrong_bodies_are_refused_with_an_error_of_the_protocol() {
    let service = service();
    for (path, body, code) in [
        ("/v3/pipeline", "", "JSON_INVALID"),
        ("/v3/pipeline", "{", "JSON_INVALID"),
        ("/v3/pipeline", "[]", "JSON_INVALID"),
        ("/v3/pipeline", "{}", "JSON_INVALID"),
        ("/v2/pipeline", r#"{"requests": {}}"#, "JSON_INVALID"),
        (
            "/v2/pipeline",
            r#"{"requests": [{"type": "fly"}]}"#,
            "JSON_INVALID",
        ),
        (
            "/v2/pipeline",
            r#"{"requests": [{"type": "execute"}]}"#,
            "JSON_INVALID",
        ),
        (
            "/v2/pipeline",
            r#"{"requests": [{"type": "execute", "stmt": {"sql": "SELECT ?", "args": [{"type": "integer", "value": 1}]}}]}"#,
            "JSON_INVALID",
        ),
        ("/v3/cursor", r#"{"batch": []}"#, "JSON_INVALID"),
        ("/v3-protobuf/pipeline", "\u{a}\u{5}ab", "PROTOBUF_INVALID"),
        ("/v3-protobuf/cursor", "\u{12}\u{7f}", "PROTOBUF_INVALID"),
        (
            "/db/execute/v2/pipeline",
            r#"{"requests": []}"#,
            "PROTOCOL_ERROR",
        ),
        (
            "/db/%FF/v2/pipeline",
            r#"{"requests": []}"#,
            "PROTOCOL_ERROR",
        ),
        (
            "/db/a%20b/v2/pipeline",
            r#"{"requests": []}"#,
            "PROTOCOL_ERROR",
        ),
    ] {
        let response = call(&service, "POST", path, body).await;
        assert_eq!(response.headers()["content-type"], "application/json");
        let (status, body) = bytes(response).await;
        let refused: Json = serde_json::from_slice(&body).unwrap();
        assert_eq!(status, 400, "{refused}");
        assert_eq!(refused["code"], code, "{path} {refused}");
    }
    // An empty message is a valid one: no baton, no requests.
    assert_eq!(
        call(&service, "POST", "/v3-protobuf/pipeline", "")
            .await
            .status(),
        200
    );
    let limits = StackLimits {
        body_bytes: 100,
        ..StackLimits::default()
    };
    let context = Context::new(Clock::frozen(NOW), Entropy::seeded(1), limits);
    let service = DatabaseService::new(context);
    let body = json!({"requests": [], "padding": "x".repeat(200)});
    let (status, refused) = post(&service, "/v3/pipeline", body).await;
    assert_eq!(
        (status.as_u16(), &refused["code"]),
        (413, &json!("BODY_UNREADABLE"))
    );
}

#[tokio::test]
async fn prefix_names_the_database() {
    let service = service();
    let mut shop = Stream::at(&service, "/db/shop/v3/pipeline");
    shop.execute("CREATE TABLE only_here(a)").await;
    let tables = "SELECT group_concat(name) FROM sqlite_schema";
    for (path, found) in [
        ("/db/shop/v2/pipeline", text("only_here")),
        ("/v2/pipeline", json!({"type": "null"})),
        ("/db/v3/pipeline", json!({"type": "null"})),
        ("/x/y/v2/pipeline", json!({"type": "null"})),
        ("/db/main/v2/pipeline", json!({"type": "null"})),
    ] {
        assert_eq!(
            Stream::at(&service, path).value(tables).await,
            found,
            "{path}"
        );
    }
}
