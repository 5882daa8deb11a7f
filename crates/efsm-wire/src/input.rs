//! Bodies, queries and paths as they come, parsed once with a refusal that says what was wrong and where.

use std::borrow::Cow;

use efsm_core::{Body, BodyError, Response};
use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde::de::{Deserialize, DeserializeOwned};

use crate::answer;

/// Input that cannot be taken: a status and a message for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadInput {
    pub status: StatusCode,
    pub message: String,
}

impl BadInput {
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
        }
    }
}

impl std::fmt::Display for BadInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BadInput {}

impl From<BodyError> for BadInput {
    fn from(error: BodyError) -> Self {
        let status = match error {
            BodyError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::TimedOut { .. } => StatusCode::REQUEST_TIMEOUT,
            BodyError::Incomplete(_) | BodyError::Fault => StatusCode::BAD_REQUEST,
        };
        Self {
            status,
            message: error.to_string(),
        }
    }
}

impl From<BadInput> for Response {
    fn from(bad: BadInput) -> Self {
        answer::error(bad.status, bad.message)
    }
}

/// Reads a body whole and parses it as JSON.
pub async fn json_body<T: DeserializeOwned>(body: Body, limit_bytes: u64) -> Result<T, BadInput> {
    parse_json(&body.collect(limit_bytes).await?)
}

/// Parses JSON; the message has line, column and what was expected.
pub fn parse_json<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, BadInput> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(BadInput::new(
            "the body is empty, and a JSON document is expected",
        ));
    }
    serde_json::from_slice(bytes).map_err(|e| {
        let kind = if e.is_data() {
            "unexpected JSON"
        } else {
            "malformed JSON"
        };
        BadInput::new(format!("{kind} in the body: {e}"))
    })
}

/// The pairs of an `application/x-www-form-urlencoded` body, decoded, in order.
pub fn form_pairs(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

/// The pairs of a query string, decoded, in order.
pub fn query_pairs(query: Option<&str>) -> Vec<(String, String)> {
    form_pairs(query.unwrap_or("").as_bytes())
}

/// The first value of a query parameter, decoded.
pub fn query_value<'q>(query: Option<&'q str>, name: &str) -> Option<Cow<'q, str>> {
    form_urlencoded::parse(query?.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

/// A percent-encoded piece of a path as text; `+` stays a plus.
pub fn decode(raw: &str) -> Result<Cow<'_, str>, BadInput> {
    percent_decode_str(raw).decode_utf8().map_err(|_| {
        BadInput::new(format!(
            "the path has a piece that is not UTF-8 once decoded: {raw}"
        ))
    })
}

/// The decoded segments of a raw path, without the leading slash; `/a%2Fb/c` is `a/b`, `c`.
pub fn segments(raw_path: &str) -> Result<Vec<Cow<'_, str>>, BadInput> {
    let path = raw_path.strip_prefix('/').unwrap_or(raw_path);
    if path.is_empty() {
        return Ok(Vec::new());
    }
    path.split('/').map(decode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn refusal(body: &'static str) -> String {
        parse_json::<Value>(body.as_bytes())
            .expect_err("refused")
            .message
    }

    #[test]
    fn malformed_json_is_refused_with_its_place() {
        assert_eq!(
            refusal("{\"sql\": \n oops}"),
            "malformed JSON in the body: expected value at line 2 column 2"
        );
        assert!(refusal("  ").contains("empty"));
        assert!(refusal(Box::leak("[".repeat(5000).into_boxed_str())).contains("recursion limit"));
    }

    #[test]
    fn segments_are_decoded_after_the_split() {
        assert_eq!(segments("/a%2Fb/c%20d/+").unwrap(), ["a/b", "c d", "+"]);
        assert_eq!(segments("/").unwrap(), [] as [&str; 0]);
        assert_eq!(segments("/a/").unwrap(), ["a", ""]);
        assert!(segments("/%FF").unwrap_err().message.contains("%FF"));
    }

    #[test]
    fn query_values_are_decoded() {
        assert_eq!(
            query_value(Some("a=1&b=x+y%21"), "b").as_deref(),
            Some("x y!")
        );
        assert_eq!(query_value(None, "b"), None);
    }
}
