//! The URL part of a request pattern.

use efsm_javatext::JavaRegex;

use super::template::PathTemplate;
use crate::engine::request::LoggedRequest;

/// Which URLs a pattern accepts.
#[derive(Clone, Debug)]
pub enum UrlPattern {
    Any,
    /// Path and query, exactly as sent.
    Url(String),
    /// A regular expression for the whole of path and query.
    UrlRegex(JavaRegex),
    /// The path, exactly as sent.
    Path(String),
    /// A regular expression for the whole path.
    PathRegex(JavaRegex),
    /// A template of the path: `/things/{id}`.
    Template(PathTemplate),
}

impl UrlPattern {
    /// Whether it names one path.
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Url(_) | Self::Path(_))
    }

    pub fn matches(&self, request: &LoggedRequest) -> bool {
        match self {
            Self::Any => true,
            Self::Url(url) => url == request.url(),
            Self::Path(path) => path == request.path(),
            // A pattern too complex for this URL does not match it.
            Self::UrlRegex(regex) => regex.matches(request.url()).unwrap_or(false),
            Self::PathRegex(regex) => regex.matches(request.path()).unwrap_or(false),
            Self::Template(template) => template.matches(request.path()),
        }
    }
}
