//! Statements and what comes back.

use super::*;

#[tokio::test]
async fn probes_are_answered_under_any_prefix() {
    let service = service();
    for path in ["/v2", "/v3", "/v3-protobuf", "/db/v3", "/a/b/v2"] {
        assert_eq!(
            call(&service, "GET", path, "").await.status(),
            200,
            "{path}"
        );
        assert_eq!(call(&service, "POST", path, "").await.status(), 405);
    }
    assert_eq!(
        call(&service, "GET", "/v3/pipeline", "").await.status(),
        405
    );
    assert_eq!(call(&service, "GET", "/v4", "").await.status(), 404);
    // By the service's own prefix the gateway does not see that it is Hrana's.
    let mut request = Request::new(http::Request::get("/db/v3").body(()).unwrap());
    request.route.mount = 3;
    assert_eq!(service.http(request).await.status(), 200);
}

#[tokio::test]
async fn result_has_every_member_of_the_specification() {
    let service = service();
    let mut stream = Stream::new(&service);
    let made = stream
        .execute("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL)")
        .await;
    assert_eq!(made["affected_row_count"], 0);
    assert_eq!(made["cols"], json!([]));
    let inserted = stream
        .execute("INSERT INTO item(id, name, price) VALUES (9223372036854775807, 'tea', 1.5), (7, NULL, 2)")
        .await;
    assert_eq!(inserted["affected_row_count"], 2);
    assert_eq!(inserted["last_insert_rowid"], "7");
    assert_eq!(inserted["rows_written"], 2);
    let mut found = stream
        .execute("SELECT id, name, price, price * 2 AS double, x'00ff' FROM item ORDER BY id")
        .await;
    let duration = found["query_duration_ms"].take();
    assert!(duration.as_f64().unwrap() > 0.0);
    assert_eq!(
        found,
        json!({
            "cols": [
                {"name": "id", "decltype": "INTEGER"},
                {"name": "name", "decltype": "TEXT"},
                {"name": "price", "decltype": "REAL"},
                {"name": "double", "decltype": null},
                {"name": "x'00ff'", "decltype": null},
            ],
            "rows": [
                [integer(7), {"type": "null"}, {"type": "float", "value": 2.0},
                 {"type": "float", "value": 4.0}, {"type": "blob", "base64": "AP8="}],
                [integer(i64::MAX), text("tea"), {"type": "float", "value": 1.5},
                 {"type": "float", "value": 3.0}, {"type": "blob", "base64": "AP8="}],
            ],
            "affected_row_count": 0,
            "last_insert_rowid": "7",
            "replication_index": null,
            "rows_read": 2,
            "rows_written": 0,
            "query_duration_ms": null,
        })
    );
    let silent = execute(json!({"sql": "SELECT * FROM item", "want_rows": false}));
    let silent = stream.ok(silent).await;
    assert_eq!(silent["result"]["rows"], json!([]));
    assert_eq!(silent["result"]["cols"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn arguments_are_bound_by_position_and_by_name() {
    let service = service();
    let mut stream = Stream::new(&service);
    for (stmt, row) in [
        (
            json!({"sql": "SELECT ?, ?3, ?2", "args": [text("one"), {"type": "null"}, integer(3)]}),
            json!([text("one"), integer(3), {"type": "null"}]),
        ),
        (
            json!({"sql": "SELECT :one, @two, $three", "named_args": [
                {"name": ":one", "value": integer(10)},
                {"name": "two", "value": integer(20)},
                {"name": "$three", "value": integer(30)},
            ]}),
            json!([integer(10), integer(20), integer(30)]),
        ),
        (
            json!({"sql": "SELECT $b, $a, ?1", "named_args": [
                {"name": "a", "value": text("one")}, {"name": "$b", "value": text("two")},
            ]}),
            json!([text("two"), text("one"), text("two")]),
        ),
        (
            // A name takes precedence over a position.
            json!({"sql": "SELECT :a, :b", "args": [integer(1), integer(2)],
                   "named_args": [{"name": "a", "value": integer(3)}]}),
            json!([integer(3), integer(2)]),
        ),
        (
            json!({"sql": "SELECT length(?), typeof(?)",
                   "args": [{"type": "blob", "base64": "AAA"}, {"type": "float", "value": 1}]}),
            json!([integer(2), text("real")]),
        ),
        (
            json!({"sql": "SELECT 1", "args": null, "named_args": null, "want_rows": null,
                   "replication_index": "5", "unknown": {}}),
            json!([integer(1)]),
        ),
    ] {
        let response = stream.ok(execute(stmt.clone())).await;
        assert_eq!(response["result"]["rows"][0], row, "{stmt}");
    }
    for stmt in [
        json!({"sql": "SELECT ?, ?", "args": [integer(1)]}),
        json!({"sql": "SELECT ?", "args": [integer(1), integer(2)]}),
        json!({"sql": "SELECT :a"}),
        json!({"sql": "SELECT :a", "named_args": [
            {"name": "a", "value": integer(1)}, {"name": "b", "value": integer(1)}]}),
    ] {
        let error = stream.error(execute(stmt.clone())).await;
        assert_eq!(error["code"], "ARGS_INVALID", "{stmt}");
    }
}

#[tokio::test]
async fn errors_have_codes_and_the_pipeline_goes_on() {
    let service = service();
    let mut stream = Stream::new(&service);
    stream
        .execute("CREATE TABLE t(a UNIQUE NOT NULL CHECK (a <> 3))")
        .await;
    stream.execute("INSERT INTO t VALUES (1)").await;
    for (sql, code, message) in [
        ("SELEC 1", "SQL_PARSE_ERROR", "syntax error (at offset 0)"),
        ("SELECT", "SQL_PARSE_ERROR", "incomplete input"),
        ("SELECT foobar", "SQL_INPUT_ERROR", "(at offset 7)"),
        ("SELECT * FROM nope", "SQLITE_ERROR", "no such table: nope"),
        ("INSERT INTO t VALUES (1)", "SQLITE_CONSTRAINT", "t.a"),
        ("INSERT INTO t VALUES (NULL)", "SQLITE_CONSTRAINT", "t.a"),
        ("INSERT INTO t VALUES (3)", "SQLITE_CONSTRAINT", "CHECK"),
        ("", "SQL_NO_STATEMENT", "any statement"),
        ("-- nothing", "SQL_NO_STATEMENT", "any statement"),
        ("SELECT 1; SELECT 2", "SQL_MANY_STATEMENTS", "more than one"),
        ("ATTACH 'a.db' AS a", "SQLITE_AUTH", "attaching"),
    ] {
        let results = stream
            .send(json!([
                execute(json!({"sql": sql})),
                execute(json!({"sql": "SELECT 1"}))
            ]))
            .await;
        let error = &results[0]["error"];
        assert_eq!(error["code"], code, "{sql}: {error}");
        assert!(
            error["message"].as_str().unwrap().contains(message),
            "{error}"
        );
        assert_eq!(results[1]["type"], "ok");
    }
}

#[tokio::test]
async fn statement_is_described_without_being_run() {
    let service = service();
    let mut stream = Stream::new(&service);
    stream
        .execute("CREATE TABLE t(a TEXT, b int NOT NULL, c FURRY BUNNY)")
        .await;
    let describe = |sql: &str| json!({"type": "describe", "sql": sql});
    let result = stream
        .ok(describe(
            "SELECT ?, ?3, :one, $two, a, b, c, a + b AS sum FROM t",
        ))
        .await;
    assert_eq!(
        result["result"],
        json!({
            "params": [{"name": null}, {"name": null}, {"name": "?3"}, {"name": ":one"}, {"name": "$two"}],
            "cols": [
                {"name": "?", "decltype": null}, {"name": "?3", "decltype": null},
                {"name": ":one", "decltype": null}, {"name": "$two", "decltype": null},
                {"name": "a", "decltype": "TEXT"}, {"name": "b", "decltype": "INT"},
                {"name": "c", "decltype": "FURRY BUNNY"}, {"name": "sum", "decltype": null},
            ],
            "is_explain": false,
            "is_readonly": true,
        })
    );
    for (sql, is_explain, is_readonly) in [
        ("EXPLAIN SELECT 1", true, true),
        ("EXPLAIN QUERY PLAN SELECT 1", true, true),
        ("UPDATE t SET a = 1", false, false),
        ("DROP TABLE t", false, false),
        ("COMMIT", false, true),
    ] {
        let result = stream.ok(describe(sql)).await;
        assert_eq!(result["result"]["is_explain"], is_explain, "{sql}");
        assert_eq!(result["result"]["is_readonly"], is_readonly, "{sql}");
    }
    let error = stream.error(describe("SELEC 1")).await;
    assert_eq!(error["code"], "SQL_PARSE_ERROR");
    assert_eq!(stream.value("SELECT count(*) FROM t").await, integer(0));
}

#[tokio::test]
async fn sequence_runs_up_to_the_first_statement_that_fails() {
    let service = service();
    let mut stream = Stream::new(&service);
    stream
        .ok(json!({"type": "sequence", "sql": "  \n-- only a comment\n"}))
        .await;
    let sql = "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1); INSERT INTO t VALUES (1); \
               INSERT INTO t VALUES (2)";
    let error = stream.error(json!({"type": "sequence", "sql": sql})).await;
    assert_eq!(error["code"], "SQLITE_CONSTRAINT");
    assert_eq!(
        stream.value("SELECT group_concat(a) FROM t").await,
        text("1")
    );
    let trigger = "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END; SELECT 1";
    stream.ok(json!({"type": "sequence", "sql": trigger})).await;
}

#[tokio::test]
async fn foreign_keys_are_enforced_as_on_libsqls_server() {
    let service = service();
    let mut stream = Stream::new(&service);
    stream
        .execute("CREATE TABLE parent(id INTEGER PRIMARY KEY)")
        .await;
    stream
        .execute("CREATE TABLE child(parent REFERENCES parent ON DELETE CASCADE)")
        .await;
    let orphan = execute(json!({"sql": "INSERT INTO child VALUES (1)"}));
    let error = stream.error(orphan.clone()).await;
    assert_eq!(error["code"], "SQLITE_CONSTRAINT");
    stream.execute("PRAGMA foreign_keys = off").await;
    stream.ok(orphan.clone()).await;
    stream.ok(json!({"type": "close"})).await;
    // The setting was that stream's own.
    let mut next = Stream::new(&service);
    next.error(orphan).await;
    // A reset puts other pages under the stream, and the setting stays.
    service.hard_reset();
    next.execute("CREATE TABLE parent(id INTEGER PRIMARY KEY)")
        .await;
    assert_eq!(next.value("PRAGMA foreign_keys").await, integer(1));
}
