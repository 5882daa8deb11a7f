//! A request as stubs and the journal see it.

use std::borrow::Cow;
use std::sync::OnceLock;

use bytes::Bytes;
use efsm_core::{Face, Peer, Timestamp};
use http::{HeaderMap, Method, Version};

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
    derived: OnceLock<Box<Derived>>,
}

/// What is parsed at most once a request, and only when it is asked for.
#[derive(Debug)]
struct Derived {
    query: Vec<(String, String)>,
    form: OnceLock<Vec<(String, String)>>,
    cookies: OnceLock<Vec<(String, String)>>,
}

impl LoggedRequest {
    /// Takes a request apart; `body` is its body, read whole.
    pub fn new(request: efsm_core::Request, body: Bytes, at: Timestamp) -> Self {
        Self {
            head: request.head,
            body,
            peer: request.peer,
            mount: request.route.mount,
            proxied: request.route.face == Face::ForwardProxy,
            at,
            derived: OnceLock::new(),
        }
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
        self.head
            .headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
    }

    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as text, unreadable bytes replaced.
    pub fn body_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
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
                    let text = String::from_utf8_lossy(header.as_bytes()).into_owned();
                    text.split(';')
                        .filter_map(|pair| {
                            let (name, value) = pair.split_once('=')?;
                            let value = value.trim();
                            let value = value
                                .strip_prefix('"')
                                .and_then(|v| v.strip_suffix('"'))
                                .unwrap_or(value);
                            Some((name.trim().to_owned(), value.to_owned()))
                        })
                        .collect::<Vec<_>>()
                })
                .collect()
        })
    }

    /// About how many bytes it holds.
    pub(crate) fn size_bytes(&self) -> usize {
        // Counted from lengths at hand: this runs twice for every request.
        320 + self.url().len() + self.head.headers.len() * 96 + self.body.len()
    }

    fn derived(&self) -> &Derived {
        self.derived.get_or_init(|| {
            Box::new(Derived {
                query: efsm_wire::query_pairs(self.query_string()),
                form: OnceLock::new(),
                cookies: OnceLock::new(),
            })
        })
    }
}

/// Host and port of an authority; an IPv6 address keeps its brackets.
pub(crate) fn split_port(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && !port.contains(']') => (host, port.parse().ok()),
        _ => (authority, None),
    }
}
