//! Streams, their batons and their ends.

use super::*;

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
    run(&["PRAGMA foreign_keys = off"]).await;
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
    assert_eq!(values, [&integer(0), &integer(0), &integer(1), &integer(1)]);
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
