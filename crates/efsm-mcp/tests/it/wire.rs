//! What no client would send, and input that ends at any moment.

use std::io::Write as _;

use efsm_mcp::Options;
use serde_json::{Value, json};

use crate::agent::{Agent, Pipe, Revision, WAYS, allowed, http};

const SESSION: &str = concat!(
    r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"ü","version":"1"}}}"#,
    "\n",
    r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    "\n",
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"orchestrate_mock","arguments":{"services":["queue"]}}}"#,
    "\n",
    r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list_stacks","arguments":{}}}"#,
    "\n",
);

#[test]
fn input_may_end_at_any_byte() {
    for end in 0..=SESSION.len() {
        let mut pipe = Pipe::open(Options::default());
        pipe.to.write_all(&SESSION.as_bytes()[..end]).unwrap();
        let (answers, ended) = pipe.close();
        assert!(ended.is_ok(), "after {end} bytes: {ended:?}");
        // Whatever was asked for in whole has its answer.
        let whole = SESSION[..SESSION.floor_char_boundary(end)]
            .matches("\"id\"")
            .count();
        assert!(answers.len() <= whole, "after {end} bytes: {answers:?}");
        if end == SESSION.len() {
            assert_eq!(answers.len(), 3, "{answers:?}");
        }
    }
}

#[test]
fn lines_that_are_no_message_do_not_end_the_session() {
    let mut agent = Agent::new(WAYS[0], allowed());
    for line in [
        "x",
        "{",
        "[]",
        "5",
        "null",
        "{}",
        "\u{0}",
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
    ] {
        let answers = agent.raw(line.as_bytes());
        for answer in answers {
            assert!(answer["error"]["code"].is_i64(), "{line}: {answer}");
        }
    }
    let deep = "[".repeat(100_000);
    agent.raw(deep.as_bytes());
    agent.raw(b"\xff\xfe");
    agent.call("list_stacks", json!({}));
}

#[test]
fn a_line_beyond_all_limits_is_dropped() {
    let mut agent = Agent::new(WAYS[1], allowed());
    agent.raw(&vec![b'x'; 17 << 20]);
    agent.call("list_stacks", json!({}));
}

#[test]
fn bodies_that_are_no_message_are_refused() {
    let server = efsm::EphemeralMockServer::builder()
        .port(0)
        .start()
        .unwrap();
    efsm_mcp::mount(&server, allowed());
    let url = format!("{}/mcp", server.url());
    let post = |body: &[u8]| {
        let request = http()
            .post(&url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        request.send(body).unwrap().status().as_u16()
    };
    for body in [
        &b""[..],
        b"{",
        b"[]",
        b"5",
        b"{}",
        b"\xff\xfe",
        "[".repeat(100_000).as_bytes(),
    ] {
        let status = post(body);
        assert!(
            (400..500).contains(&status),
            "{status}: {:?}",
            body.get(..10)
        );
    }
    // More than the SDK's own limit, and more than ours, which is that of lines.
    let call = |length: usize| {
        let arguments = json!({ "scenario": "x".repeat(length) });
        let params = json!({ "name": "orchestrate_mock", "arguments": arguments });
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string()
    };
    assert_eq!(post(call(6 << 20).as_bytes()), 200);
    assert_eq!(post(call(17 << 20).as_bytes()), 413);
    let mut agent = Agent::at(&server.url(), Revision::Stateless);
    agent.call("list_stacks", json!({}));
}

#[test]
fn unknown_methods_are_refused() {
    for way in WAYS {
        let mut agent = Agent::new(way, allowed());
        let error = agent.request("tools/destroy", json!({})).unwrap_err();
        assert_eq!(error["code"], -32601, "{error}");
        // And nothing else is.
        let listed: Value = agent.request("tools/list", json!({})).unwrap();
        assert!(listed["tools"].is_array());
    }
}
