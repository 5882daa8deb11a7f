//! The fault switchboard, down to the socket.

use std::io::{Read as _, Write as _};

use serde_json::{Value, json};

use crate::support::{assert_healthy, connect, get, raw, read_all, send, start};

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").into_bytes()
}

#[test]
fn rules_break_answers_and_nothing_else() {
    let server = start();
    server
        .add_endpoint("GET", "/ok", json!({"a": "0123456789"}))
        .unwrap();
    let rules = json!([
        {"service": "http", "match": {"path": "/teapot"}, "effect": {"status": 418, "body": "short and stout"}},
        {"service": "http", "match": {"path": "/json"}, "effect": {"body": {"broken": true}}},
        {"service": "http", "match": {"path": "/drop"}, "effect": {"drop": true}},
        {"service": "queue", "effect": {"status": 503}, "times": 1},
        {"match": {"path": "/ok", "query": "cut"}, "effect": {"truncate": 5}},
    ]);
    let set = send("PUT", &format!("{}/_efsm/faults", server.url()), &rules);
    assert_eq!(
        set.json()["faults"].as_array().unwrap().len(),
        5,
        "{}",
        set.text
    );

    let teapot = raw(&server, &request("/teapot"));
    assert!(
        teapot.starts_with("HTTP/1.1 418") && teapot.ends_with("short and stout"),
        "{teapot}"
    );
    assert!(raw(&server, &request("/json")).ends_with("{\"broken\":true}"));
    assert_eq!(raw(&server, &request("/drop")), "");
    let cut = raw(&server, &request("/ok?cut"));
    assert!(
        cut.contains("content-length: 18") && cut.ends_with("\r\n\r\n{\"a\":"),
        "{cut}"
    );
    let queue = format!("{}/queue/topics", server.url());
    assert_eq!((get(&queue).status, get(&queue).status), (503, 200));
    assert_eq!(get(&format!("{}/ok", server.url())).status, 200);
    assert_healthy(&server);

    let journal = get(&format!(
        "{}/_efsm/journal?q=%22kind%22:%22fault%22",
        server.url()
    ))
    .json();
    assert_eq!(journal["entries"].as_array().unwrap().len(), 5);
    send(
        "DELETE",
        &format!("{}/_efsm/faults", server.url()),
        &Value::Null,
    );
    assert!(raw(&server, &request("/drop")).starts_with("HTTP/1.1 404"));
}

#[test]
fn reset_is_a_tcp_reset() {
    let server = start();
    server
        .faults()
        .set(serde_json::from_value(json!([{"effect": {"reset": true}}])).unwrap())
        .unwrap();
    let mut tcp = connect(&server);
    tcp.write_all(&request("/x")).unwrap();
    let error = tcp
        .read(&mut [0; 1])
        .expect_err("a reset is an error, not an end");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn delay_waits_on_the_stacks_clock() {
    let server = start();
    server.clock().freeze();
    server
        .faults()
        .set(
            serde_json::from_value(json!([{"effect": {"delay_ms": 3_600_000, "status": 504}}]))
                .unwrap(),
        )
        .unwrap();
    let mut tcp = connect(&server);
    tcp.write_all(&request("/slow")).unwrap();
    let reader = std::thread::spawn(move || read_all(&mut tcp));
    // An hour at a time until the answer is there: the wait may begin after the first of them.
    while !reader.is_finished() {
        server
            .clock()
            .advance(efsm::SignedDuration::from_hours(1))
            .unwrap();
        std::thread::yield_now();
    }
    let answer = reader.join().unwrap();
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
}

#[test]
fn operation_rules_reach_into_every_service() {
    let server = start();
    let rules = json!([
        {"service": "queue", "match": {"topic": "orders"}, "effect": {"status": 503}},
        {"service": "auth", "match": {"username": "mallory"}, "effect": {"status": 429}},
        {"service": "storage", "match": {"bucket": "cold", "operation": "get-object"}, "effect": {"status": 404}},
        {"service": "database", "match": {"table": "orders"}, "effect": {"body": "disk on fire"}},
    ]);
    server
        .faults()
        .set(serde_json::from_value(rules).unwrap())
        .unwrap();
    let url = server.url();
    let post = |path: &str, body: Value| send("POST", &format!("{url}{path}"), &body);
    assert_eq!(post("/queue/publish/orders", json!(1)).status, 503);
    assert_eq!(post("/queue/publish/returns", json!(1)).status, 200);
    let token = |name: &str| {
        post(
            "/auth/oauth/token",
            json!({"grant_type": "password", "username": name}),
        )
    };
    assert_eq!((token("mallory").status, token("alice").status), (429, 200));
    assert_eq!(
        send("PUT", &format!("{url}/storage/cold/k"), &json!(1)).status,
        200
    );
    assert_eq!(get(&format!("{url}/storage/cold/k")).status, 404);
    let sql = |sql: &str| post("/db/execute", json!({ "sql": sql }));
    assert_eq!(sql("CREATE TABLE returns (id)").status, 200);
    let broken = sql("CREATE TABLE orders (id)");
    let broken = if broken.status == 200 {
        sql("SELECT * FROM orders")
    } else {
        broken
    };
    assert!(
        broken.status >= 400 && broken.text.contains("disk on fire"),
        "{broken:?}"
    );
    assert_eq!(sql("SELECT * FROM returns").status, 200);
}
