//! HTTP/1.1: one connection, request after request.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use efsm_core::{Io, SocketFault};
use http::StatusCode;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::{AsyncWriteExt as _, ReadBuf};
use tokio::sync::oneshot;

use super::Caller;
use super::exchange::{self, Answer};
use super::plain::{self, Rest};
use super::registry::{Listener, Registered, Signal};
use super::request::Answering;
use super::rewind::Rewind;
use super::socket::{Socket, Transport, Upgraded};
use super::tunnel::{self, Tunnel};

/// How long a peer that still sends is listened to after the last answer: closing at once would
/// reset the connection and could destroy that answer on its way.
const LINGER: Duration = Duration::from_secs(2);

/// What the last request of a connection left for after its answer.
#[derive(Default)]
pub(crate) struct Aftermath {
    pub(crate) fault: Mutex<Option<SocketFault>>,
    /// Whether there is an upgrade to give up: asked after every request, where a lock would cost more.
    pub(crate) awaits_upgrade: AtomicBool,
    pub(crate) upgrade: Mutex<Option<oneshot::Sender<Box<dyn Io>>>>,
    pub(crate) tunnel: Mutex<Option<Tunnel>>,
}

pub(crate) async fn serve<T: Transport>(caller: Caller, io: Rewind<T>, registered: Registered) {
    let entry = registered.entry();
    let answering = Answering {
        caller,
        entry: entry.clone(),
        aftermath: Arc::new(Aftermath::default()),
    };
    let mut listener = Listener::default();
    let mut socket = Socket::new(io, entry.clone());
    match plain::serve(&answering, &mut socket, &mut listener).await {
        Rest::Closed => {}
        Rest::Ended => end(socket.into_parts().0).await,
        Rest::ForHyper { read, answer } => {
            socket.put_back(read);
            // Boxed: a connection that is never hyper's has no room for what hyper keeps.
            Box::pin(serve_by_hyper(
                &answering, socket, listener, answer, registered,
            ))
            .await;
        }
    }
}

/// Goes on with hyper; `asked` is the answer to the first request, if that was asked already.
async fn serve_by_hyper<'a, T: Transport>(
    answering: &'a Answering,
    socket: Socket<T>,
    mut listener: Listener,
    asked: Option<Answer<'a>>,
    registered: Registered,
) {
    let (entry, aftermath) = (&answering.entry, &answering.aftermath);
    let asked = Mutex::new(asked);
    let service = service_fn(|request| {
        let asked = asked.lock().take();
        asked.unwrap_or_else(|| exchange::answer(answering, request))
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(socket), service);

    let mut is_draining = false;
    let ended = poll_fn(|cx| {
        match listener.poll(entry, cx) {
            Signal::GoOn => {}
            Signal::Drain if is_draining => {}
            Signal::Drain => {
                is_draining = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            Signal::Close | Signal::HeadTimedOut => return Poll::Ready(None),
        }
        Pin::new(&mut connection).poll(cx).map(Some)
    })
    .await;

    let parts = connection.into_parts();
    let (mut io, held_back) = parts.io.into_inner().into_parts();
    let fault = aftermath.fault.lock().take();
    if let Some(fault) = fault {
        return break_on_purpose(io, fault).await;
    }
    let upgrade = aftermath.upgrade.lock().take();
    if let Some(upgrade) = upgrade {
        io.put_back(parts.read_buf);
        // Nobody waits when the service gave the upgrade up; the connection then ends here.
        let _ = upgrade.send(Box::new(Upgraded::new(io, registered)));
        return;
    }
    let tunnel = aftermath.tunnel.lock().take();
    if let Some(tunnel) = tunnel {
        io.put_back(parts.read_buf);
        let caller = answering.caller.through(tunnel);
        return tunnel::serve(caller, Box::new(io), registered).await;
    }
    let refusal = match (ended, held_back) {
        (None, _) if entry.signal() == Signal::HeadTimedOut => Some(StatusCode::REQUEST_TIMEOUT),
        (None, _) => return,
        (Some(_), held_back) => held_back,
    };
    if let Some(status) = refusal {
        let _ = io.write_all(refusal_text(status).as_bytes()).await;
    }
    end(io).await;
}

async fn end<T: Transport>(mut io: T) {
    let _ = io.shutdown().await;
    let _ = tokio::time::timeout(LINGER, read_to_end(&mut io)).await;
}

async fn read_to_end<T: Transport>(io: &mut T) {
    let read = poll_fn(|cx| {
        // On the stack of the moment, as what most connections never need.
        let mut scratch = [0; 4096];
        loop {
            let mut buf = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut *io).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    });
    read.await;
}

async fn break_on_purpose<T: Transport>(mut io: T, fault: SocketFault) {
    match fault {
        SocketFault::Close => {
            let _ = io.shutdown().await;
        }
        SocketFault::Reset => io.arm_reset(),
        SocketFault::Raw(bytes) => {
            let bytes: Bytes = bytes;
            let _ = io.write_all(&bytes).await;
            let _ = io.shutdown().await;
        }
    }
}

/// The answer to what was no request that a service could be asked about.
fn refusal_text(status: StatusCode) -> String {
    let (error, hint) = match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
            "the headers are too many or too large",
            "send at most 100 headers and keep line and headers under the limit `header`",
        ),
        StatusCode::URI_TOO_LONG => (
            "the request target is too long",
            "send long input in the body",
        ),
        StatusCode::REQUEST_TIMEOUT => (
            "the request's line and headers were not complete in time",
            "send them whole, ended by an empty line",
        ),
        _ => (
            "this is not a well-formed HTTP request",
            "check the request line, the header lines, the body's length and that the path is valid UTF-8",
        ),
    };
    let body = serde_json::json!({ "error": error, "hint": hint }).to_string();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
