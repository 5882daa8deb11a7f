//! Bodies on their way out: prepared, packed, dribbled.

use std::io::Write as _;

use bytes::Bytes;
use efsm_core::{Body, Clock, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;

use crate::engine::request::LoggedRequest;
use crate::engine::response::{Dribble, Prepared};
use crate::engine::stub::Stub;

/// The answer that was made in advance.
pub(super) fn prepared(prepared: &Prepared, stub: &Stub, request: &LoggedRequest) -> Response {
    let mut headers = prepared.headers.clone();
    let mut body = prepared.body.clone();
    if may_pack(request, prepared.status, &headers, &body)
        && let Some(packed) = prepared.gzip.get_or_init(|| pack(&prepared.body))
    {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        body = packed.clone();
    }
    let mut response = whole(prepared.status, headers, body, request.method());
    if let Some(message) = &stub.response.status_message {
        phrase(&mut response, message);
    }
    response
}

/// An answer of these parts, packed when the client accepts it.
pub(super) fn answer(
    request: &LoggedRequest,
    status: StatusCode,
    mut headers: HeaderMap,
    mut body: Bytes,
) -> Response {
    if may_pack(request, status, &headers, &body)
        && let Some(packed) = pack(&body)
    {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.remove(CONTENT_LENGTH);
        body = packed;
    }
    whole(status, headers, body, request.method())
}

/// Puts the parts together. A stub's own `Content-Length` is kept only where no body contradicts it.
fn whole(status: StatusCode, mut headers: HeaderMap, body: Bytes, method: &Method) -> Response {
    if method != Method::HEAD
        && headers
            .get(CONTENT_LENGTH)
            .is_some_and(|length| length.as_bytes() != body.len().to_string().as_bytes())
    {
        headers.remove(CONTENT_LENGTH);
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

fn may_pack(
    request: &LoggedRequest,
    status: StatusCode,
    headers: &HeaderMap,
    body: &Bytes,
) -> bool {
    !body.is_empty()
        && status.is_success()
        && *request.method() != Method::HEAD
        && accepts_gzip(request.headers())
        && !headers.contains_key(CONTENT_ENCODING)
        && headers
            .get(CONTENT_TYPE)
            .is_none_or(|kind| !is_packed_already(kind.as_bytes()))
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

/// Pictures, sound and archives only grow when they are packed again.
fn is_packed_already(kind: &[u8]) -> bool {
    let starts = |prefix: &[u8]| {
        kind.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    (starts(b"image/") && !starts(b"image/svg"))
        || starts(b"video/")
        || starts(b"audio/")
        || starts(b"application/zip")
        || starts(b"application/gzip")
        || starts(b"application/x-gzip")
        || starts(b"application/pdf")
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
