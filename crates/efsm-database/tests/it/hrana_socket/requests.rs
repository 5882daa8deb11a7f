//! Requests on a socket, in every version.

use super::*;

#[tokio::test]
async fn best_common_subprotocol_is_chosen() {
    let service = service();
    for (offered, chosen) in [
        (Some("hrana2,hrana1"), Some("hrana2")),
        (Some("hrana1, hrana3"), Some("hrana3")),
        (
            Some("hrana3, hrana3-protobuf, hrana2"),
            Some("hrana3-protobuf"),
        ),
        (Some("hrana9, hrana1"), Some("hrana1")),
        (None, None),
    ] {
        let (request, _io) = upgrade("/db", offered);
        let response = service.http(request).await;
        assert_eq!(response.status(), 101, "{offered:?}");
        let header = response.headers().get("sec-websocket-protocol");
        assert_eq!(header.map(|h| h.to_str().unwrap()), chosen);
    }
    let (request, _io) = upgrade("/db", Some("hrana9"));
    assert_eq!(service.http(request).await.status(), 400);
    // Without a subprotocol the gateway cannot tell, and the service's prefix does.
    let (mut request, _io) = upgrade("/db", None);
    request.route.face = Face::Rest;
    request.route.mount = 3;
    assert_eq!(service.http(request).await.status(), 101);
}

#[tokio::test]
async fn every_version_executes_and_runs_batches() {
    let service = service();
    for protocol in [None, Some("hrana1"), Some("hrana2"), Some("hrana3")] {
        let mut client = Client::connect(&service, protocol).await;
        client.hello().await;
        client
            .ok(json!({"type": "open_stream", "stream_id": -7}))
            .await;
        assert_eq!(client.value(-7, "SELECT 42").await, "42");
        let batch = json!({"steps": [{"stmt": {"sql": "SELECT 1", "want_rows": true}}]});
        let done = client
            .ok(json!({"type": "batch", "stream_id": -7, "batch": batch}))
            .await;
        assert_eq!(done["result"]["step_errors"], json!([null]));
        client
            .ok(json!({"type": "close_stream", "stream_id": -7}))
            .await;
        client
            .ok(json!({"type": "open_stream", "stream_id": -7}))
            .await;
        client.socket.close(None).await.unwrap();
    }
}

#[tokio::test]
async fn socket_and_http_share_the_stacks_databases() {
    let service = service();
    let mut client = Client::ready(&service).await;
    client.execute(1, "CREATE TABLE t(a)").await;
    client.execute(1, "INSERT INTO t VALUES (5)").await;
    assert_eq!(
        service.execute("SELECT a FROM t", ()).unwrap().first(),
        Some(&efsm_database::Value::Integer(5))
    );
    let mut shop = Client::connect_at(&service, "/db/shop", Some("hrana2")).await;
    shop.hello().await;
    shop.ok(json!({"type": "open_stream", "stream_id": 1}))
        .await;
    assert_eq!(
        shop.value(1, "SELECT count(*) FROM sqlite_schema").await,
        "0"
    );
}

#[tokio::test]
async fn requests_may_be_sent_before_any_answer() {
    let service = service();
    let mut client = Client::connect(&service, Some("hrana3")).await;
    client.send(json!({"type": "hello"})).await;
    client
        .begin(json!({"type": "open_stream", "stream_id": 1}))
        .await;
    client.begin(execute(1, "CREATE TABLE t(a)")).await;
    for n in 0..200 {
        client
            .begin(execute(1, &format!("INSERT INTO t VALUES ({n})")))
            .await;
    }
    client
        .begin(execute(
            1,
            "SELECT count(*), max(rowid) = max(a) + 1 FROM t",
        ))
        .await;
    assert_eq!(client.receive().await["type"], "hello_ok");
    for id in 1..=203 {
        let answer = client.receive().await;
        assert_eq!(answer["request_id"], id);
        assert_eq!(answer["type"], "response_ok", "{answer}");
        if id == 203 {
            let row = &answer["response"]["result"]["rows"][0];
            assert_eq!(
                (&row[0]["value"], &row[1]["value"]),
                (&json!("200"), &json!("1"))
            );
        }
    }
}

#[tokio::test]
async fn stream_that_waits_holds_up_no_other() {
    let service = service();
    let mut client = Client::ready(&service).await;
    client
        .ok(json!({"type": "open_stream", "stream_id": 2}))
        .await;
    client.execute(1, "CREATE TABLE t(a)").await;
    client.execute(1, "BEGIN IMMEDIATE").await;
    client.execute(1, "INSERT INTO t VALUES (1)").await;
    let waiting = client.begin(execute(2, "INSERT INTO t VALUES (2)")).await;
    // Answered although the request before it is not.
    assert_eq!(client.value(1, "SELECT count(*) FROM t").await, "1");
    let commit = client.begin(execute(1, "COMMIT")).await;
    let mut answered = [client.receive().await, client.receive().await].map(|answer| {
        assert_eq!(answer["type"], "response_ok", "{answer}");
        answer["request_id"].as_i64().unwrap()
    });
    answered.sort_unstable();
    assert_eq!(answered, [i64::from(waiting), i64::from(commit)]);
    assert_eq!(client.value(1, "SELECT sum(a) FROM t").await, "3");
}

#[tokio::test]
async fn stored_texts_are_for_all_streams_of_the_socket() {
    let service = service();
    let mut client = Client::ready(&service).await;
    client
        .ok(json!({"type": "open_stream", "stream_id": 2}))
        .await;
    client
        .ok(json!({"type": "store_sql", "sql_id": 1, "sql": "SELECT 7 AS x"}))
        .await;
    for stream_id in [1, 2] {
        let found = client
            .ok(json!({"type": "execute", "stream_id": stream_id, "stmt": {"sql_id": 1}}))
            .await;
        assert_eq!(found["result"]["rows"][0][0]["value"], "7");
        client
            .ok(json!({"type": "sequence", "stream_id": stream_id, "sql_id": 1}))
            .await;
        let described = client
            .ok(json!({"type": "describe", "stream_id": stream_id, "sql_id": 1}))
            .await;
        assert_eq!(described["result"]["cols"][0]["name"], "x");
        let state = client
            .ok(json!({"type": "get_autocommit", "stream_id": stream_id}))
            .await;
        assert_eq!(state["is_autocommit"], true);
    }
    client.ok(json!({"type": "close_sql", "sql_id": 1})).await;
    client.ok(json!({"type": "close_sql", "sql_id": 1})).await;
    for n in 0..150 {
        client
            .ok(json!({"type": "store_sql", "sql_id": n, "sql": "SELECT 1"}))
            .await;
    }
    let one_more = json!({"type": "store_sql", "sql_id": 999, "sql": "SELECT 1"});
    assert_eq!(client.error(one_more).await["code"], "SQL_STORE_TOO_MANY");
}

#[tokio::test]
async fn cursor_is_fetched_in_pieces() {
    let service = service();
    let mut client = Client::ready(&service).await;
    let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
                SELECT i FROM n";
    let batch = json!({"steps": [{"stmt": {"sql": rows}}, {"stmt": {"sql": "SELECT nope"}}]});
    let open = json!({"type": "open_cursor", "stream_id": 1, "cursor_id": 3, "batch": batch});
    client.ok(open.clone()).await;
    // The stream is the cursor's until it is closed.
    let refused = client.error(execute(1, "SELECT 1")).await;
    assert_eq!(refused["code"], "STREAM_HAS_CURSOR");
    let mut entries = Vec::new();
    loop {
        let fetched = client
            .ok(json!({"type": "fetch_cursor", "cursor_id": 3, "max_count": 300}))
            .await;
        let some = fetched["entries"].as_array().unwrap();
        assert!(some.len() <= 300);
        entries.extend(some.iter().cloned());
        if fetched["done"] == true {
            break;
        }
    }
    assert_eq!(entries.len(), 1 + 1000 + 1 + 1);
    assert_eq!(entries[0]["type"], "step_begin");
    assert_eq!(entries[1000]["row"][0]["value"], "1000");
    assert_eq!(entries[1001]["type"], "step_end");
    assert_eq!(entries[1002]["type"], "step_error");
    let after = client
        .ok(json!({"type": "fetch_cursor", "cursor_id": 3, "max_count": 10}))
        .await;
    assert_eq!(
        (&after["entries"], &after["done"]),
        (&json!([]), &json!(true))
    );
    client
        .ok(json!({"type": "close_cursor", "cursor_id": 3}))
        .await;
    assert_eq!(client.value(1, "SELECT 1").await, "1");
    // One that is not read to its end is stopped, by its own close or the stream's.
    client.ok(open.clone()).await;
    client
        .ok(json!({"type": "close_cursor", "cursor_id": 3}))
        .await;
    assert_eq!(client.value(1, "SELECT 2").await, "2");
    client.ok(open.clone()).await;
    client
        .ok(json!({"type": "close_stream", "stream_id": 1}))
        .await;
    client
        .ok(json!({"type": "open_stream", "stream_id": 1}))
        .await;
    client.ok(open).await;
}

#[tokio::test]
async fn protobuf_is_spoken_in_binary_messages() {
    let service = service();
    let (request, ours) = upgrade("/", Some("hrana3-protobuf"));
    assert_eq!(service.http(request).await.status(), 101);
    let mut socket = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
    let mut number = 0;
    let mut message = |request| {
        number += 1;
        ws::ClientMsg {
            msg: Some(ws::ClientKind::Request(ws::RequestMsg {
                request_id: number,
                request: Some(request),
            })),
        }
    };
    let hello = ws::ClientMsg {
        msg: Some(ws::ClientKind::Hello(ws::HelloMsg { jwt: None })),
    };
    let stmt = shared::Stmt {
        sql: Some("SELECT :x".to_owned()),
        named_args: vec![shared::NamedArg {
            name: "x".to_owned(),
            value: Some(shared::Value {
                kind: Some(shared::Kind::Integer(-1)),
            }),
        }],
        ..shared::Stmt::default()
    };
    let batch = shared::Batch {
        steps: vec![shared::BatchStep {
            condition: None,
            stmt: Some(stmt.clone()),
        }],
    };
    let messages = [
        hello,
        message(ws::RequestKind::OpenStream(ws::StreamReq { stream_id: 1 })),
        message(ws::RequestKind::Execute(ws::ExecuteReq {
            stream_id: 1,
            stmt: Some(stmt),
        })),
        message(ws::RequestKind::OpenCursor(ws::OpenCursorReq {
            stream_id: 1,
            cursor_id: 1,
            batch: Some(batch),
        })),
        message(ws::RequestKind::FetchCursor(ws::FetchCursorReq {
            cursor_id: 1,
            max_count: 10,
        })),
        message(ws::RequestKind::CloseCursor(ws::CloseCursorReq {
            cursor_id: 1,
        })),
        message(ws::RequestKind::Sequence(ws::SqlReq {
            stream_id: 1,
            sql: Some("SELECT".to_owned()),
            sql_id: None,
        })),
        message(ws::RequestKind::CloseStream(ws::StreamReq { stream_id: 1 })),
    ];
    for message in &messages {
        socket
            .send(Message::binary(message.encode_to_vec()))
            .await
            .unwrap();
    }
    let mut received = Vec::new();
    for _ in &messages {
        let Some(Ok(Message::Binary(bytes))) = socket.next().await else {
            panic!("a binary message is expected")
        };
        received.push(ws::ServerMsg::decode(bytes).unwrap().msg.unwrap());
    }
    assert!(matches!(received[0], ws::ServerKind::HelloOk(_)));
    let response = |at: usize| match &received[at] {
        ws::ServerKind::ResponseOk(ok) => {
            assert_eq!(ok.request_id as usize, at);
            ok.response.clone().unwrap()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(response(1), ws::ResponseKind::OpenStream(shared::Empty {}));
    let ws::ResponseKind::Execute(http_pb::ExecuteResp {
        result: Some(result),
    }) = response(2)
    else {
        panic!("not the answer to execute")
    };
    assert_eq!(
        result.rows[0].values[0].kind,
        Some(shared::Kind::Integer(-1))
    );
    let ws::ResponseKind::FetchCursor(fetched) = response(4) else {
        panic!("not the answer to fetch_cursor")
    };
    assert_eq!((fetched.entries.len(), fetched.done), (3, true));
    assert!(matches!(&received[6], ws::ServerKind::ResponseError(e) if e.request_id == 6));
    assert_eq!(response(7), ws::ResponseKind::CloseStream(shared::Empty {}));
    // Cut off in the middle of a length.
    socket
        .send(Message::Binary(Bytes::from_static(&[0x12, 0x80])))
        .await
        .unwrap();
    let end = socket.next().await.unwrap().unwrap();
    assert!(matches!(end, Message::Close(Some(frame)) if frame.code == CloseCode::Invalid));
}
