//! A database as a whole: named, dumped, moved, snapshotted, compared.

use super::*;

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
    let fork = DatabaseService::new(super::context());
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
        request.kept = part.map(|part| KeptParts::new(move |_| Some(part.clone())));
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
