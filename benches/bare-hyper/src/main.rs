//! The least that a hyper server can do, with efsm's runtime shape and socket options: what the ratios of
//! `cargo xtask bench` are taken against. Prints its port and serves until it is killed.
//!
//! `GET /` answers as a stub of efsm's does, with a small JSON body and a stub's id among the headers; `GET /1mib`
//! answers a body of 1 MiB; `PUT` reads a body and answers its size.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

const SMALL: &[u8] = br#"{"msg":"world"}"#;
static LARGE: [u8; 1 << 20] = [b'x'; 1 << 20];

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = if request.method() == Method::PUT {
        let mut body = request.into_body();
        let mut size = 0;
        while let Some(Ok(frame)) = body.frame().await {
            size += frame.data_ref().map_or(0, Bytes::len);
        }
        Bytes::from(format!("{{\"size\":{size}}}"))
    } else if request.uri().path() == "/1mib" {
        Bytes::from_static(&LARGE)
    } else {
        Bytes::from_static(SMALL)
    };
    let mut response = Response::new(Full::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        HeaderName::from_static("matched-stub-id"),
        HeaderValue::from_static("6f0d1c52-7e4b-4c8d-9b8f-2a3e5d1c4b70"),
    );
    Ok(response)
}

fn main() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        println!("{}", listener.local_addr()?.port());
        loop {
            let (tcp, _) = listener.accept().await?;
            tcp.set_nodelay(true)?;
            tokio::spawn(async move {
                let io = TokioIo::new(tcp);
                // A client that goes away ends its own connection and nothing else.
                let _ = http1::Builder::new()
                    .serve_connection(io, service_fn(answer))
                    .await;
            });
        }
    })
}
