//! Problem documents (RFC 9457), with Prism's types and titles.

use serde_json::{Map, Value, json};

/// An answer that the description does not have: why, and for whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The last part of its type: `NO_PATH_MATCHED_ERROR`.
    pub name: &'static str,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// Further members of the document.
    pub more: Vec<(&'static str, Value)>,
    pub headers: Vec<(String, String)>,
}

const FETCH_ERROR: &str = "FetchError";
const BASE: &str = "https://stoplight.io/prism/errors#";

impl Problem {
    pub(super) fn new(
        name: &'static str,
        status: u16,
        title: &str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            name,
            title: title.to_owned(),
            status,
            detail: detail.into(),
            more: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// The document's text.
    pub fn text(&self) -> String {
        let mut document = Map::new();
        let base = if self.name == FETCH_ERROR { "" } else { BASE };
        document.insert("type".into(), format!("{base}{}", self.name).into());
        document.insert("title".into(), self.title.clone().into());
        document.insert("status".into(), self.status.into());
        document.insert("detail".into(), self.detail.clone().into());
        for (name, value) in &self.more {
            document.insert((*name).into(), value.clone());
        }
        if !self.headers.is_empty() {
            let headers: Map<String, Value> = self
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), json!(value)))
                .collect();
            document.insert("headers".into(), headers.into());
        }
        crate::json::text(&Value::Object(document))
    }

    /// As JavaScript shows the error.
    pub(super) fn as_error(&self) -> String {
        if self.name == "UNKNOWN" {
            format!("Error: {}", self.title)
        } else {
            format!("{BASE}{}: {}", self.name, self.title)
        }
    }

    pub(super) fn no_path(path: &str) -> Self {
        Self::new(
            "NO_PATH_MATCHED_ERROR",
            404,
            "Route not resolved, no path matched",
            format!("The route {path} hasn't been found in the specification file"),
        )
    }

    pub(super) fn no_method(path: &str, method: &str) -> Self {
        Self::new(
            "NO_METHOD_MATCHED_ERROR",
            405,
            "Route resolved, but no method matched",
            format!(
                "The route {path} has been matched, but it does not have \"{method}\" method defined"
            ),
        )
    }

    pub(super) fn no_server(url: &str) -> Self {
        Self::new(
            "NO_SERVER_MATCHED_ERROR",
            404,
            "Route not resolved, no server matched",
            format!("The server url {url} hasn't been matched with any of the provided servers"),
        )
    }

    pub(super) fn no_servers(url: &str) -> Self {
        Self::new(
            "NO_SERVER_CONFIGURATION_PROVIDED_ERROR",
            404,
            "Route not resolved, no server configuration provided",
            format!(
                "No server configuration has been provided, although {url} is set as server url"
            ),
        )
    }

    pub(super) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new("UNPROCESSABLE_ENTITY", 422, "Invalid request", detail)
    }

    pub(super) fn not_acceptable(accept: &str) -> Self {
        Self::new(
            "NOT_ACCEPTABLE",
            406,
            "The server cannot produce a representation for your accept header",
            format!("Unable to find content for {accept}"),
        )
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(
            "NOT_FOUND",
            404,
            "The server cannot find the requested content",
            detail,
        )
    }

    pub(super) fn no_response() -> Self {
        Self::new(
            "NO_RESPONSE_RESPONSE_DEFINED",
            500,
            "No response defined for the selected operation",
            "",
        )
    }

    pub(super) fn unauthorized(tags: &[String]) -> Self {
        let mut problem = Self::new(
            "UNAUTHORIZED",
            401,
            "Invalid security scheme used",
            "Your request does not fullfil the security requirements and no HTTP unauthorized response was found in the spec, so Prism is generating this error for you.",
        );
        if !tags.is_empty() {
            problem
                .headers
                .push(("WWW-Authenticate".to_owned(), tags.join(",")));
        }
        problem
    }

    pub(super) fn content_type(detail: &str) -> Self {
        Self::new("INVALID_CONTENT_TYPE", 415, "Invalid content type", detail)
    }

    pub(super) fn violations(list: Vec<Value>) -> Self {
        let mut problem = Self::new(
            "VIOLATIONS",
            500,
            "Request/Response not valid",
            "Your request/response is not valid and the --errors flag is set, so Prism is generating this error for you.",
        );
        problem.more.push(("validation", list.into()));
        problem
    }

    pub(super) fn too_complex(source: &str) -> Self {
        Self::new(
            "SCHEMA_TOO_COMPLEX",
            500,
            "Schema too complex",
            format!(
                "Unable to generate {source} for response. The schema is too complex to generate."
            ),
        )
    }

    /// The real API does not answer. Its type is the name of the error that Prism meets, and no URL.
    pub(super) fn unreachable(title: &str) -> Self {
        Self::new(FETCH_ERROR, 500, title, "")
    }

    /// What has no type of its own.
    pub(super) fn unknown(title: impl Into<String>) -> Self {
        Self::new("UNKNOWN", 500, &title.into(), "")
    }
}
