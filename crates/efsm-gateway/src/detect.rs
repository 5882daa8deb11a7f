//! Which protocol a connection speaks, from its first bytes.

/// The longest prefix that a decision needs: HTTP/2's connection preface (RFC 9113 section 3.4).
pub const PREFIX_BYTES: usize = HTTP2_PREFACE.len();

const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    /// HTTP/2 with prior knowledge.
    Http2,
    /// A TLS ClientHello.
    Tls,
    /// A PostgreSQL start-up, SSL, GSSENC or cancel request: a length of four bytes, the first 0.
    Postgres,
    Unknown,
}

/// The protocol, or `None` while more bytes are needed. Never needs more than [`PREFIX_BYTES`].
pub fn detect(prefix: &[u8]) -> Option<Protocol> {
    match prefix.first()? {
        0x16 => Some(Protocol::Tls),
        0x00 => Some(Protocol::Postgres),
        b'P' => {
            let length = prefix.len().min(HTTP2_PREFACE.len());
            if prefix[..length] != HTTP2_PREFACE[..length] {
                Some(Protocol::Http1)
            } else if length == HTTP2_PREFACE.len() {
                Some(Protocol::Http2)
            } else {
                None
            }
        }
        // RFC 9110's tchar starts every method; CR and LF may precede a request line (RFC 9112 section 2.2).
        b if b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~\r\n".contains(b) => {
            Some(Protocol::Http1)
        }
        _ => Some(Protocol::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn first_bytes_tell_the_protocol() {
        for (prefix, protocol) in [
            (&b""[..], None),
            (b"G", Some(Protocol::Http1)),
            (b"\r\nGET", Some(Protocol::Http1)),
            (b"P", None),
            (b"PO", Some(Protocol::Http1)),
            (b"PRI * HTTP/2.0\r\n", None),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Some(Protocol::Http2)),
            (b"PRI * HTTP/1.1\r\n", Some(Protocol::Http1)),
            (&[0x16, 0x03, 0x01], Some(Protocol::Tls)),
            (&[0, 0, 0, 8, 4, 210, 22, 47], Some(Protocol::Postgres)),
            (&[0xff], Some(Protocol::Unknown)),
        ] {
            assert_eq!(detect(prefix), protocol, "{prefix:?}");
        }
    }

    proptest! {
        #[test]
        fn decision_comes_in_time_and_is_kept(bytes in proptest::collection::vec(any::<u8>(), 24..40)) {
            let decided = detect(&bytes[..PREFIX_BYTES]);
            prop_assert!(decided.is_some());
            for length in 1..PREFIX_BYTES {
                let early = detect(&bytes[..length]);
                prop_assert!(early.is_none() || early == decided);
            }
        }
    }
}
