//! What a stub answers: status, headers, body, delays, faults, and where it proxies to.

mod parse;

pub(crate) use parse::{headers, ordered};

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use efsm_core::FixedResponse;
use efsm_template::TemplateError;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use super::reply::Responder;
use super::templating::{Compiled, Templates};

/// A compiled response definition.
#[derive(Clone, Debug)]
pub struct ResponseDefinition {
    pub status: StatusValue,
    /// The reason phrase of HTTP/1.1.
    pub status_message: Option<String>,
    /// In order; a name may have several values.
    pub headers: Vec<(String, Vec<String>)>,
    pub body: BodyDefinition,
    pub fixed_delay: Option<Duration>,
    pub delay: Option<DelayDistribution>,
    pub dribble: Option<Dribble>,
    pub fault: Option<Fault>,
    pub proxy: Option<Proxy>,
    pub transformers: Vec<String>,
    pub transformer_parameters: Option<Value>,
    /// Made when the first request comes: a stub with a bad template is told of then, as in WireMock.
    pub(crate) templates: Compiled,
    /// The headers as they are sent, made when the first request comes.
    pub(crate) fields: OnceLock<HeaderMap>,
    /// The definition's own JSON, with the defaults filled in.
    pub json: Value,
}

/// A status, or the template that gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusValue {
    Fixed(StatusCode),
    /// An extension: WireMock's own status is a number (issue 2876).
    Template(String),
}

impl StatusValue {
    /// The status; 200 while a template was not rendered.
    pub fn fixed(&self) -> StatusCode {
        match self {
            Self::Fixed(status) => *status,
            Self::Template(_) => StatusCode::OK,
        }
    }
}

/// Where a body comes from.
#[derive(Clone, Debug, Default)]
pub enum BodyDefinition {
    #[default]
    None,
    Text(Bytes),
    /// Kept with the text that is sent.
    Json(Arc<Value>, Bytes),
    Bytes(Bytes),
    /// The name of a file below `__files`; may be a template.
    File(String),
    /// Computed in process.
    Computed(Responder),
}

impl BodyDefinition {
    /// The body as far as it is at hand.
    pub fn bytes(&self) -> Bytes {
        match self {
            Self::Text(bytes) | Self::Json(_, bytes) | Self::Bytes(bytes) => bytes.clone(),
            Self::None | Self::File(_) | Self::Computed(_) => Bytes::new(),
        }
    }
}

/// How long an answer is held back, drawn anew for each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DelayDistribution {
    Fixed {
        milliseconds: u64,
    },
    Uniform {
        lower: u64,
        upper: u64,
    },
    LogNormal {
        median: f64,
        sigma: f64,
        max: Option<f64>,
    },
}

/// A body sent in chunks over a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dribble {
    pub chunks: usize,
    pub total: Duration,
}

/// What happens to the socket instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    EmptyResponse,
    ConnectionResetByPeer,
    MalformedResponseChunk,
    RandomDataThenClose,
}

impl Fault {
    pub const NAMES: [(&'static str, Self); 4] = [
        ("CONNECTION_RESET_BY_PEER", Self::ConnectionResetByPeer),
        ("EMPTY_RESPONSE", Self::EmptyResponse),
        ("RANDOM_DATA_THEN_CLOSE", Self::RandomDataThenClose),
        ("MALFORMED_RESPONSE_CHUNK", Self::MalformedResponseChunk),
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, fault)| *fault == self)
            .map_or("", |(name, _)| name)
    }
}

/// Where an answer is fetched from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    pub base_url: String,
    pub prefix_to_remove: Option<String>,
    pub add_headers: Vec<(String, Vec<String>)>,
    pub remove_headers: Vec<String>,
    /// The URL of the HTTP proxy through which it is reached.
    pub through: Option<String>,
}

impl Proxy {
    /// Everything as it came, to another place.
    pub fn to(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            prefix_to_remove: None,
            add_headers: Vec::new(),
            remove_headers: Vec::new(),
            through: None,
        }
    }
}

/// What one answer is made of: a definition whose templates are rendered.
#[derive(Clone, Debug)]
pub struct Content {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: BodyDefinition,
    pub fault: Option<Fault>,
    pub proxy: Option<Proxy>,
}

/// An answer that needs nothing of the request: made once, sent many times.
#[derive(Debug)]
pub struct Prepared {
    /// As the stub has them.
    pub headers: HeaderMap,
    /// As it is sent with its body.
    pub sent: Arc<FixedResponse>,
    /// Whether the body is packed for clients that accept gzip.
    pub may_pack: bool,
    /// As it is sent with its body as gzip (RFC 1952), once somebody accepted that.
    pub packed: OnceLock<Option<Arc<FixedResponse>>>,
}

impl Prepared {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let mut sent = headers.clone();
        keep_true_length(&mut sent, &body);
        Self {
            may_pack: may_pack(status, &headers, &body),
            sent: Arc::new(FixedResponse::new(status, sent, body)),
            packed: OnceLock::new(),
            headers,
        }
    }
}

/// Removes a `Content-Length` that the body contradicts.
pub(crate) fn keep_true_length(headers: &mut HeaderMap, body: &Bytes) {
    if headers
        .get(CONTENT_LENGTH)
        .is_some_and(|length| length.as_bytes() != body.len().to_string().as_bytes())
    {
        headers.remove(CONTENT_LENGTH);
    }
}

/// Whether an answer gains by gzip, for a client that accepts it.
pub(crate) fn may_pack(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> bool {
    !body.is_empty()
        && status.is_success()
        && !headers.contains_key(CONTENT_ENCODING)
        && headers
            .get(CONTENT_TYPE)
            .is_none_or(|kind| !is_packed_already(kind.as_bytes()))
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

impl ResponseDefinition {
    /// Whether the answer is the same for every request.
    pub fn is_static(&self) -> bool {
        matches!(self.status, StatusValue::Fixed(_))
            && !matches!(
                self.body,
                BodyDefinition::File(_) | BodyDefinition::Computed(_)
            )
            && self.fault.is_none()
            && self.proxy.is_none()
            && self.transformers.is_empty()
    }

    /// Whether templates are rendered in this answer.
    pub fn is_templated(&self) -> bool {
        matches!(self.status, StatusValue::Template(_))
            || self.transformers.iter().any(|t| t == "response-template")
    }

    /// The templates, compiled at the first call.
    pub fn templates(&self) -> Result<Arc<Templates>, TemplateError> {
        self.templates
            .get_or_init(|| Templates::compile(self).map(Arc::new))
            .clone()
    }

    /// The body as far as it is at hand.
    pub fn body_bytes(&self) -> Bytes {
        self.body.bytes()
    }

    /// The headers in the form in which they are sent; those that HTTP cannot carry are left out.
    pub fn header_map(&self) -> HeaderMap {
        self.fields.get_or_init(|| to_map(&self.headers)).clone()
    }

    /// What an answer is made of when nothing is rendered.
    pub fn content(&self) -> Content {
        Content {
            status: self.status.fixed(),
            headers: self.header_map(),
            body: self.body.clone(),
            fault: self.fault,
            proxy: self.proxy.clone(),
        }
    }
}

/// A header's value as it is sent: ISO 8859-1 where that has every character, as WireMock does, else UTF-8.
fn wire_bytes(value: &str) -> Cow<'_, [u8]> {
    if value.is_ascii() {
        return Cow::Borrowed(value.as_bytes());
    }
    let latin: Result<Vec<u8>, _> = value.chars().map(u8::try_from).collect();
    latin.map_or(Cow::Borrowed(value.as_bytes()), Cow::Owned)
}

/// Headers in the form in which they are sent; those that HTTP cannot carry are left out.
pub(super) fn to_map(headers: &[(String, Vec<String>)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, values) in headers {
        for value in values {
            append_header(&mut map, name, value);
        }
    }
    map
}

/// Appends a header if HTTP can carry it.
pub fn append_header(map: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (
        HeaderName::from_bytes(name.as_bytes()),
        HeaderValue::from_bytes(&wire_bytes(value)),
    ) {
        map.append(name, value);
    }
}
