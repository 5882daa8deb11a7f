//! Cross-origin requests of browsers.

use http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN};
use http::{HeaderMap, HeaderName};

use super::{Answer, Mock, Request};

/// The headers of a request that its CORS answers repeat.
const REPEATED: [HeaderName; 3] = [
    ORIGIN,
    ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_EXPOSE_HEADERS,
];

impl Mock {
    /// Whether a request gets the CORS headers that one without headers gets.
    pub(super) fn is_plain(&self, request: &Request<'_>) -> bool {
        !self.options.has_cors
            || REPEATED
                .iter()
                .all(|name| !request.headers.contains_key(name))
    }

    /// The headers that let any page of a browser read the answer.
    pub(super) fn cors(&self, asked: &HeaderMap) -> Vec<(String, String)> {
        if !self.options.has_cors {
            return Vec::new();
        }
        let header = |name: &HeaderName, fallback: &str| {
            let value = asked.get(name).and_then(|value| value.to_str().ok());
            value
                .filter(|value| !value.is_empty())
                .unwrap_or(fallback)
                .to_owned()
        };
        [
            ("Access-Control-Allow-Origin", header(&ORIGIN, "*")),
            (
                "Access-Control-Allow-Headers",
                header(&ACCESS_CONTROL_REQUEST_HEADERS, "*"),
            ),
            ("Access-Control-Allow-Credentials", "true".to_owned()),
            (
                "Access-Control-Expose-Headers",
                header(&ACCESS_CONTROL_EXPOSE_HEADERS, "*"),
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The answer to a browser that asks before it sends a request of another origin's.
    pub fn preflight(&self, request: &Request<'_>) -> Option<Answer> {
        let has = |name: &str| {
            request
                .headers
                .get(name)
                .is_some_and(|value| !value.is_empty())
        };
        let is_preflight = self.options.has_cors
            && request.method.eq_ignore_ascii_case("options")
            && has("origin")
            && has("access-control-request-method");
        if !is_preflight {
            return None;
        }
        let mut headers = self.cors(request.headers);
        let method = request
            .headers
            .get("access-control-request-method")
            .and_then(|value| value.to_str().ok())
            .unwrap_or("GET,DELETE,HEAD,PATCH,POST,PUT,OPTIONS");
        headers.push(("Access-Control-Allow-Methods".to_owned(), method.to_owned()));
        headers.push(("Vary".to_owned(), "origin".to_owned()));
        Some(Answer {
            status: 204,
            headers,
            ..Answer::default()
        })
    }
}
