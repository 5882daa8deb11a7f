//! A stack's storage without a gateway, and one call of it.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use efsm_core::{
    Body, BodyError, Clock, Context, Entropy, Limits, Request, Service as _, SignedDuration,
};
use efsm_storage::StorageService;
use http::{HeaderMap, StatusCode};
use http_body::{Frame, SizeHint};
use serde_json::Value;
use tokio::sync::mpsc;

pub(crate) struct World {
    pub(crate) context: Context,
    pub(crate) storage: StorageService,
}

/// An answer with its body read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

pub(crate) type Fields<'a> = &'a [(&'a str, &'a str)];

impl Default for World {
    fn default() -> Self {
        Self::with_limits(Limits::default())
    }
}

impl World {
    pub(crate) fn with_limits(limits: Limits) -> Self {
        let clock = Clock::frozen("2026-03-04T05:06:07.89Z".parse().unwrap());
        let context = Context::new(clock, Entropy::seeded(1), limits);
        Self {
            storage: StorageService::new(context.clone()),
            context,
        }
    }

    /// Sends a request as the gateway would hand it on: `path` is below `/storage`.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        fields: Fields<'_>,
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("/storage{path}"));
        for (name, value) in fields {
            request = request.header(*name, value.as_bytes());
        }
        let mut request = Request::new(request.body(body).unwrap());
        request.route.mount = self.storage.prefix().len();
        let (head, body) = self.storage.http(request).await.into_parts();
        Answer {
            status: head.status,
            headers: head.headers,
            body: body.collect(u64::MAX).await.unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// Puts an object that must be taken.
    pub(crate) async fn put(&self, path: &str, body: impl Into<Body>) {
        let answer = self.send("PUT", path, &[], body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    pub(crate) fn advance(&self, seconds: i64) {
        let by = SignedDuration::from_secs(seconds);
        self.context.clock().advance(by).unwrap();
    }

    pub(crate) fn used_bytes(&self) -> u64 {
        self.context.memory().used_bytes()
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().expect("visible ASCII"))
    }

    /// The message of a refusal with this status.
    pub(crate) fn error(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        self.json()["error"].as_str().expect("a message").to_owned()
    }
}

/// A body whose pieces a test sends one by one; it ends when the sender is dropped.
pub(crate) fn channel() -> (mpsc::UnboundedSender<Result<Bytes, BodyError>>, Body) {
    announced(0)
}

/// As [`channel`], announcing at least this many bytes.
pub(crate) fn announced(bytes: u64) -> (mpsc::UnboundedSender<Result<Bytes, BodyError>>, Body) {
    let (sender, pieces) = mpsc::unbounded_channel();
    (sender, Body::from_stream(Channel { pieces, bytes }))
}

struct Channel {
    pieces: mpsc::UnboundedReceiver<Result<Bytes, BodyError>>,
    bytes: u64,
}

impl http_body::Body for Channel {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.pieces
            .poll_recv(cx)
            .map(|piece| Some(piece?.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::new();
        hint.set_lower(self.bytes);
        hint
    }
}
