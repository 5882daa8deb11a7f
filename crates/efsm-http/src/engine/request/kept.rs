//! A request as the journal keeps it: a block of bytes, made a request again when somebody looks.
//!
//! The HTTP server's parts are slices of its read buffer and a map of headers. Kept as they are, each request would
//! keep a buffer of 8 KiB alive and cost the server a new buffer and a new map; and most requests are never looked at.

use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::ops::Deref;
use std::sync::OnceLock;

use bytes::{Buf as _, BufMut as _, Bytes};
use efsm_core::{Peer, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version};

use super::LoggedRequest;

/// Bodies up to this size are copied into the block; larger ones fill the buffers that they came in.
const SMALL_BODY_BYTES: usize = 4096;

/// A request that was answered; what it derefs to is made at the first look.
#[derive(Debug)]
pub struct KeptRequest {
    /// The method, the two ends of the connection, the target, the headers, a small body: what is seldom read lies
    /// close together, because ten thousand of these pass through the processor's caches.
    block: Box<[u8]>,
    target_bytes: u32,
    headers_bytes: u32,
    method_bytes: u32,
    /// How many header lines there are.
    headers: u16,
    mount: u16,
    version: Version,
    is_tls: bool,
    is_proxied: bool,
    at: Timestamp,
    large_body: Option<Box<Bytes>>,
    opened: OnceLock<Box<LoggedRequest>>,
}

impl KeptRequest {
    #[inline]
    pub(crate) fn new(request: &LoggedRequest) -> Self {
        let head = &request.head;
        let absolute;
        let target = match head.uri.path_and_query() {
            Some(target) if head.uri.authority().is_none() => target.as_str(),
            _ => {
                absolute = head.uri.to_string();
                &absolute
            }
        };
        let method = head.method.as_str();
        let headers_bytes = packed_bytes(&head.headers);
        let is_small = request.body.len() <= SMALL_BODY_BYTES;
        let small_body = if is_small { &request.body[..] } else { &[] };
        let mut block = Vec::with_capacity(
            method.len()
                + ends_bytes(&request.peer)
                + target.len()
                + headers_bytes
                + small_body.len(),
        );
        block.extend_from_slice(method.as_bytes());
        pack_ends(&request.peer, &mut block);
        block.extend_from_slice(target.as_bytes());
        pack(&head.headers, &mut block);
        block.extend_from_slice(small_body);
        Self {
            block: block.into_boxed_slice(),
            // The server bounds a head far below what these hold.
            target_bytes: target.len() as u32,
            headers_bytes: headers_bytes as u32,
            method_bytes: method.len() as u32,
            headers: head.headers.len() as u16,
            mount: request.mount as u16,
            version: head.version,
            is_tls: request.peer.tls,
            is_proxied: request.proxied,
            at: request.at,
            large_body: (!is_small).then(|| Box::new(request.body.clone())),
            opened: OnceLock::new(),
        }
    }

    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// About how many bytes it holds once somebody has looked, so that looks do not take the journal past its bounds.
    pub(crate) fn size_bytes(&self) -> usize {
        let opened = size_of::<LoggedRequest>() + opened_bytes(self.headers, self.block.len());
        let large_body = self.large_body.as_ref().map_or(0, |body| body.len());
        size_of::<Self>() + self.block.len() + opened + large_body
    }

    fn open(&self) -> LoggedRequest {
        let mut block = Bytes::copy_from_slice(&self.block);
        let (mut head, ()) = http::Request::new(()).into_parts();
        let method = block.split_to(self.method_bytes as usize);
        let peer = unpack_ends(&mut block, self.is_tls);
        let target = block.split_to(self.target_bytes as usize);
        let headers = block.split_to(self.headers_bytes as usize);
        // What was valid is valid in its copy.
        head.method = Method::from_bytes(&method).unwrap_or_default();
        head.uri = Uri::from_maybe_shared(target).unwrap_or_default();
        head.version = self.version;
        head.headers = unpack(&headers);
        LoggedRequest {
            head,
            body: self.large_body.as_deref().cloned().unwrap_or(block),
            peer,
            mount: self.mount.into(),
            proxied: self.is_proxied,
            at: self.at,
            given: None,
            derived: OnceLock::new(),
        }
    }
}

impl Deref for KeptRequest {
    type Target = LoggedRequest;

    fn deref(&self) -> &LoggedRequest {
        self.opened.get_or_init(|| Box::new(self.open()))
    }
}

/// Headers and body of an answer, kept in the same way.
#[derive(Debug)]
pub struct KeptContent {
    /// The headers, and a small body.
    packed: Box<[u8]>,
    headers_bytes: u32,
    lines: u16,
    large_body: Option<Box<Bytes>>,
    opened: OnceLock<Box<(HeaderMap, Bytes)>>,
}

impl KeptContent {
    pub(crate) fn new(headers: &HeaderMap, body: &Bytes) -> Self {
        let headers_bytes = packed_bytes(headers);
        let is_small = body.len() <= SMALL_BODY_BYTES;
        let small_body = if is_small { &body[..] } else { &[] };
        let mut packed = Vec::with_capacity(headers_bytes + small_body.len());
        pack(headers, &mut packed);
        packed.extend_from_slice(small_body);
        Self {
            packed: packed.into_boxed_slice(),
            headers_bytes: headers_bytes as u32,
            // A map of headers holds at most 32,768.
            lines: headers.len() as u16,
            large_body: (!is_small).then(|| Box::new(body.clone())),
            opened: OnceLock::new(),
        }
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.open().0
    }

    pub fn body(&self) -> &Bytes {
        &self.open().1
    }

    fn open(&self) -> &(HeaderMap, Bytes) {
        self.opened.get_or_init(|| {
            let mut body = Bytes::copy_from_slice(&self.packed);
            let headers = unpack(&body.split_to(self.headers_bytes as usize));
            let large_body = self.large_body.as_deref();
            Box::new((headers, large_body.cloned().unwrap_or(body)))
        })
    }

    pub(crate) fn size_bytes(&self) -> usize {
        let opened = opened_bytes(self.lines, self.packed.len());
        let large_body = self.large_body.as_ref().map_or(0, |body| body.len());
        self.packed.len() + opened + large_body
    }
}

/// The longest that an end takes: which family, the address, the port, and what IPv6 adds.
const MAX_END_BYTES: usize = 1 + 16 + 2 + 4 + 4;

fn ends_bytes(peer: &Peer) -> usize {
    let bytes = |end: &SocketAddr| {
        if end.is_ipv4() {
            1 + 4 + 2
        } else {
            MAX_END_BYTES
        }
    };
    bytes(&peer.remote) + bytes(&peer.local)
}

fn pack_ends(peer: &Peer, block: &mut Vec<u8>) {
    for end in [&peer.remote, &peer.local] {
        match end {
            SocketAddr::V4(end) => {
                block.put_u8(4);
                block.put_u32(end.ip().to_bits());
                block.put_u16(end.port());
            }
            SocketAddr::V6(end) => {
                block.put_u8(6);
                block.put_u128(end.ip().to_bits());
                block.put_u16(end.port());
                block.put_u32(end.flowinfo());
                block.put_u32(end.scope_id());
            }
        }
    }
}

fn unpack_ends(block: &mut Bytes, tls: bool) -> Peer {
    let mut end = || match block.get_u8() {
        4 => SocketAddr::from((Ipv4Addr::from_bits(block.get_u32()), block.get_u16())),
        _ => SocketAddr::V6(SocketAddrV6::new(
            Ipv6Addr::from_bits(block.get_u128()),
            block.get_u16(),
            block.get_u32(),
            block.get_u32(),
        )),
    };
    Peer {
        remote: end(),
        local: end(),
        tls,
    }
}

/// About what one header takes of a map of headers, besides its name and value.
const OPENED_HEADER_BYTES: usize = 128;

fn opened_bytes(headers: u16, copied: usize) -> usize {
    usize::from(headers) * OPENED_HEADER_BYTES + copied
}

/// The lengths of a name and a value before the two.
const LENGTHS_BYTES: usize = 8;

fn packed_bytes(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| LENGTHS_BYTES + name.as_str().len() + value.len())
        .sum()
}

fn pack(headers: &HeaderMap, block: &mut Vec<u8>) {
    for (name, value) in headers {
        block.put_u32_ne(name.as_str().len() as u32);
        block.put_u32_ne(value.len() as u32);
        block.extend_from_slice(name.as_str().as_bytes());
        block.extend_from_slice(value.as_bytes());
    }
}

fn unpack(packed: &Bytes) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut at = 0;
    let length = |at: usize| {
        let bytes = packed.get(at..at + 4).and_then(|b| b.try_into().ok());
        bytes.map_or(0, |bytes| u32::from_ne_bytes(bytes) as usize)
    };
    while at + LENGTHS_BYTES <= packed.len() {
        let name_at = at + LENGTHS_BYTES;
        let value_at = name_at + length(at);
        let end = value_at + length(at + 4);
        let name = HeaderName::from_bytes(&packed[name_at..value_at]);
        let value = HeaderValue::from_maybe_shared(packed.slice(value_at..end));
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
        at = end;
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(request: http::Request<()>, body: Bytes) -> LoggedRequest {
        let mut request = efsm_core::Request::new(request);
        request.route.mount = 2;
        request.peer.remote = "[fe80::1%3]:4711".parse().unwrap();
        request.peer.tls = true;
        LoggedRequest::new(request, body, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn kept_request_says_the_same_and_shares_nothing() {
        let buffer = Bytes::from_static(b"/a%20b?c=d");
        let mut request = http::Request::put("/a%20b?c=d")
            .version(Version::HTTP_10)
            .header("host", "localhost")
            .header("x", "1")
            .header("y", "between")
            .header("x", "\u{e9}t\u{e9}")
            .header("empty", "")
            .body(())
            .unwrap();
        request.headers_mut().insert(
            "shared",
            HeaderValue::from_maybe_shared(buffer.slice(1..3)).unwrap(),
        );
        let request = logged(request, buffer.slice(3..));
        let kept = KeptRequest::new(&request);
        assert_eq!(kept.head.uri, request.head.uri);
        assert_eq!(kept.head.method, request.head.method);
        assert_eq!(kept.peer, request.peer);
        assert_eq!(kept.head.version, request.head.version);
        assert_eq!(kept.head.headers, request.head.headers);
        assert_eq!(kept.body(), request.body());
        assert_eq!(kept.url(), "%20b?c=d");
        let shared = buffer.as_ptr_range();
        assert!(!shared.contains(&kept.head.headers["shared"].as_bytes().as_ptr()));
        assert!(!shared.contains(&kept.body().as_ptr()));
    }

    #[test]
    fn targets_of_every_form_stay_as_they_are() {
        for target in [
            "http://api.example:81/x?y",
            "/",
            "/a?",
            "*",
            "api.example:443",
        ] {
            let request = http::Request::get(target).body(()).unwrap();
            let request = logged(request, Bytes::new());
            assert_eq!(KeptRequest::new(&request).head.uri, request.head.uri);
        }
    }

    #[test]
    fn kept_content_says_the_same() {
        let headers = HeaderMap::from_iter([
            (http::header::VARY, HeaderValue::from_static("a")),
            (http::header::VARY, HeaderValue::from_static("b")),
        ]);
        let bodies = [0, 1, SMALL_BODY_BYTES, SMALL_BODY_BYTES + 1];
        for body in bodies.map(|length| Bytes::from(vec![7; length])) {
            let kept = KeptContent::new(&headers, &body);
            assert_eq!((kept.headers(), kept.body()), (&headers, &body));
            let is_shared = kept.body().as_ptr() == body.as_ptr();
            assert_eq!(is_shared, body.len() > SMALL_BODY_BYTES);
            assert!(kept.size_bytes() > body.len());
        }
    }

    #[test]
    fn large_body_is_not_copied() {
        let body = Bytes::from(vec![7; SMALL_BODY_BYTES + 1]);
        let request = logged(http::Request::new(()), body.clone());
        let kept = KeptRequest::new(&request);
        assert_eq!(kept.body().as_ptr(), body.as_ptr());
        assert!(kept.size_bytes() > SMALL_BODY_BYTES);
    }
}
