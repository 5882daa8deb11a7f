//! The socket under an HTTP/1.1 connection: it tells the registry what moves, and holds back the
//! bare refusals that hyper writes on its own, so that a clear one can take their place.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::StatusCode;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::registry::{Entry, Registered, Signal};
use super::rewind::Rewind;

/// What HTTP runs on: TCP, or TLS or a tunnel over it.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// Makes the next close a TCP RST.
    fn arm_reset(&self);
}

/// Whatever is not plain TCP. One type for all of them, so that tunnels and TLS can lie in each other.
pub(crate) type AnyTransport = Box<dyn Transport>;

impl Transport for TcpStream {
    fn arm_reset(&self) {
        // Without the option the close is an ordinary one, which is the nearest to what was asked.
        let _ = socket2::SockRef::from(self).set_linger(Some(std::time::Duration::ZERO));
    }
}

#[cfg(unix)]
impl Transport for tokio::net::UnixStream {
    fn arm_reset(&self) {
        // There is no RST here: a peer that is still owed an answer sees its connection end.
    }
}

impl<T: Transport> Transport for Rewind<T> {
    fn arm_reset(&self) {
        self.get_ref().arm_reset();
    }
}

impl<T: Transport> Transport for TlsStream<T> {
    fn arm_reset(&self) {
        self.get_ref().0.arm_reset();
    }
}

impl Transport for AnyTransport {
    fn arm_reset(&self) {
        (**self).arm_reset();
    }
}

/// A tunnel on a stream of HTTP/2.
impl Transport for TokioIo<hyper::upgrade::Upgraded> {
    fn arm_reset(&self) {
        // The connection under it is shared: dropping the stream is the nearest to what was asked.
    }
}

/// Up to this size a head and its body are copied into one: the kernel takes one slice sooner than two.
const JOINED_BYTES: usize = 512;

#[derive(Debug)]
pub(crate) struct Socket<T> {
    io: Rewind<T>,
    entry: Arc<Entry>,
    /// The status of a refusal of hyper's own that was held back.
    held_back: Option<StatusCode>,
}

impl<T> Socket<T> {
    pub(crate) fn new(io: Rewind<T>, entry: Arc<Entry>) -> Self {
        Self {
            io,
            entry,
            held_back: None,
        }
    }

    /// Has `bytes` read once more.
    pub(crate) fn put_back(&mut self, bytes: Bytes) {
        self.io.put_back(bytes);
    }

    /// The transport, and the refusal that is still to be written on it.
    pub(crate) fn into_parts(self) -> (Rewind<T>, Option<StatusCode>) {
        (self.io, self.held_back)
    }

    /// Whether `bytes` are a refusal that hyper wrote without asking a service: a bodiless 4xx that
    /// closes, while no request is under way.
    fn is_own_refusal(&self, bytes: &[u8]) -> Option<StatusCode> {
        if self.entry.in_flight() > 0 || !bytes.starts_with(b"HTTP/1.") {
            return None;
        }
        let status = StatusCode::from_bytes(bytes.get(9..12)?).ok()?;
        if !status.is_client_error() {
            return None;
        }
        let head = std::str::from_utf8(bytes).ok()?;
        (head.contains("connection: close\r\n")
            && head.contains("content-length: 0\r\n")
            && head.ends_with("\r\n\r\n"))
        .then_some(status)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Socket<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.entry.saw_bytes();
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Socket<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(status) = self.is_own_refusal(buf) {
            self.held_back = Some(status);
            return Poll::Ready(Ok(buf.len()));
        }
        let polled = Pin::new(&mut self.io).poll_write(cx, buf);
        self.entry.saw_write(polled.is_pending());
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.held_back.is_some() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [only] = bufs {
            return self.poll_write(cx, only);
        }
        let length: usize = bufs.iter().map(|buf| buf.len()).sum();
        let polled = if length <= JOINED_BYTES {
            let mut joined = [0; JOINED_BYTES];
            let mut end = 0;
            for buf in bufs {
                joined[end..end + buf.len()].copy_from_slice(buf);
                end += buf.len();
            }
            Pin::new(&mut self.io).poll_write(cx, &joined[..end])
        } else {
            Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
        };
        self.entry.saw_write(polled.is_pending());
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

/// A connection after an upgrade: it ends when the stack does.
#[derive(Debug)]
pub(crate) struct Upgraded<T> {
    io: T,
    registered: Registered,
    /// Keeps the reaper away: silence is normal here.
    _in_flight: super::registry::InFlight,
}

impl<T> Upgraded<T> {
    pub(crate) fn new(io: T, registered: Registered) -> Self {
        Self {
            io,
            _in_flight: registered.entry().begin_request(),
            registered,
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Upgraded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.registered.entry().poll_signal(cx) != Signal::GoOn {
            // As if the peer had closed: the wire ends in its ordinary way.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Upgraded<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(cx, buf);
        self.registered.entry().saw_write(polled.is_pending());
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
