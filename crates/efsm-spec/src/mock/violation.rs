//! What a request or a response breaks of its description.

use serde_json::{Map, Value};

use crate::schema::Failure;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Request,
    Response,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    pub side: Side,
    pub severity: Severity,
    /// Where it is: `["body", "name"]`.
    pub path: Option<Vec<String>>,
    /// A keyword of JSON Schema, or a status.
    pub code: Option<Code>,
    pub message: String,
    /// What an answer of 401 asks for.
    pub(super) tags: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    Keyword(String),
    Status(u16),
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::Warning => "Warning",
        }
    }
}

impl Violation {
    pub(super) fn new(side: Side, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            side,
            severity,
            path: None,
            code: None,
            message: message.into(),
            tags: Vec::new(),
        }
    }

    pub(super) fn error(message: impl Into<String>) -> Self {
        Self::new(Side::Request, Severity::Error, message)
    }

    pub(super) fn at(mut self, path: &[&str]) -> Self {
        self.path = Some(path.iter().map(|part| (*part).to_owned()).collect());
        self
    }

    pub(super) fn keyword(mut self, keyword: &str) -> Self {
        self.code = Some(Code::Keyword(keyword.to_owned()));
        self
    }

    pub(super) fn status(mut self, status: u16) -> Self {
        self.code = Some(Code::Status(status));
        self
    }

    pub(super) fn is_status(&self, status: u16) -> bool {
        self.code == Some(Code::Status(status))
    }

    /// What a schema has against a part of a request or response.
    pub(super) fn of_failure(side: Side, part: &str, failure: Failure) -> Self {
        let who = match side {
            Side::Request => "Request",
            Side::Response => "Response",
        };
        let own: Vec<String> = failure
            .path
            .into_iter()
            .filter(|segment| !segment.is_empty())
            .collect();
        let place = if own.is_empty() {
            String::new()
        } else {
            let what = if part == "body" {
                "property"
            } else {
                "parameter"
            };
            format!("{what} {} ", own.join(".").trim())
        };
        let mut path = vec![part.to_owned()];
        path.extend(own);
        Self {
            path: Some(path),
            code: Some(Code::Keyword(failure.keyword.to_owned())),
            message: format!("{who} {part} {place}{}", failure.message),
            ..Self::new(side, Severity::Error, "")
        }
    }

    /// As it stands in a problem document.
    pub fn to_json(&self) -> Value {
        self.json(self.path.clone())
    }

    /// As it stands in `sl-violations`: its place begins with the side.
    pub fn to_json_with_side(&self) -> Value {
        let side = match self.side {
            Side::Request => "request",
            Side::Response => "response",
        };
        let mut path = vec![side.to_owned()];
        path.extend(self.path.iter().flatten().cloned());
        self.json(Some(path))
    }

    fn json(&self, path: Option<Vec<String>>) -> Value {
        let mut json = Map::new();
        if let Some(path) = path {
            json.insert("location".into(), path.into());
        }
        json.insert("severity".into(), self.severity.as_str().into());
        match &self.code {
            Some(Code::Keyword(keyword)) => {
                json.insert("code".into(), keyword.clone().into());
            }
            Some(Code::Status(status)) => {
                json.insert("code".into(), (*status).into());
            }
            None => {}
        }
        json.insert("message".into(), self.message.clone().into());
        Value::Object(json)
    }
}
