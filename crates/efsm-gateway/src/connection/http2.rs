//! HTTP/2, by prior knowledge or negotiated by TLS.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use super::Caller;
use super::exchange;
use super::http1::Aftermath;
use super::registry::{Listener, Registered, Signal};
use super::request::Answering;
use super::rewind::Rewind;
use super::socket::{Socket, Transport};

/// Requests under way on one connection.
const STREAMS: u32 = 256;

pub(crate) async fn serve<T: Transport>(caller: Caller, io: Rewind<T>, registered: Registered) {
    let entry = registered.entry().clone();
    let header_bytes = caller.stack.context.limits().header_bytes;
    let answering = Arc::new(Answering {
        caller,
        entry: entry.clone(),
        // A fault on a stream resets that stream: the connection under it is shared.
        aftermath: Arc::new(Aftermath::default()),
    });
    let socket = TokioIo::new(Socket::new(io, entry.clone()));
    let service = service_fn(move |request| {
        // Each request is a task of its own, which may outlive this one.
        let answering = answering.clone();
        async move { exchange::answer(&answering, request).await }
    });
    let mut connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
        .serve_connection(socket, service);

    let mut listener = Listener::default();
    let mut is_draining = false;
    poll_fn(|cx| {
        match listener.poll(&entry, cx) {
            Signal::GoOn => {}
            Signal::Drain if is_draining => {}
            Signal::Drain => {
                is_draining = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            Signal::Close | Signal::HeadTimedOut => return Poll::Ready(()),
        }
        Pin::new(&mut connection).poll(cx).map(drop)
    })
    .await;
}
