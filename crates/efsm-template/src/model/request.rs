//! The request, as templates see it.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;

use crate::value::segments;
use crate::{List, Map, Object, Value};

/// What is asked of a request. Only what a template uses is asked for.
pub trait RequestView: Send + Sync {
    /// The id that the mock server gave it.
    fn id(&self) -> &str;
    fn method(&self) -> &str;
    /// Path and query as they were sent: `/things?id=1`.
    fn url(&self) -> &str;
    /// `http` or `https`.
    fn scheme(&self) -> &str;
    /// Without the port.
    fn host(&self) -> &str;
    fn port(&self) -> u16;
    fn client_ip(&self) -> &str;
    /// Every header in the order of the request, repeated ones repeatedly.
    fn headers(&self) -> Vec<(&str, &str)>;
    /// Every cookie, repeated ones repeatedly.
    fn cookies(&self) -> Vec<(&str, &str)>;
    fn body(&self) -> &[u8];
    /// The variables of the stub's URL path template, in its order; `None` for a stub without any.
    fn path_variables(&self) -> Option<Vec<(&str, &str)>> {
        None
    }
    /// The parts of a multipart body; `None` when the body is none.
    fn parts(&self) -> Option<Vec<Part<'_>>> {
        None
    }
}

/// A part of a multipart body.
#[derive(Debug, Clone)]
pub struct Part<'r> {
    pub name: &'r str,
    pub headers: Vec<(&'r str, &'r str)>,
    pub body: &'r [u8],
}

/// `request` in a template.
///
/// `id method url path path.[n] path.variable pathSegments query headers cookies body bodyAsBase64 isBinary
/// isMultipart parts scheme host port baseUrl clientIp requestLine`. Values that can be repeated print the
/// first and can be indexed; the names of headers are found in any case.
pub struct RequestModel {
    view: Arc<dyn RequestView>,
    path: OnceLock<Value>,
    query: OnceLock<Value>,
    headers: OnceLock<Value>,
    body: OnceLock<Value>,
}

impl RequestModel {
    pub fn new(view: Arc<dyn RequestView>) -> Self {
        Self {
            view,
            path: OnceLock::new(),
            query: OnceLock::new(),
            headers: OnceLock::new(),
            body: OnceLock::new(),
        }
    }

    fn path_and_query(&self) -> (&str, &str) {
        let url = self.view.url();
        let url = url.split('#').next().unwrap_or(url);
        url.split_once('?').unwrap_or((url, ""))
    }

    fn path(&self) -> Value {
        let path = self.path.get_or_init(|| {
            let (raw, _) = self.path_and_query();
            let variables = self.view.path_variables();
            // Where variables were taken from the path, it stays as it was sent.
            let text = match variables {
                Some(_) => Cow::Borrowed(raw),
                None => decoded(raw, false),
            };
            let variables = variables.unwrap_or_default();
            if variables.is_empty() {
                return Value::List(Arc::new(List::of_path(text.into())));
            }
            let path = PathModel {
                segments: segments(&text),
                text: text.into(),
                variables: variables
                    .into_iter()
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect(),
            };
            Value::Object(Arc::new(path))
        });
        path.clone()
    }

    fn query(&self) -> Value {
        let query = self.query.get_or_init(|| {
            grouped(
                self.query_pairs()
                    .map(|(name, value)| (decoded(name, true), decoded(value, true))),
            )
        });
        query.clone()
    }

    /// Names and values as they were sent.
    fn query_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let (_, query) = self.path_and_query();
        query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    fn headers(&self) -> Value {
        let headers = self
            .headers
            .get_or_init(|| Value::Object(Arc::new(Headers::new(&self.view.headers()))));
        headers.clone()
    }

    fn body(&self) -> Value {
        let body = self.body.get_or_init(|| {
            String::from_utf8_lossy(self.view.body())
                .into_owned()
                .into()
        });
        body.clone()
    }

    fn is_binary(&self) -> bool {
        let headers = self.view.headers();
        let content_type = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map(|(_, value)| *value);
        !is_text(content_type)
    }

    fn base_url(&self) -> String {
        let (scheme, host, port) = (self.view.scheme(), self.view.host(), self.view.port());
        match (scheme, port) {
            ("http", 80) | ("https", 443) => format!("{scheme}://{host}"),
            _ => format!("{scheme}://{host}:{port}"),
        }
    }

    fn parts(&self) -> Value {
        let parts = self.view.parts().unwrap_or_default();
        let entries = parts.iter().map(|part| {
            let part_model = PartModel::new(part);
            (Arc::from(part.name), Value::Object(Arc::new(part_model)))
        });
        Map::new(entries).unwrap_or_default().into()
    }

    /// What `request` and `request.requestLine` share.
    fn line_property(&self, name: &str) -> Option<Value> {
        Some(match name {
            "method" => self.view.method().into(),
            "url" => self.view.url().into(),
            "pathSegments" => self.path(),
            "query" => self.query(),
            "scheme" => self.view.scheme().into(),
            "host" => self.view.host().into(),
            "port" => i64::from(self.view.port()).into(),
            "baseUrl" => self.base_url().into(),
            "clientIp" => self.view.client_ip().into(),
            _ => return None,
        })
    }

    fn request_line(&self) -> Value {
        let entries = LINE_PROPERTIES.into_iter().filter_map(|name| {
            let value = match name {
                "path" => Value::from(self.path().to_string()),
                _ => self.line_property(name)?,
            };
            Some((name.into(), value))
        });
        Map::new(entries).unwrap_or_default().into()
    }
}

/// In the order in which WireMock lists them.
const LINE_PROPERTIES: [&str; 10] = [
    "method",
    "scheme",
    "host",
    "port",
    "query",
    "url",
    "clientIp",
    "baseUrl",
    "path",
    "pathSegments",
];
const PROPERTIES: [&str; 19] = [
    "id",
    "requestLine",
    "headers",
    "cookies",
    "body",
    "parts",
    "baseUrl",
    "method",
    "scheme",
    "host",
    "port",
    "query",
    "path",
    "pathSegments",
    "url",
    "clientIp",
    "bodyAsBase64",
    "multipart",
    "binary",
];

impl Object for RequestModel {
    fn get(&self, name: &str) -> Option<Value> {
        if let Some(shared) = self.line_property(name) {
            return Some(shared);
        }
        Some(match name {
            "id" => self.view.id().into(),
            "path" => self.path(),
            "headers" => self.headers(),
            "cookies" => grouped(self.view.cookies().into_iter()),
            "body" => self.body(),
            "bodyAsBase64" => STANDARD.encode(self.view.body()).into(),
            "isBinary" | "binary" => self.is_binary().into(),
            "isMultipart" | "multipart" => self.view.parts().is_some().into(),
            "parts" => self.parts(),
            "requestLine" => self.request_line(),
            _ => return None,
        })
    }

    fn get_in(&self, name: &str, inner: &str) -> Option<Value> {
        let values: Vec<Arc<str>> = match name {
            "query" if self.query.get().is_none() => self
                .query_pairs()
                .filter(|(name, _)| decoded(name, true) == inner)
                .map(|(_, value)| decoded(value, true).into())
                .collect(),
            "headers" if self.headers.get().is_none() => self
                .view
                .headers()
                .into_iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case(inner))
                .map(|(_, value)| value.into())
                .collect(),
            _ => return None,
        };
        (!values.is_empty()).then(|| Value::multi(values))
    }

    fn entries(&self) -> Vec<(Arc<str>, Value)> {
        PROPERTIES
            .into_iter()
            .filter_map(|name| Some((name.into(), self.get(name)?)))
            .collect()
    }

    fn write_text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        write!(out, "{} {}", self.view.method(), self.view.url())
    }
}

impl fmt::Debug for RequestModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_text(f)
    }
}

impl From<RequestModel> for Value {
    fn from(request: RequestModel) -> Self {
        Self::Object(Arc::new(request))
    }
}

/// A part of a multipart body.
#[derive(Debug)]
struct PartModel {
    name: Arc<str>,
    headers: Value,
    body: Vec<u8>,
    binary: bool,
}

impl PartModel {
    fn new(part: &Part<'_>) -> Self {
        // WireMock shows the names of a part's headers in lower case.
        let lower: Vec<_> = part
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), *value))
            .collect();
        let headers: Vec<_> = lower.iter().map(|(n, v)| (n.as_str(), *v)).collect();
        let content_type = headers.iter().find(|(name, _)| *name == "content-type");
        Self {
            name: part.name.into(),
            headers: Value::Object(Arc::new(Headers::new(&headers))),
            body: part.body.to_vec(),
            // Without a type a part is text (RFC 7578, section 4.4).
            binary: content_type.is_some_and(|(_, value)| !is_text(Some(value))),
        }
    }
}

impl Object for PartModel {
    fn get(&self, name: &str) -> Option<Value> {
        Some(match name {
            "name" => Value::Text(self.name.clone()),
            "headers" => self.headers.clone(),
            "body" => String::from_utf8_lossy(&self.body).into_owned().into(),
            "bodyAsBase64" => STANDARD.encode(&self.body).into(),
            "isBinary" | "binary" => self.binary.into(),
            _ => return None,
        })
    }

    fn entries(&self) -> Vec<(Arc<str>, Value)> {
        ["name", "headers", "body", "bodyAsBase64", "binary"]
            .into_iter()
            .filter_map(|name| Some((name.into(), self.get(name)?)))
            .collect()
    }
}

/// A URL path: prints as it was sent, can be indexed, and knows the variables of the stub's template.
#[derive(Debug)]
struct PathModel {
    text: Arc<str>,
    segments: Vec<Value>,
    variables: Vec<(Arc<str>, Value)>,
}

impl Object for PathModel {
    fn get(&self, name: &str) -> Option<Value> {
        // Of a name that a template has twice, the last place counts.
        let mut variables = self.variables.iter();
        let variable = variables.rfind(|(known, _)| **known == *name);
        match (variable, name.parse::<usize>(), name) {
            (Some((_, value)), _, _) => Some(value.clone()),
            (None, Ok(index), _) => self.segments.get(index).cloned(),
            (None, _, "size") => {
                let size = self.segments.len() + self.variables.len();
                Some(Value::Int(size as i64))
            }
            _ => None,
        }
    }

    fn entries(&self) -> Vec<(Arc<str>, Value)> {
        let segments = self.segments.iter().enumerate();
        segments
            .map(|(index, segment)| (index.to_string().into(), segment.clone()))
            .chain(self.variables.iter().cloned())
            .collect()
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(self.segments.clone())
    }

    fn size(&self) -> Option<usize> {
        Some(self.segments.len() + self.variables.len())
    }

    fn write_text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// Headers by name in any case, listed by name.
#[derive(Debug)]
pub(super) struct Headers {
    /// Sorted by the name in lower case.
    by_name: Vec<(String, Arc<str>, Value)>,
}

impl Headers {
    pub(super) fn new(headers: &[(&str, &str)]) -> Self {
        let mut grouped: IndexMap<String, (Arc<str>, Vec<Arc<str>>)> = IndexMap::new();
        for (name, value) in headers {
            let (_, values) = grouped
                .entry(name.to_ascii_lowercase())
                .or_insert_with(|| (Arc::from(*name), Vec::new()));
            values.push(Arc::from(*value));
        }
        let mut by_name: Vec<_> = grouped
            .into_iter()
            .map(|(lower, (name, values))| (lower, name, Value::multi(values)))
            .collect();
        by_name.sort_by(|a, b| a.0.cmp(&b.0));
        Self { by_name }
    }
}

impl Object for Headers {
    fn get(&self, name: &str) -> Option<Value> {
        let lower = name.to_ascii_lowercase();
        match self
            .by_name
            .binary_search_by(|(known, _, _)| known.cmp(&lower))
        {
            Ok(at) => Some(self.by_name[at].2.clone()),
            Err(_) => match name {
                "size" => Some(Value::Int(self.by_name.len() as i64)),
                "empty" | "isEmpty" => Some(Value::Bool(self.by_name.is_empty())),
                _ => None,
            },
        }
    }

    fn entries(&self) -> Vec<(Arc<str>, Value)> {
        self.by_name
            .iter()
            .map(|(_, name, value)| (name.clone(), value.clone()))
            .collect()
    }

    fn size(&self) -> Option<usize> {
        Some(self.by_name.len())
    }

    fn write_text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        out.write_char('{')?;
        for (index, (_, name, value)) in self.by_name.iter().enumerate() {
            if index > 0 {
                out.write_str(", ")?;
            }
            write!(out, "{name}={value}")?;
        }
        out.write_char('}')
    }
}

/// A map of names to all of their values, in the order in which the names first come.
fn grouped<T: AsRef<str>>(pairs: impl Iterator<Item = (T, T)>) -> Value {
    let mut grouped: IndexMap<Arc<str>, Vec<Arc<str>>> = IndexMap::new();
    for (name, value) in pairs {
        grouped
            .entry(name.as_ref().into())
            .or_default()
            .push(value.as_ref().into());
    }
    let entries = grouped
        .into_iter()
        .map(|(name, values)| (name, Value::multi(values)));
    Map::new(entries).unwrap_or_default().into()
}

/// Percent escapes replaced, malformed ones kept; in queries `+` is a space.
fn decoded(text: &str, plus_is_space: bool) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(byte) = escaped {
            out.push(byte);
            at += 3;
        } else {
            out.push(match bytes[at] {
                b'+' if plus_is_space => b' ',
                other => other,
            });
            at += 1;
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// Whether a body of this content type is text; what has no type is taken for bytes.
pub(super) fn is_text(content_type: Option<&str>) -> bool {
    let mime = content_type
        .and_then(|content_type| content_type.split(';').next())
        .unwrap_or("")
        .to_ascii_lowercase();
    let texts = [
        "json",
        "text",
        "xml",
        "html",
        "yaml",
        "csv",
        "x-www-form-urlencoded",
    ];
    texts.iter().any(|text| mime.contains(text))
}
