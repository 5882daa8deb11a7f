//! hyper on a connection in memory, for tests that compare with it.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http::request::Parts;
use http_body::Body;
use http_body_util::BodyExt as _;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use parking_lot::Mutex;

/// What hyper made of a connection.
#[derive(Default)]
pub(crate) struct Made {
    /// The requests that it asked about.
    pub(crate) requests: Vec<(Parts, Bytes)>,
    pub(crate) written: Vec<u8>,
    /// Whether the connection stays open for more.
    pub(crate) is_open: bool,
}

/// Has hyper read `bytes`, after which the client waits, and answer each request with what `answer` gives.
pub(crate) fn hyper<B>(bytes: &[u8], answer: impl Fn() -> Response<B>) -> Made
where
    B: Body<Data = Bytes> + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let made = Arc::new(Mutex::new(Made::default()));
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let (made, answer) = (made.clone(), answer());
        async move {
            let (head, body) = request.into_parts();
            if let Ok(body) = body.collect().await {
                made.lock().requests.push((head, body.to_bytes()));
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let io = Client {
        sent: Bytes::copy_from_slice(bytes),
        made: made.clone(),
    };
    let mut connection = http1::Builder::new().serve_connection(io, service);
    let mut cx = Context::from_waker(futures_util::task::noop_waker_ref());
    // A handful of turns takes it through all that it was sent.
    let is_open = (0..8).all(|_| Pin::new(&mut connection).poll(&mut cx).is_pending());
    drop(connection);
    let mut made = std::mem::take(&mut *made.lock());
    made.is_open = is_open;
    made
}

/// A client that has sent what it sends, and waits.
struct Client {
    sent: Bytes,
    made: Arc<Mutex<Made>>,
}

impl Read for Client {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.sent.is_empty() {
            return Poll::Pending;
        }
        let length = self.sent.len().min(buf.remaining());
        buf.put_slice(&self.sent.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl Write for Client {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.made.lock().written.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
