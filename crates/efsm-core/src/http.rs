//! Requests and responses as services see them: the `http` crate's heads, a body that is either at
//! hand or a stream, and what the gateway learnt on the way.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::Part;

/// A response; a [`SocketFault`] among its extensions replaces it on the wire.
pub type Response = http::Response<Body>;

/// A request with the route by which it came.
#[derive(Debug)]
pub struct Request {
    pub head: http::request::Parts,
    pub body: Body,
    pub route: Route,
    pub peer: Peer,
    /// Present when the client asked for an upgrade of its HTTP/1.1 connection.
    pub upgrade: Option<Upgrade>,
    /// Present in a service's own calls of the control API ([`Face::Control`]).
    pub kept: Option<KeptParts>,
}

/// Looks up the asked service's part of a snapshot that the stack keeps, by id or name: for calls that
/// compare what is with what was.
#[derive(Clone)]
pub struct KeptParts(Arc<FindPart>);

type FindPart = dyn Fn(&str) -> Option<Part> + Send + Sync;

impl KeptParts {
    pub fn new(find: impl Fn(&str) -> Option<Part> + Send + Sync + 'static) -> Self {
        Self(Arc::new(find))
    }

    /// `None` when the stack keeps no such snapshot.
    pub fn find(&self, id_or_name: &str) -> Option<Part> {
        (self.0)(id_or_name)
    }
}

impl fmt::Debug for KeptParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptParts")
    }
}

/// How the gateway came to choose a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    pub face: Face,
    /// How many bytes of the raw path the gateway's prefix took.
    pub mount: usize,
}

/// The protocol that the gateway recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Face {
    /// The service's own REST, at its prefix; for http also a bare path.
    #[default]
    Rest,
    /// WireMock's `/__admin`.
    Admin,
    /// `/_efsm/{prefix}/...`.
    Control,
    /// libSQL's Hrana, at any prefix.
    Hrana,
    /// An AWS request, with what its credential scope says.
    Aws(AwsScope),
    /// A request to another host for which the stack is the forward proxy.
    ForwardProxy,
}

/// What an AWS request says about whom it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsScope {
    /// The signing name: `s3`, `sqs`, `sns`, `sts`, ...
    pub service: String,
    /// 12 digits: the access key when it is an account id, else 000000000000.
    pub account: String,
    pub region: String,
}

/// The two ends of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    pub remote: SocketAddr,
    pub local: SocketAddr,
    pub tls: bool,
}

impl Default for Peer {
    fn default() -> Self {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            remote: nowhere,
            local: nowhere,
            tls: false,
        }
    }
}

impl Request {
    /// A request that came by no gateway: for tests and for calls in process.
    pub fn new<B: Into<Body>>(request: http::Request<B>) -> Self {
        let (head, body) = request.into_parts();
        Self {
            head,
            body: body.into(),
            route: Route::default(),
            peer: Peer::default(),
            upgrade: None,
            kept: None,
        }
    }

    /// The raw path below the mount, percent-encoding untouched; starts with `/` or is empty.
    pub fn path(&self) -> &str {
        self.head.uri.path().get(self.route.mount..).unwrap_or("")
    }

    pub fn query(&self) -> Option<&str> {
        self.head.uri.query()
    }

    pub fn method(&self) -> &http::Method {
        &self.head.method
    }

    /// A header's text; `None` when it is missing or not visible ASCII.
    pub fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// `http` or `https`: what the absolute URI says, else what the connection is.
    pub fn scheme(&self) -> &'static str {
        let is_https = match self.head.uri.scheme_str() {
            Some(scheme) => scheme == "https",
            None => self.peer.tls,
        };
        if is_https { "https" } else { "http" }
    }

    /// The authority that the client named: the absolute URI's, else `Host`, else the local address.
    pub fn authority(&self) -> String {
        if let Some(authority) = self.head.uri.authority() {
            return authority.to_string();
        }
        self.header(http::header::HOST)
            .map_or_else(|| self.peer.local.to_string(), str::to_owned)
    }
}

/// A body: nothing, bytes at hand, or a stream.
#[derive(Default)]
pub enum Body {
    #[default]
    Empty,
    Full(Bytes),
    /// Pieces at hand that need not be joined to be sent.
    Pieces(VecDeque<Bytes>),
    Stream(UnsyncBoxBody<Bytes, BodyError>),
}

/// Why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("the body is larger than the limit of {limit_bytes} bytes")]
    TooLarge { limit_bytes: u64 },
    #[error("no data came for {seconds} seconds, and the body was not complete")]
    TimedOut { seconds: u64 },
    #[error("the body ended before it was complete: {0}")]
    Incomplete(String),
    /// Not an accident: the stack was told to break this answer.
    #[error("the connection is closed on purpose by a fault")]
    Fault,
}

impl Body {
    pub fn from_stream(
        body: impl HttpBody<Data = Bytes, Error = BodyError> + Send + 'static,
    ) -> Self {
        Self::Stream(UnsyncBoxBody::new(body))
    }

    /// The whole body in one piece, at most `limit_bytes` long.
    pub async fn collect(self, limit_bytes: u64) -> Result<Bytes, BodyError> {
        let too_large = BodyError::TooLarge { limit_bytes };
        match self {
            Self::Empty => Ok(Bytes::new()),
            Self::Full(bytes) if bytes.len() as u64 <= limit_bytes => Ok(bytes),
            Self::Full(_) => Err(too_large),
            mut body => {
                if body.size_hint().lower() > limit_bytes {
                    return Err(too_large);
                }
                let mut first = Bytes::new();
                let mut joined = BytesMut::new();
                let mut length = 0;
                while let Some(piece) = body.next_piece().await? {
                    length += piece.len() as u64;
                    if length > limit_bytes {
                        return Err(too_large);
                    }
                    // The common body of one piece is never copied.
                    if first.is_empty() && joined.is_empty() {
                        first = piece;
                    } else {
                        if joined.is_empty() {
                            joined.extend_from_slice(&std::mem::take(&mut first));
                        }
                        joined.extend_from_slice(&piece);
                    }
                }
                Ok(if joined.is_empty() {
                    first
                } else {
                    joined.freeze()
                })
            }
        }
    }

    /// The next piece of data; `None` at the end. Trailers are skipped.
    pub async fn next_piece(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            match self.frame().await {
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Body::Empty"),
            Self::Full(bytes) => write!(f, "Body::Full({} bytes)", bytes.len()),
            Self::Pieces(pieces) => write!(f, "Body::Pieces({})", pieces.len()),
            Self::Stream(_) => f.write_str("Body::Stream"),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            Self::Empty
        } else {
            Self::Full(bytes)
        }
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<()> for Body {
    fn from((): ()) -> Self {
        Self::Empty
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                *self = Self::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Pieces(pieces) => Poll::Ready(pieces.pop_front().map(|b| Ok(Frame::data(b)))),
            Self::Stream(stream) => Pin::new(stream).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(_) => false,
            Self::Pieces(pieces) => pieces.is_empty(),
            Self::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Pieces(pieces) => {
                SizeHint::with_exact(pieces.iter().map(|b| b.len() as u64).sum())
            }
            Self::Stream(stream) => stream.size_hint(),
        }
    }
}

/// Something to do to the socket instead of answering; put it into a response's extensions.
/// The response that carries it is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketFault {
    /// Closes without a byte.
    Close,
    /// TCP RST.
    Reset,
    /// Writes these bytes in place of an answer, then closes: garbage, half an answer, a broken chunk.
    Raw(Bytes),
}

/// A connection in both directions.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection that does not speak HTTP, with the bytes that were already read of it put back.
pub struct Connection {
    pub io: Box<dyn Io>,
    pub peer: Peer,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

/// The rest of an HTTP/1.1 connection, handed over once the `101` is on its way.
pub struct Upgrade(BoxFuture<'static, std::io::Result<Box<dyn Io>>>);

impl Upgrade {
    pub fn new(io: impl Future<Output = std::io::Result<Box<dyn Io>>> + Send + 'static) -> Self {
        Self(Box::pin(io))
    }

    /// Waits until the answer was sent; await it in a task of its own, after answering.
    pub async fn io(self) -> std::io::Result<Box<dyn Io>> {
        self.0.await
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upgrade")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(texts: &[&'static str]) -> Body {
        Body::Pieces(
            texts
                .iter()
                .map(|t| Bytes::from_static(t.as_bytes()))
                .collect(),
        )
    }

    #[tokio::test]
    async fn body_of_pieces_is_joined() {
        let bytes = pieces(&["ab", "", "cd", "e"]).collect(5).await.unwrap();
        assert_eq!(bytes, "abcde");
    }

    #[tokio::test]
    async fn body_past_its_limit_is_refused() {
        for body in [pieces(&["ab", "cd"]), Body::from("abcd")] {
            let refused = body.collect(3).await;
            assert!(matches!(
                refused,
                Err(BodyError::TooLarge { limit_bytes: 3 })
            ));
        }
    }

    #[test]
    fn absolute_uri_tells_the_scheme_before_the_connection_does() {
        for (uri, tls, scheme) in [
            ("/a", false, "http"),
            ("/a", true, "https"),
            ("http://api.example/a", true, "http"),
            ("https://api.example/a", false, "https"),
        ] {
            let mut request = Request::new(http::Request::get(uri).body(()).unwrap());
            request.peer.tls = tls;
            assert_eq!(request.scheme(), scheme, "{uri} over TLS: {tls}");
        }
    }

    #[test]
    fn path_is_what_follows_the_mount() {
        let mut request = Request::new(
            http::Request::get("/storage/b/a%20key?x=1")
                .body(())
                .unwrap(),
        );
        request.route.mount = "/storage".len();
        assert_eq!(request.path(), "/b/a%20key");
        assert_eq!(request.query(), Some("x=1"));
    }
}
