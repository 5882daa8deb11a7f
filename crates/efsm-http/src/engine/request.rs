//! A request as stubs and the journal see it.

#![expect(
    clippy::inline_always,
    reason = "a request is some hundred bytes, and each call that is not inlined copies them"
)]

mod kept;

use std::borrow::Cow;
use std::io::Read as _;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use efsm_core::{Face, Peer, Timestamp};
use http::{HeaderMap, HeaderValue, Method, Version};

use serde_json::{Map, Value};

pub use self::kept::{KeptContent, KeptRequest};
use super::document::Place;
use super::pattern::multipart::{self, RequestPart};
use crate::error::DocumentError;

/// A request that was received: its parts as they came, its body whole, and what is read off them
/// when a stub or a reader asks for it.
#[derive(Debug)]
pub struct LoggedRequest {
    pub(crate) head: http::request::Parts,
    pub(crate) body: Bytes,
    pub(crate) peer: Peer,
    pub(crate) mount: usize,
    pub(crate) proxied: bool,
    pub(crate) at: Timestamp,
    /// The document that describes it, when it never was on a wire.
    given: Option<Box<Value>>,
    derived: OnceLock<Box<Derived>>,
}

/// What is parsed at most once a request, and only when it is asked for.
#[derive(Debug)]
struct Derived {
    query: Vec<(String, String)>,
    form: OnceLock<Vec<(String, String)>>,
    cookies: OnceLock<Vec<(String, String)>>,
    parts: OnceLock<Vec<RequestPart>>,
}

impl LoggedRequest {
    /// Takes a request apart; `body` is its body, read whole. A gzip body is unpacked, up to
    /// `MAX_UNPACKED_BYTES`.
    #[inline(always)]
    pub fn new(request: efsm_core::Request, body: Bytes, at: Timestamp) -> Self {
        let body = unpacked(&request.head.headers, body, MAX_UNPACKED_BYTES);
        Self {
            head: request.head,
            body,
            peer: request.peer,
            mount: request.route.mount,
            proxied: request.route.face == Face::ForwardProxy,
            at,
            given: None,
            derived: OnceLock::new(),
        }
    }

    /// Reads a request from its description in the admin API: `url`, `method`, `headers`, `body` and so on.
    pub fn from_json(value: &Value, at: Timestamp) -> Result<Self, DocumentError> {
        let root = Place::root(value);
        let (mut url, mut method, mut body) = (String::from("/"), Method::GET, Bytes::new());
        let (mut scheme, mut host, mut port, mut absolute) = (None, None, None, None);
        let mut headers = HeaderMap::new();
        let mut cookies = Vec::new();
        let mut peer = Peer::default();
        for (name, value) in root.object("verification.LoggedRequest")? {
            let field = root.field(name, value);
            if value.is_null() {
                continue;
            }
            match name.as_str() {
                "url" => url = field.text()?,
                "method" => {
                    method = field
                        .text()?
                        .parse()
                        .map_err(|_| field.error("it is not an HTTP method"))?;
                }
                "headers" => {
                    for (name, values) in super::response::headers(&field)? {
                        for value in values {
                            super::response::append_header(&mut headers, &name, &value);
                        }
                    }
                }
                "cookies" => {
                    for (name, values) in super::response::headers(&field)? {
                        cookies.extend(values.into_iter().map(|v| format!("{name}={v}")));
                    }
                }
                "body" => body = field.text()?.into(),
                "bodyAsBase64" => {
                    body = STANDARD
                        .decode(field.text()?)
                        .map_err(|error| field.error(format!("it is not base64: {error}")))?
                        .into();
                }
                "clientIp" => {
                    if let Ok(address) = field.text()?.parse() {
                        peer.remote.set_ip(address);
                    }
                }
                "scheme" => scheme = field.optional_text()?,
                "host" => host = field.optional_text()?,
                "port" => port = u16::try_from(field.integer(-1..=65_535)?).ok(),
                "absoluteUrl" => absolute = field.text()?.parse::<http::Uri>().ok(),
                // The rest says again what these say.
                _ => {}
            }
        }
        if let Some(absolute) = &absolute
            && let (Some(its_scheme), Some(its_host)) = (absolute.scheme_str(), absolute.host())
        {
            let its_port = if its_scheme == "https" { 443 } else { 80 };
            port = port.or(absolute.port_u16()).or(Some(its_port));
            host.get_or_insert_with(|| its_host.to_owned());
            scheme.get_or_insert_with(|| its_scheme.to_owned());
        }
        if !headers.contains_key(http::header::COOKIE) && !cookies.is_empty() {
            super::response::append_header(&mut headers, "cookie", &cookies.join("; "));
        }
        if let Some(host) = &host
            && !headers.contains_key(http::header::HOST)
        {
            let authority = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
            super::response::append_header(&mut headers, "host", &authority);
        }
        peer.tls = scheme.as_deref() == Some("https");
        let uri: http::Uri = url.parse().map_err(|_| {
            root.field("url", value)
                .error(format!("{url:?} is not a URL"))
        })?;
        let mut request = http::Request::new(());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let mut request = efsm_core::Request::new(request);
        request.peer = peer;
        let mut given = value.clone();
        if let Some(object) = given.as_object_mut() {
            for (name, value) in [("scheme", scheme), ("host", host)] {
                if let Some(value) = value {
                    object.entry(name).or_insert(value.into());
                }
            }
            for (name, default) in [
                ("browserProxyRequest", false.into()),
                ("port", port.map_or(Value::from(-1), Value::from)),
                ("queryParams", Value::Object(Map::default())),
                ("formParams", Value::Object(Map::default())),
            ] {
                object.entry(name).or_insert(default);
            }
        }
        let mut request = Self::new(request, body, at);
        request.given = Some(Box::new(given));
        Ok(request)
    }

    /// The description that it was read from.
    pub(crate) fn given_json(&self) -> Option<&Value> {
        self.given.as_deref()
    }

    pub(crate) fn head(&self) -> &http::request::Parts {
        &self.head
    }

    pub fn method(&self) -> &Method {
        &self.head.method
    }

    /// Raw path and query below the mount: `/things?id=1`.
    pub fn url(&self) -> &str {
        let url = self
            .head
            .uri
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str);
        let url = url.get(self.mount..).unwrap_or("");
        // A question mark with nothing behind it is no query.
        let url = url.strip_suffix('?').unwrap_or(url);
        if url.is_empty() { "/" } else { url }
    }

    /// Raw path below the mount, without the query.
    pub fn path(&self) -> &str {
        let path = self.head.uri.path().get(self.mount..).unwrap_or("");
        if path.is_empty() { "/" } else { path }
    }

    pub fn query_string(&self) -> Option<&str> {
        self.head.uri.query()
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// A header's first value as text.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.head.headers.get(name).map(header_text)
    }

    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as text in the charset that its type names; unreadable bytes are replaced.
    pub fn body_text(&self) -> Cow<'_, str> {
        self.charset_text()
            .map_or_else(|| String::from_utf8_lossy(&self.body), Cow::Owned)
    }

    /// The body's text when it is in another charset than UTF-8.
    pub(crate) fn charset_text(&self) -> Option<String> {
        let kind = self.header("content-type")?;
        let (_, charset) = kind.split_once("charset=")?;
        let charset = charset.split(';').next()?.trim().trim_matches('"');
        match charset.to_ascii_lowercase().as_str() {
            "iso-8859-1" | "latin1" | "us-ascii" => {
                Some(self.body.iter().copied().map(char::from).collect())
            }
            name @ ("utf-16" | "utf-16be" | "utf-16le") => {
                Some(utf16(&self.body, name == "utf-16le"))
            }
            _ => None,
        }
    }

    /// The parts of a multipart body; empty for any other.
    pub fn parts(&self) -> &[RequestPart] {
        self.derived().parts.get_or_init(|| {
            let kind = self.header("content-type").unwrap_or_default();
            multipart::split(&kind, &self.body)
        })
    }

    /// When it was received, on the stack's clock.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &str {
        match self.head.uri.scheme_str() {
            Some(scheme) => scheme,
            None if self.peer.tls => "https",
            None => "http",
        }
    }

    /// The host that the client named, with its port when it named one.
    pub fn authority(&self) -> Cow<'_, str> {
        if let Some(authority) = self.head.uri.authority() {
            return Cow::Borrowed(authority.as_str());
        }
        self.header("host")
            .unwrap_or_else(|| Cow::Owned(self.peer.local.to_string()))
    }

    pub fn host(&self) -> String {
        split_port(&self.authority()).0.to_owned()
    }

    /// The port that the client named, else the scheme's.
    pub fn port(&self) -> u16 {
        split_port(&self.authority())
            .1
            .unwrap_or(if self.scheme() == "https" { 443 } else { 80 })
    }

    pub fn client_ip(&self) -> String {
        self.peer.remote.ip().to_canonical().to_string()
    }

    /// As the client would write it: scheme, host and the URL below the mount.
    pub fn absolute_url(&self) -> String {
        format!("{}://{}{}", self.scheme(), self.authority(), self.url())
    }

    /// `HTTP/1.1`.
    pub fn protocol(&self) -> &'static str {
        match self.head.version {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2.0",
            Version::HTTP_3 => "HTTP/3.0",
            _ => "HTTP/1.1",
        }
    }

    /// Whether it came to another host, with this stack as its forward proxy.
    pub fn is_proxied(&self) -> bool {
        self.proxied
    }

    /// The decoded pairs of the query, in order.
    pub fn query(&self) -> &[(String, String)] {
        &self.derived().query
    }

    /// The decoded pairs of a form body, in order; empty when the body is no form.
    pub fn form(&self) -> &[(String, String)] {
        self.derived().form.get_or_init(|| {
            let is_form = self
                .header("content-type")
                .is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"));
            if is_form {
                efsm_wire::form_pairs(&self.body)
            } else {
                Vec::new()
            }
        })
    }

    /// The cookies, in order.
    pub fn cookies(&self) -> &[(String, String)] {
        self.derived().cookies.get_or_init(|| {
            self.head
                .headers
                .get_all(http::header::COOKIE)
                .iter()
                .flat_map(|header| {
                    let text = header_text(header).into_owned();
                    text.split(';')
                        .filter_map(|pair| {
                            let (name, value) = pair.split_once('=')?;
                            let value = value.trim();
                            let value = value
                                .strip_prefix('"')
                                .and_then(|v| v.strip_suffix('"'))
                                .unwrap_or(value);
                            let name = name.trim();
                            // `$Version` and the like tell of the cookies, and are none.
                            let is_cookie = !name.is_empty() && !name.starts_with('$');
                            is_cookie.then(|| (name.to_owned(), value.to_owned()))
                        })
                        .collect::<Vec<_>>()
                })
                .collect()
        })
    }

    fn derived(&self) -> &Derived {
        self.derived.get_or_init(|| {
            Box::new(Derived {
                query: efsm_wire::query_pairs(self.query_string()),
                form: OnceLock::new(),
                cookies: OnceLock::new(),
                parts: OnceLock::new(),
            })
        })
    }
}

/// What a packed body may become.
const MAX_UNPACKED_BYTES: u64 = 64 << 20;

/// The content of a body that its headers call gzip; the body itself when it is none, or the content is too long.
pub(crate) fn unpacked(headers: &HeaderMap, body: Bytes, limit_bytes: u64) -> Bytes {
    let is_packed = !body.is_empty()
        && headers
            .get(http::header::CONTENT_ENCODING)
            .is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(b"gzip"));
    if !is_packed {
        return body;
    }
    let mut content = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(&body[..])
        .take(limit_bytes.saturating_add(1))
        .read_to_end(&mut content);
    if read.is_ok() && content.len() as u64 <= limit_bytes {
        content.into()
    } else {
        body
    }
}

fn utf16(bytes: &[u8], little: bool) -> String {
    let (bytes, little) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, true),
        [0xfe, 0xff, rest @ ..] => (rest, false),
        _ => (bytes, little),
    };
    let units = bytes.chunks_exact(2).map(|pair| {
        let pair = [pair[0], pair[1]];
        if little {
            u16::from_le_bytes(pair)
        } else {
            u16::from_be_bytes(pair)
        }
    });
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// A header's value as text: UTF-8, or else ISO 8859-1 as HTTP/1.1 once had it.
pub(crate) fn header_text(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.as_bytes().iter().copied().map(char::from).collect()),
    }
}

/// Names and values of headers as text.
pub(crate) fn header_pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), header_text(value).into_owned()))
        .collect()
}

/// Host and port of an authority; an IPv6 address keeps its brackets.
pub(crate) fn split_port(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && !port.contains(']') => (host, port.parse().ok()),
        _ => (authority, None),
    }
}
