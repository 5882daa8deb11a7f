//! The method part of a request pattern.

use http::Method;

/// Which methods a pattern accepts.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum MethodPattern {
    #[default]
    Any,
    GetOrHead,
    Exactly(Method),
}

impl MethodPattern {
    /// Reads `GET`, `ANY`, `GET_OR_HEAD` or any other token of RFC 9110.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "ANY" => Self::Any,
            "GET_OR_HEAD" => Self::GetOrHead,
            name => Self::Exactly(Method::from_bytes(name.as_bytes()).ok()?),
        })
    }

    pub fn matches(&self, method: &Method) -> bool {
        match self {
            Self::Any => true,
            Self::GetOrHead => *method == Method::GET || *method == Method::HEAD,
            Self::Exactly(wanted) => wanted == method,
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Any => "ANY",
            Self::GetOrHead => "GET_OR_HEAD",
            Self::Exactly(method) => method.as_str(),
        }
    }
}
