//! Hrana over HTTP, through the service's own door.

use std::time::Duration;

use bytes::Bytes;
use efsm_core::{
    Body, Clock, Context, Entropy, Face, FaultRule, Limits as StackLimits, Request, ResetDepth,
    Response, Service, SignedDuration, SocketFault,
};
use efsm_database::DatabaseService;
use efsm_database::wire::hrana::protobuf::{http as http_pb, shared};
use http::StatusCode;
use prost::Message as _;
use serde_json::{Value as Json, json};

use super::NOW;

pub(super) fn context() -> Context {
    Context::new(
        Clock::frozen(NOW),
        Entropy::seeded(1),
        StackLimits::default(),
    )
}

fn service() -> DatabaseService {
    DatabaseService::new(context())
}

async fn call(
    service: &DatabaseService,
    method: &str,
    path: &str,
    body: impl Into<Body>,
) -> Response {
    let request = http::Request::builder().method(method).uri(path);
    let mut request = Request::new(request.body(body.into()).unwrap());
    request.route.face = Face::Hrana;
    service.http(request).await
}

async fn bytes(response: Response) -> (StatusCode, Bytes) {
    let (head, body) = response.into_parts();
    (head.status, body.collect(u64::MAX).await.unwrap())
}

async fn post(service: &DatabaseService, path: &str, body: Json) -> (StatusCode, Json) {
    let (status, body) = bytes(call(service, "POST", path, body.to_string()).await).await;
    let json = serde_json::from_slice(&body)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&body)));
    (status, json)
}

/// A client's stream, which hands its baton on.
struct Stream<'s> {
    service: &'s DatabaseService,
    path: &'static str,
    baton: Json,
}

impl<'s> Stream<'s> {
    fn new(service: &'s DatabaseService) -> Self {
        Self::at(service, "/v3/pipeline")
    }

    fn at(service: &'s DatabaseService, path: &'static str) -> Self {
        Self {
            service,
            path,
            baton: Json::Null,
        }
    }

    /// The results of requests, one by one.
    async fn send(&mut self, requests: Json) -> Vec<Json> {
        let body = json!({"baton": self.baton, "requests": requests});
        let (status, answer) = post(self.service, self.path, body).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["base_url"], Json::Null);
        assert!(answer["baton"] != self.baton || self.baton.is_null());
        self.baton = answer["baton"].clone();
        answer["results"].as_array().unwrap().clone()
    }

    async fn one(&mut self, request: Json) -> Json {
        self.send(json!([request])).await.remove(0)
    }

    async fn ok(&mut self, request: Json) -> Json {
        let result = self.one(request.clone()).await;
        assert_eq!(result["type"], "ok", "{request}: {result}");
        assert_eq!(result["response"]["type"], request["type"]);
        result["response"].clone()
    }

    async fn error(&mut self, request: Json) -> Json {
        let result = self.one(request.clone()).await;
        assert_eq!(result["type"], "error", "{request}: {result}");
        result["error"].clone()
    }

    async fn execute(&mut self, sql: &str) -> Json {
        let response = self.ok(execute(json!({"sql": sql}))).await;
        response["result"].clone()
    }

    /// The value of a query with one.
    async fn value(&mut self, sql: &str) -> Json {
        self.execute(sql).await["rows"][0][0].clone()
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "called with a literal each time"
)]
fn execute(stmt: Json) -> Json {
    json!({"type": "execute", "stmt": stmt})
}

fn integer(n: i64) -> Json {
    json!({"type": "integer", "value": n.to_string()})
}

fn text(text: &str) -> Json {
    json!({"type": "text", "value": text})
}

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
        ("SELEC 1", "SQL_INPUT_ERROR", "syntax error (at offset 0)"),
        ("SELECT foobar", "SQL_INPUT_ERROR", "(at offset 7)"),
        ("SELECT * FROM nope", "SQLITE_ERROR", "no such table: nope"),
        (
            "INSERT INTO t VALUES (1)",
            "SQLITE_CONSTRAINT_UNIQUE",
            "t.a",
        ),
        (
            "INSERT INTO t VALUES (NULL)",
            "SQLITE_CONSTRAINT_NOTNULL",
            "t.a",
        ),
        (
            "INSERT INTO t VALUES (3)",
            "SQLITE_CONSTRAINT_CHECK",
            "CHECK",
        ),
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
async fn baton_is_good_once_and_changes_with_every_answer() {
    let service = service();
    let mut stream = Stream::new(&service);
    stream.execute("BEGIN").await;
    let first = stream.baton.clone();
    stream.execute("CREATE TABLE t(a)").await;
    let second = stream.baton.clone();
    assert_ne!(first, second);
    let again = json!({"baton": first, "requests": []});
    let (status, refused) = post(&service, "/v3/pipeline", again).await;
    assert_eq!(
        (status.as_u16(), &refused["code"]),
        (400, &json!("BATON_REUSED"))
    );
    for unknown in ["", "x", "999.abc", "99999999999999999999.abc"] {
        let body = json!({"baton": unknown, "requests": []});
        let (status, refused) = post(&service, "/v3/pipeline", body).await;
        assert_eq!(status, 400, "{unknown}");
        assert_eq!(refused["code"], "BATON_INVALID", "{unknown}");
        assert!(refused["message"].is_string());
    }
    // Neither has harmed the stream.
    assert_eq!(stream.value("SELECT count(*) FROM t").await, integer(0));
    assert_eq!(
        stream.ok(json!({"type": "get_autocommit"})).await["is_autocommit"],
        false
    );
    stream.ok(json!({"type": "close"})).await;
    assert_eq!(stream.baton, Json::Null);
    let closed = json!({"baton": second, "requests": []});
    assert_eq!(post(&service, "/v3/pipeline", closed).await.0, 400);
}

#[tokio::test]
async fn closed_stream_takes_no_more_requests() {
    let service = service();
    let mut stream = Stream::new(&service);
    let results = stream
        .send(json!([
            execute(json!({"sql": "BEGIN"})),
            execute(json!({"sql": "CREATE TABLE t(a)"})),
            {"type": "close"},
            execute(json!({"sql": "SELECT 1"})),
        ]))
        .await;
    assert_eq!(
        results[2],
        json!({"type": "ok", "response": {"type": "close"}})
    );
    assert_eq!(results[3]["error"]["code"], "STREAM_CLOSED");
    assert_eq!(stream.baton, Json::Null);
    let mut other = Stream::new(&service);
    // What was not committed is rolled back.
    assert_eq!(
        other.value("SELECT count(*) FROM sqlite_schema").await,
        integer(0)
    );
}

#[tokio::test]
async fn idle_stream_expires_on_the_stacks_clock() {
    let context = context();
    let service = DatabaseService::new(context.clone());
    let mut stream = Stream::new(&service);
    stream.execute("CREATE TABLE t(a)").await;
    stream.execute("BEGIN IMMEDIATE").await;
    stream.execute("INSERT INTO t VALUES (1)").await;
    let advance = |seconds| context.clock().advance(SignedDuration::from_secs(seconds));
    advance(9).unwrap();
    stream.execute("INSERT INTO t VALUES (2)").await;
    advance(11).unwrap();
    let late = json!({"baton": stream.baton, "requests": []});
    let (status, refused) = post(&service, "/v3/pipeline", late).await;
    assert_eq!(
        (status.as_u16(), &refused["code"]),
        (400, &json!("STREAM_EXPIRED"))
    );
    // Its transaction holds up nobody.
    let mut other = Stream::new(&service);
    other.execute("INSERT INTO t VALUES (3)").await;
    assert_eq!(other.value("SELECT sum(a) FROM t").await, integer(3));
    // Some time later nothing is known of it.
    advance(3600).unwrap();
    service.clock_moved(context.now());
    let late = json!({"baton": stream.baton, "requests": []});
    let (_, refused) = post(&service, "/v3/pipeline", late).await;
    assert_eq!(refused["code"], "BATON_INVALID");
}

#[tokio::test]
async fn writer_that_went_away_is_not_waited_for_longer_than_it_may_idle() {
    let context = Context::default();
    let service = DatabaseService::new(context.clone());
    let mut gone = Stream::new(&service);
    gone.execute("CREATE TABLE t(a)").await;
    gone.execute("BEGIN IMMEDIATE").await;
    let waiting = tokio::spawn({
        let service = service.clone();
        async move {
            Stream::new(&service)
                .execute("INSERT INTO t VALUES (1)")
                .await
        }
    });
    // The clock is moved while the other waits; nobody asks for the stream that expires by it.
    context
        .clock()
        .advance(SignedDuration::from_secs(11))
        .unwrap();
    assert_eq!(waiting.await.unwrap()["affected_row_count"], 1);
}

#[tokio::test]
async fn two_streams_behave_like_two_connections_to_a_file() {
    let service = service();
    let (mut a, mut b) = (Stream::new(&service), Stream::new(&service));
    a.execute("CREATE TABLE t(n)").await;
    a.execute("INSERT INTO t VALUES (1)").await;
    a.execute("BEGIN").await;
    b.execute("BEGIN").await;
    b.execute("INSERT INTO t VALUES (10)").await;
    assert_eq!(a.value("SELECT sum(n) FROM t").await, integer(1));
    assert_eq!(b.value("SELECT sum(n) FROM t").await, integer(11));
    a.execute("PRAGMA busy_timeout = 0").await;
    let busy = a
        .error(execute(json!({"sql": "INSERT INTO t VALUES (5)"})))
        .await;
    assert_eq!(busy["code"], "SQLITE_BUSY");
    b.execute("COMMIT").await;
    assert_eq!(a.value("SELECT sum(n) FROM t").await, integer(1));
    a.execute("COMMIT").await;
    assert_eq!(a.value("SELECT sum(n) FROM t").await, integer(11));
}

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
    assert_eq!(result["step_errors"][2]["code"], "SQLITE_CONSTRAINT_UNIQUE");
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
async fn sequence_runs_up_to_the_first_statement_that_fails() {
    let service = service();
    let mut stream = Stream::new(&service);
    stream
        .ok(json!({"type": "sequence", "sql": "  \n-- only a comment\n"}))
        .await;
    let sql = "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1); INSERT INTO t VALUES (1); \
               INSERT INTO t VALUES (2)";
    let error = stream.error(json!({"type": "sequence", "sql": sql})).await;
    assert_eq!(error["code"], "SQLITE_CONSTRAINT_UNIQUE");
    assert_eq!(
        stream.value("SELECT group_concat(a) FROM t").await,
        text("1")
    );
    let trigger = "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END; SELECT 1";
    stream.ok(json!({"type": "sequence", "sql": trigger})).await;
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
    assert_eq!(error["code"], "SQL_INPUT_ERROR");
    assert_eq!(stream.value("SELECT count(*) FROM t").await, integer(0));
}

#[tokio::test]
async fn stored_texts_belong_to_their_stream() {
    let service = service();
    let mut stream = Stream::at(&service, "/v2/pipeline");
    stream
        .ok(json!({"type": "store_sql", "sql_id": -5, "sql": "SELECT ?"}))
        .await;
    let stored = execute(json!({"sql_id": -5, "args": [integer(42)]}));
    let found = stream.ok(stored.clone()).await;
    assert_eq!(found["result"]["rows"][0][0], integer(42));
    let described = stream.ok(json!({"type": "describe", "sql_id": -5})).await;
    assert_eq!(described["result"]["params"], json!([{"name": null}]));
    for n in 0..49 {
        stream
            .ok(json!({"type": "store_sql", "sql_id": n, "sql": "SELECT 1"}))
            .await;
    }
    let full = json!({"type": "store_sql", "sql_id": 100, "sql": "SELECT 1"});
    assert_eq!(
        stream.error(full.clone()).await["code"],
        "SQL_STORE_TOO_MANY"
    );
    stream.ok(json!({"type": "close_sql", "sql_id": 0})).await;
    // There is none any more, which is no error.
    stream.ok(json!({"type": "close_sql", "sql_id": 0})).await;
    let long = json!({"type": "store_sql", "sql_id": 100, "sql": " ".repeat(5001)});
    assert_eq!(stream.error(long).await["code"], "SQL_STORE_TOO_LARGE");
    stream.ok(full).await;
    // What breaks the protocol ends the stream, and another has no such texts.
    for bad in [
        json!({"type": "store_sql", "sql_id": 5, "sql": ""}),
        execute(json!({"sql_id": 77})),
        execute(json!({"sql_id": 5, "sql": "SELECT 1"})),
        execute(json!({})),
        json!({"type": "sequence"}),
    ] {
        let mut stream = Stream::new(&service);
        stream
            .ok(json!({"type": "store_sql", "sql_id": 5, "sql": "SELECT 1"}))
            .await;
        let body = json!({"baton": stream.baton, "requests": [bad]});
        let (status, refused) = post(&service, "/v3/pipeline", body).await;
        assert_eq!(status, 400, "{bad}");
        assert!(refused["message"].is_string());
        let gone = json!({"baton": stream.baton, "requests": []});
        assert_eq!(post(&service, "/v3/pipeline", gone).await.0, 400);
    }
}

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

#[tokio::test]
async fn streams_are_told_apart_though_connections_are_used_again() {
    let service = service();
    let close = json!({"type": "close"});
    let run = async |requests: &[&str]| {
        let mut all: Vec<Json> = requests
            .iter()
            .map(|sql| execute(json!({"sql": sql})))
            .collect();
        all.push(close.clone());
        let mut results = Stream::new(&service).send(Json::Array(all)).await;
        results.pop();
        results
    };
    // Open all the time, so that its connection is no other stream's.
    let mut other = Stream::new(&service);
    other.execute("SELECT 1").await;
    run(&["CREATE TABLE t(a INTEGER PRIMARY KEY)"]).await;
    run(&["INSERT INTO t VALUES (12345)"]).await;
    let results = run(&["SELECT last_insert_rowid()"]).await;
    assert_eq!(results[0]["response"]["result"]["rows"][0][0], integer(0));
    assert_eq!(results[0]["response"]["result"]["last_insert_rowid"], "0");
    // A connection that was kept sees what others did to the schema meanwhile.
    other.execute("DROP TABLE t").await;
    other
        .execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)")
        .await;
    let results = run(&["INSERT INTO t VALUES (12345, 'b')"]).await;
    assert_eq!(results[0]["type"], "ok", "{results:?}");
    run(&["CREATE TEMP TABLE mine(a)"]).await;
    run(&["ATTACH ':memory:' AS other"]).await;
    run(&["PRAGMA foreign_keys = on"]).await;
    run(&["BEGIN", "INSERT INTO t(a) VALUES (1)"]).await;
    run(&["SAVEPOINT s"]).await;
    let results = run(&[
        "SELECT count(*) FROM temp.sqlite_schema",
        "SELECT count(*) FROM pragma_database_list WHERE name = 'other'",
        "SELECT foreign_keys FROM pragma_foreign_keys",
        "SELECT count(*) FROM t",
    ])
    .await;
    let values: Vec<&Json> = results
        .iter()
        .map(|result| &result["response"]["result"]["rows"][0][0])
        .collect();
    assert_eq!(values, [&integer(0), &integer(0), &integer(0), &integer(1)]);
}

#[tokio::test]
async fn reset_and_restore_end_transactions_and_keep_streams() {
    let context = context();
    let service = DatabaseService::new(context.clone());
    let mut stream = Stream::new(&service);
    stream.execute("CREATE TABLE t(a)").await;
    let before = service.snapshot(&context.gate().cut());
    stream.execute("BEGIN").await;
    stream.execute("INSERT INTO t VALUES (1)").await;
    service.restore(&before, &context.gate().cut()).unwrap();
    let lost = stream.error(execute(json!({"sql": "COMMIT"}))).await;
    assert_eq!(lost["code"], "SQLITE_ABORT");
    assert_eq!(stream.value("SELECT count(*) FROM t").await, integer(0));
    Service::reset(&service, ResetDepth::All, &context.gate().cut());
    assert_eq!(
        stream.value("SELECT count(*) FROM sqlite_schema").await,
        integer(0)
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
async fn protobuf_says_the_same_as_json() {
    let service = service();
    let value = |kind| shared::Value { kind: Some(kind) };
    let kinds = [
        shared::Kind::Null(shared::Empty {}),
        shared::Kind::Integer(i64::MIN),
        shared::Kind::Float(f64::INFINITY),
        shared::Kind::Text("ü".to_owned()),
        shared::Kind::Blob(vec![0, 255]),
    ];
    let stmt = |sql: &str, args: Vec<shared::Value>| shared::Stmt {
        sql: Some(sql.to_owned()),
        args,
        ..shared::Stmt::default()
    };
    let step = |sql: &str, cond| shared::BatchStep {
        condition: cond,
        stmt: Some(stmt(sql, vec![])),
    };
    let failed = shared::BatchCond {
        cond: Some(shared::Cond::Not(Box::new(shared::BatchCond {
            cond: Some(shared::Cond::StepOk(1)),
        }))),
    };
    let batch = shared::Batch {
        steps: vec![
            step("SELECT 1 AS one", None),
            step("SELECT nope", None),
            step("SELECT 2", Some(failed.clone())),
            step(
                "SELECT 3",
                Some(shared::BatchCond {
                    cond: Some(shared::Cond::StepError(0)),
                }),
            ),
        ],
    };
    let request = |request| http_pb::StreamRequest {
        request: Some(request),
    };
    let body = http_pb::PipelineReqBody {
        baton: None,
        requests: vec![
            request(http_pb::RequestKind::Execute(http_pb::ExecuteReq {
                stmt: Some(stmt(
                    "SELECT ?, ?, ?, ?, ?",
                    kinds.iter().cloned().map(value).collect(),
                )),
            })),
            request(http_pb::RequestKind::Batch(http_pb::BatchReq {
                batch: Some(batch.clone()),
            })),
            request(http_pb::RequestKind::GetAutocommit(shared::Empty {})),
            request(http_pb::RequestKind::Describe(http_pb::SqlReq {
                sql: Some("SELECT :a".to_owned()),
                sql_id: None,
            })),
            request(http_pb::RequestKind::Sequence(http_pb::SqlReq {
                sql: Some("SELECT 1; SELECT".to_owned()),
                sql_id: None,
            })),
        ],
    };
    let response = call(
        &service,
        "POST",
        "/v3-protobuf/pipeline",
        body.encode_to_vec(),
    )
    .await;
    assert_eq!(response.headers()["content-type"], "application/x-protobuf");
    let (status, body) = bytes(response).await;
    assert_eq!(status, 200);
    let answer = http_pb::PipelineRespBody::decode(body).unwrap();
    assert!(answer.baton.is_some() && answer.base_url.is_none());
    let mut results = answer
        .results
        .into_iter()
        .map(|result| result.result.unwrap());
    let mut ok = || match results.next().unwrap() {
        http_pb::ResultKind::Ok(response) => response.response.unwrap(),
        http_pb::ResultKind::Error(error) => panic!("{error:?}"),
    };
    let http_pb::ResponseKind::Execute(executed) = ok() else {
        panic!("not the answer to execute")
    };
    let row = &executed.result.unwrap().rows[0];
    let found: Vec<_> = row.values.iter().map(|v| v.kind.clone().unwrap()).collect();
    assert_eq!(found, kinds);
    let http_pb::ResponseKind::Batch(done) = ok() else {
        panic!("not the answer to batch")
    };
    let done = done.result.unwrap();
    assert_eq!(done.step_results.keys().collect::<Vec<_>>(), [&0, &2]);
    assert_eq!(
        done.step_errors[&1].code.as_deref(),
        Some("SQL_INPUT_ERROR")
    );
    assert_eq!(
        ok(),
        http_pb::ResponseKind::GetAutocommit(http_pb::GetAutocommitResp {
            is_autocommit: true
        })
    );
    let http_pb::ResponseKind::Describe(described) = ok() else {
        panic!("not the answer to describe")
    };
    assert_eq!(
        described.result.unwrap().params[0].name.as_deref(),
        Some(":a")
    );
    assert!(matches!(
        results.next(),
        Some(http_pb::ResultKind::Error(_))
    ));

    let body = http_pb::CursorReqBody {
        baton: None,
        batch: Some(batch),
    };
    let response = call(
        &service,
        "POST",
        "/v3-protobuf/cursor",
        body.encode_to_vec(),
    )
    .await;
    assert_eq!(
        response.headers()["content-type"],
        "application/octet-stream"
    );
    let (_, mut body) = bytes(response).await;
    let first = http_pb::CursorRespBody::decode_length_delimited(&mut body).unwrap();
    assert!(first.baton.is_some());
    let mut kinds = Vec::new();
    while !body.is_empty() {
        let entry = shared::CursorEntry::decode_length_delimited(&mut body).unwrap();
        kinds.push(match entry.entry.unwrap() {
            shared::Entry::StepBegin(begin) => format!("begin {}", begin.step),
            shared::Entry::StepEnd(_) => "end".to_owned(),
            shared::Entry::StepError(error) => format!("error {}", error.step),
            shared::Entry::Row(row) => format!("row {:?}", row.values[0].kind.clone().unwrap()),
            shared::Entry::Error(error) => error.message,
        });
    }
    assert_eq!(
        kinds,
        [
            "begin 0",
            "row Integer(1)",
            "end",
            "error 1",
            "begin 2",
            "row Integer(2)",
            "end"
        ]
    );
}

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

#[tokio::test]
async fn a_thousand_streams_are_held() {
    let service = service();
    let mut streams = Vec::new();
    for _ in 0..1000 {
        let mut stream = Stream::new(&service);
        stream.execute("BEGIN").await;
        streams.push(stream);
    }
    let sessions = service.status().counts["sessions"].clone();
    assert_eq!(sessions, 1000);
    for stream in &mut streams {
        stream.ok(json!({"type": "close"})).await;
    }
    assert_eq!(service.status().counts["sessions"], 0);
}
