//! A description in front of the real API.

use bytes::Bytes;
use efsm_spec::mock::{Forwarding, Received};
use efsm_spec::{Answer, Mock, Options, Request};

use crate::{header, headers, json, mock, mock_with, openapi};

const PATHS: &str = "
  /pets:
    get:
      deprecated: true
      parameters: [{name: n, in: query, schema: {type: integer}}]
      responses: {'200': {description: x, content: {application/json: {schema: {type: object, required: [id]}}}}}
";

/// Sends a request through, with what the real API answers.
fn through(mock: &Mock, target: &str, status: u16, body: &'static str) -> Answer {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = headers(&[]);
    let request = Request {
        method: "GET",
        path,
        query,
        headers: &headers,
        body: b"",
    };
    match mock.forward(&request) {
        Forwarding::Answered(answer) => answer,
        Forwarding::Sent(sent) => {
            let received = Received {
                status,
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                body: &Bytes::from_static(body.as_bytes()),
            };
            mock.received(&request, sent, &received, 7)
        }
    }
}

#[test]
fn both_ways_are_checked() {
    let mock = mock(&openapi(PATHS));
    let good = through(&mock, "/pets?n=1", 200, r#"{"id": 1}"#);
    assert_eq!((good.status, &*good.body), (200, br#"{"id":1}"#.as_slice()));
    assert_eq!(header(&good, "sl-violations"), None);
    assert_eq!(header(&good, "deprecation"), Some("true"));
    let bad = through(&mock, "/pets?n=x", 200, "{}");
    assert_eq!((bad.status, bad.violations.len()), (200, 2));
    let unknown = through(&mock, "/other", 200, "{}");
    assert!(
        header(&unknown, "sl-violations")
            .is_some_and(|text| text.contains("Selected route not found"))
    );
}

#[test]
fn errors_stop_requests_before_they_are_sent() {
    let strict = mock_with(
        &openapi(PATHS),
        Options {
            shows_errors: true,
            ..Options::default()
        },
    );
    let stopped = through(&strict, "/pets?n=x", 200, r#"{"id": 1}"#);
    assert_eq!(
        (stopped.status, stopped.problem),
        (422, Some("UNPROCESSABLE_ENTITY"))
    );
    assert_eq!(through(&strict, "/other", 200, "{}").status, 404);
    let broken = through(&strict, "/pets", 200, "{}");
    assert_eq!((broken.status, broken.problem), (500, Some("VIOLATIONS")));
}

#[test]
fn what_the_api_does_not_have_is_mocked() {
    let mock = mock(&openapi(PATHS));
    let mocked = through(&mock, "/pets", 501, "{}");
    assert_eq!(mocked.status, 200);
    assert!(json(&mocked).is_object());
    assert_eq!(
        through(&mock, "/other", 501, "{}").problem,
        Some("UPSTREAM_NOT_IMPLEMENTED")
    );
}
