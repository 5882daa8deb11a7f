//! Reading a request pattern.

use efsm_javatext::JavaRegex;
use serde_json::{Map, Value};

use super::template::PathTemplate;
use super::{MethodPattern, RequestPattern, UrlPattern};
use crate::engine::document::Place;
use crate::error::DocumentError;

const CLASS: &str = "matching.RequestPattern";

impl RequestPattern {
    /// The pattern that every request fits.
    pub fn anything() -> Self {
        Self {
            url: UrlPattern::Any,
            method: MethodPattern::Any,
            json: serde_json::json!({"method": "ANY"}),
        }
    }

    /// Reads a pattern from a whole document.
    pub fn from_json(value: &Value) -> Result<Self, DocumentError> {
        Self::parse(&Place::root(value))
    }

    /// Reads a pattern that stands in a larger document.
    pub fn parse(place: &Place<'_>) -> Result<Self, DocumentError> {
        let mut pattern = Self::anything();
        let mut urls: [Option<UrlPattern>; 5] = Default::default();
        let mut json = Map::new();
        for (name, value) in place.object(CLASS)? {
            let field = place.field(name, value);
            if value.is_null() {
                continue;
            }
            match name.as_str() {
                "url" => urls[0] = Some(UrlPattern::Url(field.text()?)),
                "urlPattern" => urls[1] = Some(UrlPattern::UrlRegex(regex(&field)?)),
                "urlPath" => urls[2] = Some(UrlPattern::Path(field.text()?)),
                "urlPathPattern" => urls[3] = Some(UrlPattern::PathRegex(regex(&field)?)),
                "urlPathTemplate" => {
                    urls[4] = Some(UrlPattern::Template(PathTemplate::new(&field.text()?)));
                }
                "method" => {
                    let text = method_name(&field)?;
                    pattern.method = MethodPattern::parse(&text)
                        .ok_or_else(|| field.error(format!("`{text}` is not an HTTP method")))?;
                }
                _ => return Err(place.unknown(name, CLASS)),
            }
            json.insert(name.clone(), value.clone());
        }
        // Two kinds of URL in one pattern are no error: the first kind of this order wins.
        if let Some(url) = urls.into_iter().flatten().next() {
            pattern.url = url;
        }
        json.entry("method").or_insert_with(|| "ANY".into());
        pattern.json = Value::Object(json);
        Ok(pattern)
    }
}

fn method_name(field: &Place<'_>) -> Result<String, DocumentError> {
    match field.value {
        Value::String(name) => Ok(name.clone()),
        _ => Err(field.object("http.RequestMethod").map_or_else(
            |error| error,
            |_| {
                field.error(
                    "Cannot deserialize value of type `com.github.tomakehurst.wiremock.http.RequestMethod` from Object value (token `JsonToken.START_OBJECT`)",
                )
            },
        )),
    }
}

fn regex(field: &Place<'_>) -> Result<JavaRegex, DocumentError> {
    JavaRegex::new(&field.text()?).map_err(|error| field.error(error.to_string()))
}
