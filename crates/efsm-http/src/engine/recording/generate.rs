//! From exchanges to stubs.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::spec::BodyMatcher;
use super::{Criteria, RecordSpec};
use crate::engine::request::{LoggedRequest, header_text};
use crate::engine::serve_event::title_case;

/// Headers that belong to one exchange and not to its replay.
const DROPPED: [&str; 6] = [
    "content-encoding",
    "content-length",
    "transfer-encoding",
    "connection",
    "matched-stub-id",
    "matched-stub-name",
];

/// A request and what was answered to it.
#[derive(Debug)]
pub struct Exchange<'e> {
    pub request: &'e LoggedRequest,
    pub status: StatusCode,
    pub headers: &'e HeaderMap,
    /// Unpacked, whatever its `Content-Encoding` says.
    pub body: Bytes,
}

/// A stub as JSON, and the file that its body went to.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub mapping: Value,
    pub file: Option<BodyFile>,
}

/// A file below `__files`.
#[derive(Clone, Debug)]
pub struct BodyFile {
    pub name: String,
    pub content: Bytes,
}

/// Stubs for exchanges that are given oldest first. Equal requests become a scenario, or one stub for the newest of
/// them when the spec wants no scenarios.
pub fn generate(
    exchanges: &[Exchange<'_>],
    spec: &RecordSpec,
    mut new_id: impl FnMut() -> Uuid,
) -> Vec<Recorded> {
    let requests: Vec<Value> = exchanges
        .iter()
        .map(|exchange| request_pattern(exchange.request, spec))
        .collect();
    let mut newest = HashMap::new();
    for (index, request) in requests.iter().enumerate() {
        newest.insert(request, index);
    }
    let mut groups: Vec<Vec<Recorded>> = Vec::new();
    let mut known = HashMap::new();
    let mut order = Vec::new();
    for (index, (exchange, request)) in exchanges.iter().zip(&requests).enumerate() {
        if !spec.repeats_as_scenarios && newest.get(request) != Some(&index) {
            continue;
        }
        let group = *known.entry(request).or_insert(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        order.push((group, groups[group].len()));
        groups[group].push(stub(exchange, request, spec, new_id()));
    }
    let mut scenarios = 0;
    for stubs in &mut groups {
        if stubs.len() > 1 {
            scenarios += 1;
            chain(stubs, scenarios);
        }
    }
    order
        .into_iter()
        .map(|(group, index)| groups[group][index].clone())
        .collect()
}

/// Makes each stub lead to the next; the last one stays.
fn chain(stubs: &mut [Recorded], number: usize) {
    let count = stubs.len();
    for (index, stub) in stubs.iter_mut().enumerate() {
        let Some(mapping) = stub.mapping.as_object_mut() else {
            continue;
        };
        let name = mapping.get("name").and_then(Value::as_str).unwrap_or("");
        let scenario = format!("scenario-{number}-{}", name.replace('_', "-"));
        let state = |turn: usize| {
            if turn == 0 {
                crate::engine::scenario::STARTED.to_owned()
            } else {
                format!("{scenario}-{}", turn + 1)
            }
        };
        let (required, next) = (state(index), state(index + 1));
        mapping.insert("scenarioName".into(), scenario.into());
        mapping.insert("requiredScenarioState".into(), required.into());
        if index + 1 < count {
            mapping.insert("newScenarioState".into(), next.into());
        }
    }
}

fn stub(exchange: &Exchange<'_>, request: &Value, spec: &RecordSpec, id: Uuid) -> Recorded {
    let name = name_of(exchange.request.path());
    let mut response = Map::new();
    response.insert("status".into(), exchange.status.as_u16().into());
    let file = body(exchange, spec.extract, &name, id, &mut response);
    let headers = recorded_headers(exchange.headers);
    if !headers.is_empty() {
        response.insert("headers".into(), Value::Object(headers));
    }
    let mut mapping = Map::new();
    mapping.insert("id".into(), id.to_string().into());
    mapping.insert("name".into(), name.into());
    mapping.insert("request".into(), request.clone());
    mapping.insert("response".into(), Value::Object(response));
    if spec.persist {
        mapping.insert("persistent".into(), true.into());
    }
    Recorded {
        mapping: Value::Object(mapping),
        file,
    }
}

fn request_pattern(request: &LoggedRequest, spec: &RecordSpec) -> Value {
    let mut pattern = Map::new();
    if request.query().is_empty() {
        pattern.insert("url".into(), request.url().into());
    } else {
        pattern.insert("urlPath".into(), request.path().into());
        let mut parameters = Map::new();
        for (name, value) in request.query() {
            let entry = parameters
                .entry(name.clone())
                .or_insert_with(|| json!({"hasExactly": []}));
            if let Some(values) = entry["hasExactly"].as_array_mut() {
                values.push(json!({"equalTo": value}));
            }
        }
        pattern.insert("queryParameters".into(), Value::Object(parameters));
    }
    pattern.insert("method".into(), request.method().as_str().into());
    let headers: Map<String, Value> = spec
        .capture_headers
        .iter()
        .filter_map(|(name, insensitive)| {
            let mut matcher = json!({"equalTo": request.header(name)?});
            if let Some(insensitive) = insensitive {
                matcher["caseInsensitive"] = (*insensitive).into();
            }
            Some((name.clone(), matcher))
        })
        .collect();
    if !headers.is_empty() {
        pattern.insert("headers".into(), Value::Object(headers));
    }
    if !request.body().is_empty() {
        pattern.insert("bodyPatterns".into(), json!([body_matcher(request, spec)]));
    }
    Value::Object(pattern)
}

fn body_matcher(request: &LoggedRequest, spec: &RecordSpec) -> Value {
    let kind = request.header("content-type").unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    let matcher = match spec.body.matcher {
        BodyMatcher::Auto if kind.contains("json") => BodyMatcher::Json,
        BodyMatcher::Auto if kind.contains("xml") => BodyMatcher::Xml,
        // Its boundary is another one the next time.
        BodyMatcher::Auto if kind.starts_with("multipart/") => {
            return json!({"anything": "anything"});
        }
        BodyMatcher::Auto if std::str::from_utf8(request.body()).is_err() => {
            return json!({"binaryEqualTo": STANDARD.encode(request.body())});
        }
        BodyMatcher::Auto => BodyMatcher::Text,
        matcher => matcher,
    };
    let text = request.body_text();
    let options = &spec.body;
    let (mut pattern, flags) = match matcher {
        BodyMatcher::Json => (
            json!({"equalToJson": text}),
            &[
                ("ignoreArrayOrder", options.ignore_array_order, true),
                ("ignoreExtraElements", options.ignore_extra_elements, true),
            ][..],
        ),
        BodyMatcher::Xml => (json!({"equalToXml": text}), &[][..]),
        BodyMatcher::Text | BodyMatcher::Auto => (
            json!({"equalTo": text}),
            &[("caseInsensitive", options.case_insensitive, false)][..],
        ),
    };
    let is_auto = options.matcher == BodyMatcher::Auto;
    for (name, flag, default) in flags {
        if let Some(flag) = flag.or(is_auto.then_some(*default)) {
            pattern[*name] = flag.into();
        }
    }
    pattern
}

fn recorded_headers(headers: &HeaderMap) -> Map<String, Value> {
    let mut recorded = Map::new();
    for name in headers.keys() {
        if DROPPED.contains(&name.as_str()) {
            continue;
        }
        let mut values: Vec<Value> = headers
            .get_all(name)
            .iter()
            .map(|value| header_text(value).into())
            .collect();
        let value = if values.len() == 1 {
            values.remove(0)
        } else {
            Value::Array(values)
        };
        recorded.insert(title_case(name.as_str()), value);
    }
    recorded
}

/// Writes the body into the response, or into a file when it is longer than the criteria allow.
fn body(
    exchange: &Exchange<'_>,
    criteria: Option<Criteria>,
    name: &str,
    id: Uuid,
    response: &mut Map<String, Value>,
) -> Option<BodyFile> {
    if exchange.body.is_empty() {
        return None;
    }
    let kind = exchange
        .headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let text = std::str::from_utf8(&exchange.body)
        .ok()
        .filter(|_| is_textual(&kind) || kind.is_empty());
    let length = exchange.body.len() as u64;
    let extracted = criteria.is_some_and(|criteria| {
        length
            > if text.is_some() {
                criteria.text_bytes
            } else {
                criteria.binary_bytes
            }
    });
    if extracted {
        let file = format!("{name}-{id}.{}", extension(&kind));
        response.insert("bodyFileName".into(), file.clone().into());
        return Some(BodyFile {
            name: file,
            content: exchange.body.clone(),
        });
    }
    match text {
        Some(text) => response.insert("body".into(), text.into()),
        None => response.insert("base64Body".into(), STANDARD.encode(&exchange.body).into()),
    };
    None
}

fn is_textual(kind: &str) -> bool {
    kind.starts_with("text/")
        || [
            "json",
            "xml",
            "javascript",
            "x-www-form-urlencoded",
            "yaml",
            "graphql",
        ]
        .iter()
        .any(|part| kind.contains(part))
}

fn extension(kind: &str) -> &'static str {
    let kind = kind.split(';').next().unwrap_or("").trim();
    match kind {
        "text/html" => "html",
        "text/css" => "css",
        "text/csv" => "csv",
        "image/png" => "png",
        "image/jpeg" => "jpeg",
        "image/gif" => "gif",
        "application/pdf" => "pdf",
        "application/javascript" | "text/javascript" => "js",
        kind if kind.contains("json") => "json",
        kind if kind.contains("xml") => "xml",
        _ => "txt",
    }
}

/// A name for people, of the path: `/users/7/` is `users_7`.
fn name_of(path: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let name: String = decoded
        .trim_matches('/')
        .chars()
        .map(|c| match c {
            '/' => '_',
            c if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') => c,
            _ => '-',
        })
        .take(100)
        .collect();
    name.to_lowercase()
}
