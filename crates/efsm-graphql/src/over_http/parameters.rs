//! The parameters of a request: from a body or from the query string.

use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use serde_json::{Map, Value as Json};

use crate::api::GraphQlRequest;

use super::{HttpRequest, accept};

/// A request that is none of GraphQL's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(super) status: StatusCode,
    pub(crate) message: String,
    pub(super) allow: Option<&'static str>,
    pub(super) code: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            allow: None,
            code: None,
        }
    }
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, message)
}

pub(super) fn is_without_query(query: Option<&str>) -> bool {
    !form_urlencoded::parse(query.unwrap_or_default().as_bytes()).any(|(key, _)| key == "query")
}

pub(super) fn read(request: &HttpRequest<'_>) -> Result<GraphQlRequest, Refusal> {
    match *request.method {
        Method::GET => from_query(request.query.unwrap_or_default()),
        Method::POST => from_body(request),
        _ => {
            let message = format!(
                "GraphQL is asked with GET or POST, not with {}.",
                request.method
            );
            let mut refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message);
            refusal.allow = Some("GET, POST");
            Err(refusal)
        }
    }
}

fn from_query(query: &str) -> Result<GraphQlRequest, Refusal> {
    let mut parameters = Map::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = match &*key {
            "query" | "operationName" => Json::String(value.into_owned()),
            "variables" | "extensions" if value.is_empty() => Json::Null,
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|e| bad(format!("the parameter {key} is no JSON: {e}")))?,
            _ => continue,
        };
        parameters.entry(key.into_owned()).or_insert(value);
    }
    // An empty name names no operation.
    if parameters
        .get("operationName")
        .is_some_and(|name| name == "")
    {
        parameters.remove("operationName");
    }
    from_parameters(parameters)
}

const TYPES: &str = "send application/json, or the query alone as application/graphql";

fn from_body(request: &HttpRequest<'_>) -> Result<GraphQlRequest, Refusal> {
    let unsupported = |message: String| Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message);
    let content_type = request
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let content_type = content_type
        .ok_or_else(|| unsupported(format!("the request has no Content-Type: {TYPES}")))?;
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
    let charset = parts
        .filter_map(|part| part.split_once('='))
        .find(|(key, _)| key.trim().eq_ignore_ascii_case("charset"));
    if let Some((_, charset)) = charset
        && !accept::is_utf8(charset)
    {
        return Err(unsupported(format!(
            "the charset {} is not supported: send UTF-8",
            charset.trim()
        )));
    }
    let is_json = media_type == "application/json" || media_type == "application/graphql+json";
    if !is_json && media_type != "application/graphql" {
        return Err(unsupported(format!(
            "the media type {media_type:?} is not supported: {TYPES}"
        )));
    }
    let body = std::str::from_utf8(request.body)
        .map_err(|e| bad(format!("the body is not UTF-8: {e}")))?;
    if body.trim().is_empty() {
        return Err(bad("the body is empty, and a GraphQL request is expected"));
    }
    if !is_json {
        return Ok(GraphQlRequest::new(body));
    }
    let json: Json =
        serde_json::from_str(body).map_err(|e| bad(format!("malformed JSON in the body: {e}")))?;
    match json {
        Json::Object(parameters) => from_parameters(parameters),
        Json::Array(_) => Err(bad(
            "batched requests are not supported: send one operation in each request",
        )),
        _ => Err(bad("the body must be a JSON object with a `query`")),
    }
}

/// Parameters of a request in any of its forms; those of other names are ignored.
pub(crate) fn from_parameters(
    mut parameters: Map<String, Json>,
) -> Result<GraphQlRequest, Refusal> {
    let operation_name = match parameters.remove("operationName") {
        None | Some(Json::Null) => None,
        Some(Json::String(name)) => Some(name),
        Some(_) => return Err(bad("`operationName` must be a string")),
    };
    let variables = match parameters.remove("variables") {
        None | Some(Json::Null) => Map::new(),
        Some(Json::Object(variables)) => variables,
        Some(_) => return Err(bad("`variables` must be a map")),
    };
    let extensions = match parameters.remove("extensions") {
        None | Some(Json::Null) => Map::new(),
        Some(Json::Object(extensions)) => extensions,
        Some(_) => return Err(bad("`extensions` must be a map")),
    };
    let query = match parameters.remove("query") {
        Some(Json::String(query)) if !query.trim().is_empty() => query,
        None | Some(Json::Null) if extensions.contains_key("persistedQuery") => {
            let mut refusal = Refusal::new(StatusCode::OK, "PersistedQueryNotSupported");
            refusal.code = Some("PERSISTED_QUERY_NOT_SUPPORTED");
            return Err(refusal);
        }
        None | Some(Json::Null | Json::String(_)) => {
            return Err(bad(
                "the request has no `query`: send the text of a GraphQL document",
            ));
        }
        Some(_) => return Err(bad("`query` must be a string")),
    };
    Ok(GraphQlRequest {
        query,
        operation_name,
        variables,
    })
}
