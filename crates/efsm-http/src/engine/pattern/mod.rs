//! Request patterns: which requests a stub answers, or a query of the journal selects.

pub mod method;
pub mod parse;
pub mod template;
pub mod url;

pub use method::MethodPattern;
pub use url::UrlPattern;

use serde_json::Value;

use crate::engine::request::LoggedRequest;

/// A compiled request pattern.
#[derive(Clone, Debug)]
pub struct RequestPattern {
    pub url: UrlPattern,
    pub method: MethodPattern,
    /// The pattern's own JSON, with the defaults filled in.
    pub json: Value,
}

impl RequestPattern {
    /// Whether the request is one that the pattern describes.
    pub fn matches(&self, request: &LoggedRequest) -> bool {
        self.method.matches(request.method()) && self.url.matches(request)
    }
}
