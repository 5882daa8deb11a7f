//! Answers made in process: the typed side of a response definition.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::request::LoggedRequest;
use super::response::{BodyDefinition, ResponseDefinition, StatusValue};

/// An answer: body, status, headers, delay.
///
/// Text, JSON and bytes convert into one; the rest is set on it:
/// `Reply::from(json!({"id": 1})).status(201).header("Location", "/things/1")`.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    status: Option<u16>,
    headers: Vec<(String, String)>,
    body: BodyDefinition,
    delay: Option<Duration>,
}

/// Another name for [`Reply`], for signatures that take only a body.
pub type ResponseBody = Reply;

/// A function that answers a request in process.
#[derive(Clone)]
pub struct Responder(pub(crate) Arc<dyn Fn(&LoggedRequest) -> Reply + Send + Sync>);

impl Responder {
    pub fn new(answer: impl Fn(&LoggedRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self(Arc::new(answer))
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Responder")
    }
}

impl Reply {
    /// An answer without a body.
    pub fn empty() -> Self {
        Self::default()
    }

    /// 100 to 999; anything else answers 500.
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Adds a header; a second one of the same name is sent beside the first.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Holds the answer back, on the stack's clock.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    fn default_type(&self) -> Option<&'static str> {
        match self.body {
            BodyDefinition::Json(..) => Some("application/json"),
            BodyDefinition::Text(_) => Some("text/plain; charset=utf-8"),
            BodyDefinition::Bytes(_) => Some("application/octet-stream"),
            _ => None,
        }
    }

    /// The same answer as a response definition.
    pub fn into_definition(mut self) -> ResponseDefinition {
        let has_type = self
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if let Some(default) = self.default_type().filter(|_| !has_type) {
            self.headers
                .insert(0, ("Content-Type".into(), default.into()));
        }
        let status = self.status.map_or(Some(StatusCode::OK), |status| {
            StatusCode::from_u16(status).ok()
        });
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut headers: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in self.headers {
            match headers
                .iter_mut()
                .find(|(other, _)| other.eq_ignore_ascii_case(&name))
            {
                Some((_, values)) => values.push(value),
                None => headers.push((name, vec![value])),
            }
        }
        let mut definition = ResponseDefinition {
            status: StatusValue::Fixed(status),
            headers,
            body: self.body,
            fixed_delay: self.delay,
            ..ResponseDefinition::default()
        };
        definition.json = definition_json(&definition);
        definition
    }
}

fn definition_json(definition: &ResponseDefinition) -> Value {
    use base64::Engine as _;
    let mut json = Map::new();
    json.insert("status".into(), definition.status.fixed().as_u16().into());
    match &definition.body {
        BodyDefinition::Text(text) => {
            json.insert("body".into(), String::from_utf8_lossy(text).into());
        }
        BodyDefinition::Json(value, _) => {
            json.insert("jsonBody".into(), (**value).clone());
        }
        BodyDefinition::Bytes(bytes) => {
            let text = base64::engine::general_purpose::STANDARD.encode(bytes);
            json.insert("base64Body".into(), text.into());
        }
        BodyDefinition::File(name) => {
            json.insert("bodyFileName".into(), name.clone().into());
        }
        BodyDefinition::None | BodyDefinition::Computed(_) => {}
    }
    if !definition.headers.is_empty() {
        let headers = definition.headers.iter().map(|(name, values)| {
            let value = match values.as_slice() {
                [one] => json!(one),
                many => json!(many),
            };
            (name.clone(), value)
        });
        json.insert("headers".into(), Value::Object(headers.collect()));
    }
    if let Some(delay) = definition.fixed_delay {
        json.insert(
            "fixedDelayMilliseconds".into(),
            (delay.as_millis() as u64).into(),
        );
    }
    Value::Object(json)
}

impl From<Value> for Reply {
    fn from(value: Value) -> Self {
        let text = Bytes::from(value.to_string());
        Self {
            body: BodyDefinition::Json(Arc::new(value), text),
            ..Self::default()
        }
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        Self {
            body: BodyDefinition::Text(text.into()),
            ..Self::default()
        }
    }
}

impl From<Bytes> for Reply {
    fn from(bytes: Bytes) -> Self {
        Self {
            body: BodyDefinition::Bytes(bytes),
            ..Self::default()
        }
    }
}

impl From<Vec<u8>> for Reply {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<&[u8]> for Reply {
    fn from(bytes: &[u8]) -> Self {
        Bytes::copy_from_slice(bytes).into()
    }
}

impl From<Responder> for Reply {
    fn from(responder: Responder) -> Self {
        Self {
            body: BodyDefinition::Computed(responder),
            ..Self::default()
        }
    }
}
