//! Several statements and many runs in one call.

use super::*;

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
