//! Reading a plain request: one that is whole, and of whose head nothing concerns the connection.
//!
//! Whatever else comes, right or wrong, is left to hyper; what is read here is read as hyper reads it.

use std::mem::MaybeUninit;

use bytes::Bytes;
use efsm_core::Body;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version};

/// A request with more header lines is hyper's to judge.
const LINES: usize = 64;

/// What some bytes are.
#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart where it is made, and a box would be one more allocation a request"
)]
pub enum Reading {
    /// A plain request, and nothing behind it.
    Plain(Parts, Body),
    /// What may yet become one.
    Incomplete,
    Other,
}

/// Reads a plain request. Its head and body share one buffer of their own, of just their size; `spare` is an empty
/// map for its headers.
pub fn read(bytes: &[u8], spare: &mut HeaderMap) -> Reading {
    let mut lines = [const { MaybeUninit::uninit() }; LINES];
    let mut parsed = httparse::Request::new(&mut []);
    let head_bytes = match parsed.parse_with_uninit_headers(bytes, &mut lines) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Reading::Incomplete,
        Err(_) => return Reading::Other,
    };
    let body = &bytes[head_bytes..];
    if parsed.version != Some(1) {
        return Reading::Other;
    }
    let (Some(method), Some(target)) = (parsed.method.and_then(plain_method), parsed.path) else {
        return Reading::Other;
    };
    if !target.starts_with('/') {
        return Reading::Other;
    }
    let mut body_bytes = None;
    let buffer = Bytes::copy_from_slice(bytes);
    // What httparse found in `bytes` stands at the same place in their copy.
    let copy = |part: &[u8]| {
        if part.is_empty() {
            return Bytes::new();
        }
        let start = part.as_ptr().addr() - bytes.as_ptr().addr();
        buffer.slice(start..start + part.len())
    };
    let mut headers = std::mem::take(spare);
    for line in parsed.headers.iter() {
        let Ok(name) = HeaderName::from_bytes(line.name.as_bytes()) else {
            return Reading::Other;
        };
        match name {
            TRANSFER_ENCODING | EXPECT | UPGRADE => return Reading::Other,
            CONNECTION if !line.value.eq_ignore_ascii_case(b"keep-alive") => return Reading::Other,
            CONTENT_LENGTH => match (body_bytes, length(line.value)) {
                (None, Some(length)) => body_bytes = Some(length),
                _ => return Reading::Other,
            },
            _ => {}
        }
        let Ok(value) = HeaderValue::from_maybe_shared(copy(line.value)) else {
            return Reading::Other;
        };
        if headers.try_append(name, value).is_err() {
            return Reading::Other;
        }
    }
    let body_bytes = body_bytes.unwrap_or(0);
    if body.len() < body_bytes {
        return Reading::Incomplete;
    }
    if body.len() > body_bytes {
        return Reading::Other;
    }
    let Ok(uri) = Uri::from_maybe_shared(copy(target.as_bytes())) else {
        return Reading::Other;
    };
    let (mut head, ()) = http::Request::new(()).into_parts();
    head.method = method;
    head.uri = uri;
    head.version = Version::HTTP_11;
    head.headers = headers;
    let body = match body {
        [] => Body::Empty,
        body => Body::Full(copy(body)),
    };
    Reading::Plain(head, body)
}

/// The methods whose requests and answers are framed by their lengths alone: a CONNECT becomes a tunnel, and an answer
/// to HEAD has the length of a body that it does not have.
fn plain_method(method: &str) -> Option<Method> {
    Some(match method {
        "GET" => Method::GET,
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        "OPTIONS" => Method::OPTIONS,
        _ => return None,
    })
}

/// A length in digits alone (RFC 9110 section 8.6).
fn length(value: &[u8]) -> Option<usize> {
    if !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hyper_beside::hyper;
    use http::Response;
    use http_body_util::Empty;
    use proptest::prelude::*;

    fn is_plain(text: &str) -> bool {
        matches!(
            read(text.as_bytes(), &mut HeaderMap::new()),
            Reading::Plain(..)
        )
    }

    #[test]
    fn what_clients_send_most_is_plain() {
        for text in [
            "GET / HTTP/1.1\r\nHost: localhost:1\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n",
            "GET /a?b=c HTTP/1.1\r\nhost: localhost\r\nconnection: keep-alive\r\nAccept-Encoding: gzip\r\n\r\n",
            "DELETE /a HTTP/1.1\r\nHost: a\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n",
            "POST /db HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        ] {
            assert!(is_plain(text), "{text}");
        }
    }

    #[test]
    fn what_hyper_has_to_decide_is_not() {
        for text in [
            "GET / HTTP/1.0\r\n\r\n",
            "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
            "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
            "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\nx",
            "POST / HTTP/1.1\r\nContent-Length: \r\n\r\n",
            "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n\r\n",
            "GET / HTTP/1.1\r\nbad header: x\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nx",
            "GET / HTTP/1.1\r\nHost: a\r\n",
            "",
        ] {
            assert!(!is_plain(text), "{text}");
        }
    }

    /// A head's lines with some that are common, some that are wrong and some of anything, and a body.
    fn requests() -> impl Strategy<Value = Vec<u8>> {
        let method = prop_oneof![
            6 => Just("GET"), 6 => Just("POST"), 1 => Just("PUT"), 1 => Just("OPTIONS"), 1 => Just("HEAD"),
            1 => Just("get"), 1 => Just("M"),
        ];
        let target = prop_oneof![
            8 => "/[a-z0-9%?=&#;:@._~/-]{0,12}", 2 => "/[!-~]{0,6}", 1 => Just("*".to_owned()),
            1 => Just("http://a/b".to_owned()),
        ];
        let version =
            prop_oneof![12 => Just("HTTP/1.1"), 1 => Just("HTTP/1.0"), 1 => Just("HTTP/1.2")];
        let line = prop_oneof![
            6 => "[A-Za-z-]{1,8}: ?[ -~\t]{0,12}",
            1 => "[!-~]{1,6}:[ -~\u{80}-\u{ff}]{0,6}",
            1 => prop_oneof![
                Just("Connection: keep-alive".to_owned()), Just("connection: close".to_owned()),
                Just("Transfer-Encoding: chunked".to_owned()), Just("Expect: 100-continue".to_owned()),
                Just("Upgrade: h2c".to_owned()), Just("Content-Length: 3".to_owned()), Just("Empty:".to_owned()),
                Just("Set: 1\r\n folded".to_owned()),
            ],
        ];
        let lines = prop::collection::vec(line, 0..5);
        let body = prop::collection::vec(any::<u8>(), 0..8);
        let length = prop_oneof![6 => Just(0_i64), 1 => Just(1), 1 => Just(-1)];
        let end = prop_oneof![12 => Just("\r\n"), 1 => Just("\n")];
        (method, target, version, lines, body, length, end).prop_map(
            |(method, target, version, mut lines, body, wrong_by, end)| {
                if !body.is_empty() {
                    lines.push(format!("Content-Length: {}", body.len() as i64 + wrong_by));
                }
                let mut bytes = format!("{method} {target} {version}{end}").into_bytes();
                for line in lines {
                    bytes.extend_from_slice(line.as_bytes());
                    bytes.extend_from_slice(end.as_bytes());
                }
                bytes.extend_from_slice(end.as_bytes());
                bytes.extend_from_slice(&body);
                bytes
            },
        )
    }

    /// A byte of the request that is another, and where.
    fn damage() -> impl Strategy<Value = Option<(prop::sample::Index, u8)>> {
        prop::option::weighted(0.3, (any::<prop::sample::Index>(), any::<u8>()))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn is_read_as_hyper_reads_it(mut bytes in requests(), damage in damage()) {
            if let Some((place, byte)) = damage {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Reading::Plain(head, body) = read(&bytes, &mut HeaderMap::new()) {
                let made = hyper(&bytes, || Response::new(Empty::<Bytes>::new()));
                prop_assert!(made.is_open);
                prop_assert_eq!(made.requests.len(), 1);
                let (its_head, its_body) = &made.requests[0];
                prop_assert_eq!(&head.method, &its_head.method);
                prop_assert_eq!(&head.uri, &its_head.uri);
                prop_assert_eq!(head.version, its_head.version);
                let lines = |head: &Parts| -> Vec<_> {
                    head.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
                };
                prop_assert_eq!(lines(&head), lines(its_head));
                let body = match &body {
                    Body::Full(body) => &body[..],
                    _ => &[],
                };
                prop_assert_eq!(body, &its_body[..]);
            }
        }
    }
}
