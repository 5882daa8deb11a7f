//! The plain REST contract and what goes beyond it, through the service's own door.

use std::sync::Arc;
use std::time::Duration;

use efsm_core::{
    Body, Clock, Context, Entropy, FaultRule, Limits as StackLimits, Part, Request, ResetDepth,
    Service as _, SignedDuration,
};
use efsm_database::DatabaseService;
use http::{HeaderMap, StatusCode};
use serde_json::{Value as Json, json};

use super::NOW;

fn context() -> Context {
    context_within(StackLimits::default())
}

fn context_within(limits: StackLimits) -> Context {
    Context::new(Clock::frozen(NOW), Entropy::seeded(1), limits)
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Json {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    #[track_caller]
    fn ok(self) -> Json {
        let json = self.json();
        assert!(self.status.is_success(), "{} {json}", self.status);
        json
    }

    #[track_caller]
    fn refused(self, status: u16) -> Json {
        let json = self.json();
        assert_eq!(self.status.as_u16(), status, "{json}");
        json["error"].clone()
    }
}

async fn send(service: &DatabaseService, request: Request) -> Answer {
    let response = service.http(request).await;
    let (head, body) = response.into_parts();
    Answer {
        status: head.status,
        headers: head.headers,
        bytes: body.collect(u64::MAX).await.unwrap().to_vec(),
    }
}

/// `path` is below `/db`.
async fn call(
    service: &DatabaseService,
    method: &str,
    path: &str,
    body: impl Into<Body>,
) -> Answer {
    let request = http::Request::builder().method(method).uri(path);
    send(service, Request::new(request.body(body.into()).unwrap())).await
}

async fn post(service: &DatabaseService, path: &str, body: Json) -> Answer {
    call(service, "POST", path, body.to_string()).await
}

async fn execute(service: &DatabaseService, sql: &str) -> Json {
    post(service, "/execute", json!({"sql": sql})).await.ok()
}

#[tokio::test]
async fn plain_contract_is_kept_to_the_letter() {
    let db = DatabaseService::new(context());
    let created = execute(&db, "create table users(id integer primary key, name text)").await;
    assert_eq!(created, json!({"rows": [], "row_count": 0}));
    let insert =
        json!({"sql": "insert into users(name) values (?), (?)", "params": ["ann", "bob"]});
    let inserted = post(&db, "/execute", insert).await.ok();
    assert_eq!(inserted, json!({"rows": [], "row_count": 2}));
    let select =
        json!({"sql": "select * from users where name = :name", "params": {"name": "bob"}});
    let selected = post(&db, "/execute", select).await;
    assert_eq!(selected.headers["content-type"], "application/json");
    assert_eq!(
        selected.ok(),
        json!({"rows": [{"id": 2, "name": "bob"}], "row_count": 1})
    );
    assert_eq!(
        post(&db, "/execute", json!({})).await.json(),
        json!({"error": "missing sql"})
    );
    assert_eq!(
        post(&db, "/execute", json!({"sql": null}))
            .await
            .refused(400),
        "missing sql"
    );
    assert_eq!(
        post(&db, "/execute", json!({"sql": 1})).await.refused(400),
        "sql must be a string"
    );
    let wrong = post(&db, "/execute", json!({"sql": "select * from nowhere"})).await;
    assert_eq!(wrong.refused(400), "no such table: nowhere");
    execute(&db, "create table accounts(x); create view v as select 1").await;
    let tables = call(&db, "GET", "/tables", "").await.ok();
    assert_eq!(tables, json!({"tables": ["accounts", "users"]}));
}

#[tokio::test]
async fn bad_input_is_told_and_stores_nothing() {
    let db = DatabaseService::new(context());
    execute(&db, "create table t(x)").await;
    for (body, part) in [
        ("{\"sql\": \"insert into t values (1)\"", "EOF"),
        ("{\"sql\": \n oops}", "line 2"),
        ("[]", "must be a JSON object"),
        ("", "empty"),
        (
            r#"{"sql": "insert into t values (?)", "params": 5}"#,
            "params must be",
        ),
        (
            r#"{"sql": "insert into t values (?)", "params": [[1]]}"#,
            "params[0]",
        ),
        (
            r#"{"sql": "insert into t values (?)", "params": [{"$int": "x"}]}"#,
            "not an integer",
        ),
        (
            r#"{"sql": "insert into t values (?)", "params": []}"#,
            "parameter number 1",
        ),
        (
            r#"{"sql": "insert into t values (?)", "params": [1, 2]}"#,
            "takes 1 parameters",
        ),
        (
            r#"{"sql": "insert into t values (:a)", "params": {"b": 1}}"#,
            ":a",
        ),
        (
            r#"{"sql": "insert into t values (1)", "integers": "loose"}"#,
            "integers must be",
        ),
        (
            r#"{"sql": "insert into t values (1)", "session": "none"}"#,
            "no session none",
        ),
        (r#"{"sql": " -- nothing"}"#, "no statement"),
        (
            r#"{"sql": "insert into t values (1, 2)"}"#,
            "1 columns but 2 values",
        ),
        (
            r#"{"sql": "insert into t values (1); insert into t values (?)", "params": [1]}"#,
            "by position",
        ),
    ] {
        let answer = call(&db, "POST", "/execute", body).await;
        assert!(answer.status.is_client_error(), "{body}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(part), "{body}: {error}");
    }
    let rows = execute(&db, "select count(*) as n from t").await;
    assert_eq!(rows["rows"][0]["n"], 0);
    for (method, path, status) in [
        ("GET", "/execute", 405),
        ("POST", "/tables", 405),
        ("POST", "/main/nonsense", 404),
        ("GET", "/tables/more", 404),
        ("GET", "/a%2Fb/tables", 400),
        ("GET", "/%FF/tables", 400),
    ] {
        let answer = call(&db, method, path, "").await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        assert!(answer.json()["error"].is_string());
    }
}

#[tokio::test]
async fn values_travel_without_loss_both_ways() {
    let db = DatabaseService::new(context());
    let params = json!([
        null, 1, 1.0, true, 9_007_199_254_740_991i64, {"$int": "9223372036854775807"}, {"$int": "-9223372036854775808"},
        9_007_199_254_740_993i64, {"$blob": "AP8="}, "ü\u{0}\"", {"$real": "-Infinity"}, 1e300, 0.1
    ]);
    let names: Vec<String> = (1..=13).map(|n| format!("?{n} as c{n}")).collect();
    let sql = format!(
        "select {}, typeof(?3), typeof(?9), length(?9)",
        names.join(", ")
    );
    let body = json!({"sql": sql, "params": params, "rows": "arrays"});
    let answer = post(&db, "/execute", body.clone()).await;
    let text = String::from_utf8(answer.bytes.clone()).unwrap();
    assert!(text.contains(",1,1.0,1,9007199254740991,"), "{text}");
    assert_eq!(
        answer.json()["rows"][0],
        json!([
            null, 1, 1.0, 1, 9_007_199_254_740_991i64, {"$int": "9223372036854775807"},
            {"$int": "-9223372036854775808"}, {"$int": "9007199254740993"}, {"$blob": "AP8="}, "ü\u{0}\"",
            {"$real": "-Infinity"}, 1e300, 0.1, "real", "blob", 2
        ])
    );
    let mut as_numbers = body.clone();
    as_numbers["integers"] = json!("number");
    let rows = post(&db, "/execute", as_numbers).await.ok();
    assert_eq!(rows["rows"][0][5], json!(i64::MAX));
    let mut as_strings = body;
    as_strings["integers"] = json!("string");
    let rows = post(&db, "/execute", as_strings).await.ok();
    assert_eq!(rows["rows"][0][5], json!("9223372036854775807"));
}

#[tokio::test]
async fn shapes_are_chosen_by_the_call() {
    let db = DatabaseService::new(context());
    execute(&db, "create table t(id integer primary key, name varchar(9)); insert into t values (1, 'a'), (2, null)")
        .await;
    let detail = json!({"sql": "select id, name, 1+1 from t", "rows": "arrays", "detail": true});
    assert_eq!(
        post(&db, "/execute", detail).await.ok(),
        json!({
            "rows": [[1, "a", 2], [2, null, 2]], "row_count": 2,
            "columns": [
                {"name": "id", "type": "INTEGER"}, {"name": "name", "type": "varchar(9)"}, {"name": "1+1", "type": null}
            ],
            "changes": 0, "last_insert_rowid": 2, "rows_read": 2
        })
    );
    let same = execute(&db, "select 1 as a, 2 as a, 3 as b").await;
    assert_eq!(same["rows"], json!([{"a": 1, "a:1": 2, "b": 3}]));
    let mut request = http::Request::post("/execute")
        .body(Body::from(
            json!({"sql": "select 'x,y' as \"a,b\", '' as e, null, x'ff', 1.0, 'q\"'"}).to_string(),
        ))
        .unwrap();
    request.headers_mut().insert(
        "accept",
        "text/csv, application/json;q=0.5".parse().unwrap(),
    );
    let csv = send(&db, Request::new(request)).await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(
        String::from_utf8(csv.bytes).unwrap(),
        "\"a,b\",e,null,x'ff',1.0,'q\"\"'\r\n\"x,y\",\"\",,/w==,1.0,\"q\"\"\"\r\n"
            .replace(",'q\"\"'\r", ",\"'q\"\"'\"\r")
    );
}

#[tokio::test]
async fn several_statements_answer_with_each_result() {
    let db = DatabaseService::new(context());
    let all = execute(
        &db,
        "create table t(x); insert into t values (1), (2); select * from t; delete from t",
    )
    .await;
    assert_eq!(
        all,
        json!({"rows": [], "row_count": 2, "results": [
            {"rows": [], "row_count": 0}, {"rows": [], "row_count": 2},
            {"rows": [{"x": 1}, {"x": 2}], "row_count": 2}, {"rows": [], "row_count": 2}
        ]})
    );
    let answer = post(&db, "/execute", json!({"sql": "insert into t values (:x);\nselect missing;\ninsert into t values (:x)", "params": {"x": 5}})).await;
    let json = answer.json();
    assert_eq!(answer.status, 400);
    assert_eq!(
        json["error"],
        "statement 2 (line 2): no such column: missing"
    );
    assert_eq!(
        (&json["statement"], &json["line"], &json["code"]),
        (&json!(2), &json!(2), &json!("SQLITE_ERROR"))
    );
    assert_eq!(
        execute(&db, "select * from t").await["rows"],
        json!([{"x": 5}])
    );
    let atomic = json!({"sql": "insert into t values (6); select missing", "atomic": true});
    post(&db, "/execute", atomic).await.refused(400);
    assert_eq!(
        execute(&db, "select * from t").await["rows"],
        json!([{"x": 5}])
    );
}

#[tokio::test]
async fn batches_are_atomic_and_many_runs_are_one_call() {
    let db = DatabaseService::new(context());
    execute(&db, "create table t(x unique, y)").await;
    let batch = json!({"statements": [
        {"sql": "insert into t values (?, ?)", "params": [1, "a"]},
        {"sql": "insert into t values (:x, 'b')", "params": {":x": 2}},
        "select count(*) as n from t"
    ]});
    let results = post(&db, "/batch", batch).await.ok();
    assert_eq!(
        results["results"][2],
        json!({"rows": [{"n": 2}], "row_count": 1})
    );
    let broken =
        json!({"statements": ["insert into t values (3, 'c')", "insert into t values (1, 'd')"]});
    let answer = post(&db, "/batch", broken.clone()).await;
    assert_eq!(answer.json()["code"], "SQLITE_CONSTRAINT_UNIQUE");
    assert_eq!(
        answer.refused(400),
        "statement 2 of the batch: UNIQUE constraint failed: t.x"
    );
    assert_eq!(
        execute(&db, "select count(*) as n from t").await["rows"][0]["n"],
        2
    );
    let mut loose = broken;
    loose["atomic"] = json!(false);
    post(&db, "/batch", loose).await.refused(400);
    assert_eq!(
        execute(&db, "select count(*) as n from t").await["rows"][0]["n"],
        3
    );
    let many =
        json!({"sql": "insert into t values (?, ?)", "params": [[10, "x"], [11, {"$blob": ""}]]});
    assert_eq!(
        post(&db, "/executemany", many).await.ok(),
        json!({"row_count": 2, "executions": 2, "last_insert_rowid": 5})
    );
    let named = json!({"sql": "update t set y = :y where x = :x", "params": [{"x": 10, "y": 1}, {"x": 99, "y": 1}]});
    assert_eq!(post(&db, "/executemany", named).await.ok()["row_count"], 1);
    let half = json!({"sql": "insert into t values (?, 0)", "params": [[20], [10]]});
    post(&db, "/executemany", half).await.refused(400);
    assert_eq!(
        execute(&db, "select count(*) as n from t where x = 20").await["rows"][0]["n"],
        0
    );
    for bad in [
        json!({}),
        json!({"statements": [5]}),
        json!({"statements": [{"params": []}]}),
    ] {
        post(&db, "/batch", bad).await.refused(400);
    }
    post(
        &db,
        "/executemany",
        json!({"sql": "select 1", "params": {"a": 1}}),
    )
    .await
    .refused(400);
}

#[tokio::test]
async fn held_session_keeps_its_transaction_until_it_idles_on_the_stacks_clock() {
    let context = context();
    let db = DatabaseService::new(context.clone());
    execute(&db, "create table t(x)").await;
    let opened = post(&db, "/sessions", json!({"idle_seconds": 60})).await;
    assert_eq!(opened.status, 201);
    let opened = opened.json();
    assert_eq!(opened["expires"], "2026-01-01T00:01:00Z");
    let id = opened["session"].as_str().unwrap().to_owned();
    let within = |sql: &str| json!({"sql": sql, "session": id});
    for sql in ["begin", "insert into t values (1)"] {
        post(&db, "/execute", within(sql)).await.ok();
    }
    let count = |json: Json| json["rows"][0]["n"].clone();
    let query = "select count(*) as n from t";
    assert_eq!(count(post(&db, "/execute", within(query)).await.ok()), 1);
    assert_eq!(count(execute(&db, query).await), 0);
    // Use counts the time anew.
    context
        .clock()
        .advance(SignedDuration::from_secs(50))
        .unwrap();
    post(&db, "/execute", within(query)).await.ok();
    context
        .clock()
        .advance(SignedDuration::from_secs(50))
        .unwrap();
    post(&db, "/execute", within("commit")).await.ok();
    assert_eq!(count(execute(&db, query).await), 1);
    for sql in ["begin immediate", "insert into t values (2)"] {
        post(&db, "/execute", within(sql)).await.ok();
    }
    context
        .clock()
        .advance(SignedDuration::from_secs(61))
        .unwrap();
    db.clock_moved(context.now());
    let gone = post(&db, "/execute", within("commit")).await.refused(404);
    assert_eq!(gone, format!("no session {id}"));
    // Its lock and its rows are gone with it.
    execute(&db, "insert into t values (3)").await;
    assert_eq!(count(execute(&db, query).await), 2);
    assert_eq!(
        call(&db, "GET", "/sessions", "").await.ok(),
        json!({"sessions": []})
    );
}

#[tokio::test]
async fn closed_session_rolls_back() {
    let db = DatabaseService::new(context());
    execute(&db, "create table t(x)").await;
    let id = post(&db, "/sessions", json!({})).await.ok()["session"]
        .as_str()
        .unwrap()
        .to_owned();
    post(
        &db,
        "/execute",
        json!({"sql": "begin; insert into t values (1)", "session": id}),
    )
    .await
    .ok();
    let other = post(
        &db,
        "/shop/execute",
        json!({"sql": "select 1", "session": id}),
    )
    .await;
    assert!(
        other
            .refused(400)
            .as_str()
            .unwrap()
            .contains("belongs to the database main")
    );
    let path = format!("/sessions/{id}");
    assert_eq!(call(&db, "GET", &path, "").await.ok()["database"], "main");
    assert_eq!(
        call(&db, "DELETE", &path, "").await.ok(),
        json!({"closed": true})
    );
    assert_eq!(
        call(&db, "DELETE", &path, "").await.ok(),
        json!({"closed": false})
    );
    assert_eq!(call(&db, "GET", &path, "").await.status, 404);
    assert_eq!(
        execute(&db, "select count(*) as n from t").await["rows"][0]["n"],
        0
    );
    for bad in [
        json!({"idle_seconds": 0}),
        json!({"idle_seconds": "x"}),
        json!({"idle_seconds": 100_000}),
    ] {
        post(&db, "/sessions", bad).await.refused(400);
    }
}

#[tokio::test]
async fn calls_without_a_session_share_their_connection_but_no_transaction() {
    let db = DatabaseService::new(context());
    execute(
        &db,
        "create table p(id integer primary key); create table t(p references p(id))",
    )
    .await;
    execute(&db, "pragma foreign_keys = on").await;
    let broken = post(&db, "/execute", json!({"sql": "insert into t values (5)"})).await;
    assert_eq!(broken.json()["code"], "SQLITE_CONSTRAINT_FOREIGNKEY");
    execute(&db, "create temp table mine(x); insert into p values (41)").await;
    assert_eq!(
        execute(
            &db,
            "select last_insert_rowid() as id from mine union all select last_insert_rowid()"
        )
        .await["rows"][0]["id"],
        41
    );
    let open = post(&db, "/execute", json!({"sql": "begin"}))
        .await
        .refused(400);
    assert!(
        open.as_str().unwrap().contains("POST /db/sessions"),
        "{open}"
    );
    post(
        &db,
        "/execute",
        json!({"sql": "begin; insert into p values (42)"}),
    )
    .await
    .refused(400);
    assert_eq!(
        execute(&db, "select count(*) as n from p").await["rows"][0]["n"],
        1
    );
    execute(&db, "begin; insert into p values (43); commit").await;
    assert_eq!(
        execute(&db, "select count(*) as n from p").await["rows"][0]["n"],
        2
    );
}

#[tokio::test]
async fn named_databases_have_every_call_of_their_own() {
    let db = DatabaseService::new(context());
    let made = post(
        &db,
        "/shop/execute",
        json!({"sql": "create table item(x); insert into item values (1)"}),
    )
    .await;
    made.ok();
    assert_eq!(
        call(&db, "GET", "/shop/tables", "").await.ok(),
        json!({"tables": ["item"]})
    );
    assert_eq!(
        call(&db, "GET", "/tables", "").await.ok(),
        json!({"tables": []})
    );
    assert_eq!(
        call(&db, "GET", "/main/tables", "").await.ok(),
        json!({"tables": []})
    );
    let list = call(&db, "GET", "/", "").await.ok();
    let names: Vec<_> = list["databases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["name"].clone())
        .collect();
    assert_eq!(names, ["main", "shop"]);
    let reset = post(&db, "/shop/reset", json!({})).await.ok();
    assert_eq!(reset, json!({"reset": "data"}));
    let count = json!({"sql": "select count(*) as n from item"});
    assert_eq!(
        post(&db, "/shop/execute", count).await.ok()["rows"][0]["n"],
        0
    );
    post(&db, "/shop/reset", json!({"depth": "all"})).await.ok();
    assert_eq!(
        call(&db, "GET", "/shop/tables", "").await.ok(),
        json!({"tables": []})
    );
    post(&db, "/shop/reset", json!({"depth": "some"}))
        .await
        .refused(400);
    call(&db, "DELETE", "/shop", "").await.ok();
    let list = call(&db, "GET", "/databases", "").await.ok();
    assert_eq!(list["databases"].as_array().unwrap().len(), 1);
    assert!(db.database("tables").is_err());
}

#[tokio::test]
async fn dump_load_export_and_import_move_a_database() {
    let db = DatabaseService::new(context());
    execute(&db, "create table t(id integer primary key, x blob); insert into t values (1, x'00ff'), (2, 'it''s')").await;
    let schema = call(&db, "GET", "/schema", "").await.ok();
    assert_eq!(
        schema["tables"][0]["columns"][1],
        json!({
            "name": "x", "type": "BLOB", "not_null": false, "default": null, "primary_key": 0, "generated": false
        })
    );
    let dump = call(&db, "GET", "/dump", "").await;
    let dump = String::from_utf8(dump.bytes).unwrap();
    assert!(
        dump.contains("INSERT INTO \"t\" VALUES(1,X'00ff');"),
        "{dump}"
    );
    let loaded = call(&db, "POST", "/copy/load", dump.clone()).await.ok();
    assert_eq!(loaded, json!({"statements": 6}));
    assert_eq!(
        call(&db, "GET", "/copy/dump", "").await.bytes,
        dump.as_bytes()
    );
    let bad = call(&db, "POST", "/copy/load", "create table u(x);\nnonsense;").await;
    assert_eq!(bad.json()["line"], 2);
    assert_eq!(
        call(&db, "GET", "/copy/tables", "").await.ok(),
        json!({"tables": ["t"]})
    );
    let file = call(&db, "GET", "/export", "").await;
    assert_eq!(file.headers["content-type"], "application/vnd.sqlite3");
    call(&db, "POST", "/other/import", file.bytes).await.ok();
    assert_eq!(
        call(&db, "GET", "/other/dump", "").await.bytes,
        dump.as_bytes()
    );
    let refused = call(&db, "POST", "/other/import", "not a database at all")
        .await
        .refused(400);
    assert!(refused.as_str().unwrap().contains("SQLite format 3"));
}

#[tokio::test]
async fn journal_tells_of_every_statement() {
    let context = context();
    let db = DatabaseService::new(context.clone());
    execute(&db, "create table t(x)").await;
    post(
        &db,
        "/execute",
        json!({"sql": "insert into t values (:v)", "params": {"v": {"$blob": "AA=="}}}),
    )
    .await
    .ok();
    post(
        &db,
        "/execute",
        json!({"sql": "select * from t where x = ?", "params": [5]}),
    )
    .await
    .ok();
    post(&db, "/execute", json!({"sql": "selec"}))
        .await
        .refused(400);
    post(
        &db,
        "/executemany",
        json!({"sql": "insert into t values (?)", "params": [[1], [2], [3]]}),
    )
    .await
    .ok();
    db.execute("delete from t", ()).unwrap();
    let entries: Vec<Json> = context
        .journal()
        .entries()
        .iter()
        .map(efsm_core::Entry::to_json)
        .collect();
    let summaries: Vec<_> = entries
        .iter()
        .map(|e| e["summary"].as_str().unwrap())
        .collect();
    assert_eq!(
        summaries,
        [
            "create table t(x) -> 0 changed",
            "insert into t values (:v) -> 1 changed",
            "select * from t where x = ? -> 0 rows",
            "selec -> SQLITE_ERROR: near \"selec\": syntax error",
            "insert into t values (?) -> 3 changed",
            "delete from t -> 4 changed",
        ]
    );
    assert_eq!(entries[1]["named_params"], json!({"v": {"$blob": "AA=="}}));
    assert_eq!(
        (
            &entries[2]["rows"],
            &entries[2]["rows_read"],
            &entries[2]["params"]
        ),
        (&json!(0), &json!(0), &json!([5]))
    );
    assert_eq!(
        (&entries[3]["code"], &entries[3]["face"]),
        (&json!("SQLITE_ERROR"), &json!("rest"))
    );
    assert_eq!(
        (&entries[4]["times"], &entries[4]["rows_changed"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(
        (&entries[5]["face"], &entries[5]["database"]),
        (&json!("in-process"), &json!("main"))
    );
    assert!(
        entries
            .iter()
            .all(|e| e["duration_ms"].is_number() && e["kind"] == "statement")
    );
}

fn rules(json: Json) -> Vec<FaultRule> {
    serde_json::from_value(json).unwrap()
}

#[tokio::test]
async fn faults_match_on_table_and_on_sql() {
    let context = context();
    let db = DatabaseService::new(context.clone());
    execute(
        &db,
        "create table orders(x); create table users(x); create view recent as select * from orders",
    )
    .await;
    context
        .faults()
        .set(rules(json!([
            {"service": "database", "match": {"table": "orders"}, "effect": {"body": "disk on fire"}, "times": 2},
            {"service": "database", "match": {"sql": "*secret*"}, "effect": {"status": 503}},
            {"service": "database", "match": {"sql": "*dropped*"}, "effect": {"drop": true}},
        ])))
        .unwrap();
    execute(&db, "select * from users").await;
    let failed = post(&db, "/execute", json!({"sql": "select * from recent"})).await;
    assert_eq!(failed.refused(400), "disk on fire");
    let failed = post(
        &db,
        "/execute",
        json!({"sql": "select 1; insert into orders values (1)"}),
    )
    .await;
    assert_eq!(failed.refused(400), "disk on fire");
    assert_eq!(
        execute(&db, "select count(*) as n from orders").await["rows"][0]["n"],
        0
    );
    post(&db, "/execute", json!({"sql": "select 'SECRET'"}))
        .await
        .refused(503);
    let request = http::Request::post("/execute")
        .body(Body::from(json!({"sql": "select 'dropped'"}).to_string()));
    let response = db.http(Request::new(request.unwrap())).await;
    assert!(
        response
            .extensions()
            .get::<efsm_core::SocketFault>()
            .is_some()
    );
}

#[tokio::test]
async fn fault_lets_a_statement_wait_on_the_stacks_clock() {
    let context = context();
    let db = DatabaseService::new(context.clone());
    context
        .faults()
        .set(rules(
            json!([{"match": {"sql": "*slow*"}, "effect": {"delay_ms": 60_000}}]),
        ))
        .unwrap();
    let waiting = tokio::spawn({
        let db = db.clone();
        async move { execute(&db, "select 'slow' as x").await }
    });
    tokio::task::yield_now().await;
    assert_eq!(
        execute(&db, "select 'fast' as x").await["rows"][0]["x"],
        "fast"
    );
    assert!(!waiting.is_finished());
    context
        .clock()
        .advance(SignedDuration::from_secs(60))
        .unwrap();
    assert_eq!(waiting.await.unwrap()["rows"][0]["x"], "slow");
}

#[tokio::test]
async fn long_statement_holds_up_nobody_and_ends_with_its_client() {
    let context = context();
    let db = DatabaseService::new(context.clone());
    execute(&db, "create table t(x)").await;
    let endless =
        "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n";
    let long = tokio::spawn({
        let db = db.clone();
        async move { post(&db, "/execute", json!({"sql": endless})).await.status }
    });
    // One thread runs this test: were the statement on it, nothing after it would be reached.
    for _ in 0..20 {
        tokio::task::yield_now().await;
        execute(&db, "insert into t values (1)").await;
    }
    assert!(!long.is_finished());
    long.abort();
    assert!(long.await.unwrap_err().is_cancelled());
    // The thread records what became of it.
    let seq = context.journal().last_seq();
    context.journal().changed_since(seq).await;
    let last = context.journal().entries().last().unwrap().to_json();
    assert_eq!(
        (&last["code"], &last["error"]),
        (
            &json!("SQLITE_INTERRUPT"),
            &json!("the statement was cancelled")
        )
    );
}

#[tokio::test]
async fn statement_past_its_time_says_what_to_do() {
    let limits = StackLimits {
        statement_timeout: Duration::from_millis(1),
        ..StackLimits::default()
    };
    let db = DatabaseService::new(context_within(limits));
    let endless =
        "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n";
    let answer = post(&db, "/execute", json!({"sql": endless})).await;
    assert_eq!(answer.json()["code"], "SQLITE_INTERRUPT");
    let error = answer.refused(400);
    assert!(
        error.as_str().unwrap().contains("statement_timeout"),
        "{error}"
    );
}

#[tokio::test]
async fn writers_wait_for_a_held_transaction_and_none_starves_it() {
    let db = DatabaseService::new(context());
    execute(&db, "create table t(x)").await;
    let id = post(&db, "/sessions", json!({})).await.ok()["session"]
        .as_str()
        .unwrap()
        .to_owned();
    let within = |sql: &str| json!({"sql": sql, "session": id});
    post(&db, "/execute", within("begin immediate")).await.ok();
    // More writers than there are places to wait: the transaction's own statements pass them.
    let writers: Vec<_> = (0..100)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move { execute(&db, &format!("insert into t values ({n})")).await })
        })
        .collect();
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    for n in 0..20 {
        let insert = format!("insert into t values ({})", 1000 + n);
        post(&db, "/execute", within(&insert)).await.ok();
    }
    post(&db, "/execute", within("commit")).await.ok();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(
        execute(&db, "select count(*) as n from t").await["rows"][0]["n"],
        120
    );
}

#[tokio::test]
async fn snapshot_restore_and_reset_reach_every_database() {
    let context = context();
    let db = DatabaseService::new(context.clone());
    execute(&db, "create table t(x); insert into t values (1)").await;
    post(&db, "/shop/execute", json!({"sql": "create table i(x)"}))
        .await
        .ok();
    let part = db.snapshot(&context.gate().cut());
    execute(&db, "insert into t values (2)").await;
    post(&db, "/later/execute", json!({"sql": "create table l(x)"}))
        .await
        .ok();
    let fork = DatabaseService::new(super::rest::context());
    fork.restore(&part, &context.gate().cut()).unwrap();
    execute(&fork, "insert into t values (3)").await;
    assert_eq!(
        execute(&fork, "select group_concat(x) as x from t").await["rows"][0]["x"],
        "1,3"
    );
    assert_eq!(
        execute(&db, "select group_concat(x) as x from t").await["rows"][0]["x"],
        "1,2"
    );
    db.restore(&part, &context.gate().cut()).unwrap();
    assert_eq!(
        execute(&db, "select group_concat(x) as x from t").await["rows"][0]["x"],
        "1"
    );
    let status = db.status();
    assert_eq!(status.counts["databases"], 2);
    assert_eq!(status.memory_bytes, context.memory().used_bytes());
    db.reset(ResetDepth::Data, &context.gate().cut());
    assert_eq!(
        execute(&db, "select count(*) as n from t").await["rows"][0]["n"],
        0
    );
    db.reset(ResetDepth::All, &context.gate().cut());
    assert_eq!(db.status().counts["databases"], 1);
    assert_eq!(
        call(&db, "GET", "/tables", "").await.ok(),
        json!({"tables": []})
    );
}

#[tokio::test]
async fn control_diff_compares_with_a_snapshot() {
    let context = context();
    let db = DatabaseService::new(context.clone());
    execute(
        &db,
        "create table t(id integer primary key, x); insert into t values (1, 'a'), (2, 'b')",
    )
    .await;
    let part: Part = db.snapshot(&context.gate().cut());
    execute(&db, "update t set x = 'A' where id = 1; delete from t where id = 2; insert into t values (3, 'c')").await;
    let ask = async |query: &str, part: Option<Part>| {
        let mut request = Request::new(
            http::Request::get(format!("/diff{query}"))
                .body(())
                .unwrap(),
        );
        request.head.extensions.extend(
            part.map(|part| {
                let mut extensions = http::Extensions::new();
                extensions.insert(part);
                extensions
            })
            .unwrap_or_default(),
        );
        let response = db.control(request).await;
        let status = response.status();
        let bytes = response.into_body().collect(u64::MAX).await.unwrap();
        (
            status.as_u16(),
            serde_json::from_slice::<Json>(&bytes).unwrap(),
        )
    };
    let (status, diff) = ask("?from=before", Some(part.clone())).await;
    assert_eq!(status, 200);
    assert_eq!(
        diff,
        json!({"from": "before", "database": "main", "tables": [{
            "table": "t", "is_new": false, "is_dropped": false, "is_altered": false,
            "counts": {"added": 1, "removed": 1, "changed": 1},
            "added": [{"id": 3, "x": "c"}], "removed": [{"id": 2, "x": "b"}],
            "changed": [{"key": {"id": 1}, "before": {"id": 1, "x": "a"}, "after": {"id": 1, "x": "A"}}],
            "is_complete": true
        }]})
    );
    assert_eq!(
        ask("?from=before&limit=1", Some(part.clone())).await.1["tables"][0]["is_complete"],
        false
    );
    assert_eq!(ask("", Some(part)).await.0, 400);
    assert_eq!(ask("?from=unknown", None).await.0, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousand_sessions_are_held_at_once() {
    let db = DatabaseService::new(context());
    execute(&db, "create table t(x)").await;
    let mut ids = Vec::new();
    for _ in 0..1000 {
        let id = post(&db, "/sessions", json!({})).await.ok()["session"]
            .as_str()
            .unwrap()
            .to_owned();
        post(
            &db,
            "/execute",
            json!({"sql": "begin; select * from t", "session": id}),
        )
        .await
        .ok();
        ids.push(id);
    }
    execute(&db, "insert into t values (1)").await;
    let asking: Vec<_> = ids
        .into_iter()
        .map(|id| {
            let db = db.clone();
            tokio::spawn(async move {
                let count = json!({"sql": "select count(*) as n from t; commit", "session": id});
                post(&db, "/execute", count).await.ok()["results"][0]["rows"][0]["n"].clone()
            })
        })
        .collect();
    for answer in asking {
        assert_eq!(answer.await.unwrap(), 0);
    }
}

#[test]
fn typed_api_needs_no_runtime() {
    let db = Arc::new(DatabaseService::new(context()));
    db.seed("create table t(id integer primary key, x)")
        .unwrap();
    db.execute_many("insert into t(x) values (?)", [["a"], ["b"]])
        .unwrap();
    assert_eq!(db.tables().unwrap(), ["t"]);
    assert_eq!(
        db.execute("select count(*) from t", ()).unwrap().first(),
        Some(&2i64.into())
    );
    assert!(
        db.execute("begin", ())
            .unwrap_err()
            .to_string()
            .contains("session")
    );
    let mut session = db.session();
    session.execute("begin", ()).unwrap();
    session.execute("delete from t", ()).unwrap();
    assert!(!session.is_autocommit());
    assert_eq!(
        db.execute("select count(*) from t", ()).unwrap().first(),
        Some(&2i64.into())
    );
    drop(session);
    let shop = db.database("shop").unwrap();
    shop.seed(&db.dump().unwrap()).unwrap();
    shop.import(&db.export().unwrap()).unwrap();
    assert_eq!(shop.run_script("select 1; select 2").unwrap().len(), 2);
    db.reset_data().unwrap();
    assert_eq!(
        shop.execute("select count(*) from t", ()).unwrap().first(),
        Some(&0i64.into())
    );
    db.hard_reset();
    assert_eq!(db.tables().unwrap(), Vec::<String>::new());
}
