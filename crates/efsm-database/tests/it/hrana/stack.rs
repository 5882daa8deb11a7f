//! The journal and fault rules.

use super::*;

#[tokio::test]
async fn statements_are_in_the_journal_with_their_face() {
    let context = context();
    let service = DatabaseService::new(context.clone());
    let mut stream = Stream::new(&service);
    stream.execute("CREATE TABLE t(a)").await;
    stream
        .ok(json!({"type": "batch", "batch": {"steps": [
            {"stmt": {"sql": "INSERT INTO t VALUES (?)", "args": [integer(1)]}},
            {"stmt": {"sql": "SELECT nope"}},
        ]}}))
        .await;
    stream
        .ok(json!({"type": "sequence", "sql": "SELECT 1; SELECT 2"}))
        .await;
    let entries: Vec<Json> = context
        .journal()
        .entries()
        .iter()
        .map(efsm_core::Entry::to_json)
        .collect();
    let told: Vec<(&str, &str)> = entries
        .iter()
        .map(|entry| {
            (
                entry["sql"].as_str().unwrap(),
                entry["face"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("CREATE TABLE t(a)", "hrana"),
            ("INSERT INTO t VALUES (?)", "hrana"),
            ("SELECT nope", "hrana"),
            ("SELECT 1;", "hrana"),
            ("SELECT 2", "hrana"),
        ]
    );
    assert_eq!(entries[1]["params"], json!([1]));
    assert_eq!(entries[2]["code"], "SQLITE_ERROR");
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "called with a literal each time"
)]
fn fault(context: &Context, rule: Json) {
    let rules: Vec<FaultRule> = serde_json::from_value(json!([rule])).unwrap();
    context.faults().set(rules).unwrap();
}

#[tokio::test]
async fn fault_rules_reach_statements() {
    let context = context();
    let service = DatabaseService::new(context.clone());
    let mut stream = Stream::new(&service);
    stream.execute("CREATE TABLE orders(a)").await;
    let insert = json!({"sql": "INSERT INTO orders VALUES (1)"});
    fault(
        &context,
        json!({"match": {"table": "orders"}, "effect": {"body": "disk on fire"}}),
    );
    let error = stream.error(execute(insert.clone())).await;
    assert_eq!(
        error,
        json!({"message": "disk on fire", "code": "SQLITE_ERROR"})
    );
    // In a batch only the statements that are run are asked for, and only they fail.
    fault(
        &context,
        json!({"match": {"sql": "*orders*"}, "times": 1,
               "effect": {"body": {"message": "locked", "code": "SQLITE_BUSY"}}}),
    );
    let batch = json!({"steps": [
        {"stmt": {"sql": "SELECT 1"}},
        {"stmt": insert, "condition": {"type": "error", "step": 0}},
        {"stmt": insert},
        {"stmt": insert},
    ]});
    let response = stream.ok(json!({"type": "batch", "batch": batch})).await;
    assert_eq!(
        response["result"]["step_errors"],
        json!([null, null, {"message": "locked", "code": "SQLITE_BUSY"}, null])
    );
    assert_eq!(
        stream.value("SELECT count(*) FROM orders").await,
        integer(1)
    );
    // A cursor likewise.
    fault(
        &context,
        json!({"match": {"sql": "*orders*"}, "effect": {"body": "no"}}),
    );
    let steps = json!({"batch": {"steps": [{"stmt": insert}, {"stmt": {"sql": "SELECT 5"}}]}});
    let (_, lines) = bytes(call(&service, "POST", "/v3/cursor", steps.to_string()).await).await;
    let lines = String::from_utf8(lines.to_vec()).unwrap();
    assert!(
        lines.contains(r#"{"type":"step_error","step":0,"error":{"message":"no""#),
        "{lines}"
    );
    assert!(lines.contains(r#""value":"5""#), "{lines}");
    // What is more than a statement's error is the whole answer.
    fault(
        &context,
        json!({"match": {"sql": "*orders*"}, "effect": {"status": 503, "body": {"a": 1}}}),
    );
    let body = json!({"requests": [execute(insert.clone())]});
    let (status, answer) = post(&service, "/v3/pipeline", body.clone()).await;
    assert_eq!((status.as_u16(), answer), (503, json!({"a": 1})));
    fault(
        &context,
        json!({"match": {"sql": "*orders*"}, "effect": {"reset": true}}),
    );
    let response = call(&service, "POST", "/v2/pipeline", body.to_string()).await;
    assert_eq!(
        response.extensions().get::<SocketFault>(),
        Some(&SocketFault::Reset)
    );
}

#[tokio::test(start_paused = true)]
async fn fault_rule_delays_a_statement_on_the_stacks_clock() {
    let context = context();
    let service = DatabaseService::new(context.clone());
    fault(
        &context,
        json!({"match": {"sql": "*"}, "effect": {"delay_ms": 60_000}}),
    );
    let mut call = std::pin::pin!(async { Stream::new(&service).value("SELECT 1").await });
    let early = tokio::time::timeout(Duration::from_hours(1), &mut call).await;
    assert!(early.is_err(), "the stack's clock is frozen");
    context
        .clock()
        .advance(SignedDuration::from_secs(60))
        .unwrap();
    assert_eq!(call.await, integer(1));
}

#[tokio::test]
async fn first_version_runs_a_statement_or_a_batch_without_a_stream() {
    let service = service();
    let (status, answer) = post(
        &service,
        "/v1/execute",
        json!({"stmt": {"sql": "SELECT ? AS one", "args": [integer(1)], "want_rows": true}}),
    )
    .await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["result"]["rows"], json!([[integer(1)]]));
    assert_eq!(answer["result"]["cols"][0]["name"], "one");
    let batch = |steps: Json| json!({"batch": {"steps": steps}});
    let (status, answer) = post(
        &service,
        "/db/shop/v1/batch",
        batch(json!([
            {"stmt": {"sql": "CREATE TABLE t(a)"}},
            {"stmt": {"sql": "SELECT foobar"}},
            {"stmt": {"sql": "SELECT 2"}, "condition": {"type": "error", "step": 1}},
            {"stmt": {"sql": "BEGIN IMMEDIATE"}},
        ])),
    )
    .await;
    assert_eq!(status, 200, "{answer}");
    let result = &answer["result"];
    assert_eq!(result["step_errors"][1]["code"], "SQL_INPUT_ERROR");
    assert_eq!(result["step_results"][2]["rows"], json!([[integer(2)]]));
    // What the call left open is rolled back, and holds up nobody.
    let insert = json!({"stmt": {"sql": "INSERT INTO t VALUES (1)"}});
    let (status, answer) = post(&service, "/db/shop/v1/execute", insert).await;
    assert_eq!(status, 200, "{answer}");
    for (path, body, code) in [
        (
            "/v1/execute",
            json!({"stmt": {"sql": "SELECT foobar"}}),
            "SQL_INPUT_ERROR",
        ),
        ("/v1/execute", json!({"sql": "SELECT 1"}), "JSON_INVALID"),
        (
            "/v1/execute",
            json!({"stmt": {"sql_id": 1}}),
            "PROTOCOL_ERROR",
        ),
        (
            "/v1/batch",
            batch(json!([{"stmt": {"sql": ""}, "condition": {"type": "is_autocommit"}}])),
            "PROTOCOL_ERROR",
        ),
    ] {
        let (status, answer) = post(&service, path, body).await;
        assert_eq!(status, 400, "{answer}");
        assert_eq!(answer["code"], code, "{answer}");
    }
}
