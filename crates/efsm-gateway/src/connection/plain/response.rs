//! Writing a plain answer, as hyper would.

use std::io::Write as _;
use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use efsm_core::FixedResponse;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRAILER, TRANSFER_ENCODING};
use http::{HeaderMap, Response, StatusCode, Version};

use crate::connection::body::OutgoingBody;

/// A body up to this size is copied behind its head.
const BODY_BYTES: usize = 16 * 1024;

/// About what a header's name and value have together, and what the rest of a head has.
const LINE_BYTES: usize = 48;
const HEAD_BYTES: usize = 112;

/// Writes an answer. `false`, and nothing written, when it is not plain: when its framing is not told by the length of
/// a body at hand, or when something is to be done besides.
pub(super) fn write(answer: &Response<OutgoingBody>, date: &mut Date, into: &mut Vec<u8>) -> bool {
    if answer.version() != Version::HTTP_11 || !answer.extensions().is_empty() {
        return false;
    }
    let Some(body) = answer.body().whole() else {
        return false;
    };
    let Some(is_dated) = write_head(answer.status(), answer.headers(), body.len(), into) else {
        into.clear();
        return false;
    };
    if !is_dated {
        into.extend_from_slice(DATE_NAME);
        into.extend_from_slice(date.now());
        into.extend_from_slice(b"\r\n");
    }
    into.extend_from_slice(b"\r\n");
    into.extend_from_slice(body);
    true
}

/// The same for one that is made in advance, whose head is then written in advance, too.
pub(super) fn write_fixed(fixed: &FixedResponse, date: &mut Date, into: &mut Vec<u8>) -> bool {
    let head = fixed.written(|fixed| {
        let mut head = Vec::new();
        let is_dated = write_head(
            fixed.status(),
            fixed.headers(),
            fixed.body().len(),
            &mut head,
        )?;
        head.extend_from_slice(DATE_NAME);
        (!is_dated).then_some(head)
    });
    let Some(head) = head else {
        return false;
    };
    into.reserve(head.len() + HEAD_BYTES + fixed.body().len());
    into.extend_from_slice(head);
    into.extend_from_slice(date.now());
    into.extend_from_slice(b"\r\n\r\n");
    into.extend_from_slice(fixed.body());
    true
}

const DATE_NAME: &[u8] = b"date: ";

/// Writes the head of a plain answer but for its date, and tells whether that is among the headers.
fn write_head(
    status: StatusCode,
    headers: &HeaderMap,
    body_bytes: usize,
    into: &mut Vec<u8>,
) -> Option<bool> {
    if !has_body(status) || body_bytes > BODY_BYTES {
        return None;
    }
    into.reserve(HEAD_BYTES + headers.len() * LINE_BYTES + body_bytes);
    into.extend_from_slice(b"HTTP/1.1 ");
    into.extend_from_slice(status.as_str().as_bytes());
    into.push(b' ');
    let reason = status.canonical_reason().unwrap_or("<none>");
    into.extend_from_slice(reason.as_bytes());
    into.extend_from_slice(b"\r\n");
    let mut is_dated = false;
    for (name, value) in headers {
        match *name {
            CONTENT_LENGTH | TRANSFER_ENCODING | CONNECTION | TRAILER => return None,
            DATE => is_dated = true,
            _ => {}
        }
        into.extend_from_slice(name.as_str().as_bytes());
        into.extend_from_slice(b": ");
        into.extend_from_slice(value.as_bytes());
        into.extend_from_slice(b"\r\n");
    }
    into.extend_from_slice(b"content-length: ");
    into.extend_from_slice(itoa::Buffer::new().format(body_bytes).as_bytes());
    into.extend_from_slice(b"\r\n");
    Some(is_dated)
}

/// Whether an answer to a plain request has a body, be it an empty one (RFC 9110 section 6.4.1).
fn has_body(status: StatusCode) -> bool {
    !status.is_informational()
        && !matches!(
            status,
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
        )
}

/// The value of `Date`, made once a second.
pub(super) struct Date {
    /// The second that `text` says.
    second: Range<SystemTime>,
    text: [u8; "Sun, 06 Nov 1994 08:49:37 GMT".len()],
}

impl Default for Date {
    fn default() -> Self {
        Self {
            second: UNIX_EPOCH..UNIX_EPOCH,
            text: Default::default(),
        }
    }
}

impl Date {
    fn now(&mut self) -> &[u8] {
        let now = efsm_core::system_time();
        if !self.second.contains(&now) {
            let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
            let second = UNIX_EPOCH + Duration::from_secs(since.as_secs());
            // It has the one length that the format has.
            let _ = write!(&mut self.text[..], "{}", httpdate::HttpDate::from(second));
            self.second = second..second + Duration::from_secs(1);
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use bytes::Bytes;
    use efsm_core::Body;
    use http::HeaderName;
    use http_body_util::Full;
    use proptest::prelude::*;

    use crate::connection::registry::Entry;
    use crate::hyper_beside::hyper;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    fn given<B>(status: StatusCode, headers: &HeaderMap, body: B) -> Response<B> {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers.clone();
        response
    }

    fn plain(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Option<Vec<u8>> {
        let in_flight = Arc::new(Entry::default()).begin_request();
        let body = OutgoingBody::new(Body::from(body.clone()), in_flight);
        let mut written = Vec::new();
        let answer = given(status, headers, body);
        write(&answer, &mut Date::default(), &mut written).then_some(written)
    }

    fn fixed(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Option<Vec<u8>> {
        let fixed = FixedResponse::new(status, headers.clone(), body.clone());
        let mut written = Vec::new();
        write_fixed(&fixed, &mut Date::default(), &mut written).then_some(written)
    }

    /// The bytes without the value of the date that was added: hyper's may be a second older.
    fn undated(written: &[u8], is_dated: bool) -> String {
        let name = b"\r\ndate: ";
        let undated = match memchr::memmem::find(written, name) {
            Some(at) if !is_dated => {
                let value = at + name.len();
                [&written[..value], &written[value + 29..]].concat()
            }
            _ => written.to_vec(),
        };
        String::from_utf8_lossy(&undated).into_owned()
    }

    #[test]
    fn what_framing_or_more_depends_on_is_not_plain() {
        let (none, body) = (HeaderMap::new(), Bytes::from_static(b"x"));
        for status in [100, 101, 204, 205, 304] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(plain(status, &none, &Bytes::new()), None);
            assert_eq!(fixed(status, &none, &Bytes::new()), None);
        }
        for name in [CONTENT_LENGTH, CONNECTION, TRANSFER_ENCODING, TRAILER] {
            let headers = HeaderMap::from_iter([(name, "1".parse().unwrap())]);
            assert_eq!(plain(StatusCode::OK, &headers, &body), None);
            assert_eq!(fixed(StatusCode::OK, &headers, &body), None);
        }
        let large = Bytes::from(vec![b'x'; BODY_BYTES + 1]);
        assert_eq!(plain(StatusCode::OK, &none, &large), None);
        assert!(plain(StatusCode::OK, &none, &body).is_some());
        assert!(fixed(StatusCode::OK, &none, &body).is_some());
    }

    #[test]
    fn date_is_of_its_second() {
        let mut date = Date::default();
        let text = String::from_utf8(date.now().to_vec()).unwrap();
        let told = httpdate::parse_http_date(&text).unwrap();
        assert_eq!(date.second.start, told);
        // A clock that was set back makes it anew.
        date.second = told + Duration::from_secs(500)..told + Duration::from_secs(501);
        date.text = [0; 29];
        assert!(httpdate::parse_http_date(std::str::from_utf8(date.now()).unwrap()).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn is_written_as_hyper_writes_it(
            status in 200_u16..1000,
            lines in prop::collection::vec(("[a-z]{1,3}|date|server|set-cookie", "[ -~]{0,8}"), 0..6),
            body in prop::collection::vec(any::<u8>(), 0..8),
        ) {
            let status = StatusCode::from_u16(status).unwrap();
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
            }
            let (is_dated, body) = (headers.contains_key(DATE), Bytes::from(body));
            let its = hyper(REQUEST, || given(status, &headers, Full::new(body.clone()))).written;
            let its = undated(&its, is_dated);
            for written in [plain(status, &headers, &body), fixed(status, &headers, &body)].into_iter().flatten() {
                prop_assert_eq!(&undated(&written, is_dated), &its);
            }
        }
    }
}
