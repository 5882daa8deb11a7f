//! Request patterns: which requests a stub answers, or a query of the journal selects.

pub mod diff;
mod distance;
mod matching;
pub mod method;
pub mod multipart;
mod parse;
pub mod probe;
pub mod url;

use efsm_matchers::{Matcher, MultiMatcher};
use serde_json::Value;

pub use self::method::MethodPattern;
pub use self::multipart::MultipartPattern;
pub use self::probe::Probe;
pub use self::url::UrlPattern;

/// A compiled request pattern.
#[derive(Clone, Debug)]
pub struct RequestPattern {
    pub url: UrlPattern,
    pub method: MethodPattern,
    pub(crate) scheme: Option<String>,
    pub(crate) host: Option<Matcher>,
    pub(crate) port: Option<u16>,
    pub(crate) client_ip: Option<Matcher>,
    pub(crate) path_parameters: Vec<(String, Matcher)>,
    pub(crate) headers: Vec<(String, MultiMatcher)>,
    pub(crate) query: Vec<(String, MultiMatcher)>,
    pub(crate) form: Vec<(String, MultiMatcher)>,
    pub(crate) cookies: Vec<(String, Matcher)>,
    /// The `Authorization` header that carries the credentials.
    pub(crate) basic_auth: Option<String>,
    pub(crate) body: Vec<Matcher>,
    pub(crate) multipart: Vec<MultipartPattern>,
    /// Whether URL and method are all that it asks for.
    pub(crate) is_plain: bool,
    /// The pattern's own JSON, with the defaults filled in.
    pub json: Value,
}

impl PartialEq for RequestPattern {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}
