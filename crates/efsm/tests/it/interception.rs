//! The port as an HTTPS server and as a proxy, by clients that trust the stack's authority and nothing else.

mod http2;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use efsm::{ClockChange, EphemeralMockServer, Limits};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::support::{address, assert_healthy, connect, get, read_all, send, start, start_with};

type Tls<S> = StreamOwned<ClientConnection, S>;

fn ca(server: &EphemeralMockServer) -> String {
    get(&format!("{}/_efsm/ca.pem", server.url())).text
}

/// A client that trusts `pem`, or nobody, and offers these protocols by ALPN.
fn trusting(pem: Option<&str>, alpn: &[&str]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = pem {
        roots
            .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
            .unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

/// TLS over `stream` to the host `name`, which the certificate must be for.
fn secured<S: Read + Write>(server: &EphemeralMockServer, stream: S, name: &str) -> Tls<S> {
    let config = trusting(Some(&ca(server)), &["http/1.1"]);
    let name = ServerName::try_from(name.to_owned()).unwrap();
    StreamOwned::new(ClientConnection::new(config, name).unwrap(), stream)
}

/// Asks for a tunnel to `target` on `stream`; the head of the answer.
fn ask_for_tunnel(stream: &mut impl ReadWrite, target: &str) -> String {
    write!(
        stream,
        "CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n"
    )
    .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

fn tunnel(server: &EphemeralMockServer, target: &str) -> TcpStream {
    let mut tcp = connect(server);
    let head = ask_for_tunnel(&mut tcp, target);
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    tcp
}

/// One GET whose answer ends the connection; a missing `close_notify` is an error.
fn get_on(stream: &mut impl ReadWrite, host: &str, path: &str) -> String {
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn stub_for(server: &EphemeralMockServer, host: &str, path: &str, body: &str) {
    let stub = json!({
        "request": { "host": { "equalTo": host }, "urlPath": path },
        "response": { "body": body },
    });
    let added = send("POST", &format!("{}/__admin/mappings", server.url()), &stub);
    assert_eq!(added.status, 201, "{}", added.text);
}

/// The journal's entries of refused connections; waits for the first.
fn refusals(server: &EphemeralMockServer) -> Vec<Value> {
    loop {
        let seen = server.journal().last_seq();
        let page = get(&format!(
            "{}/_efsm/journal?q=connection-refused",
            server.url()
        ))
        .json();
        let entries = page["entries"].as_array().unwrap().clone();
        if !entries.is_empty() {
            return entries;
        }
        while server.journal().last_seq() == seen {
            std::thread::yield_now();
        }
    }
}

#[test]
fn certificate_of_the_authority_is_served_and_shared_with_forks_alone() {
    let server = start();
    let answer = read_all(&mut {
        let mut tcp = connect(&server);
        tcp.write_all(
            b"GET /_efsm/ca.pem HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        )
        .unwrap();
        tcp
    });
    assert!(
        answer.contains("content-type: application/x-pem-file\r\n")
            && answer.contains("\r\n\r\n-----BEGIN CERTIFICATE-----"),
        "{answer}"
    );
    // The fork is made first: which of them is asked first makes no difference.
    let fork = server.fork().unwrap();
    assert_eq!(ca(&fork), ca(&server));
    assert_ne!(ca(&start()), ca(&server));
}

#[test]
fn port_itself_speaks_tls_for_every_service() {
    let server = start();
    server
        .add_endpoint("GET", "/hello", "world".to_owned())
        .unwrap();
    for name in ["localhost", "127.0.0.1", "::1", "shop.localhost"] {
        let mut tls = secured(&server, connect(&server), name);
        let answer = get_on(&mut tls, "localhost", "/hello");
        assert!(answer.ends_with("\r\n\r\nworld"), "{name}: {answer}");
    }
    let mut tls = secured(&server, connect(&server), "localhost");
    assert!(get_on(&mut tls, "localhost", "/_efsm/status").contains("\"stack-1\""));
    let mut tls = secured(&server, connect(&server), "localhost");
    assert!(get_on(&mut tls, "localhost", "/queue/topics").ends_with("{\"topics\":[]}"));

    let requests = get(&format!("{}/__admin/requests", server.url())).json();
    let request = &requests["requests"][0]["request"];
    assert_eq!(request["absoluteUrl"], "https://localhost/hello");
    assert_eq!(request["scheme"], "https");
}

#[test]
fn https_to_another_host_is_answered_by_its_stubs() {
    let server = start();
    stub_for(&server, "api.example.com", "/v1/charges", "intercepted");
    stub_for(
        &server,
        "api.example.com",
        "/_efsm/status",
        "the other's own",
    );

    let tcp = tunnel(&server, "api.example.com:443");
    let mut tls = secured(&server, tcp, "api.example.com");
    let answer = get_on(&mut tls, "api.example.com", "/v1/charges?limit=1");
    assert!(answer.ends_with("\r\n\r\nintercepted"), "{answer}");

    let requests = get(&format!("{}/__admin/requests", server.url())).json();
    let request = &requests["requests"][0]["request"];
    assert_eq!(
        request["absoluteUrl"],
        "https://api.example.com/v1/charges?limit=1"
    );
    assert_eq!(request["browserProxyRequest"], true);
    assert_eq!(request["port"], 443);

    // A path that would be the stack's own is the other host's here.
    let tcp = tunnel(&server, "api.example.com:443");
    let mut tls = secured(&server, tcp, "api.example.com");
    let answer = get_on(&mut tls, "127.0.0.1", "/_efsm/status");
    assert!(answer.ends_with("the other's own"), "{answer}");
}

#[test]
fn plain_http_is_proxied_with_and_without_a_tunnel() {
    let server = start();
    stub_for(&server, "api.example.com", "/x", "plain");
    let mut tcp = tunnel(&server, "api.example.com:80");
    let answer = get_on(&mut tcp, "api.example.com", "/x");
    assert!(answer.ends_with("\r\n\r\nplain"), "{answer}");
    let mut tcp = connect(&server);
    let answer = get_on(&mut tcp, "api.example.com", "http://api.example.com/x");
    assert!(answer.ends_with("\r\n\r\nplain"), "{answer}");
    let requests = get(&format!("{}/__admin/requests", server.url())).json();
    for entry in requests["requests"].as_array().unwrap() {
        assert_eq!(entry["request"]["absoluteUrl"], "http://api.example.com/x");
    }
}

#[test]
fn host_without_stubs_is_refused_over_tls_too() {
    let server = start();
    let tcp = tunnel(&server, "other.example.com:443");
    let mut tls = secured(&server, tcp, "other.example.com");
    let answer = get_on(&mut tls, "other.example.com", "/");
    assert!(
        answer.starts_with("HTTP/1.1 403") && answer.contains("other.example.com"),
        "{answer}"
    );
}

#[test]
fn tunnel_back_to_the_stack_is_the_stack() {
    let server = start();
    let own = address(&server).to_string();
    let mut tcp = tunnel(&server, &own);
    assert!(get_on(&mut tcp, &own, "/_efsm/status").contains("\"stack-1\""));
    let mut tls = secured(&server, tunnel(&server, &own), "127.0.0.1");
    assert!(get_on(&mut tls, &own, "/_efsm/status").contains("\"stack-1\""));
    let mut tcp = connect(&server);
    let absolute = format!("http://{own}/_efsm/status");
    assert!(get_on(&mut tcp, &own, &absolute).contains("\"stack-1\""));

    // Another port of this machine is another host.
    let mut tcp = connect(&server);
    let answer = get_on(&mut tcp, "localhost:1", "http://localhost:1/_efsm/status");
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}

#[test]
fn tunnel_inside_of_a_tunnel_is_not_implemented() {
    let server = start();
    let mut tcp = tunnel(&server, "proxy.example.com:3128");
    let head = ask_for_tunnel(&mut tcp, "api.example.com:443");
    assert!(head.starts_with("HTTP/1.1 501"), "{head}");
}

#[test]
fn proxy_that_is_itself_reached_by_tls_opens_tunnels() {
    let server = start();
    stub_for(&server, "api.example.com", "/x", "twice");
    let mut outer = secured(&server, connect(&server), "localhost");
    let head = ask_for_tunnel(&mut outer, "api.example.com:443");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let mut inner = secured(&server, outer, "api.example.com");
    let answer = get_on(&mut inner, "api.example.com", "/x");
    assert!(answer.ends_with("twice"), "{answer}");
}

#[test]
fn client_that_looks_hosts_up_itself_is_served_by_the_name_of_its_handshake() {
    let server = start();
    stub_for(&server, "api.example.com", "/x", "by name");
    let mut tls = secured(
        &server,
        tunnel(&server, "93.184.216.34:443"),
        "api.example.com",
    );
    assert!(get_on(&mut tls, "api.example.com", "/x").ends_with("by name"));
    let mut tls = secured(&server, tunnel(&server, "10.1.2.3:443"), "10.1.2.3");
    assert!(get_on(&mut tls, "10.1.2.3", "/x").starts_with("HTTP/1.1 403"));
}

#[test]
fn faults_reach_the_socket_under_tls_and_tunnels() {
    let server = start();
    let rules = json!([
        {"match": {"path": "/reset"}, "effect": {"reset": true}},
        {"match": {"path": "/drop"}, "effect": {"drop": true}},
        {"match": {"path": "/cut"}, "effect": {"truncate": 3}},
        {"match": {"path": "/busy", "host": "api.example.com"}, "effect": {"status": 503}, "times": 1},
    ]);
    server
        .faults()
        .set(serde_json::from_value(rules).unwrap())
        .unwrap();
    stub_for(&server, "api.example.com", "/cut", "0123456789");
    stub_for(&server, "localhost", "/cut", "0123456789");
    for host in ["localhost", "api.example.com"] {
        let open = || {
            let tcp = match host {
                "localhost" => connect(&server),
                host => tunnel(&server, &format!("{host}:443")),
            };
            secured(&server, tcp, host)
        };
        let ask = |path: &str| -> (Tls<TcpStream>, std::io::Result<Vec<u8>>) {
            let mut tls = open();
            let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n");
            tls.write_all(request.as_bytes()).unwrap();
            let mut answer = Vec::new();
            let read = tls.read_to_end(&mut answer);
            (tls, read.map(|_| answer))
        };
        let (_, reset) = ask("/reset");
        assert_eq!(reset.unwrap_err().kind(), ErrorKind::ConnectionReset);
        let (_, dropped) = ask("/drop");
        assert_eq!(dropped.unwrap(), b"");
        let mut tls = open();
        write!(tls, "GET /cut HTTP/1.1\r\nhost: {host}\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        let _ = tls.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        assert!(
            answer.contains("content-length: 10") && answer.ends_with("\r\n\r\n012"),
            "{answer}"
        );
    }
    // A rule with a count is not used up by the CONNECT.
    let mut tls = secured(
        &server,
        tunnel(&server, "api.example.com:443"),
        "api.example.com",
    );
    let answer = get_on(&mut tls, "api.example.com", "/busy");
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
}

#[test]
fn distrustful_client_is_journalled_with_what_to_try() {
    let server = start();
    let config = trusting(None, &[]);
    let name = ServerName::try_from("api.example.com").unwrap();
    let tcp = tunnel(&server, "api.example.com:443");
    let mut tls = StreamOwned::new(ClientConnection::new(config, name).unwrap(), tcp);
    let refused = tls.flush().and_then(|()| tls.read(&mut [0]).map(drop));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidData);
    drop(tls);
    let entries = refusals(&server);
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!(entries[0]["service"], "stack");
    assert_eq!(entries[0]["host"], "api.example.com");
    let summary = entries[0]["summary"].as_str().unwrap();
    assert!(
        summary.contains("does not trust") && summary.contains("/_efsm/ca.pem"),
        "{summary}"
    );
    assert_healthy(&server);
}

#[test]
fn broken_handshake_is_told_by_an_alert_and_journalled() {
    let server = start();
    let mut tcp = connect(&server);
    tcp.write_all(b"\x16\x03\x01\x00\x05hello").unwrap();
    let mut answer = Vec::new();
    tcp.read_to_end(&mut answer).unwrap();
    // An alert record of level fatal.
    assert_eq!((answer[0], answer[5]), (0x15, 2), "{answer:?}");
    let entries = refusals(&server);
    assert!(
        entries[0]["hint"].as_str().unwrap().contains("well-formed"),
        "{entries:?}"
    );
    assert_healthy(&server);
}

#[test]
fn protocol_that_is_not_spoken_is_refused_in_the_handshake() {
    let server = start();
    let config = trusting(Some(&ca(&server)), &["postgresql"]);
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(config, name).unwrap();
    let mut tls = StreamOwned::new(connection, connect(&server));
    let refused = tls.flush().and_then(|()| tls.read(&mut [0]).map(drop));
    assert!(refused.is_err());
    let entries = refusals(&server);
    let hint = entries[0]["hint"].as_str().unwrap();
    assert!(hint.contains("http/1.1"), "{entries:?}");
}

#[test]
fn handshakes_and_tunnels_that_stall_end_by_the_limits() {
    let server = start_with(Limits {
        header_timeout: Duration::from_millis(50),
        idle_timeout: Duration::from_millis(50),
        ..Limits::default()
    });
    let mut tcp = connect(&server);
    tcp.write_all(b"\x16\x03\x01\x02\x00").unwrap();
    assert_eq!(read_all(&mut tcp), "");
    let entries = refusals(&server);
    let summary = entries[0]["summary"].as_str().unwrap();
    assert!(summary.contains("not complete"), "{summary}");

    server.journal().clear();
    assert_eq!(read_all(&mut tunnel(&server, "smtp.example.com:25")), "");
    let entries = refusals(&server);
    let summary = entries[0]["summary"].as_str().unwrap();
    assert!(summary.contains("smtp.example.com:25"), "{summary}");
    assert_healthy(&server);
}

#[test]
fn tunnel_with_another_protocol_is_refused_and_named() {
    let server = start();
    for bytes in [&b"\x00\x00\x00\x08\x04\xd2\x16\x2f"[..], b"\xff\x00"] {
        server.journal().clear();
        let mut tcp = tunnel(&server, "db.example.com:5432");
        tcp.write_all(bytes).unwrap();
        let answer = read_all(&mut tcp);
        assert!(answer.contains("this is not HTTP"), "{answer}");
        let entries = refusals(&server);
        let summary = entries[0]["summary"].as_str().unwrap();
        assert!(summary.contains("db.example.com:5432"), "{summary}");
    }
}

#[test]
fn certificates_hold_wherever_the_stacks_clock_stands() {
    let server = start();
    server
        .add_endpoint("GET", "/hello", "world".to_owned())
        .unwrap();
    for now in ["1999-12-31T23:59:59Z", "2099-01-01T00:00:00Z"] {
        let change = ClockChange {
            now: Some(now.parse().unwrap()),
            freeze: true,
            ..ClockChange::default()
        };
        server.stack().change_clock(change).unwrap();
        let mut tls = secured(&server, connect(&server), "localhost");
        let answer = get_on(&mut tls, "localhost", "/hello");
        assert!(answer.ends_with("world"), "{now}: {answer}");
    }
}

#[test]
fn upgraded_connection_goes_on_under_tls() {
    let server = start();
    let mut tls = secured(&server, connect(&server), "localhost");
    tls.write_all(
        b"GET /queue/subscribe/orders?from=start HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\n\
          upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    )
    .unwrap();
    server.queue().publish("orders", &json!({"id": 7})).unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("{\"id\":7}") {
        let mut byte = [0];
        tls.read_exact(&mut byte).unwrap();
        seen.push(byte[0]);
    }
    assert!(seen.starts_with(b"HTTP/1.1 101"));
}

#[test]
fn open_tunnels_do_not_hold_up_the_end() {
    let server = start();
    let mut waiting = tunnel(&server, "api.example.com:443");
    let mut idle = secured(
        &server,
        tunnel(&server, "api.example.com:443"),
        "api.example.com",
    );
    idle.write_all(b"GET / HTTP/1.1\r\nhost: api.example.com\r\n\r\n")
        .unwrap();
    idle.read_exact(&mut [0; 12]).unwrap();
    server.stop();
    assert_eq!(read_all(&mut waiting), "");
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).unwrap();
}
