//! HTTP/2 under TLS. It needs a client that multiplexes; the other tests do without a runtime.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use super::*;

async fn client(
    config: Arc<ClientConfig>,
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    name: &'static str,
) -> SendRequest<Empty<Bytes>> {
    let name = ServerName::try_from(name).unwrap();
    let tls = TlsConnector::from(config).connect(name, io).await.unwrap();
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = TokioIo::new(tls);
    let (sender, connection) = handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn ask(client: &mut SendRequest<Empty<Bytes>>, url: &str) -> (u16, String) {
    let request = hyper::Request::get(url).body(Empty::new()).unwrap();
    let response = client.send_request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn setup() -> (EphemeralMockServer, Arc<ClientConfig>) {
    let server = start();
    stub_for(&server, "api.example.com", "/x", "over h2");
    server
        .add_endpoint("GET", "/hello", "world".to_owned())
        .unwrap();
    let config = trusting(Some(&ca(&server)), &["h2", "http/1.1"]);
    (server, config)
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

#[test]
fn is_negotiated_on_the_port_and_inside_of_a_tunnel() {
    let (server, config) = setup();
    let inside = tunnel(&server, "api.example.com:443");
    inside.set_nonblocking(true).unwrap();
    run(async {
        let tcp = tokio::net::TcpStream::connect(address(&server))
            .await
            .unwrap();
        let mut own = client(config.clone(), tcp, "localhost").await;
        let (first, second) = (
            ask(&mut own, "https://localhost/hello").await,
            ask(&mut own, "https://localhost/health").await,
        );
        assert_eq!(first, (200, "world".to_owned()));
        assert_eq!(second.0, 200);

        let tcp = tokio::net::TcpStream::from_std(inside).unwrap();
        let mut other = client(config, tcp, "api.example.com").await;
        let answer = ask(&mut other, "https://api.example.com/x").await;
        assert_eq!(answer, (200, "over h2".to_owned()));
        let refused = ask(&mut other, "https://api.example.com/_efsm/status").await;
        assert_eq!(refused.0, 404, "{}", refused.1);
    });
    let requests = get(&format!("{}/__admin/requests", server.url())).json();
    let requests = requests["requests"].as_array().unwrap();
    let request = &requests[1]["request"];
    assert_eq!(request["absoluteUrl"], "https://api.example.com/x");
    assert_eq!(request["protocol"], "HTTP/2.0");
}

#[test]
fn stream_becomes_a_tunnel() {
    let (server, config) = setup();
    run(async {
        let tcp = tokio::net::TcpStream::connect(address(&server))
            .await
            .unwrap();
        let mut proxy = client(config.clone(), tcp, "localhost").await;
        let connect = hyper::Request::connect("api.example.com:443")
            .body(Empty::new())
            .unwrap();
        let response = proxy.send_request(connect).await.unwrap();
        assert_eq!(response.status(), 200);
        let stream = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
        let mut inner = client(config, stream, "api.example.com").await;
        let answer = ask(&mut inner, "https://api.example.com/x").await;
        assert_eq!(answer, (200, "over h2".to_owned()));
        // The connection around it serves on.
        let answer = ask(&mut proxy, "https://localhost/hello").await;
        assert_eq!(answer, (200, "world".to_owned()));
    });
}

#[test]
fn fault_breaks_its_stream_alone() {
    let (server, config) = setup();
    let rules = json!([{"match": {"path": "/reset"}, "effect": {"reset": true}}]);
    server
        .faults()
        .set(serde_json::from_value(rules).unwrap())
        .unwrap();
    run(async {
        let tcp = tokio::net::TcpStream::connect(address(&server))
            .await
            .unwrap();
        let mut own = client(config, tcp, "localhost").await;
        let request = hyper::Request::get("https://localhost/reset")
            .body(Empty::new())
            .unwrap();
        assert!(own.send_request(request).await.is_err());
        let answer = ask(&mut own, "https://localhost/hello").await;
        assert_eq!(answer, (200, "world".to_owned()));
    });
}
