//! A stack and the plainest of clients: bytes out, bytes in.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use efsm::{Builder, Config, EphemeralMockServer, Limits};
use serde_json::Value;

/// Long enough for a machine under load; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn start() -> EphemeralMockServer {
    EphemeralMockServer::builder().port(0).start().unwrap()
}

pub(crate) fn start_with(limits: Limits) -> EphemeralMockServer {
    let config = Config {
        port: Some(0),
        limits,
        ..Config::default()
    };
    Builder::default().config(config).start().unwrap()
}

pub(crate) fn address(server: &EphemeralMockServer) -> SocketAddr {
    server.stack().address()
}

pub(crate) fn connect(server: &EphemeralMockServer) -> TcpStream {
    let tcp = TcpStream::connect(address(server)).unwrap();
    tcp.set_read_timeout(Some(PATIENCE)).unwrap();
    tcp
}

/// Sends `bytes` and reads until the server closes; what it sent, as text.
pub(crate) fn raw(server: &EphemeralMockServer, bytes: &[u8]) -> String {
    let mut tcp = connect(server);
    // The server may refuse before everything is written: its answer is what counts.
    let _ = tcp.write_all(bytes);
    read_all(&mut tcp)
}

pub(crate) fn read_all(tcp: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = tcp.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// An answer: status, content type and body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

/// One request with a JSON body, or without one when `body` is null.
pub(crate) fn send(method: &str, url: &str, body: &Value) -> Answer {
    let request = ureq::http::Request::builder().method(method).uri(url);
    let mut response = if body.is_null() {
        agent().run(request.body(()).unwrap())
    } else {
        let request = request.header("content-type", "application/json");
        agent().run(request.body(body.to_string()).unwrap())
    }
    .unwrap_or_else(|e| panic!("{method} {url}: {e}"));
    Answer {
        status: response.status().as_u16(),
        text: response.body_mut().read_to_string().unwrap(),
    }
}

pub(crate) fn get(url: &str) -> Answer {
    send("GET", url, &Value::Null)
}

/// The stack still answers: what a test ends with after it mistreated a connection.
pub(crate) fn assert_healthy(server: &EphemeralMockServer) {
    let health = get(&format!("{}/health", server.url()));
    assert_eq!(
        (health.status, &health.json()["status"]),
        (200, &"ok".into())
    );
}
