//! One binary for all integration tests of the crate.

mod beyond_prism;
mod callbacks;
mod documents;
mod har;
mod negotiation;
mod oracle;
mod postman;
mod proxy;
mod record;
mod routing;
mod security;
mod swagger;
mod validation;

use efsm_spec::{Answer, Description, Mock, NoFiles, Options, Request};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// A mock of a description in YAML, without CORS headers.
pub(crate) fn mock(text: &str) -> Mock {
    mock_with(text, Options::default())
}

pub(crate) fn mock_with(text: &str, options: Options) -> Mock {
    let description = Description::parse("test.yaml", text, &NoFiles).expect("a description");
    Mock::new(
        description,
        Options {
            has_cors: false,
            ..options
        },
    )
}

/// An OpenAPI document with these paths and components.
pub(crate) fn openapi(paths: &str) -> String {
    format!("openapi: 3.0.3\ninfo: {{title: Test, version: '1'}}\npaths:\n{paths}")
}

pub(crate) fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            (name, HeaderValue::from_str(value).expect("a value"))
        })
        .collect()
}

/// Sends `GET /path?query`, with headers and a body.
pub(crate) fn send(mock: &Mock, line: &str, pairs: &[(&str, &str)], body: &str) -> Answer {
    let (method, target) = line.split_once(' ').expect("a method and a target");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = headers(pairs);
    let request = Request {
        method,
        path,
        query,
        headers: &headers,
        body: body.as_bytes(),
    };
    mock.answer(&request, 7)
}

pub(crate) fn get(mock: &Mock, target: &str) -> Answer {
    send(mock, &format!("GET {target}"), &[], "")
}

pub(crate) fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or(Value::Null)
}

pub(crate) fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer
        .headers
        .iter()
        .find(|(own, _)| own.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// Code and message of every violation in a problem document.
pub(crate) fn violations(answer: &Answer) -> Vec<(String, String)> {
    let list = json(answer)["validation"].clone();
    list.as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            let text = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
            (text("code"), text("message"))
        })
        .collect()
}
