//! The `libsql` crate against a remote database: Hrana over HTTP, version 3 in JSON.

use efsm_clients_rust::Stack;
use hyper::client::HttpConnector;
use libsql::{Builder, Connection, TransactionBehavior, Value, named_params, params};

/// A connection to the database at a path of the stack.
async fn connect(stack: &Stack, path: &str) -> Connection {
    let url = format!("{}{path}", stack.url());
    let database = Builder::new_remote(url, "any".to_owned())
        .connector(HttpConnector::new())
        .build()
        .await
        .unwrap();
    database.connect().unwrap()
}

async fn one(connection: &Connection, sql: &str) -> Value {
    let mut rows = connection.query(sql, ()).await.unwrap();
    rows.next().await.unwrap().unwrap().get_value(0).unwrap()
}

#[tokio::test]
async fn values_travel_both_ways() {
    let stack = Stack::start();
    for path in ["", "/db", "/db/", "/db/shop/"] {
        let connection = connect(&stack, path).await;
        for value in [
            Value::Null,
            Value::Integer(i64::MIN),
            Value::Integer(i64::MAX),
            Value::Real(0.1 + 0.2),
            Value::Real(f64::MIN_POSITIVE),
            Value::Text("žluťoučký\n\0🐎".to_owned()),
            Value::Blob((0..=255).collect()),
            Value::Blob(vec![]),
        ] {
            let mut rows = connection
                .query("SELECT ?1, typeof(?1)", [value.clone()])
                .await
                .unwrap();
            let row = rows.next().await.unwrap().unwrap();
            assert_eq!(row.get_value(0).unwrap(), value, "{path}");
        }
    }
}

#[tokio::test]
async fn statements_are_prepared_bound_counted_and_refused() {
    let stack = Stack::start();
    let connection = connect(&stack, "/db/").await;
    connection
        .execute_batch("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE); -- and no more")
        .await
        .unwrap();
    let changed = connection
        .execute("INSERT INTO t(name) VALUES (?), (?)", params!["a", "b"])
        .await
        .unwrap();
    assert_eq!((changed, connection.last_insert_rowid()), (2, 2));
    let insert = connection
        .prepare("INSERT INTO t(name) VALUES (:name)")
        .await
        .unwrap();
    insert.execute(named_params! {":name": "c"}).await.unwrap();
    let select = connection
        .prepare("SELECT id, name AS label FROM t WHERE id > ? ORDER BY id")
        .await
        .unwrap();
    let columns: Vec<String> = select
        .columns()
        .iter()
        .map(|c| c.name().to_owned())
        .collect();
    assert_eq!(columns, ["id", "label"]);
    let mut rows = select.query(params![1]).await.unwrap();
    let mut labels = Vec::new();
    while let Some(row) = rows.next().await.unwrap() {
        labels.push(row.get_str(1).unwrap().to_owned());
    }
    assert_eq!(labels, ["b", "c"]);
    for (sql, message) in [
        (
            "INSERT INTO t(name) VALUES ('a')",
            "UNIQUE constraint failed: t.name",
        ),
        ("SELECT foobar", "no such column: foobar"),
        ("SELECT * FROM nowhere", "no such table: nowhere"),
        ("ATTACH 'a.db' AS a", "not allowed"),
    ] {
        let error = connection.execute(sql, ()).await.unwrap_err().to_string();
        assert!(error.contains(message), "{sql}: {error}");
    }
    assert_eq!(
        one(&connection, "SELECT count(*) FROM t").await,
        Value::Integer(3)
    );
}

#[tokio::test]
async fn transactions_are_seen_once_they_are_committed() {
    let stack = Stack::start();
    let (writer, reader) = (
        connect(&stack, "/db/").await,
        connect(&stack, "/db/").await,
    );
    writer.execute("CREATE TABLE t(a)", ()).await.unwrap();
    let count = "SELECT count(*) FROM t";
    for behavior in [
        TransactionBehavior::Deferred,
        TransactionBehavior::Immediate,
    ] {
        let transaction = writer.transaction_with_behavior(behavior).await.unwrap();
        transaction
            .execute("INSERT INTO t VALUES (1)", ())
            .await
            .unwrap();
        assert_eq!(one(&transaction, count).await, Value::Integer(1));
        assert_eq!(one(&reader, count).await, Value::Integer(0));
        transaction.rollback().await.unwrap();
    }
    let transaction = writer.transaction().await.unwrap();
    transaction
        .execute("INSERT INTO t VALUES (1)", ())
        .await
        .unwrap();
    assert!(transaction.execute("SELECT foobar", ()).await.is_err());
    transaction.commit().await.unwrap();
    assert_eq!(one(&reader, count).await, Value::Integer(1));
    assert!(writer.is_autocommit());
    let failed = writer
        .execute_transactional_batch("INSERT INTO t VALUES (2); SELECT foobar")
        .await;
    assert!(failed.is_err());
    assert_eq!(one(&reader, count).await, Value::Integer(1));
}
