//! The journal, and statements broken on purpose.

use super::*;

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
