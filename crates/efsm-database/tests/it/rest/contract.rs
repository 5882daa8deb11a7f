//! The plain contract, to the letter.

use super::*;

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
