//! A request that an operation must accept: what it requires, made from its schemas.

use efsm_generate::{Direction, Options, generate};
use efsm_spec::Operation;
use efsm_spec::model::{Content, Parameter, Place, Scheme, Style};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

pub(crate) struct Valid {
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// How often another request is tried before the operation counts as one that accepts none.
pub(crate) const ATTEMPTS: u64 = 6;

/// How deep optional data of bodies goes, attempt by attempt: not every form can write what is nested.
const DEPTHS: [usize; 3] = [2, 0, 4];

pub(crate) fn valid(root: &Value, operation: &Operation, attempt: u64) -> Result<Valid, String> {
    let depth = DEPTHS[attempt as usize % DEPTHS.len()];
    let mut request = Valid {
        path: operation.path.clone(),
        query: String::new(),
        headers: HeaderMap::new(),
        body: Vec::new(),
    };
    for parameter in &operation.path_parameters {
        let value = value_of(root, parameter, attempt)?;
        let braces = format!("{{{}}}", parameter.name);
        request.path = request.path.replace(&braces, &in_path(parameter, &value));
    }
    let mut pairs = Vec::new();
    for parameter in operation
        .query
        .iter()
        .filter(|parameter| parameter.is_required)
    {
        pairs.extend(in_query(parameter, &value_of(root, parameter, attempt)?));
    }
    for parameter in operation
        .headers
        .iter()
        .filter(|parameter| parameter.is_required)
    {
        let value = joined(&value_of(root, parameter, attempt)?, ",");
        set(&mut request.headers, &parameter.name, &value);
    }
    let mut cookies = Vec::new();
    for parameter in operation
        .cookies
        .iter()
        .filter(|parameter| parameter.is_required)
    {
        cookies.push(format!(
            "{}={}",
            parameter.name,
            encoded(&joined(&value_of(root, parameter, attempt)?, ","))
        ));
    }
    for scheme in operation.security.first().into_iter().flatten() {
        match scheme {
            Scheme::ApiKey {
                place: Place::Header,
                name,
            } => set(&mut request.headers, name, "key"),
            Scheme::ApiKey {
                place: Place::Query,
                name,
            } => pairs.push(format!("{}=key", encoded(name))),
            Scheme::ApiKey {
                place: Place::Cookie,
                name,
            } => cookies.push(format!("{name}=key")),
            Scheme::Basic => set(&mut request.headers, "authorization", "Basic dXNlcjpwYXNz"),
            Scheme::Digest => set(
                &mut request.headers,
                "authorization",
                "Digest username=\"user\"",
            ),
            Scheme::Bearer | Scheme::OAuth2 | Scheme::OpenIdConnect => {
                set(&mut request.headers, "authorization", "Bearer token");
            }
            Scheme::Unsupported(_) => {}
        }
    }
    request.query = pairs.join("&");
    if !cookies.is_empty() {
        set(&mut request.headers, "cookie", &cookies.join("; "));
    }
    if let Some(body) = &operation.body
        && let Some(content) = preferred(&body.contents)
    {
        let value = match &content.schema {
            Some(schema) => made(root, schema, "the body", depth, attempt)?,
            None => Value::from("text"),
        };
        let (media_type, bytes) = written(content, &value);
        set(&mut request.headers, "content-type", &media_type);
        request.body = bytes;
    }
    Ok(request)
}

fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes());
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}

fn value_of(root: &Value, parameter: &Parameter, attempt: u64) -> Result<Value, String> {
    match &parameter.schema {
        Some(schema) => made(root, schema, &parameter.name, 2, attempt),
        None => Ok(Value::from("text")),
    }
}

fn made(
    root: &Value,
    schema: &Value,
    what: &str,
    depth: usize,
    attempt: u64,
) -> Result<Value, String> {
    let options = Options {
        direction: Direction::Request,
        depth,
        ..Options::default()
    };
    let seeds = attempt * 100..attempt * 100 + 20;
    let made = seeds.map(|seed| generate(schema, root, seed, &options));
    let mut last = String::new();
    for value in made {
        match value {
            // Nothing is no segment of a path, and no value of a query.
            Ok(value) if value.is_null() || value == "" => {}
            Ok(value) => return Ok(value),
            Err(error) => last = error.to_string(),
        }
    }
    if last.is_empty() {
        Ok(Value::from("text"))
    } else {
        Err(format!("{what}: {last}"))
    }
}

fn preferred(contents: &[Content]) -> Option<&Content> {
    let is = |content: &&Content, kind: &str| content.media_type.contains(kind);
    ["json", "x-www-form-urlencoded", "multipart"]
        .iter()
        .find_map(|kind| contents.iter().find(|content| is(content, kind)))
        .or(contents.first())
}

fn written(content: &Content, value: &Value) -> (String, Vec<u8>) {
    let media_type = content.media_type.replace("*/*", "application/json");
    if media_type.contains("x-www-form-urlencoded") {
        let fields = value.as_object().into_iter().flatten();
        let pairs = fields.flat_map(|(name, value)| field(content, name, value));
        return (
            media_type.clone(),
            pairs.collect::<Vec<_>>().join("&").into_bytes(),
        );
    }
    if media_type.starts_with("multipart/form-data") {
        let mut body = String::new();
        for (name, value) in value.as_object().into_iter().flatten() {
            let text = joined(value, ",");
            body.extend([format!(
                "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
            )]);
        }
        body.push_str("--x--\r\n");
        return (
            "multipart/form-data; boundary=x".to_owned(),
            body.into_bytes(),
        );
    }
    if media_type.contains("json") {
        return (media_type, value.to_string().into_bytes());
    }
    (media_type, joined(value, ",").into_bytes())
}

/// A field of a form in the style that its encoding asks for.
fn field(content: &Content, name: &str, value: &Value) -> Vec<String> {
    let encoding = content
        .encodings
        .iter()
        .find(|encoding| encoding.property == name);
    let parameter = Parameter {
        name: name.to_owned(),
        style: encoding.map_or(Style::Form, |encoding| encoding.style),
        explode: encoding.and_then(|encoding| encoding.explode),
        ..Parameter::default()
    };
    in_query(&parameter, value)
}

fn in_path(parameter: &Parameter, value: &Value) -> String {
    let text = joined(value, ",");
    let text = text.split(',').map(encoded).collect::<Vec<_>>().join(",");
    match parameter.style {
        Style::Label => format!(".{text}"),
        Style::Matrix => format!(";{}={text}", parameter.name),
        _ => text,
    }
}

fn in_query(parameter: &Parameter, value: &Value) -> Vec<String> {
    let name = encoded(&parameter.name);
    match value {
        Value::Array(items) => {
            let items = items.iter().map(|item| encoded(&joined(item, ",")));
            match parameter.style {
                Style::DeepObject => items.map(|item| format!("{name}[]={item}")).collect(),
                Style::Form if parameter.explode.unwrap_or(true) => {
                    items.map(|item| format!("{name}={item}")).collect()
                }
                style => {
                    let separator = match style {
                        Style::SpaceDelimited => "%20",
                        Style::PipeDelimited => "|",
                        Style::TabDelimited => "%09",
                        _ => ",",
                    };
                    vec![format!(
                        "{name}={}",
                        items.collect::<Vec<_>>().join(separator)
                    )]
                }
            }
        }
        Value::Object(fields) if parameter.style == Style::DeepObject => fields
            .iter()
            .flat_map(|(key, value)| deep(&format!("{name}[{}]", encoded(key)), value))
            .collect(),
        Value::Object(fields) if parameter.explode.unwrap_or(true) => fields
            .iter()
            .map(|(key, value)| format!("{}={}", encoded(key), encoded(&joined(value, ","))))
            .collect(),
        value => vec![format!("{name}={}", encoded(&joined(value, ",")))],
    }
}

fn deep(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| deep(&format!("{name}[{}]", encoded(key)), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(number, item)| deep(&format!("{name}[{number}]"), item))
            .collect(),
        value => vec![format!("{name}={}", encoded(&joined(value, ",")))],
    }
}

/// A value as text: items with the separator between them, keys before their values.
fn joined(value: &Value, separator: &str) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items
            .iter()
            .map(|item| joined(item, separator))
            .collect::<Vec<_>>()
            .join(separator),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| format!("{key}{separator}{}", joined(value, separator)))
            .collect::<Vec<_>>()
            .join(separator),
        value => value.to_string(),
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
