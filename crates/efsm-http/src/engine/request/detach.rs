//! Letting go of the buffer that a request was read into.

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderValue, Uri};

/// Bodies up to this size are copied; larger ones fill the buffers that they came in.
const SMALL_BODY_BYTES: usize = 4096;

/// Copies what a head and a small body say into a block of their own.
///
/// The HTTP server's parts are slices of its read buffer. The journal keeps requests, and each would keep a
/// buffer of 8 KiB alive with it, and cost the connection a new one.
pub(super) fn detach(head: &mut Parts, body: Bytes) -> Bytes {
    let is_origin_form = head.uri.authority().is_none();
    let target = match head.uri.path_and_query() {
        Some(target) if is_origin_form => target.as_str(),
        _ => "",
    };
    let values: usize = head.headers.values().map(HeaderValue::len).sum();
    let mut block = BytesMut::with_capacity(target.len() + values);
    block.extend_from_slice(target.as_bytes());
    let mut at = block.len();
    for value in head.headers.values() {
        block.extend_from_slice(value.as_bytes());
    }
    let block = block.freeze();
    // What was valid is valid in its copy; should it not be, the original stays.
    if at > 0
        && let Ok(uri) = Uri::from_maybe_shared(block.slice(..at))
    {
        head.uri = uri;
    }
    for value in head.headers.values_mut() {
        let end = at + value.len();
        if let Ok(mut copy) = HeaderValue::from_maybe_shared(block.slice(at..end)) {
            copy.set_sensitive(value.is_sensitive());
            *value = copy;
        }
        at = end;
    }
    if body.len() <= SMALL_BODY_BYTES {
        Bytes::copy_from_slice(&body)
    } else {
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detached_request_says_the_same_and_shares_nothing() {
        let text = Bytes::from_static(b"/a%20b?c=d");
        let mut request = http::Request::get("/a%20b?c=d")
            .header("host", "localhost")
            .header("x", "1")
            .header("x", "\u{e9}t\u{e9}")
            .header("empty", "")
            .body(())
            .unwrap();
        request.headers_mut().insert(
            "shared",
            HeaderValue::from_maybe_shared(text.slice(1..3)).unwrap(),
        );
        let (mut head, ()) = request.into_parts();
        let (uri, headers) = (head.uri.clone(), head.headers.clone());
        let body = detach(&mut head, text.slice(3..));
        assert_eq!((&head.uri, &head.headers), (&uri, &headers));
        assert_eq!(body, text.slice(3..));
        let shared = text.as_ptr_range();
        assert!(!shared.contains(&head.headers["shared"].as_bytes().as_ptr()));
        assert!(!shared.contains(&body.as_ptr()));
    }

    #[test]
    fn absolute_target_stays_as_it_is() {
        let request = http::Request::get("http://api.example:81/x?y")
            .body(())
            .unwrap();
        let (mut head, ()) = request.into_parts();
        let uri = head.uri.clone();
        detach(&mut head, Bytes::new());
        assert_eq!(head.uri, uri);
    }
}
