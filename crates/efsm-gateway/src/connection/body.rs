//! Bodies between hyper and the services.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use efsm_core::{Body, BodyError, BoxFuture};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Sleep;

use super::registry::InFlight;

/// A request's body as services read it; empty ones cost nothing. With it, for the others, whether it was
/// read to its end.
pub(crate) fn incoming(body: Incoming, patience: Duration) -> (Body, Option<Arc<AtomicBool>>) {
    if body.is_end_stream() {
        return (Body::Empty, None);
    }
    let is_read = Arc::new(AtomicBool::new(false));
    let body = Body::from_stream(IncomingBody {
        body,
        patience,
        waiting: Waiting::Not,
        is_read: is_read.clone(),
    });
    (body, Some(is_read))
}

/// A request's body that gives up on a silent sender.
struct IncomingBody {
    body: Incoming,
    patience: Duration,
    waiting: Waiting,
    is_read: Arc<AtomicBool>,
}

/// How long nothing has come.
enum Waiting {
    Not,
    /// Since a moment ago. hyper hands a body over between two polls, also one that came with its head: most waits end
    /// here, and have no timer.
    Briefly,
    For(Pin<Box<Sleep>>),
}

impl HttpBody for IncomingBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.waiting = Waiting::Not;
            if frame.is_none() || self.body.is_end_stream() {
                self.is_read.store(true, Ordering::Relaxed);
            }
            return Poll::Ready(
                frame.map(|frame| frame.map_err(|e| BodyError::Incomplete(innermost(&e)))),
            );
        }
        let patience = self.patience;
        if matches!(self.waiting, Waiting::Not) {
            self.waiting = Waiting::Briefly;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if matches!(self.waiting, Waiting::Briefly) {
            self.waiting = Waiting::For(Box::pin(tokio::time::sleep(patience)));
        }
        if let Waiting::For(sleep) = &mut self.waiting {
            ready!(sleep.as_mut().poll(cx));
        }
        Poll::Ready(Some(Err(BodyError::TimedOut {
            seconds: patience.as_secs(),
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// hyper wraps the cause, which is what helps: `unexpected end of file` under `error reading a body`.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// An answer's body, with the mark that its request is under way.
pub(crate) struct OutgoingBody {
    body: Body,
    /// Ends an endless body when the stack stops.
    until: Option<BoxFuture<'static, ()>>,
    in_flight: InFlight,
}

impl OutgoingBody {
    pub(crate) fn new(body: Body, in_flight: InFlight) -> Self {
        Self {
            body,
            until: None,
            in_flight,
        }
    }

    /// The bytes of a body that is at hand in one piece.
    pub(crate) fn whole(&self) -> Option<&[u8]> {
        match &self.body {
            _ if self.until.is_some() => None,
            Body::Empty => Some(&[]),
            Body::Full(bytes) => Some(bytes),
            Body::Pieces(_) | Body::Stream(_) => None,
        }
    }

    pub(crate) fn into_in_flight(self) -> InFlight {
        self.in_flight
    }

    /// The body of an event stream: no client can wait for its end, so the stack ends it.
    pub(crate) fn until(mut self, end: impl Future<Output = ()> + Send + 'static) -> Self {
        self.until = Some(Box::pin(end));
        self
    }
}

impl HttpBody for OutgoingBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(until) = &mut self.until
            && until.as_mut().poll(cx).is_ready()
        {
            self.body = Body::Empty;
            self.until = None;
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
