//! Protocols on the one port: what is spoken, and what is recognised and refused.

use std::io::{Read as _, Write as _};

use crate::support::{assert_healthy, connect, raw, send, start};

#[test]
fn http2_with_prior_knowledge_is_answered_in_http2() {
    let server = start();
    let mut tcp = connect(&server);
    // The preface, split across packets, and an empty SETTINGS frame.
    tcp.write_all(b"PRI * HTT").unwrap();
    tcp.write_all(b"P/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .unwrap();
    let mut frame = [0; 9];
    tcp.read_exact(&mut frame).unwrap();
    assert_eq!(
        frame[3], 4,
        "the first frame of a server is SETTINGS: {frame:?}"
    );
}

#[test]
fn postgresql_client_is_told_in_its_own_protocol() {
    let server = start();
    let mut tcp = connect(&server);
    tcp.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).unwrap();
    let mut answer = [0; 1];
    tcp.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"N");
    tcp.write_all(b"\0\0\0\x10\0\x03\0\0user\0me\0\0").unwrap();
    let mut message = Vec::new();
    tcp.read_to_end(&mut message).unwrap();
    let text = String::from_utf8_lossy(&message);
    assert!(
        text.starts_with('E') && text.contains("0A000") && text.contains("libSQL"),
        "{text}"
    );
    assert_healthy(&server);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = start();
    for path in ["/1", "/2", "/3"] {
        server.add_endpoint("GET", path, path.to_owned()).unwrap();
    }
    let answer = raw(
        &server,
        b"GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\nGET /3 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    );
    let found: Vec<usize> = ["/1", "/2", "/3"]
        .iter()
        .filter_map(|p| answer.find(p))
        .collect();
    assert!(found.len() == 3 && found.is_sorted(), "{answer}");
}

#[test]
fn aws_service_that_nobody_emulates_is_left_to_stubs() {
    let server = start();
    let call = |target: &str, body: &str| {
        let request = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: {target}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        raw(&server, request.as_bytes())[9..12].to_owned()
    };
    assert_eq!(call("DynamoDB_20120810.GetItem", "{}"), "501");
    let stub = serde_json::json!({
        "request": {
            "method": "POST",
            "url": "/",
            "headers": {"X-Amz-Target": {"equalTo": "DynamoDB_20120810.GetItem"}},
            "bodyPatterns": [{"matchesJsonPath": "$.TableName"}],
        },
        "response": {"jsonBody": {"Item": {}}},
    });
    send("POST", &format!("{}/__admin/mappings", server.url()), &stub);
    let table = "{\"TableName\": \"orders\"}";
    assert_eq!(call("DynamoDB_20120810.GetItem", table), "200");
    // The stub's body decides only between the stub and the explanation of what did not fit.
    assert_eq!(call("DynamoDB_20120810.GetItem", "{}"), "404");
    assert_eq!(call("DynamoDB_20120810.PutItem", table), "501");
    assert_eq!(call("AmazonSQS.SendMessage", table), "501");
}
