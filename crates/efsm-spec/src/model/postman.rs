//! Postman collections 2.x: every saved request is an operation, its saved responses are what it answers.

mod auth;
mod infer;
mod merge;
mod variables;

use serde_json::{Map, Value, json};

use super::{Body, Content, Example, Operation, Parameter, Response, Server, Style};

/// Folders within folders.
const DEPTH: usize = 50;

/// The operations of a collection, those of one method and path taken together.
pub(super) fn operations(root: &Value) -> Vec<Operation> {
    let root = variables::resolved(root);
    let mut found = Vec::new();
    items(&root, root.get("auth"), 0, &mut found);
    let mut operations: Vec<Operation> = Vec::new();
    for operation in found {
        let same = operations
            .iter_mut()
            .find(|own| own.path == operation.path && own.method == operation.method);
        match same {
            Some(own) => merge::operations(own, operation),
            None => operations.push(operation),
        }
    }
    operations
}

fn items(folder: &Value, auth: Option<&Value>, depth: usize, found: &mut Vec<Operation>) {
    if depth > DEPTH {
        return;
    }
    let list = folder.get("item").and_then(Value::as_array);
    for item in list.into_iter().flatten() {
        let auth = item.get("auth").filter(|auth| !auth.is_null()).or(auth);
        if item.get("item").is_some() {
            items(item, auth, depth + 1, found);
        } else if let Some(request) = item.get("request") {
            found.push(operation(item, request, auth));
        }
    }
}

fn operation(item: &Value, request: &Value, auth: Option<&Value>) -> Operation {
    let url = Url::of(request.get("url").unwrap_or(request));
    let headers = headers(request.get("header"));
    let media_type = header(&headers, "content-type");
    let mut operation = Operation {
        method: text(request, "method")
            .unwrap_or("GET")
            .to_ascii_lowercase(),
        path: url.template(),
        id: text(item, "name").map(str::to_owned),
        path_parameters: url.path_parameters().into(),
        query: url
            .query
            .iter()
            .map(|(name, value)| written(name, value, Style::Form))
            .collect(),
        headers: headers
            .iter()
            .map(|(name, value)| written(&name.to_lowercase(), value, Style::Simple))
            .collect(),
        body: request
            .get("body")
            .and_then(|body| self::body(body, media_type.as_deref())),
        responses: responses(item),
        servers: url.server(),
        ..Operation::default()
    };
    let own = request.get("auth").filter(|auth| !auth.is_null());
    if let Some(auth) = own.or(auth) {
        auth::add(auth, &mut operation);
    }
    operation
}

pub(super) fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

/// A parameter that has to be there, with the value that was saved as its example.
fn written(name: &str, value: &str, style: Style) -> Parameter {
    let has_value = !value.is_empty();
    Parameter {
        name: name.to_owned(),
        style,
        is_required: true,
        schema: has_value.then(|| json!({"type": "string"})),
        examples: if has_value {
            vec![default_example(value.into())]
        } else {
            Vec::new()
        },
        ..Parameter::default()
    }
}

fn default_example(value: Value) -> Example {
    Example {
        key: "default".to_owned(),
        value: Some(value),
    }
}

/// Names and values of the entries that are not switched off.
fn entries(list: Option<&Value>) -> Vec<(String, String)> {
    let list = list.and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter(|entry| entry.get("disabled") != Some(&Value::Bool(true)))
        .filter_map(|entry| {
            let value = text(entry, "value").unwrap_or_default();
            Some((text(entry, "key")?.to_owned(), value.to_owned()))
        })
        .collect()
}

/// A list, or a text with a header in each line.
fn headers(value: Option<&Value>) -> Vec<(String, String)> {
    match value {
        Some(Value::String(lines)) => lines
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect(),
        list => entries(list),
    }
}

fn header(headers: &[(String, String)], name: &str) -> Option<String> {
    headers
        .iter()
        .find(|(own, _)| own.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.clone())
}

fn body(body: &Value, media_type: Option<&str>) -> Option<Body> {
    let media_type = media_type.map(str::to_lowercase);
    let content = match text(body, "mode")? {
        "raw" => {
            let raw = text(body, "raw").filter(|raw| !raw.is_empty())?;
            raw_content(raw, media_type.as_deref().unwrap_or("text/plain"))
        }
        "formdata" => form(
            body.get("formdata")?,
            media_type.as_deref().unwrap_or("multipart/form-data"),
        ),
        "urlencoded" => form(
            body.get("urlencoded")?,
            media_type
                .as_deref()
                .unwrap_or("application/x-www-form-urlencoded"),
        ),
        _ => return None,
    };
    Some(Body {
        is_required: false,
        contents: vec![content],
    })
}

/// A text that was saved: of JSON, the shape is learnt.
fn raw_content(raw: &str, media_type: &str) -> Content {
    let parsed = crate::mock::is_json(media_type)
        .then(|| serde_json::from_str::<Value>(raw).ok())
        .flatten();
    let mut content = Content {
        media_type: media_type.to_owned(),
        ..Content::default()
    };
    match parsed {
        Some(value) => {
            content.schema = Some(infer::schema(&value));
            content.examples.push(default_example(value));
        }
        None => content.examples.push(default_example(raw.into())),
    }
    content
}

fn form(list: &Value, media_type: &str) -> Content {
    let fields = entries(Some(list));
    let properties: Map<String, Value> = fields
        .iter()
        .map(|(name, _)| (name.clone(), json!({"type": "string"})))
        .collect();
    let values: Map<String, Value> = fields
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect();
    Content {
        media_type: media_type.to_owned(),
        schema: Some(json!({"type": "object", "properties": properties})),
        examples: vec![default_example(Value::Object(values))],
        encodings: Vec::new(),
    }
}

fn responses(item: &Value) -> Vec<Response> {
    let list = item.get("response").and_then(Value::as_array);
    let mut responses: Vec<Response> = Vec::new();
    for saved in list.into_iter().flatten() {
        let response = response(saved);
        match responses.iter_mut().find(|own| own.code == response.code) {
            Some(own) => merge::responses(own, response),
            None => responses.push(response),
        }
    }
    responses
}

fn response(saved: &Value) -> Response {
    let headers = headers(saved.get("header"));
    let body = text(saved, "body").filter(|body| !body.is_empty());
    let contents = header(&headers, "content-type")
        .zip(body)
        .map(|(media_type, body)| raw_content(body, &media_type));
    let mut described: Vec<Parameter> = headers
        .iter()
        .map(|(name, value)| written(&name.to_lowercase(), value, Style::Simple))
        .collect();
    let cookies = saved.get("cookie").and_then(Value::as_array);
    described.extend(cookies.into_iter().flatten().map(cookie));
    Response {
        code: saved
            .get("code")
            .map_or_else(|| "200".to_owned(), Value::to_string),
        headers: described.into(),
        contents: contents.into_iter().collect(),
    }
}

fn cookie(cookie: &Value) -> Parameter {
    let mut parts = vec![format!(
        "{}={}",
        text(cookie, "name").unwrap_or_default(),
        text(cookie, "value").unwrap_or_default()
    )];
    for (field, name) in [("domain", "Domain"), ("path", "Path")] {
        if let Some(value) = text(cookie, field) {
            parts.push(format!("{name}={value}"));
        }
    }
    for (field, name) in [("secure", "Secure"), ("httpOnly", "HttpOnly")] {
        if cookie.get(field) == Some(&Value::Bool(true)) {
            parts.push(name.to_owned());
        }
    }
    Parameter {
        name: "set-cookie".to_owned(),
        examples: vec![default_example(parts.join("; ").into())],
        schema: Some(json!({"type": "string"})),
        ..Parameter::default()
    }
}

/// A URL as collections write it: a text, or its parts.
struct Url {
    raw: String,
    path: Vec<String>,
    query: Vec<(String, String)>,
}

impl Url {
    fn of(value: &Value) -> Self {
        let Value::Object(parts) = value else {
            return Self::parse(value.as_str().unwrap_or_default());
        };
        let raw = value.get("raw").and_then(Value::as_str).unwrap_or_default();
        let parsed = Self::parse(raw);
        let path = match parts.get("path") {
            Some(Value::Array(segments)) => segments
                .iter()
                .filter_map(|segment| match segment {
                    Value::String(text) => Some(text.clone()),
                    segment => text(segment, "value").map(str::to_owned),
                })
                .collect(),
            Some(Value::String(path)) => segments(path),
            _ => parsed.path,
        };
        let query = match parts.get("query") {
            Some(list @ Value::Array(_)) => entries(Some(list)),
            _ => parsed.query,
        };
        let host = match parts.get("host") {
            Some(Value::Array(names)) => {
                let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
                names.join(".")
            }
            Some(Value::String(host)) => host.clone(),
            _ => String::new(),
        };
        let raw = if raw.is_empty() && !host.is_empty() {
            let scheme = text(value, "protocol").unwrap_or("http");
            format!("{scheme}://{host}")
        } else {
            raw.to_owned()
        };
        Self { raw, path, query }
    }

    fn parse(raw: &str) -> Self {
        let without_fragment = raw.split('#').next().unwrap_or_default();
        let (address, query) = without_fragment
            .split_once('?')
            .unwrap_or((without_fragment, ""));
        let path = match address.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            // A host that is a variable, or none at all.
            None => match address.split_once('/') {
                Some((host, path)) if !host.is_empty() => path,
                _ => address,
            },
        };
        Self {
            raw: raw.to_owned(),
            path: segments(path),
            query: query
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (name.to_owned(), value.to_owned())
                })
                .collect(),
        }
    }

    /// `:id` is a parameter.
    fn template(&self) -> String {
        let segments: Vec<String> = self
            .path
            .iter()
            .map(|segment| match segment.strip_prefix(':') {
                Some(name) => format!("{{{name}}}"),
                None => segment.clone(),
            })
            .collect();
        format!("/{}", segments.join("/"))
    }

    fn path_parameters(&self) -> Vec<Parameter> {
        self.path
            .iter()
            .filter_map(|segment| segment.strip_prefix(':'))
            .map(|name| written(name, "", Style::Simple))
            .collect()
    }

    fn server(&self) -> Vec<Server> {
        let Some((scheme, rest)) = self.raw.split_once("://") else {
            return Vec::new();
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.is_empty() {
            return Vec::new();
        }
        vec![Server {
            url: format!("{scheme}://{authority}"),
            variables: Vec::new(),
        }]
    }
}

fn segments(path: &str) -> Vec<String> {
    let path = path.trim_start_matches('/');
    if path.is_empty() {
        return Vec::new();
    }
    path.split('/').map(str::to_owned).collect()
}
