//! Requests that the API sends once it has answered.

use efsm_spec::mock::Callback;

use crate::{mock, openapi, send};

const SUBSCRIBE: &str = "
  /subscriptions/{kind}:
    post:
      parameters: [{name: kind, in: path, required: true, schema: {type: string}}]
      requestBody:
        content:
          application/json: {schema: {type: object, properties: {url: {type: string}}}}
          application/x-www-form-urlencoded: {schema: {type: object}}
      responses:
        '201':
          description: made
          headers: {X-Number: {schema: {type: string}, example: n1}}
          content: {application/json: {example: {id: s1}}}
      callbacks:
        onEvent:
          '{$request.body#/url}':
            post:
              parameters: [{name: X-Signature, in: header, schema: {type: string}, example: signed}]
              requestBody: {content: {application/json: {schema: {type: object, properties: {count: {type: integer}}}}}}
              responses: {'200': {description: taken}}
        onEnd:
          'http://127.0.0.1/{$request.path.kind}/{$request.query.q}/{$method}/{$statusCode}/{$response.body#/id}/{$response.header.x-number}/{$request.header.x-h}{$request.body#/none}':
            $ref: '#/components/pathItems/End'
components:
  pathItems:
    End: {delete: {responses: {'204': {description: gone}}}}
";

fn callbacks(body: &str, content_type: &str) -> Vec<Callback> {
    let mock = mock(&openapi(SUBSCRIBE));
    let headers = [("content-type", content_type), ("x-h", "h")];
    let answer = send(&mock, "POST /subscriptions/all?q=a", &headers, body);
    assert_eq!(answer.status, 201);
    answer.callbacks
}

#[test]
fn callbacks_go_where_their_expressions_say() {
    let sent = callbacks(r#"{"url":"http://client/hook"}"#, "application/json");
    let lines: Vec<String> = sent
        .iter()
        .map(|one| format!("{} {} {}", one.name, one.method, one.url))
        .collect();
    assert_eq!(
        lines,
        [
            "onEvent POST http://client/hook",
            "onEnd DELETE http://127.0.0.1/all/a/post/201/s1/n1/h",
        ]
    );
    assert_eq!(sent[0].body.as_deref(), Some(br#"{"count":0}"#.as_slice()));
    let headers: Vec<(&str, &str)> = sent[0]
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        headers,
        [
            ("X-Signature", "signed"),
            ("content-type", "application/json")
        ]
    );
    assert_eq!(sent[1].body, None);
}

#[test]
fn fields_of_a_form_are_read_as_those_of_a_body() {
    let sent = callbacks(
        "url=http%3A%2F%2Fclient%2Fform",
        "application/x-www-form-urlencoded",
    );
    assert_eq!(sent[0].url, "http://client/form");
}

#[test]
fn answers_to_callbacks_are_checked() {
    let sent = callbacks(r#"{"url":"http://client/hook"}"#, "application/json");
    assert!(sent[0].check(200, &[], b"").is_empty());
    let broken = sent[0].check(500, &[], b"");
    assert_eq!(
        broken[0].message,
        "Unable to match the returned status code with those defined in the document: 200"
    );
}

#[test]
fn answers_without_callbacks_send_nothing() {
    let mock = mock(&openapi(
        "  /a: {get: {responses: {'200': {description: ok}}}}",
    ));
    assert!(crate::get(&mock, "/a").callbacks.is_empty());
}
