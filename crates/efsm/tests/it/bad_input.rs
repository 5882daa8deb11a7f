//! Input that no client of good will sends: each gets a clear error, and the stack goes on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use efsm::{EphemeralMockServer, Limits};
use serde_json::json;

use crate::support::{assert_healthy, connect, raw, read_all, send, start, start_with};

#[track_caller]
fn check(server: &EphemeralMockServer, request: &[u8], status: u16, text: &str) {
    let answer = raw(server, request);
    let shown = &answer[..answer.len().min(600)];
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "expected {status}: {shown}"
    );
    assert!(answer.contains(text), "expected `{text}`: {shown}");
    assert_healthy(server);
}

#[test]
fn malformed_http_is_told_so() {
    let server = start();
    check(
        &server,
        b"GARBAGE\r\n\r\n",
        400,
        "not a well-formed HTTP request",
    );
    check(
        &server,
        b"GET / HTTP/9.9\r\n\r\n",
        400,
        "not a well-formed HTTP request",
    );
    check(
        &server,
        b"GET / HTTP/1.1\r\nhost localhost\r\n\r\n",
        400,
        "not a well-formed HTTP request",
    );
    check(
        &server,
        b"GET /\xff\xfe HTTP/1.1\r\nhost: localhost\r\n\r\n",
        400,
        "valid UTF-8",
    );
    check(
        &server,
        b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        400,
        "not a well-formed HTTP request",
    );
    check(&server, b"\x01\x02\x03\x04", 400, "this is not HTTP");
}

#[test]
fn paths_and_methods_that_mean_nothing_are_told_so() {
    let server = start();
    let request = |line: &str| {
        format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").into_bytes()
    };
    check(&server, &request("GET /queue/consume/%ff%fe"), 400, "UTF-8");
    check(&server, &request("BREW /db/execute"), 405, "error");
    check(&server, &request("BREW /_efsm/status"), 405, "use GET");
    check(&server, &request("GET /_efsm/nothing"), 404, "openapi.json");
    check(&server, &request("PUT /health"), 405, "use GET");
}

#[test]
fn malformed_json_is_refused_with_its_place_and_stores_nothing() {
    let server = start();
    let url = server.url();
    for path in [
        "/db/execute",
        "/queue/publish/t",
        "/_efsm/faults",
        "/__admin/mappings",
    ] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\nconnection: close\r\n\r\n{{\"a\": oop"
        );
        let request = if path == "/_efsm/faults" {
            request.replacen("POST", "PUT", 1)
        } else {
            request
        };
        let answer = raw(&server, request.as_bytes());
        let status: u16 = answer[9..12].parse().unwrap();
        assert!(status == 400 || status == 422, "{path}: {answer}");
        assert!(
            answer.contains("column") || answer.contains("errors"),
            "{path}: {answer}"
        );
    }
    assert_eq!(server.queue().topics(), [] as [String; 0]);
    assert_eq!(server.http().stubs().len(), 0);
    let wrong = send("POST", &format!("{url}/db/execute"), &json!({"sql": 5}));
    assert_eq!(wrong.status, 400, "{}", wrong.text);
    let missing = send("POST", &format!("{url}/db/execute"), &json!({}));
    assert_eq!(
        (missing.status, missing.json()),
        (400, json!({"error": "missing sql"}))
    );
}

#[test]
fn oversized_heads_and_bodies_are_refused() {
    let server = start_with(Limits {
        body_bytes: 1000,
        ..Limits::default()
    });
    let long = "x".repeat(70_000);
    check(
        &server,
        format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {long}\r\nconnection: close\r\n\r\n")
            .as_bytes(),
        431,
        "limit is 65536",
    );
    check(
        &server,
        format!("GET /{long} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes(),
        414,
        "send long input in the body",
    );
    let many = "a: b\r\n".repeat(150);
    check(
        &server,
        format!("GET / HTTP/1.1\r\nhost: localhost\r\n{many}\r\n").as_bytes(),
        431,
        "at most 100 headers",
    );
    let huge = "x".repeat(600_000);
    check(
        &server,
        format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {huge}\r\n\r\n").as_bytes(),
        431,
        "too large",
    );
    let body = "1".repeat(2000);
    check(
        &server,
        format!("POST /queue/publish/t HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2000\r\nconnection: close\r\n\r\n{body}").as_bytes(),
        413,
        "limit of 1000 bytes",
    );
    assert_eq!(server.queue().topics(), [] as [String; 0]);
}

#[test]
fn truncated_request_stores_nothing() {
    let server = start();
    let mut tcp = connect(&server);
    tcp.write_all(
        b"PUT /storage/b/k HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nhalf",
    )
    .unwrap();
    tcp.shutdown(std::net::Shutdown::Write).unwrap();
    read_all(&mut tcp);
    assert!(server.storage().get_object("b", "k").is_err());
    assert_healthy(&server);
}

#[test]
fn slow_senders_are_told_and_closed() {
    let short = Duration::from_millis(80);
    let server = start_with(Limits {
        header_timeout: short,
        body_timeout: short,
        idle_timeout: short,
        ..Limits::default()
    });
    let mut head = connect(&server);
    head.write_all(b"GET / HTTP/1.1\r\nhost: loc").unwrap();
    let answer = read_all(&mut head);
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("not complete in time"),
        "{answer}"
    );

    let mut body = connect(&server);
    body.write_all(
        b"POST /queue/publish/t HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n12",
    )
    .unwrap();
    let answer = read_all(&mut body);
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("no data came"),
        "{answer}"
    );

    // Silent from the first byte on, and silent after a request: closed without a word.
    assert_eq!(read_all(&mut connect(&server)), "");
    let mut idle = connect(&server);
    idle.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    assert!(read_all(&mut idle).ends_with("]}"));
    assert_healthy(&server);
}

#[test]
fn ten_thousand_idle_connections_are_held() {
    let server = start();
    // Both ends live in this process: as many as its descriptors allow, which `cargo xtask test` raises.
    let wanted = 10_000.min(descriptors().saturating_sub(200) / 2);
    let held: Vec<TcpStream> = (0..wanted).map(|_| connect(&server)).collect();
    assert!(
        held.len() >= 400,
        "only {} descriptors to test with",
        descriptors()
    );
    assert_healthy(&server);
    let mut last = &held[held.len() - 1];
    last.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut last, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"));
}

/// How many descriptors this process may have, as the kernel tells it.
fn descriptors() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .and_then(|line| line.split_whitespace().nth(3))
        .and_then(|soft| soft.parse().ok())
        .unwrap_or(1024)
}

#[test]
fn panic_of_a_responder_costs_its_own_request_alone() {
    let server = start();
    server
        .http()
        .respond_with("GET", "/boom", |_| panic!("on purpose"))
        .unwrap();
    let answer = raw(
        &server,
        b"GET /boom HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    );
    assert!(
        answer.starts_with("HTTP/1.1 500") && answer.contains("panicked"),
        "{answer}"
    );
    assert_healthy(&server);
}

#[test]
fn connection_whose_request_was_not_read_is_said_to_close() {
    let server = start_with(Limits {
        body_bytes: 1000,
        ..Limits::default()
    });
    let post = |length: usize| {
        let body = "1".repeat(length);
        format!(
            "POST /queue/publish/t HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    let answer = raw(&server, post(20_000).as_bytes());
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    // One that came whole with its head was read, if in vain: the connection goes on.
    let mut tcp = connect(&server);
    let mut head = [0; 12];
    for _ in 0..2 {
        tcp.write_all(post(2000).as_bytes()).unwrap();
        tcp.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 413");
        let mut rest = vec![0; 4096];
        let read = tcp.read(&mut rest).unwrap();
        let rest = String::from_utf8_lossy(&rest[..read]).into_owned();
        assert!(!rest.contains("connection: close"), "{rest}");
    }
}
