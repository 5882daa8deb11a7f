//! Parameters of an OAuth call: a form, or a JSON object with the same names.

use bytes::Bytes;
use efsm_core::{Limits, Request};
use efsm_wire::{BadInput, form_pairs};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;

/// Each parameter once, in order.
#[derive(Debug, PartialEq)]
pub(super) struct Parameters(Vec<(String, Value)>);

impl Parameters {
    pub(super) async fn read(request: Request, limits: &Limits) -> Result<Self, BadInput> {
        let content_type = request.header(CONTENT_TYPE).unwrap_or("").to_owned();
        let body = request.body.collect(limits.body_bytes).await?;
        Self::parse(&content_type, &body)
    }

    fn parse(content_type: &str, body: &Bytes) -> Result<Self, BadInput> {
        let essence = content_type.split(';').next().unwrap_or("").trim();
        let essence = essence.to_ascii_lowercase();
        // `curl -d '{..}'` calls everything a form; no form of these parameters begins with a brace.
        let looks_like_json = body.trim_ascii_start().starts_with(b"{");
        if essence == "application/json" || essence.ends_with("+json") || looks_like_json {
            return Self::from_json(body);
        }
        match essence.as_str() {
            "" | "application/x-www-form-urlencoded" => Self::from_pairs(form_pairs(body)),
            other => Err(BadInput {
                status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                message: format!(
                    "the content type {other} is not understood: send application/x-www-form-urlencoded or application/json"
                ),
            }),
        }
    }

    fn from_json(body: &[u8]) -> Result<Self, BadInput> {
        if body.trim_ascii().is_empty() {
            return Err(BadInput::new(
                "the body is empty, and parameters are expected",
            ));
        }
        efsm_jose::json::object(body)
            .map(|object| Self(object.into_iter().collect()))
            .map_err(|problem| BadInput::new(format!("malformed JSON in the body: {problem}")))
    }

    fn from_pairs(pairs: Vec<(String, String)>) -> Result<Self, BadInput> {
        let mut parameters: Vec<(String, Value)> = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            // RFC 6749 section 3.2: no parameter more than once.
            if parameters.iter().any(|(other, _)| *other == name) {
                return Err(BadInput::new(format!("the parameter '{name}' is repeated")));
            }
            parameters.push((name, value.into()));
        }
        Ok(Self(parameters))
    }

    /// A parameter that is text; `None` when it was not sent, or without a value.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, BadInput> {
        let Some((_, value)) = self.0.iter_mut().find(|(other, _)| other == name) else {
            return Ok(None);
        };
        match value.take() {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text).filter(|text| !text.is_empty())),
            _ => Err(BadInput::new(format!(
                "the parameter '{name}' must be a string"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content_type: &str, body: &'static str, expected: Result<&[(&str, &str)], &str>) {
        let parsed = Parameters::parse(content_type, &Bytes::from_static(body.as_bytes()));
        match expected {
            Ok(pairs) => {
                let pairs = pairs
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
                    .collect();
                assert_eq!(parsed, Ok(Parameters(pairs)), "{body}");
            }
            Err(why) => {
                let message = parsed.expect_err(body).message;
                assert!(message.contains(why), "{body}: {message}");
            }
        }
    }

    #[test]
    fn forms_and_json_give_the_same_parameters() {
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        let expected: &[_] = &[("grant_type", "password"), ("username", "a b")];
        check(form, "grant_type=password&username=a+b", Ok(expected));
        check("", "grant_type=password&username=a%20b", Ok(expected));
        for content_type in [
            "application/json",
            "Application/JSON; charset=utf-8",
            form,
            "",
        ] {
            let body = r#" {"grant_type":"password","username":"a b"}"#;
            check(content_type, body, Ok(expected));
        }
        check(form, "", Ok(&[]));
    }

    #[test]
    fn bodies_that_are_neither_are_refused() {
        check("application/json", "", Err("empty"));
        check(
            "application/json",
            "{\"a\":\n oops}",
            Err("line 2 column 2"),
        );
        check("application/json", "[1]", Err("expected a JSON object"));
        check(
            "application/json",
            r#"{"a":"1","a":"2"}"#,
            Err("appears twice"),
        );
        check("", "a=1&b=2&a=3", Err("'a' is repeated"));
        check("text/plain", "a=1", Err("text/plain is not understood"));
    }
}
