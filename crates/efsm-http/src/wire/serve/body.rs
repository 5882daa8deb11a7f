//! Bodies on their way out: prepared, packed, dribbled.

use std::io::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use efsm_core::{Body, Clock, FixedResponse, Response, ResponseFuture};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;

use crate::engine::request::LoggedRequest;
use crate::engine::response::{Dribble, Prepared, keep_true_length, may_pack};
use crate::engine::stub::Stub;

/// The answer that was made in advance.
pub(super) fn prepared(
    prepared: &Prepared,
    stub: &Stub,
    request: &LoggedRequest,
) -> ResponseFuture<'static> {
    let packed = if prepared.may_pack && accepts_packed(request) {
        let packed = prepared.packed.get_or_init(|| packed(&prepared.sent));
        packed.as_ref()
    } else {
        None
    };
    let sent = packed.unwrap_or(&prepared.sent);
    let is_head = request.method() == Method::HEAD;
    let message = stub.response.status_message.as_ref();
    if !is_head && message.is_none() {
        return ResponseFuture::Fixed(sent.clone());
    }
    let mut response = sent.response();
    if is_head {
        // What a body of its own would contradict, an answer without one may say.
        *response.headers_mut() = prepared.headers.clone();
    }
    if let Some(message) = message {
        phrase(&mut response, message);
    }
    ResponseFuture::Ready(response)
}

fn packed(sent: &FixedResponse) -> Option<Arc<FixedResponse>> {
    let body = pack(sent.body())?;
    let mut headers = sent.headers().clone();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.remove(CONTENT_LENGTH);
    let packed = FixedResponse::new(sent.status(), headers, body);
    Some(Arc::new(packed))
}

/// An answer of these parts, packed when the client accepts it.
pub(super) fn answer(
    request: &LoggedRequest,
    status: StatusCode,
    mut headers: HeaderMap,
    mut body: Bytes,
) -> Response {
    if may_pack(status, &headers, &body)
        && accepts_packed(request)
        && let Some(packed) = pack(&body)
    {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.remove(CONTENT_LENGTH);
        body = packed;
    }
    if request.method() != Method::HEAD {
        keep_true_length(&mut headers, &body);
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// Sets the reason phrase of HTTP/1.1, if it is one.
pub(super) fn phrase(response: &mut Response, message: &str) {
    if let Ok(phrase) = hyper::ext::ReasonPhrase::try_from(message.as_bytes()) {
        response.extensions_mut().insert(phrase);
    }
}

fn accepts_packed(request: &LoggedRequest) -> bool {
    *request.method() != Method::HEAD
        && request.headers().keys().any(|name| name == ACCEPT_ENCODING)
        && accepts_gzip(request.headers())
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            name.trim().eq_ignore_ascii_case("gzip")
                && weight.trim().trim_end_matches(".0") != "q=0"
        })
}

pub(super) fn pack(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 2), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Sends the body in chunks with equal pauses before each, on the stack's clock.
pub(super) fn dribble(response: &mut Response, dribble: Dribble, clock: Clock) {
    let Body::Full(bytes) = std::mem::take(response.body_mut()) else {
        return;
    };
    response.headers_mut().remove(CONTENT_LENGTH);
    let count = dribble.chunks.min(bytes.len());
    let size = bytes.len() / count;
    let pause = dribble.total / dribble.chunks as u32;
    let chunks = stream::unfold(
        (bytes, count, clock),
        move |(mut rest, left, clock)| async move {
            if left == 0 {
                return None;
            }
            clock.sleep(pause).await;
            // What does not divide evenly goes with the last chunk.
            let chunk = if left == 1 {
                std::mem::take(&mut rest)
            } else {
                rest.split_to(size)
            };
            Some((Ok(Frame::data(chunk)), (rest, left - 1, clock)))
        },
    );
    *response.body_mut() = Body::from_stream(StreamBody::new(chunks));
}
