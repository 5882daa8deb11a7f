//! What ends a socket, and what it takes along.

use super::*;

#[tokio::test]
async fn end_of_the_socket_ends_its_transactions() {
    let service = service();
    for how in ["close", "drop"] {
        let mut client = Client::ready(&service).await;
        client.execute(1, "CREATE TABLE IF NOT EXISTS t(a)").await;
        client.execute(1, "BEGIN IMMEDIATE").await;
        client.execute(1, "INSERT INTO t VALUES (1)").await;
        if how == "close" {
            client.socket.close(None).await.unwrap();
        }
        drop(client);
        let mut next = Client::ready(&service).await;
        next.execute(1, "BEGIN IMMEDIATE").await;
        assert_eq!(next.value(1, "SELECT count(*) FROM t").await, "0");
    }
}

#[tokio::test]
async fn what_breaks_the_protocol_closes_the_socket() {
    let service = service();
    let request =
        |request: Json| json!({"type": "request", "request_id": 1, "request": request}).to_string();
    let open = |id: i32| {
        request(
            json!({"type": "open_cursor", "stream_id": 1, "cursor_id": id, "batch": {"steps": []}}),
        )
    };
    for (messages, code) in [
        (vec!["{".to_owned()], CloseCode::Invalid),
        (vec![r#"{"type":"hallo"}"#.to_owned()], CloseCode::Invalid),
        (
            vec![r#"{"type":"request","request_id":"x"}"#.to_owned()],
            CloseCode::Invalid,
        ),
        (
            vec![request(json!({"type": "open_stream", "stream_id": 1}))],
            CloseCode::Policy,
        ),
        (
            vec![request(
                json!({"type": "execute", "stream_id": 9, "stmt": {"sql": ""}}),
            )],
            CloseCode::Policy,
        ),
        (
            vec![request(json!({"type": "close_stream", "stream_id": 9}))],
            CloseCode::Policy,
        ),
        (
            vec![request(
                json!({"type": "fetch_cursor", "cursor_id": 9, "max_count": 1}),
            )],
            CloseCode::Policy,
        ),
        (
            vec![request(json!({"type": "close_cursor", "cursor_id": 9}))],
            CloseCode::Policy,
        ),
        (vec![open(1), open(2)], CloseCode::Policy),
        (
            vec![request(
                json!({"type": "execute", "stream_id": 1, "stmt": {}}),
            )],
            CloseCode::Policy,
        ),
        (
            vec![request(
                json!({"type": "execute", "stream_id": 1, "stmt": {"sql_id": 5}}),
            )],
            CloseCode::Policy,
        ),
        (
            vec![request(json!({"type": "store_sql", "sql_id": 1, "sql": ""})); 2],
            CloseCode::Policy,
        ),
    ] {
        let mut client = Client::ready(&service).await;
        for message in &messages {
            client
                .socket
                .send(Message::text(message.clone()))
                .await
                .unwrap();
        }
        let (found, reason) = client.closed().await;
        assert_eq!(found, code, "{messages:?}: {reason}");
        assert!(!reason.is_empty() && reason.len() <= 123);
    }
    let mut client = Client::ready(&service).await;
    client.socket.send(Message::binary(vec![1])).await.unwrap();
    assert_eq!(client.closed().await.0, CloseCode::Unsupported);
    let mut early = Client::connect(&service, Some("hrana3")).await;
    early
        .begin(json!({"type": "open_stream", "stream_id": 1}))
        .await;
    assert_eq!(early.closed().await.0, CloseCode::Policy);
    // A name that is too old for the version that was agreed on.
    for (protocol, bad) in [
        (
            "hrana1",
            request(json!({"type": "store_sql", "sql_id": 1, "sql": ""})),
        ),
        ("hrana1", r#"{"type":"hello","jwt":null}"#.to_owned()),
        (
            "hrana2",
            request(json!({"type": "get_autocommit", "stream_id": 1})),
        ),
        ("hrana2", open(1)),
    ] {
        let mut client = Client::connect(&service, Some(protocol)).await;
        client.hello().await;
        client
            .ok(json!({"type": "open_stream", "stream_id": 1}))
            .await;
        client
            .socket
            .send(Message::text(bad.clone()))
            .await
            .unwrap();
        assert_eq!(
            client.closed().await.0,
            CloseCode::Policy,
            "{protocol}: {bad}"
        );
    }
    let mut twice = Client::connect(&service, Some("hrana2")).await;
    twice.hello().await;
    twice.hello().await;
}

#[tokio::test]
async fn too_large_a_message_closes_its_own_socket_only() {
    let limits = StackLimits {
        body_bytes: 10_000,
        ..StackLimits::default()
    };
    let context = Context::new(
        efsm_core::Clock::frozen(super::super::NOW),
        efsm_core::Entropy::seeded(1),
        limits,
    );
    let service = DatabaseService::new(context);
    let mut other = Client::ready(&service).await;
    let mut client = Client::ready(&service).await;
    let long = execute(1, &format!("SELECT '{}'", "x".repeat(20_000)));
    client.begin(long).await;
    assert_eq!(client.closed().await.0, CloseCode::Size);
    assert_eq!(other.value(1, "SELECT 1").await, "1");
}

#[tokio::test]
async fn too_many_streams_are_refused_and_their_ids_taken() {
    let service = service();
    let mut client = Client::ready(&service).await;
    for id in 2..=1000 {
        client
            .ok(json!({"type": "open_stream", "stream_id": id}))
            .await;
    }
    let refused = client
        .error(json!({"type": "open_stream", "stream_id": 1001}))
        .await;
    assert_eq!(refused["code"], "STREAM_TOO_MANY");
    assert_eq!(
        client.error(execute(1001, "SELECT 1")).await["code"],
        "STREAM_NOT_OPEN"
    );
    let cursor =
        json!({"type": "open_cursor", "stream_id": 1001, "cursor_id": 1, "batch": {"steps": []}});
    assert_eq!(client.error(cursor).await["code"], "STREAM_NOT_OPEN");
    let fetch = json!({"type": "fetch_cursor", "cursor_id": 1, "max_count": 1});
    assert_eq!(client.error(fetch).await["code"], "CURSOR_NOT_OPEN");
    client
        .ok(json!({"type": "close_cursor", "cursor_id": 1}))
        .await;
    client
        .ok(json!({"type": "close_stream", "stream_id": 1001}))
        .await;
    client
        .ok(json!({"type": "close_stream", "stream_id": 1000}))
        .await;
    client
        .ok(json!({"type": "open_stream", "stream_id": 1001}))
        .await;
}

#[tokio::test]
async fn fault_rule_breaks_the_socket() {
    let context = context();
    let service = DatabaseService::new(context.clone());
    let set = |effect: Json| {
        let rules: Vec<FaultRule> =
            serde_json::from_value(json!([{"match": {"sql": "*1*"}, "effect": effect}])).unwrap();
        context.faults().set(rules).unwrap();
    };
    let mut client = Client::ready(&service).await;
    set(json!({"status": 503, "body": "maintenance"}));
    let error = client.error(execute(1, "SELECT 1")).await;
    assert_eq!(error, json!({"message": "maintenance", "code": "HTTP_503"}));
    set(json!({"drop": true}));
    client.begin(execute(1, "SELECT 1")).await;
    let end = client.socket.next().await;
    assert!(!matches!(end, Some(Ok(_))), "{end:?}");
}

#[tokio::test]
async fn socket_ends_as_a_statement_of_libsqls_test_server_asks() {
    let service = service();
    let batch = json!({"steps": [
        {"stmt": {"sql": "BEGIN"}}, {"stmt": {"sql": ".close_ws"}}, {"stmt": {"sql": "SELECT 1"}},
    ]});
    for request in [
        execute(1, ".close_ws"),
        json!({"type": "batch", "stream_id": 1, "batch": batch}),
        json!({"type": "open_cursor", "stream_id": 1, "cursor_id": 1, "batch": batch}),
    ] {
        let mut client = Client::ready(&service).await;
        client.begin(request).await;
        assert_eq!(client.closed().await.0, CloseCode::Normal);
    }
    let mut client = Client::ready(&service).await;
    client.begin(execute(1, ".close_tcp")).await;
    let end = client.socket.next().await;
    assert!(matches!(end, Some(Err(_)) | None), "{end:?}");
    let mut client = Client::ready(&service).await;
    let error = client.error(execute(1, ".close_ws ")).await;
    assert_eq!(error["code"], "SQL_PARSE_ERROR");
}
