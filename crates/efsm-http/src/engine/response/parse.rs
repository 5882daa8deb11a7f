//! Reading a response definition.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use base64::{DecodeError, Engine as _};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use super::{
    BodyDefinition, DelayDistribution, Dribble, Fault, Proxy, ResponseDefinition, StatusValue,
};
use crate::engine::document::Place;
use crate::error::DocumentError;

const CLASS: &str = "http.ResponseDefinition";
/// A day: more is a mistake in the unit rather than a wish.
const MAX_DELAY_MS: i64 = 24 * 3600 * 1000;
/// More chunks than this are cut: each costs a timer.
const MAX_CHUNKS: i64 = 100_000;

/// The order in which fields are written.
const ORDER: [&str; 20] = [
    "status",
    "statusMessage",
    "body",
    "jsonBody",
    "base64Body",
    "bodyFileName",
    "headers",
    "additionalProxyRequestHeaders",
    "removeProxyRequestHeaders",
    "fixedDelayMilliseconds",
    "delayDistribution",
    "chunkedDribbleDelay",
    "proxyBaseUrl",
    "proxyUrlPrefixToRemove",
    "fault",
    "transformers",
    "transformerParameters",
    "fromConfiguredStub",
    "wasConfigured",
    "browserProxyUrl",
];

impl Default for ResponseDefinition {
    fn default() -> Self {
        Self {
            status: StatusValue::Fixed(StatusCode::OK),
            status_message: None,
            headers: Vec::new(),
            body: BodyDefinition::None,
            fixed_delay: None,
            delay: None,
            dribble: None,
            fault: None,
            proxy: None,
            transformers: Vec::new(),
            transformer_parameters: None,
            templates: OnceLock::new(),
            fields: OnceLock::new(),
            json: serde_json::json!({"status": 200}),
        }
    }
}

#[derive(Default)]
struct Bodies {
    text: Option<String>,
    json: Option<Value>,
    base64: Option<Bytes>,
    file: Option<String>,
}

impl ResponseDefinition {
    /// Reads a definition that stands in a larger document.
    pub fn parse(place: &Place<'_>) -> Result<Self, DocumentError> {
        let mut response = Self::default();
        let mut bodies = Bodies::default();
        let mut proxy = Proxy {
            base_url: String::new(),
            prefix_to_remove: None,
            add_headers: Vec::new(),
            remove_headers: Vec::new(),
            through: None,
        };
        let mut json = Map::new();
        for (name, value) in place.object(CLASS)? {
            let field = place.field(name, value);
            if value.is_null() && name != "jsonBody" {
                continue;
            }
            let mut written = true;
            // Scalars are written as what they were taken for.
            let mut taken_for = None;
            match name.as_str() {
                "status" => {
                    response.status = status(&field)?;
                    if let StatusValue::Fixed(status) = response.status {
                        taken_for = Some(status.as_u16().into());
                    }
                }
                "statusMessage" => response.status_message = field.optional_text()?,
                "headers" => response.headers = headers(&field)?,
                "body" => {
                    let text = field.text()?;
                    taken_for = Some(text.clone().into());
                    bodies.text = Some(text);
                }
                "jsonBody" => bodies.json = (!value.is_null()).then(|| value.clone()),
                "base64Body" => {
                    let bytes = base64(place, &field)?;
                    taken_for = Some(STANDARD.encode(&bytes).into());
                    bodies.base64 = Some(bytes);
                }
                "bodyFileName" => bodies.file = Some(field.text()?),
                "fixedDelayMilliseconds" => {
                    // A negative delay is none, as in WireMock.
                    let ms = field.integer(i64::from(i32::MIN)..=MAX_DELAY_MS)?;
                    taken_for = Some(ms.into());
                    response.fixed_delay = Some(Duration::from_millis(ms.max(0) as u64));
                }
                "delayDistribution" => response.delay = Some(DelayDistribution::parse(&field)?),
                "chunkedDribbleDelay" => response.dribble = dribble(&field)?,
                "fault" => response.fault = Some(fault(&field)?),
                "proxyBaseUrl" => proxy.base_url = field.text()?,
                "proxyUrlPrefixToRemove" => proxy.prefix_to_remove = Some(field.text()?),
                "additionalProxyRequestHeaders" => proxy.add_headers = headers(&field)?,
                "removeProxyRequestHeaders" => proxy.remove_headers = field.texts()?,
                "transformers" => {
                    response.transformers = field.texts()?;
                    written = !response.transformers.is_empty();
                }
                "transformerParameters" => {
                    field.object("common.Parameters")?;
                    response.transformer_parameters = Some(value.clone());
                    written = value.as_object().is_some_and(|o| !o.is_empty());
                }
                "fromConfiguredStub" | "wasConfigured" => written = !field.boolean()?,
                "browserProxyUrl" | "proxyUrl" => written = false,
                _ => return Err(place.unknown(name, CLASS)),
            }
            if written {
                json.insert(name.clone(), taken_for.unwrap_or_else(|| value.clone()));
            }
        }
        if !proxy.base_url.is_empty() {
            response.proxy = Some(proxy);
        }
        // A status without a phrase of its own is told by its number.
        if let StatusValue::Fixed(status) = response.status
            && status.canonical_reason().is_none()
        {
            let message = &mut response.status_message;
            message.get_or_insert_with(|| status.as_str().to_owned());
        }
        json.entry("status").or_insert_with(|| 200.into());
        response.body = bodies.choose(&mut json);
        response.json = ordered(json, &ORDER);
        Ok(response)
    }
}

impl Bodies {
    /// Of several bodies one is sent; the others are dropped from the JSON too.
    fn choose(self, json: &mut Map<String, Value>) -> BodyDefinition {
        let keep = if self.text.is_some() {
            "body"
        } else if self.json.is_some() {
            "jsonBody"
        } else {
            "base64Body"
        };
        for name in ["body", "jsonBody", "base64Body"] {
            if name != keep {
                json.shift_remove(name);
            }
        }
        if let Some(text) = self.text {
            return BodyDefinition::Text(text.into());
        }
        if let Some(json) = self.json {
            let text = Bytes::from(json.to_string());
            return BodyDefinition::Json(Arc::new(json), text);
        }
        if let Some(bytes) = self.base64 {
            return BodyDefinition::Bytes(bytes);
        }
        self.file.map_or(BodyDefinition::None, BodyDefinition::File)
    }
}

impl DelayDistribution {
    pub fn parse(field: &Place<'_>) -> Result<Self, DocumentError> {
        let object = field.object("http.DelayDistribution")?;
        let number = |name: &'static str| -> Result<Option<f64>, DocumentError> {
            match object.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(value) => {
                    let place = field.field(name, value);
                    let number = place.number()?;
                    if (0.0..=MAX_DELAY_MS as f64).contains(&number) {
                        Ok(Some(number))
                    } else {
                        Err(place.error(format!("{number} is not between 0 and {MAX_DELAY_MS}")))
                    }
                }
            }
        };
        // What is missing is 0, as in WireMock.
        let required = |name: &'static str| number(name).map(|number| number.unwrap_or(0.0));
        match object.get("type").and_then(Value::as_str) {
            Some("fixed") => Ok(Self::Fixed {
                milliseconds: required("milliseconds")? as u64,
            }),
            Some("uniform") => {
                let (lower, upper) = (required("lower")? as u64, required("upper")? as u64);
                if lower > upper {
                    return Err(field.error("`lower` is greater than `upper`"));
                }
                Ok(Self::Uniform { lower, upper })
            }
            Some("lognormal") => Ok(Self::LogNormal {
                median: required("median")?,
                sigma: required("sigma")?,
                max: number("maxValue")?,
            }),
            Some(other) => Err(field.error(format!(
                "Could not resolve type id '{other}' as a subtype of `com.github.tomakehurst.wiremock.http.DelayDistribution`: known type ids = [fixed, lognormal, uniform] (for POJO property 'delayDistribution')"
            ))),
            None => Err(field.error(
                "Could not resolve subtype of [simple type, class com.github.tomakehurst.wiremock.http.DelayDistribution]: missing type id property 'type' (for POJO property 'delayDistribution')",
            )),
        }
    }
}

fn status(field: &Place<'_>) -> Result<StatusValue, DocumentError> {
    if let Value::String(text) = field.value
        && text.contains("{{")
    {
        return Ok(StatusValue::Template(text.clone()));
    }
    let number = field.integer(i64::MIN..=i64::MAX)?;
    u16::try_from(number)
        .ok()
        .and_then(|number| StatusCode::from_u16(number).ok())
        .map(StatusValue::Fixed)
        .ok_or_else(|| {
            field.error(format!(
                "{number} is not a status that HTTP can carry: use 100 to 999"
            ))
        })
}

/// `{"A": "b", "C": ["d", "e"]}`.
pub(crate) fn headers(field: &Place<'_>) -> Result<Vec<(String, Vec<String>)>, DocumentError> {
    field
        .object("http.HttpHeaders")?
        .iter()
        .map(|(name, value)| {
            let values = match value {
                Value::String(text) => vec![text.clone()],
                Value::Array(values) if values.is_empty() => {
                    return Err(field.error(format!("No value for {name}")));
                }
                Value::Array(values) => values
                    .iter()
                    .map(|value| value.as_str().map(str::to_owned))
                    .collect::<Option<_>>()
                    .ok_or_else(|| {
                        field.error(format!("a value of the header {name} is not text"))
                    })?,
                _ => {
                    return Err(field.error(format!(
                        "the value of the header {name} is neither text nor a list of texts"
                    )));
                }
            };
            Ok((name.clone(), values))
        })
        .collect()
}

/// Bytes as base64, with or without its padding. WireMock points to the response when there is none.
fn base64(response: &Place<'_>, field: &Place<'_>) -> Result<Bytes, DocumentError> {
    let text = field.text()?;
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD_NO_PAD
        .decode(compact.trim_end_matches('='))
        .map(Bytes::from)
        .map_err(|error| match error {
            DecodeError::InvalidByte(_, byte) => {
                response.error(format!("Illegal base64 character {byte:x}"))
            }
            other => response.error(format!("`base64Body` is not base64: {other}")),
        })
}

fn dribble(field: &Place<'_>) -> Result<Option<Dribble>, DocumentError> {
    let object = field.object("http.ChunkedDribbleDelay")?;
    // What is missing is 0, as in WireMock, and a body in no chunks is sent as it is.
    let number = |name: &'static str, range: std::ops::RangeInclusive<i64>| match object.get(name) {
        Some(value) => field.field(name, value).integer(range),
        None => Ok(0),
    };
    let dribble = Dribble {
        chunks: number("numberOfChunks", 0..=MAX_CHUNKS)? as usize,
        total: Duration::from_millis(number("totalDuration", 0..=MAX_DELAY_MS)? as u64),
    };
    Ok((dribble.chunks > 0).then_some(dribble))
}

fn fault(field: &Place<'_>) -> Result<Fault, DocumentError> {
    let text = field.text()?;
    Fault::NAMES
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, fault)| *fault)
        .ok_or_else(|| {
            field.error(format!(
                "Cannot deserialize value of type `com.github.tomakehurst.wiremock.http.Fault` from String {text:?}: not one of the values accepted for Enum class: [{}]",
                Fault::NAMES.map(|(name, _)| name).join(", ")
            ))
        })
}

/// The object with its members in `order`; members that it does not name come last.
pub(crate) fn ordered(mut object: Map<String, Value>, order: &[&str]) -> Value {
    let mut result = Map::with_capacity(object.len());
    for name in order {
        if let Some(value) = object.shift_remove(*name) {
            result.insert((*name).to_owned(), value);
        }
    }
    result.extend(object);
    Value::Object(result)
}
