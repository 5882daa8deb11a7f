//! Statements that take long, and writers that wait.

use super::*;

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
    let seq = context.journal().last_seq();
    long.abort();
    assert!(long.await.unwrap_err().is_cancelled());
    // The thread records what became of it, and may be done with that already.
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
