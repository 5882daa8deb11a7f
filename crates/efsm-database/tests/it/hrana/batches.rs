//! Batches and cursors.

use super::*;

#[tokio::test]
async fn batch_obeys_its_conditions() {
    let service = service();
    let mut stream = Stream::new(&service);
    stream.execute("CREATE TABLE t(a UNIQUE)").await;
    let step = |sql: &str, condition: Json| json!({"stmt": {"sql": sql}, "condition": condition});
    let ok = |step: u32| json!({"type": "ok", "step": step});
    let steps = json!([
        step("BEGIN", Json::Null),
        step("INSERT INTO t VALUES (1), (2)", ok(0)),
        step("INSERT INTO t VALUES (1)", ok(1)),
        step("INSERT INTO t VALUES (9)", ok(2)),
        step(
            "SELECT count(*) FROM t",
            json!({"type": "error", "step": 2})
        ),
        step(
            "COMMIT",
            json!({"type": "and", "conds": [ok(1), {"type": "not", "cond": ok(2)},
                                                      {"type": "not", "cond": {"type": "is_autocommit"}}]})
        ),
        step("ROLLBACK", json!({"type": "not", "cond": ok(5)})),
        step(
            "SELECT 7",
            json!({"type": "or", "conds": [ok(6), {"type": "is_autocommit"}]})
        ),
    ]);
    let response = stream
        .ok(json!({"type": "batch", "batch": {"steps": steps}}))
        .await;
    let result = &response["result"];
    let shape: Vec<&str> = result["step_results"]
        .as_array()
        .unwrap()
        .iter()
        .zip(result["step_errors"].as_array().unwrap())
        .map(
            |(result, error)| match (result.is_null(), error.is_null()) {
                (false, true) => "ok",
                (true, false) => "error",
                (true, true) => "skipped",
                (false, false) => "both",
            },
        )
        .collect();
    assert_eq!(
        shape,
        ["ok", "ok", "error", "skipped", "ok", "ok", "skipped", "ok"]
    );
    assert_eq!(result["step_errors"][2]["code"], "SQLITE_CONSTRAINT");
    assert_eq!(result["step_results"][1]["affected_row_count"], 2);
    assert_eq!(result["step_results"][4]["rows"], json!([[integer(2)]]));
    assert_eq!(stream.value("SELECT count(*) FROM t").await, integer(2));
    let empty = stream
        .ok(json!({"type": "batch", "batch": {"steps": []}}))
        .await;
    assert_eq!(empty["result"]["step_results"], json!([]));
    // A condition can only ask for what was before.
    let bad =
        json!({"requests": [{"type": "batch", "batch": {"steps": [step("SELECT 1", ok(0))]}}]});
    let (status, refused) = post(&service, "/v3/pipeline", bad).await;
    assert_eq!(
        (status.as_u16(), &refused["code"]),
        (400, &json!("PROTOCOL_ERROR"))
    );
}

#[tokio::test]
async fn cursor_streams_the_entries_of_a_batch() {
    let service = service();
    let batch = json!({"steps": [
        {"stmt": {"sql": "CREATE TABLE t(a)"}},
        {"stmt": {"sql": "INSERT INTO t VALUES (1), (2) RETURNING a"}},
        {"stmt": {"sql": "SELECT nope"}},
        {"stmt": {"sql": "SELECT 1"}, "condition": {"type": "ok", "step": 2}},
        {"stmt": {"sql": "SELECT abs(iif(a = 2, -9223372036854775808, a)) AS x FROM t"}},
    ]});
    let response = call(
        &service,
        "POST",
        "/v3/cursor",
        json!({"batch": batch}).to_string(),
    )
    .await;
    assert_eq!(response.status(), 200);
    let (_, body) = bytes(response).await;
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(body.ends_with('\n'));
    let mut lines: Vec<Json> = body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let first = lines.remove(0);
    assert!(first["baton"].is_string());
    assert_eq!(first["base_url"], Json::Null);
    assert_eq!(lines[6]["error"]["code"], "SQL_INPUT_ERROR");
    lines[6]["error"] = Json::Null;
    assert_eq!(
        lines,
        [
            json!({"type": "step_begin", "step": 0, "cols": []}),
            json!({"type": "step_end", "affected_row_count": 0, "last_insert_rowid": "0"}),
            json!({"type": "step_begin", "step": 1, "cols": [{"name": "a", "decltype": null}]}),
            json!({"type": "row", "row": [integer(1)]}),
            json!({"type": "row", "row": [integer(2)]}),
            json!({"type": "step_end", "affected_row_count": 2, "last_insert_rowid": "2"}),
            json!({"type": "step_error", "step": 2, "error": null}),
            json!({"type": "step_begin", "step": 4, "cols": [{"name": "x", "decltype": null}]}),
            json!({"type": "row", "row": [integer(1)]}),
            json!({"type": "step_error", "step": 4,
                   "error": {"message": "SQLite error: integer overflow", "code": "SQLITE_ERROR"}}),
        ]
    );
    // The baton goes on in a pipeline.
    let mut stream = Stream::new(&service);
    stream.baton = first["baton"].clone();
    assert_eq!(stream.value("SELECT sum(a) FROM t").await, integer(3));
}

#[tokio::test]
async fn abandoned_cursor_gives_its_stream_back() {
    let service = service();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let silent = format!("SELECT count(*) FROM ({endless})");
    for sql in [endless, &silent] {
        let batch = json!({"batch": {"steps": [{"stmt": {"sql": sql}}, {"stmt": {"sql": "CREATE TABLE never(a)"}}]}});
        let mut response = call(&service, "POST", "/v3/cursor", batch.to_string()).await;
        let first = response.body_mut().next_piece().await.unwrap().unwrap();
        let first: Json = serde_json::from_slice(&first).unwrap();
        if sql == endless {
            assert!(response.body_mut().next_piece().await.unwrap().is_some());
        }
        drop(response);
        let mut stream = Stream::new(&service);
        stream.baton = first["baton"].clone();
        assert_eq!(
            stream.value("SELECT count(*) FROM sqlite_schema").await,
            integer(0)
        );
    }
}

#[tokio::test]
async fn a_batch_that_says_too_much_is_refused_as_a_whole() {
    let limits = StackLimits {
        result_bytes: 1000,
        ..StackLimits::default()
    };
    let context = Context::new(Clock::frozen(NOW), Entropy::seeded(1), limits);
    let service = DatabaseService::new(context);
    let mut stream = Stream::new(&service);
    let long = json!({"stmt": {"sql": "SELECT printf('%.600c', 'x')"}});
    let one = stream
        .ok(json!({"type": "batch", "batch": {"steps": [long]}}))
        .await;
    assert_eq!(one["result"]["step_errors"], json!([null]));
    let two = json!({"type": "batch", "batch": {"steps": [long, long, long]}});
    assert_eq!(stream.error(two).await["code"], "RESPONSE_TOO_LARGE");
}
