//! The end of a fork: nothing of it is left, whatever its clients had open.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Weak};
use std::time::Duration;

use efsm::{EphemeralMockServer, Limits};
use efsm_gateway::Stack;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{get, read_all, send, start_with};

/// A fork as its clients have it, over the port.
struct Fork {
    parent: EphemeralMockServer,
    url: String,
    id: String,
    stack: Weak<Stack>,
    /// Closed when the last handle of the clock, and with it of the context, is gone.
    clock: watch::Receiver<u64>,
    memory: efsm_core::MemoryGauge,
}

impl Fork {
    /// A fork whose clock stands, so that nothing in it expires.
    fn new() -> Self {
        let parent = Self::parent();
        let forked = send("POST", &format!("{}/_efsm/fork", parent.url()), &json!({}));
        let id = forked.json()["id"].as_str().unwrap().to_owned();
        let stack = parent.host().stack(&id).unwrap();
        Self::of(parent, &stack)
    }

    fn parent() -> EphemeralMockServer {
        let parent = start_with(Limits {
            drain_timeout: Duration::from_millis(10),
            ..Limits::default()
        });
        parent.clock().freeze();
        parent
    }

    fn of(parent: EphemeralMockServer, stack: &Arc<Stack>) -> Self {
        let fork = Self {
            url: stack.url(),
            id: stack.id().to_owned(),
            memory: stack.context().memory().clone(),
            stack: Arc::downgrade(stack),
            clock: stack.context().clock().moves(),
            parent,
        };
        fork.post("/db/execute", &json!({"sql": "CREATE TABLE stored(a)"}));
        fork
    }

    /// A session of a client that holds the database's lock for writing.
    fn hold_writing_session(&self) {
        let session = self.post("/db/sessions", &json!({}))["session"].clone();
        let begin = json!({"sql": "BEGIN IMMEDIATE", "session": session});
        self.post("/db/execute", &begin);
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = send("POST", &format!("{}{path}", self.url), body);
        assert!(answer.status < 300, "{path}: {}", answer.text);
        answer.json()
    }

    /// A connection on which `request` was sent, and whose answer has begun with `status`.
    fn connection(&self, request: &str, status: &str) -> TcpStream {
        let mut tcp = self.unanswered(request);
        let mut first = [0; 12];
        tcp.read_exact(&mut first).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&first),
            format!("HTTP/1.1 {status}")
        );
        tcp
    }

    fn unanswered(&self, request: &str) -> TcpStream {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut tcp = TcpStream::connect(address).unwrap();
        tcp.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let request = request.replace('\n', "\r\n");
        write!(tcp, "{request}\r\nhost: localhost\r\n\r\n").unwrap();
        tcp
    }

    fn upgraded(&self, path: &str, protocol: &str) -> TcpStream {
        let request = format!(
            "GET {path} HTTP/1.1\nconnection: upgrade\nupgrade: websocket\nsec-websocket-version: 13\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\nsec-websocket-protocol: {protocol}"
        );
        self.connection(&request, "101")
    }

    /// Releases the fork over the port; asserts that nothing is left of it while its parent goes on.
    fn release(self) {
        let url = format!("{}/_efsm/stacks/{}", self.parent.url(), self.id);
        self.release_by(|| {
            let deleted = send("DELETE", &url, &Value::Null);
            assert_eq!(deleted.status, 200, "{}", deleted.text);
        });
    }

    fn release_by(self, release: impl FnOnce()) {
        let has_clock = || self.clock.has_changed().is_ok();
        assert!(self.memory.used_bytes() > 0 && has_clock());
        release();
        // What is under way ends in its own time, which the parent's clients do not wait for.
        for _ in 0..20_000 {
            if !has_clock() {
                break;
            }
            get(&format!("{}/health", self.parent.url()));
        }
        assert_eq!(self.stack.strong_count(), 0, "the stack");
        assert!(!has_clock(), "its context");
        assert_eq!(self.memory.used_bytes(), 0, "what it stored");
    }
}

#[test]
fn fork_that_was_not_used() {
    Fork::new().release();
}

#[test]
fn session_that_is_held() {
    let fork = Fork::new();
    fork.hold_writing_session();
    fork.release();
}

#[test]
fn session_that_is_held_in_a_fork_of_the_library() {
    for is_stopped in [false, true] {
        let parent = Fork::parent();
        let server = parent.fork().unwrap();
        let fork = Fork::of(parent, server.stack());
        fork.post("/db/sessions", &json!({}));
        fork.release_by(|| {
            if is_stopped {
                server.stop();
            }
            drop(server);
        });
    }
}

#[test]
fn stream_that_is_held() {
    let fork = Fork::new();
    let begin = json!({"type": "execute", "stmt": {"sql": "BEGIN IMMEDIATE"}});
    fork.post("/db/v3/pipeline", &json!({"requests": [begin]}));
    fork.release();
}

#[test]
fn connections_that_are_open() {
    let fork = Fork::new();
    let mut open = vec![
        fork.connection("GET /health HTTP/1.1", "200"),
        fork.connection("GET /_efsm/events HTTP/1.1", "200"),
        fork.connection(
            "GET /queue/subscribe/t HTTP/1.1\naccept: text/event-stream",
            "200",
        ),
        fork.upgraded("/queue/subscribe/t", "x"),
        fork.upgraded("/db", "hrana3"),
    ];
    fork.release();
    for tcp in &mut open {
        read_all(tcp);
    }
}

#[test]
fn answer_that_is_late() {
    let fork = Fork::new();
    let response = json!({"status": 200, "fixedDelayMilliseconds": 3_600_000});
    fork.post(
        "/__admin/mappings",
        &json!({"request": {"url": "/late"}, "response": response}),
    );
    let mut late = fork.unanswered("GET /late HTTP/1.1");
    fork.release();
    assert_eq!(read_all(&mut late), "");
}

#[test]
fn webhook_that_is_late() {
    let fork = Fork::new();
    let parameters = json!({
        "method": "GET",
        "url": "http://127.0.0.1:9/",
        "delay": {"type": "fixed", "milliseconds": 3_600_000},
    });
    fork.post(
        "/__admin/mappings",
        &json!({
            "request": {"url": "/hook"},
            "response": {"status": 200},
            "serveEventListeners": [{"name": "webhook", "parameters": parameters}],
        }),
    );
    assert_eq!(get(&format!("{}/hook", fork.url)).status, 200);
    fork.release();
}

#[test]
fn statement_that_waits_for_a_writer() {
    let fork = Fork::new();
    fork.hold_writing_session();
    let body = r#"{"sql": "CREATE TABLE t(a)"}"#;
    let head = format!(
        "POST /db/execute HTTP/1.1\ncontent-length: {}\ncontent-type: application/json",
        body.len()
    );
    let mut waiting = fork.unanswered(&head);
    waiting.write_all(body.as_bytes()).unwrap();
    fork.release();
    drop(waiting);
}
