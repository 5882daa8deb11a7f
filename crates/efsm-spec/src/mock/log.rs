//! What happened on the way to an answer, in the lines that Prism prints.

use serde_json::{Value, json};

/// The part of the pipeline that speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Server,
    Negotiator,
    Validator,
    Proxy,
    Callback,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Debug,
    Info,
    Success,
    Warn,
    Error,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub scope: Scope,
    pub level: Level,
    pub message: String,
}

/// Lines, or nothing where nobody reads them.
#[derive(Debug)]
pub(super) struct Log(Option<Vec<Line>>);

impl Log {
    pub(super) fn new(is_kept: bool) -> Self {
        Self(is_kept.then(Vec::new))
    }

    pub(super) fn add(&mut self, scope: Scope, level: Level, message: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.0 {
            lines.push(Line {
                scope,
                level,
                message: message(),
            });
        }
    }

    pub(super) fn lines(&self) -> &[Line] {
        self.0.as_deref().unwrap_or_default()
    }

    pub(super) fn extend(&mut self, more: &[Line]) {
        if let Some(lines) = &mut self.0 {
            lines.extend_from_slice(more);
        }
    }

    pub(super) fn into_lines(self) -> Vec<Line> {
        self.0.unwrap_or_default()
    }
}

impl Scope {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "HTTP SERVER",
            Self::Negotiator => "NEGOTIATOR",
            Self::Validator => "VALIDATOR",
            Self::Proxy => "PROXY",
            Self::Callback => "CALLBACK",
        }
    }
}

impl Level {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Success => "success",
            Self::Warn => "warning",
            Self::Error => "error",
        }
    }
}

impl Line {
    pub fn to_json(&self) -> Value {
        json!({"scope": self.scope.as_str(), "level": self.level.as_str(), "message": self.message})
    }
}
