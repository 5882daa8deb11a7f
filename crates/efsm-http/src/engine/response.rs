//! What a stub answers: status, headers, body, delays, faults, and where it proxies to.

mod parse;

pub(crate) use parse::{headers, ordered};

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use efsm_template::TemplateError;
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
}

impl Proxy {
    /// Everything as it came, to another place.
    pub fn to(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            prefix_to_remove: None,
            add_headers: Vec::new(),
            remove_headers: Vec::new(),
        }
    }
}

/// An answer that needs nothing of the request: made once, sent many times.
#[derive(Debug)]
pub struct Prepared {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The body as gzip (RFC 1952), once somebody accepted it.
    pub gzip: OnceLock<Option<Bytes>>,
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
        match &self.body {
            BodyDefinition::Text(bytes)
            | BodyDefinition::Json(_, bytes)
            | BodyDefinition::Bytes(bytes) => bytes.clone(),
            BodyDefinition::None | BodyDefinition::File(_) | BodyDefinition::Computed(_) => {
                Bytes::new()
            }
        }
    }

    /// The headers in the form in which they are sent; those that HTTP cannot carry are left out.
    pub fn header_map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, values) in &self.headers {
            for value in values {
                append_header(&mut map, name, value);
            }
        }
        map
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

/// Appends a header if HTTP can carry it.
pub fn append_header(map: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (
        HeaderName::from_bytes(name.as_bytes()),
        HeaderValue::from_bytes(&wire_bytes(value)),
    ) {
        map.append(name, value);
    }
}
