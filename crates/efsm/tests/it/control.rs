//! The control API over HTTP.

use serde_json::{Value, json};

use crate::support::{connect, get, raw, read_all, send, start};

#[test]
fn snapshot_is_taken_restored_by_name_and_forgotten() {
    let server = start();
    let at = |path: &str| format!("{}/_efsm/{path}", server.url());
    server.queue().publish("t", &1).unwrap();
    let taken = send("POST", &at("snapshots"), &json!({"name": "one"}));
    assert_eq!((taken.status, &taken.json()["name"]), (201, &json!("one")));
    server.queue().publish("t", &2).unwrap();
    assert_eq!(
        send("POST", &at("snapshots/one/restore"), &Value::Null).status,
        200
    );
    assert_eq!(server.queue().message_count("t"), 1);
    let id = taken.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        get(&at("snapshots")).json()["snapshots"][0]["id"],
        json!(id)
    );
    assert_eq!(
        send("DELETE", &at(&format!("snapshots/{id}")), &Value::Null).status,
        200
    );
    let gone = send("POST", &at("snapshots/one/restore"), &Value::Null);
    assert_eq!(gone.status, 404);
    assert!(
        gone.json()["hint"]
            .as_str()
            .unwrap()
            .contains("/_efsm/snapshots")
    );
}

#[test]
fn fork_over_http_opens_a_port_and_its_deletion_closes_it() {
    let server = start();
    let at = |path: &str| format!("{}/_efsm/{path}", server.url());
    server.queue().publish("t", &1).unwrap();
    let fork = send("POST", &at("fork"), &json!({"name": "test-1"})).json();
    let url = fork["url"].as_str().unwrap();
    assert_eq!(fork["env"]["EFSM_URL"], json!(url));
    assert_eq!(
        get(&format!("{url}/queue/consume/t")).json()["messages"],
        json!([1])
    );
    let stacks = get(&at("stacks")).json();
    assert_eq!(stacks["stacks"][1]["parent"], stacks["stacks"][0]["id"]);
    assert_eq!(
        send("POST", &at("fork"), &json!({"name": "test-1"})).status,
        409
    );
    assert_eq!(
        send("POST", &at("fork"), &json!({"snapshot": "no"})).status,
        404
    );
    assert_eq!(
        send("DELETE", &at("stacks/test-1"), &Value::Null).status,
        200
    );
    assert_eq!(
        send("DELETE", &at("stacks/test-1"), &Value::Null).status,
        404
    );
    assert_eq!(
        send("DELETE", &at("stacks/stack-1"), &Value::Null).status,
        409
    );
}

#[test]
fn clock_is_moved_and_tokens_age_with_it() {
    let server = start();
    let at = |path: &str| format!("{}/_efsm/{path}", server.url());
    let token = server.auth().issue_jwt("alice", json!({})).unwrap();
    server.auth().validate_jwt(&token).unwrap();
    let moved = send(
        "PUT",
        &at("clock"),
        &json!({"advance": "3601s", "freeze": true}),
    );
    assert_eq!(moved.json()["frozen"], true);
    assert!(server.auth().validate_jwt(&token).is_err());
    assert_eq!(get(&at("clock")).json(), moved.json());
    for bad in [
        json!({}),
        json!({"advance": "soon"}),
        json!({"freeze": true, "resume": true}),
        json!({"nw": 1}),
    ] {
        let refused = send("PUT", &at("clock"), &bad);
        assert_eq!(refused.status, 400, "{bad}");
        assert!(refused.json()["hint"].is_string(), "{bad}");
    }
}

#[test]
fn journal_is_one_order_across_services_and_can_be_searched() {
    let server = start();
    let at = |path: &str| format!("{}/_efsm/{path}", server.url());
    let _ = get(&format!("{}/nothing/here", server.url()));
    server.queue().publish("orders", &json!({"id": 7})).unwrap();
    server.auth().issue_jwt("alice", json!({})).unwrap();
    let journal = get(&at("journal")).json();
    let services: Vec<&Value> = journal["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["service"])
        .collect();
    assert_eq!(services, ["http", "queue", "auth"]);
    let queue = get(&at("journal?service=queue&q=ORDERS")).json();
    assert_eq!(queue["entries"].as_array().unwrap().len(), 1);
    assert_eq!(
        get(&at("journal?since=2&limit=5")).json()["entries"][0]["seq"],
        3
    );
    assert_eq!(get(&at("journal?since=x")).status, 400);
    assert_eq!(
        send("DELETE", &at("journal"), &Value::Null).json()["deleted"],
        3
    );
}

#[test]
fn events_begin_after_the_last_one_that_was_seen() {
    let server = start();
    for n in 0..3 {
        server.queue().publish("t", &n).unwrap();
    }
    let mut tcp = connect(&server);
    let request = "GET /_efsm/events HTTP/1.1\r\nhost: localhost\r\nlast-event-id: 2\r\n\r\n";
    std::io::Write::write_all(&mut tcp, request.as_bytes()).unwrap();
    let mut text = String::new();
    let mut byte = [0; 1];
    while !text.contains("\"seq\":3") {
        std::io::Read::read_exact(&mut tcp, &mut byte).unwrap();
        text.push(byte[0] as char);
    }
    assert!(!text.contains("\"seq\":2"), "{text}");
    server.stop();
    read_all(&mut tcp);
}

#[test]
fn pages_of_other_sites_cannot_reach_what_steers_a_stack() {
    let server = start();
    for (path, headers) in [
        ("/_efsm/status", "host: evil.example"),
        ("/_efsm/db/diff", "host: evil.example"),
        ("/__admin/mappings", "host: evil.example"),
        ("/mcp", "host: evil.example"),
        (
            "/_efsm/status",
            "host: localhost\r\norigin: https://evil.example",
        ),
    ] {
        let answer = raw(
            &server,
            format!("GET {path} HTTP/1.1\r\n{headers}\r\nconnection: close\r\n\r\n").as_bytes(),
        );
        assert!(
            answer.starts_with("HTTP/1.1 403"),
            "{path} {headers}: {answer}"
        );
    }
    let stub = raw(
        &server,
        b"GET /x HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
    );
    assert!(stub.starts_with("HTTP/1.1 404"), "{stub}");
}

#[test]
fn stack_on_the_network_asks_for_its_token() {
    let server = efsm::EphemeralMockServer::builder()
        .port(0)
        .bind("0.0.0.0".parse().unwrap())
        .start()
        .unwrap();
    assert!(server.url().starts_with("http://127.0.0.1:"));
    assert_eq!(get(&format!("{}/_efsm/status", server.url())).status, 401);
    assert_eq!(get(&format!("{}/health", server.url())).status, 200);
    let token = server.stack().token().unwrap();
    let request = format!(
        "GET /_efsm/status HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    assert!(raw(&server, request.as_bytes()).starts_with("HTTP/1.1 200"));
}

#[test]
fn status_counts_what_the_services_hold() {
    let server = start();
    server.add_endpoint("GET", "/x", json!(1)).unwrap();
    let status = get(&format!("{}/_efsm/status", server.url())).json();
    assert_eq!(status["services"]["http"]["stubs"], 1);
    assert_eq!(
        status["services"]["storage"]["url"],
        json!(format!("{}/storage/", server.url()))
    );
    let unknown = send(
        "POST",
        &format!("{}/_efsm/reset", server.url()),
        &json!({"services": ["htp"]}),
    );
    assert_eq!(unknown.status, 400);
    assert_eq!(server.http().stubs().len(), 1);
}

#[test]
fn document_lists_calls_that_exist() {
    let server = start();
    let document = get(&format!("{}/_efsm/openapi.json", server.url())).json();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 12);
    for (path, methods) in paths {
        for method in methods.as_object().unwrap().keys() {
            if path.ends_with("/shutdown") || path.ends_with("/events") {
                continue;
            }
            let url = format!("{}{}", server.url(), path.replace("{id}", "none"));
            let answer = send(&method.to_uppercase(), &url, &Value::Null);
            assert_ne!(answer.status, 405, "{method} {path}");
            assert!(!answer.text.contains("no control call"), "{method} {path}");
        }
    }
}

#[test]
fn rows_that_changed_since_a_snapshot_are_told() {
    let server = start();
    let url = server.url();
    let sql = |sql: &str| send("POST", &format!("{url}/db/execute"), &json!({ "sql": sql }));
    sql("CREATE TABLE t (id INTEGER PRIMARY KEY, x)");
    sql("INSERT INTO t VALUES (1, 'a')");
    send(
        "POST",
        &format!("{url}/_efsm/snapshots"),
        &json!({"name": "before"}),
    );
    sql("UPDATE t SET x = 'A'");
    let diff = get(&format!("{url}/_efsm/db/diff?from=before")).json();
    assert_eq!(diff["tables"][0]["counts"]["changed"], 1, "{diff}");
    assert_eq!(get(&format!("{url}/_efsm/db/diff?from=never")).status, 404);
}
