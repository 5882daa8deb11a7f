//! Reading a request pattern.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use efsm_javatext::JavaRegex;
use efsm_matchers::{Matcher, MultiMatcher, PathTemplate, PatternError};
use serde_json::{Map, Value};

use super::{MethodPattern, MultipartPattern, RequestPattern, UrlPattern};
use crate::engine::document::Place;
use crate::engine::response::ordered;
use crate::error::DocumentError;

const CLASS: &str = "matching.RequestPattern";

const ORDER: [&str; 19] = [
    "scheme",
    "host",
    "port",
    "clientIp",
    "url",
    "urlPattern",
    "urlPath",
    "urlPathPattern",
    "urlPathTemplate",
    "method",
    "headers",
    "pathParameters",
    "queryParameters",
    "formParameters",
    "cookies",
    "bodyPatterns",
    "basicAuthCredentials",
    "customMatcher",
    "multipartPatterns",
];

/// The kinds of URL, the one that wins first.
const URLS: [&str; 5] = [
    "url",
    "urlPattern",
    "urlPath",
    "urlPathPattern",
    "urlPathTemplate",
];

impl RequestPattern {
    /// The pattern that every request fits.
    pub fn anything() -> Self {
        Self {
            url: UrlPattern::Any,
            method: MethodPattern::Any,
            scheme: None,
            host: None,
            port: None,
            client_ip: None,
            path_parameters: Vec::new(),
            headers: Vec::new(),
            query: Vec::new(),
            form: Vec::new(),
            cookies: Vec::new(),
            basic_auth: None,
            body: Vec::new(),
            multipart: Vec::new(),
            is_plain: true,
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
        let mut urls: [Option<(UrlPattern, String)>; 5] = Default::default();
        let mut json = Map::new();
        for (name, value) in place.object(CLASS)? {
            let field = place.field(name, value);
            if value.is_null() {
                continue;
            }
            let mut key = name.as_str();
            let mut written = value.clone();
            match key {
                "url" | "urlPattern" | "urlPath" | "urlPathPattern" | "urlPathTemplate" => {
                    let kind = URLS.iter().position(|url| *url == key).unwrap_or_default();
                    let text = field.text()?;
                    let url = match kind {
                        0 => UrlPattern::Url(text.clone()),
                        1 => UrlPattern::UrlRegex(regex(place, &text)?),
                        2 => UrlPattern::Path(text.clone()),
                        3 => UrlPattern::PathRegex(regex(place, &text)?),
                        _ => UrlPattern::Template(Arc::new(PathTemplate::parse(&text))),
                    };
                    urls[kind] = Some((url, text));
                    continue;
                }
                "method" => pattern.method = method(&field)?,
                "scheme" => {
                    let scheme = field.text()?;
                    written = scheme.clone().into();
                    pattern.scheme = Some(scheme);
                }
                "host" => {
                    let (host, json) = matcher(&field)?;
                    (pattern.host, written) = (Some(host), json);
                }
                "port" => {
                    let port = field.integer(0..=65_535)?;
                    written = port.into();
                    pattern.port = Some(port as u16);
                }
                "clientIp" => {
                    let (address, json) = matcher(&field)?;
                    (pattern.client_ip, written) = (Some(address), json);
                }
                "headers" => (pattern.headers, written) = multi_matchers(&field)?,
                "queryParameters" => (pattern.query, written) = multi_matchers(&field)?,
                "formParameters" => (pattern.form, written) = multi_matchers(&field)?,
                "cookies" => (pattern.cookies, written) = named_matchers(&field)?,
                "pathParameters" => {
                    (pattern.path_parameters, written) = named_matchers(&field)?;
                }
                "basicAuth" | "basicAuthCredentials" => {
                    pattern.basic_auth = Some(basic_auth(&field)?);
                    key = "basicAuthCredentials";
                }
                "bodyPatterns" => (pattern.body, written) = matchers(&field)?,
                "multipartPatterns" => (pattern.multipart, written) = multiparts(&field)?,
                "customMatcher" => {
                    return Err(field.error(
                        "custom matchers are extensions written in Java and are not supported: \
                         describe the request with the built-in matchers",
                    ));
                }
                _ => return Err(place.unknown(name, CLASS)),
            }
            json.insert(key.to_owned(), written);
        }
        // Two kinds of URL in one pattern are no error: the first kind of this order wins.
        let url = URLS
            .iter()
            .zip(urls)
            .find_map(|(name, url)| Some((*name, url?)));
        if let Some((name, (url, text))) = url {
            pattern.url = url;
            json.insert(name.into(), text.into());
        }
        json.entry("method").or_insert_with(|| "ANY".into());
        pattern.is_plain = pattern.asks_for_no_more();
        pattern.json = ordered(json, &ORDER);
        Ok(pattern)
    }

    /// The URL as it was written, whatever its kind.
    pub(crate) fn written_url(&self) -> Option<&str> {
        URLS.iter().find_map(|name| self.json.get(*name)?.as_str())
    }

    fn asks_for_no_more(&self) -> bool {
        self.scheme.is_none()
            && self.host.is_none()
            && self.port.is_none()
            && self.client_ip.is_none()
            && self.path_parameters.is_empty()
            && self.headers.is_empty()
            && self.query.is_empty()
            && self.form.is_empty()
            && self.cookies.is_empty()
            && self.basic_auth.is_none()
            && self.body.is_empty()
            && self.multipart.is_empty()
    }
}

/// One matcher, and as it is written.
pub(crate) fn matcher(field: &Place<'_>) -> Result<(Matcher, Value), DocumentError> {
    let matcher = Matcher::from_json_lenient(field.value).map_err(|e| at(field, &e))?;
    let json = matcher.to_json();
    Ok((matcher, json))
}

/// A list of matchers.
pub(super) fn matchers(field: &Place<'_>) -> Result<(Vec<Matcher>, Value), DocumentError> {
    field
        .array("java.util.ArrayList<com.github.tomakehurst.wiremock.matching.ContentPattern<java.lang.Object>>")?
        .iter()
        .enumerate()
        .map(|(index, value)| matcher(&field.item(index, value)))
        .collect::<Result<(Vec<_>, Vec<_>), _>>()
        .map(|(matchers, json)| (matchers, Value::Array(json)))
}

type Named<M> = (Vec<(String, M)>, Value);

/// Matchers of all values of a name, by name.
pub(super) fn multi_matchers(field: &Place<'_>) -> Result<Named<MultiMatcher>, DocumentError> {
    by_name(field, "MultiValuePattern", |place| {
        let matcher = MultiMatcher::from_json_lenient(place.value).map_err(|e| at(place, &e))?;
        let json = matcher.to_json();
        Ok((matcher, json))
    })
}

fn named_matchers(field: &Place<'_>) -> Result<Named<Matcher>, DocumentError> {
    by_name(field, "StringValuePattern", matcher)
}

fn by_name<M>(
    field: &Place<'_>,
    class: &str,
    read: impl Fn(&Place<'_>) -> Result<(M, Value), DocumentError>,
) -> Result<Named<M>, DocumentError> {
    let class = format!(
        "java.util.LinkedHashMap<java.lang.String,com.github.tomakehurst.wiremock.matching.{class}>"
    );
    let mut matchers = Vec::new();
    let mut json = Map::new();
    for (name, value) in field.object(&class)? {
        let (matcher, written) = read(&field.field(name, value))?;
        matchers.push((name.clone(), matcher));
        json.insert(name.clone(), written);
    }
    Ok((matchers, Value::Object(json)))
}

fn multiparts(field: &Place<'_>) -> Result<(Vec<MultipartPattern>, Value), DocumentError> {
    let patterns = field
        .array(
            "java.util.ArrayList<com.github.tomakehurst.wiremock.matching.MultipartValuePattern>",
        )?
        .iter()
        .enumerate()
        .map(|(index, value)| MultipartPattern::parse(&field.item(index, value)))
        .collect::<Result<Vec<_>, _>>()?;
    let json = patterns.iter().map(|pattern| pattern.json.clone());
    let json = Value::Array(json.collect());
    Ok((patterns, json))
}

fn at(place: &Place<'_>, error: &PatternError) -> DocumentError {
    let pointer = place.pointer();
    DocumentError::new(format!("{pointer}{}", error.pointer), error.detail.clone())
}

fn method(field: &Place<'_>) -> Result<MethodPattern, DocumentError> {
    let Value::String(name) = field.value else {
        return Err(field.mismatch("http.RequestMethod"));
    };
    MethodPattern::parse(name)
        .ok_or_else(|| field.error(format!("{name:?} is not the name of an HTTP method")))
}

fn basic_auth(field: &Place<'_>) -> Result<String, DocumentError> {
    const CREDENTIALS: &str = "client.BasicCredentials";
    let (mut username, mut password) = (String::new(), String::new());
    for (name, value) in field.object(CREDENTIALS)? {
        let place = field.field(name, value);
        match name.as_str() {
            "username" => username = place.text()?,
            "password" => password = place.text()?,
            _ => return Err(field.unknown(name, CREDENTIALS)),
        }
    }
    let credentials = STANDARD.encode(format!("{username}:{password}"));
    Ok(format!("Basic {credentials}"))
}

/// WireMock points at the pattern rather than at the field for a bad expression in a URL.
fn regex(place: &Place<'_>, text: &str) -> Result<Arc<JavaRegex>, DocumentError> {
    JavaRegex::new(text)
        .map(Arc::new)
        .map_err(|error| place.error(error.to_string()))
}
