//! Requests of every kind on one connection, however they come: each is asked once and answered in its turn.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use efsm::EphemeralMockServer;
use proptest::prelude::*;
use serde_json::json;

use crate::support::{address, connect, get, read_all, send, start};

/// A request that leaves its connection open, and the answer that is due.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Small,
    Head,
    NoContent,
    Phrase,
    Unmatched,
    LargeAnswer,
    Sum,
    LargeSum,
    Chunked,
    Templated,
}

const TURNS: [Turn; 10] = [
    Turn::Small,
    Turn::Head,
    Turn::NoContent,
    Turn::Phrase,
    Turn::Unmatched,
    Turn::LargeAnswer,
    Turn::Sum,
    Turn::LargeSum,
    Turn::Chunked,
    Turn::Templated,
];

const LARGE: usize = 40_000;

fn stubs(server: &EphemeralMockServer) {
    let mappings = json!({"mappings": [
        {"request": {"urlPath": "/small"}, "response": {"status": 201, "body": "small", "headers": {"X-Many": ["1", "2"]}}},
        {"request": {"urlPath": "/none"}, "response": {"status": 204}},
        {"request": {"urlPath": "/phrase"}, "response": {"status": 200, "statusMessage": "Fine", "body": "phrase"}},
        {"request": {"urlPath": "/large"}, "response": {"body": "x".repeat(LARGE)}},
        {"request": {"urlPath": "/templated"},
         "response": {"body": "{{request.query.q}}", "transformers": ["response-template"]}},
        {"request": {"urlPath": "/waits"}, "response": {"body": "waited", "fixedDelayMilliseconds": 3_600_000}},
        {"request": {"urlPath": "/empty"}, "response": {"fault": "EMPTY_RESPONSE"}},
    ]});
    let url = format!("{}/__admin/mappings/import", server.url());
    assert_eq!(send("POST", &url, &mappings).status, 200);
}

impl Turn {
    fn request(self) -> Vec<u8> {
        let sum = json!({"sql": "select ? + 1 as n", "params": [41]}).to_string();
        let whole = |line: &str, body: &str| {
            format!(
                "{line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        match self {
            Self::Small => "GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n".into(),
            Self::Head => "HEAD /small HTTP/1.1\r\nHost: localhost\r\n\r\n".into(),
            Self::NoContent => "DELETE /none HTTP/1.1\r\nHost: localhost\r\n\r\n".into(),
            Self::Phrase => whole("PUT /phrase", "x"),
            Self::Unmatched => "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n".into(),
            Self::LargeAnswer => "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n".into(),
            Self::Sum => whole("POST /db/execute", &sum),
            Self::LargeSum => {
                let spaces = " ".repeat(LARGE);
                whole("POST /db/execute", &format!("{spaces}{sum}"))
            }
            Self::Chunked => {
                format!(
                    "POST /db/execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{sum}\r\n0\r\n\r\n",
                    sum.len()
                )
            }
            Self::Templated => "GET /templated?q=said HTTP/1.1\r\nHost: localhost\r\n\r\n".into(),
        }
        .into_bytes()
    }

    /// The status line's end, and what the body has in it.
    fn answer(self) -> (&'static str, &'static str) {
        match self {
            Self::Small => ("201 Created", "small"),
            Self::Head => ("201 Created", ""),
            Self::NoContent => ("204 No Content", ""),
            Self::Phrase => ("200 Fine", "phrase"),
            Self::Unmatched => ("404 Not Found", "/nothing"),
            Self::LargeAnswer => ("200 OK", "xxxxxxxx"),
            Self::Sum | Self::LargeSum | Self::Chunked => ("200 OK", "42"),
            Self::Templated => ("200 OK", "said"),
        }
    }

    fn check(self, from: &mut BufReader<TcpStream>) {
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        let (status, part) = self.answer();
        assert_eq!(line, format!("HTTP/1.1 {status}\r\n"), "{self:?}");
        let mut length = 0;
        loop {
            line.clear();
            from.read_line(&mut line).unwrap();
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
            assert!(!lower.starts_with("connection: close"), "{self:?}");
            if line == "\r\n" {
                break;
            }
        }
        if matches!(self, Self::Head) {
            length = 0;
        }
        let mut body = vec![0; length];
        from.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        assert!(body.contains(part), "{self:?}: {body}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_turn_is_answered_once_and_in_order(
        turns in prop::collection::vec((0..TURNS.len(), any::<prop::sample::Index>(), any::<bool>()), 1..8),
    ) {
        let server = start();
        stubs(&server);
        let before = server.stack().context().journal().last_seq();
        let tcp = connect(&server);
        tcp.set_nodelay(true).unwrap();
        let mut from = BufReader::new(tcp.try_clone().unwrap());
        let mut to = tcp;
        let mut due = Vec::new();
        for (turn, cut, waits) in &turns {
            let turn = TURNS[*turn];
            let request = turn.request();
            // In two pieces, and perhaps behind a request that is not yet answered.
            let (first, second) = request.split_at(cut.index(request.len()));
            to.write_all(first).unwrap();
            to.write_all(second).unwrap();
            due.push(turn);
            if *waits {
                due.drain(..).for_each(|turn| turn.check(&mut from));
            }
        }
        due.drain(..).for_each(|turn| turn.check(&mut from));
        let after = server.stack().context().journal().last_seq();
        prop_assert_eq!(after - before, turns.len() as u64);
    }
}

#[test]
fn answer_that_waits_keeps_its_place() {
    let server = start();
    stubs(&server);
    server.clock().freeze();
    let mut tcp = connect(&server);
    Turn::Small.check(&mut ask(&mut tcp, &Turn::Small.request()));
    let body = "{\"a\":1}";
    let waits = format!("POST /waits HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n{body}");
    let mut from = ask(&mut tcp, waits.as_bytes());
    let reader = std::thread::spawn(move || {
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        (line, from)
    });
    // An hour at a time until the answer is there: the wait may begin after the first of them.
    while !reader.is_finished() {
        let hour = efsm::SignedDuration::from_hours(1);
        server.clock().advance(hour).unwrap();
        std::thread::yield_now();
    }
    let (line, mut from) = reader.join().unwrap();
    assert_eq!(line, "HTTP/1.1 200 OK\r\n");
    while line_of(&mut from) != "\r\n" {}
    let mut body = [0; 6];
    from.read_exact(&mut body).unwrap();
    assert_eq!(&body, b"waited");
    Turn::Sum.check(&mut ask(&mut tcp, &Turn::Sum.request()));
    let asked = get(&format!("{}/__admin/requests", server.url())).json();
    let bodies: Vec<_> = asked["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["request"]["body"].clone())
        .collect();
    assert_eq!(bodies, [json!("{\"a\":1}"), json!("")]);
}

#[test]
fn fault_after_other_answers_breaks_the_connection() {
    let server = start();
    stubs(&server);
    let mut tcp = connect(&server);
    Turn::Small.check(&mut ask(&mut tcp, &Turn::Small.request()));
    tcp.write_all(b"GET /empty HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    assert_eq!(read_all(&mut tcp), "");
}

#[test]
fn client_that_ends_its_side_gets_what_it_asked_for() {
    let server = start();
    stubs(&server);
    let mut tcp = TcpStream::connect(address(&server)).unwrap();
    let mut from = ask(&mut tcp, &Turn::Small.request());
    tcp.shutdown(std::net::Shutdown::Write).unwrap();
    Turn::Small.check(&mut from);
    let mut rest = Vec::new();
    from.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"");
}

fn ask(tcp: &mut TcpStream, request: &[u8]) -> BufReader<TcpStream> {
    tcp.write_all(request).unwrap();
    BufReader::new(tcp.try_clone().unwrap())
}

fn line_of(from: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    line
}
