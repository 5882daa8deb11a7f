//! From paths and methods to operations.

use efsm_spec::Options;

use crate::{get, header, json, mock, mock_with, openapi, send};

const PATHS: &str = "
  /pets/{id}:
    get: {responses: {'200': {description: x, content: {application/json: {example: by id}}}}}
  /pets/mine:
    get: {responses: {'200': {description: x, content: {application/json: {example: mine}}}}}
  /pets/{id}/{part}:
    get: {responses: {'200': {description: x, content: {application/json: {example: two}}}}}
  /pets/{id}/toys:
    get: {responses: {'200': {description: x, content: {application/json: {example: toys}}}}}
  /files/{name}.json:
    get: {responses: {'200': {description: x, content: {application/json: {example: file}}}}}
";

#[test]
fn concrete_paths_win_over_templates() {
    let mock = mock(&openapi(PATHS));
    for (path, expected) in [
        ("/pets/7", "by id"),
        ("/pets/mine", "mine"),
        ("/pets/7/toys", "toys"),
        ("/pets/7/other", "two"),
        ("/files/a.json", "file"),
        ("/pets/%6Dine", "mine"),
    ] {
        assert_eq!(json(&get(&mock, path)), expected, "{path}");
    }
}

#[test]
fn unknown_paths_and_methods_are_told_apart() {
    let mock = mock(&openapi(PATHS));
    let none = get(&mock, "/nope");
    assert_eq!(
        (none.status, none.problem),
        (404, Some("NO_PATH_MATCHED_ERROR"))
    );
    assert_eq!(
        json(&none),
        serde_json::json!({
            "type": "https://stoplight.io/prism/errors#NO_PATH_MATCHED_ERROR",
            "title": "Route not resolved, no path matched",
            "status": 404,
            "detail": "The route /nope hasn't been found in the specification file",
        })
    );
    assert_eq!(
        header(&none, "content-type"),
        Some("application/problem+json")
    );
    for method in ["POST", "HEAD"] {
        let wrong = send(&mock, &format!("{method} /pets/7"), &[], "");
        assert_eq!(
            (wrong.status, wrong.problem),
            (405, Some("NO_METHOD_MATCHED_ERROR"))
        );
    }
}

#[test]
fn base_paths_of_servers_may_stand_before_a_path() {
    let text = openapi(PATHS).replace("paths:", "servers: [{url: 'https://x.example/v1'}]\npaths:");
    let mock = mock(&text);
    assert_eq!(json(&get(&mock, "/v1/pets/7")), "by id");
    assert_eq!(json(&get(&mock, "/pets/7")), "by id");
    assert_eq!(get(&mock, "/v2/pets/7").status, 404);
    assert!(mock.is_for_host("X.example"));
}

#[test]
fn named_server_must_be_one_of_the_description() {
    let servers = "servers: [{url: 'http://a.example'}, {url: '{scheme}://b.example', variables: {scheme: {default: http, enum: [http, https]}}}]\npaths:";
    let mock = mock(&openapi(PATHS).replace("paths:", servers));
    for (server, status) in [
        ("http://a.example", 200),
        ("https://b.example", 200),
        ("ftp://b.example", 404),
        ("http://c.example", 404),
    ] {
        let answer = get(&mock, &format!("/pets/7?__server={server}"));
        assert_eq!(answer.status, status, "{server}");
    }
    let none = crate::mock(&openapi(PATHS));
    let answer = get(&none, "/pets/7?__server=http://a.example");
    assert_eq!(
        answer.problem,
        Some("NO_SERVER_CONFIGURATION_PROVIDED_ERROR")
    );
}

#[test]
fn browsers_are_answered_before_they_send() {
    let description =
        efsm_spec::Description::parse("x", &openapi(PATHS), &efsm_spec::NoFiles).unwrap();
    let mock = efsm_spec::Mock::new(description, Options::default());
    let asking = [
        ("origin", "http://app.example"),
        ("access-control-request-method", "PUT"),
    ];
    let preflight = send(&mock, "OPTIONS /anything", &asking, "");
    assert_eq!(preflight.status, 204);
    assert_eq!(
        header(&preflight, "access-control-allow-methods"),
        Some("PUT")
    );
    assert_eq!(
        header(&preflight, "access-control-allow-origin"),
        Some("http://app.example")
    );
    let plain = get(&mock, "/pets/7");
    assert_eq!(header(&plain, "access-control-allow-origin"), Some("*"));
    let without = mock_with(&openapi(PATHS), Options::default());
    assert_eq!(send(&without, "OPTIONS /pets/7", &asking, "").status, 405);
}
