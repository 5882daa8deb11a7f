//! What happened on the way to an answer, in the lines that Prism prints.

use std::sync::Arc;

/// The part of the pipeline that speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Server,
    Negotiator,
    Validator,
    Proxy,
    Callback,
    /// Of an API whose description is a GraphQL schema.
    GraphQl,
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
#[derive(Debug, Default)]
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

    pub(super) fn into_lines(self) -> Arc<[Line]> {
        self.0.unwrap_or_default().into()
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
            Self::GraphQl => "GRAPHQL",
        }
    }
}
