//! Sessions held across calls, and calls without one.

use super::*;

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
