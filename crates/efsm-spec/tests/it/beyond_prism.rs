//! Where the mock leaves Prism's ways, because Prism's users would rather have an answer.

use efsm_spec::{Answer, Description, Mock, NoFiles, Options, Request};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

fn mock(operation: &Value, options: Options) -> Mock {
    let document = json!({
        "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "paths": {"/a": {"get": operation, "delete": {"responses": {"204": {"description": "gone"}}}}},
    });
    let description = Description::parse("api.json", &document.to_string(), &NoFiles);
    Mock::new(description.expect("a description"), options)
}

fn ask(mock: &Mock, method: &str, cookie: Option<&'static str>) -> Answer {
    let mut headers = HeaderMap::new();
    if let Some(cookie) = cookie {
        headers.insert("cookie", HeaderValue::from_static(cookie));
    }
    let request = Request {
        method,
        path: "/a",
        query: "",
        headers: &headers,
        body: b"",
    };
    mock.answer(&request, 0)
}

fn giving(media_type: &str, content: &Value) -> Value {
    json!({"responses": {"200": {"description": "ok", "content": {media_type: content}}}})
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

#[test]
fn a_method_that_is_not_there_names_those_that_are() {
    let mock = mock(&giving("application/json", &json!({})), Options::default());
    let answer = ask(&mock, "PUT", None);
    let allowed = answer.headers.iter().find(|(name, _)| name == "allow");
    assert_eq!(
        (answer.status, allowed.map(|(_, value)| value.as_str())),
        (405, Some("GET, DELETE"))
    );
}

#[test]
fn a_static_answer_obeys_its_schema() {
    let schema = json!({"type": "object", "properties": {
        "name": {"type": "string"}, "code": {"type": "string", "pattern": "^[A-Z]{3}$"}}});
    let mock = mock(
        &giving("application/json", &json!({"schema": schema})),
        Options::default(),
    );
    let answer = ask(&mock, "GET", None);
    let found = body(&answer);
    assert_eq!(
        (&found["name"], answer.violations.len()),
        (&json!("string"), 0)
    );
    assert!(
        found["code"].as_str().is_some_and(|code| code.len() == 3),
        "{found}"
    );
}

#[test]
fn an_object_of_an_unknown_type_is_sent_as_json() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let mock = mock(
        &giving("application/x-lines", &json!({"schema": schema})),
        Options::default(),
    );
    assert_eq!(body(&ask(&mock, "GET", None)), json!({"a": "string"}));
}

#[test]
fn what_has_no_schema_answers_its_example_when_data_is_to_be_generated() {
    let options = Options {
        is_dynamic: true,
        ..Options::default()
    };
    let mock = mock(
        &giving("application/json", &json!({"example": {"a": 1}})),
        options,
    );
    assert_eq!(body(&ask(&mock, "GET", None)), json!({"a": 1}));
}

#[test]
fn an_optional_deep_object_may_be_left_out() {
    let mut operation = giving("application/json", &json!({"schema": {"type": "string"}}));
    operation["parameters"] = json!([{"name": "who", "in": "query", "style": "deepObject",
        "schema": {"type": "object", "required": ["mail"], "properties": {"mail": {"type": "string"}}}}]);
    assert_eq!(
        ask(&mock(&operation, Options::default()), "GET", None).status,
        200
    );
}

#[test]
fn cookies_are_checked() {
    let mut operation = giving("application/json", &json!({"schema": {"type": "string"}}));
    operation["parameters"] = json!([{"name": "session", "in": "cookie", "required": true, "schema": {"type": "integer"}}]);
    let mock = mock(&operation, Options::default());
    let status = |cookie| ask(&mock, "GET", cookie).status;
    assert_eq!(
        (
            status(Some("theme=dark; session=7")),
            status(Some("session=x")),
            status(None)
        ),
        (200, 422, 422)
    );
}
