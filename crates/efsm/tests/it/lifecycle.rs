//! Start, stop, ports, many stacks in one process.

use std::net::TcpStream;

use efsm::{Config, EphemeralMockServer, HttpOptions, ServerError, ServiceName, UnknownHosts};
use efsm_gateway::BindError;
use serde_json::json;

use crate::support::{address, assert_healthy, connect, get, read_all, start};

#[test]
fn started_server_answers_at_once() {
    let server = start();
    server
        .add_endpoint("GET", "/hello", json!({"msg": "world"}))
        .unwrap();
    let hello = get(&format!("{}/http/hello", server.url()));
    assert_eq!((hello.status, hello.json()), (200, json!({"msg": "world"})));
}

#[test]
fn taken_port_falls_back_unless_it_is_strict() {
    let first = start();
    let port = first.port().unwrap();
    let second = EphemeralMockServer::builder().port(port).start().unwrap();
    assert_ne!(second.port(), Some(port));
    let strict = EphemeralMockServer::builder()
        .port(port)
        .strict_port(true)
        .start();
    assert!(matches!(
        strict,
        Err(ServerError::Bind(BindError::Taken { .. }))
    ));
    assert_healthy(&first);
}

#[test]
fn open_proxy_is_refused_unless_the_network_is_trusted() {
    let passing_on = |ip: [u8; 4]| {
        let config = Config {
            bind: ip.into(),
            ..Config::default()
        };
        EphemeralMockServer::builder()
            .config(config)
            .port(0)
            .http_options(HttpOptions {
                unknown_hosts: UnknownHosts::PassOn,
                ..HttpOptions::default()
            })
    };
    let refused = passing_on([0, 0, 0, 0]).start().unwrap_err();
    assert!(matches!(refused, ServerError::OpenProxy { .. }));
    let told = refused.to_string();
    assert!(
        told.contains("0.0.0.0") && told.contains("--trust-network"),
        "{told}"
    );
    passing_on([0, 0, 0, 0])
        .trust_network(true)
        .start()
        .unwrap();
    passing_on([127, 0, 0, 1]).start().unwrap();
}

#[test]
fn stopping_closes_the_port_and_is_idempotent() {
    let server = start();
    let address = address(&server);
    server.queue().publish("t", &1).unwrap();
    server.stop();
    server.stop();
    assert_eq!(server.port(), None);
    assert!(TcpStream::connect(address).is_err());
    assert_eq!(server.queue().topics(), [] as [String; 0]);
    assert!(matches!(server.fork(), Err(ServerError::Stopped)));
}

#[test]
fn dropping_closes_the_port() {
    let server = start();
    let address = address(&server);
    drop(server);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn idle_connection_does_not_hold_up_the_end() {
    let server = start();
    let mut silent = connect(&server);
    let mut used = connect(&server);
    std::io::Write::write_all(
        &mut used,
        b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n",
    )
    .unwrap();
    let mut first = [0; 15];
    std::io::Read::read_exact(&mut used, &mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    server.stop();
    read_all(&mut silent);
    read_all(&mut used);
}

#[test]
fn event_stream_ends_with_its_stack() {
    let server = start();
    let mut events = connect(&server);
    std::io::Write::write_all(
        &mut events,
        b"GET /_efsm/events HTTP/1.1\r\nhost: localhost\r\n\r\n",
    )
    .unwrap();
    let mut first = [0; 15];
    std::io::Read::read_exact(&mut events, &mut first).unwrap();
    server.stop();
    assert!(read_all(&mut events).ends_with("0\r\n\r\n"));
}

#[test]
fn hundred_stacks_live_side_by_side() {
    let servers: Vec<_> = (0..100).map(|_| start()).collect();
    for (n, server) in servers.iter().enumerate() {
        server.add_endpoint("GET", "/n", json!(n)).unwrap();
    }
    for (n, server) in servers.iter().enumerate() {
        assert_eq!(get(&format!("{}/n", server.url())).json(), json!(n));
    }
}

#[test]
fn stack_without_a_service_leaves_its_paths_to_stubs() {
    let server = EphemeralMockServer::builder()
        .port(0)
        .services([ServiceName::Http])
        .start()
        .unwrap();
    server
        .add_endpoint("GET", "/auth/me", json!("stub"))
        .unwrap();
    assert_eq!(
        get(&format!("{}/auth/me", server.url())).json(),
        json!("stub")
    );
    assert_eq!(
        get(&format!("{}/health", server.url())).json()["services"],
        json!(["http"])
    );
    server
        .add_endpoint("GET", "/health", json!("mine"))
        .unwrap();
    assert_eq!(
        get(&format!("{}/health", server.url())).json(),
        json!("mine")
    );
}

#[test]
fn server_starts_and_stops_inside_another_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = EphemeralMockServer::builder()
            .port(0)
            .start_async()
            .await
            .unwrap();
        let address = address(&server);
        server.stop_async().await;
        assert!(TcpStream::connect(address).is_err());
        drop(start());
    });
}
