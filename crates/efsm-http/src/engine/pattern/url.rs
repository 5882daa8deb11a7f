//! The URL part of a request pattern.

use std::sync::Arc;

use efsm_javatext::JavaRegex;
use efsm_matchers::{EqualTo, MatchContext, Matcher, PathTemplate, Subject};

use crate::engine::request::LoggedRequest;
use crate::engine::resource::ResourceDefinition;

/// Which URLs a pattern accepts.
#[derive(Clone, Debug)]
pub enum UrlPattern {
    Any,
    /// Path and query, exactly as sent.
    Url(String),
    /// A regular expression for the whole of path and query.
    UrlRegex(Arc<JavaRegex>),
    /// The path, exactly as sent.
    Path(String),
    /// A regular expression for the whole path.
    PathRegex(Arc<JavaRegex>),
    /// A template of the path: `/things/{id}`.
    Template(Arc<PathTemplate>),
    /// Every path of a stateful resource.
    Resource(Arc<ResourceDefinition>),
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
            Self::Resource(resource) => resource.target(request.path()).is_some(),
        }
    }

    /// How far the request's URL is from this one, 0.0 to 1.0.
    pub fn distance(&self, request: &LoggedRequest, context: &MatchContext) -> f64 {
        if self.matches(request) {
            return 0.0;
        }
        let (matcher, text) = match self {
            Self::Any => return 0.0,
            Self::Url(url) => (equal_to(url), request.url()),
            Self::Path(path) => (equal_to(path), request.path()),
            Self::UrlRegex(_) | Self::PathRegex(_) => return 1.0,
            Self::Resource(resource) => (equal_to(&resource.base), request.path()),
            Self::Template(template) => (Matcher::PathTemplate(template.clone()), request.path()),
        };
        matcher.matches(&Subject::text(text), context).distance()
    }

    /// What the left column of a difference shows.
    pub fn description(&self) -> String {
        match self {
            Self::Any => "(always)".to_owned(),
            Self::Url(url) => url.clone(),
            Self::UrlRegex(regex) => format!("[regex] {}", regex.as_str()),
            Self::Path(path) => format!("[path] {path}"),
            Self::PathRegex(regex) => format!("[path regex] {}", regex.as_str()),
            Self::Template(template) => format!("[path template] {}", template.as_str()),
            Self::Resource(resource) => format!("[resource] {}", resource.base),
        }
    }
}

fn equal_to(value: &str) -> Matcher {
    Matcher::EqualTo(Arc::new(EqualTo {
        value: value.to_owned(),
        case_insensitive: None,
    }))
}
