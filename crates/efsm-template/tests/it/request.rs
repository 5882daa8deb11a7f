//! The request, the parameters and the responses of webhooks, as templates see them.

use std::sync::Arc;

use efsm_template::{
    Map, Model, RenderLimits, RequestModel, ResponseModel, ResponseView, Template, Value,
};

use crate::support::{Request, World, check, check_with};

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn every_property_of_the_request_is_there() {
    for (template, expected) in [
        ("{{request.id}}", "5c2c6f5e-0000-4000-8000-000000000001"),
        ("{{request.method}}", "POST"),
        (
            "{{request.url}}",
            "/things/42/x?q=1&q=two&a=b%20c&tag=%3Cb%3E",
        ),
        ("{{request.path}}", "/things/42/x"),
        (
            "{{request.path.[1]}}{{request.path.1}}{{request.pathSegments.[0]}}",
            "4242things",
        ),
        ("{{request.path.[9]}}|{{request.path.nope}}|", "||"),
        (
            "{{request.query.q}} {{request.query.q.[1]}} {{request.query.q.last}}",
            "1 two two",
        ),
        ("{{request.query.nope}}|{{request.query.nope.[1]}}|", "||"),
        (
            "{{request.headers.x-MULTI}} {{request.headers.X-Multi.[1]}}",
            "one two",
        ),
        (
            "{{request.headers}}",
            "{Content-Type=application/json, X-Multi=one}",
        ),
        (
            "{{request.cookies.session}} {{request.cookies.nope}}|",
            "abc |",
        ),
        (
            "{{request.body}}",
            r#"{"name":"Ada","items":[{"id":1},{"id":2}]}"#,
        ),
        ("{{request.bodyAsBase64.length}}", "56"),
        ("{{request.isBinary}} {{request.binary}}", "false false"),
        (
            "{{request.isMultipart}} {{request.multipart}}",
            "false false",
        ),
        ("{{request.parts.file.body}}|", "|"),
        (
            "{{request.scheme}}://{{request.host}}:{{request.port}}",
            "http://example.test:8080",
        ),
        ("{{request.baseUrl}}", "http://example.test:8080"),
        ("{{request.clientIp}}", "127.0.0.1"),
        (
            "{{request.requestLine.method}} {{request.requestLine.path}} {{request.requestLine.query.a}}",
            "POST /things/42/x b c",
        ),
        (
            "{{request.requestLine.baseUrl}}",
            "http://example.test:8080",
        ),
        (
            "{{jsonPath (toJson request) '$.requestLine.path'}}",
            "/things/42/x",
        ),
        ("{{request.nope}}|{{request.nope.deeper}}|", "||"),
        ("{{parameters}} {{parameters.nope}}|", "{} |"),
    ] {
        check(template, expected);
    }
}

#[test]
fn urls_are_decoded_in_their_parts_and_kept_as_a_whole() {
    let request = |url: &str| Request {
        url: url.to_owned(),
        ..Request::default()
    };
    for (url, template, expected) in [
        (
            "/a%20b/c+d?x=1+2&x=3",
            "{{request.path}}|{{request.path.[1]}}",
            "/a b/c+d|c+d",
        ),
        (
            "/a%20b/c+d?x=1+2&x=3",
            "{{request.query.x}}|{{request.query.x.1}}",
            "1 2|3",
        ),
        (
            "/a%2Fb/c",
            "{{request.path.[0]}}{{request.path.size}}",
            "a3",
        ),
        (
            "/a//b/",
            "{{request.path}}|{{request.path.size}}",
            "/a//b/|2",
        ),
        ("/?a=b=c&z&w=", "{{request.query}}", "{a=b=c, z=, w=}"),
        ("/?bad=%zz%", "{{request.query.bad}}", "%zz%"),
        (
            "/",
            "{{request.path}}{{request.path.[0]}}|{{request.query}}",
            "/|{}",
        ),
        ("/x#f?q", "{{request.path}}", "/x"),
    ] {
        check_with(template, request(url), expected);
    }
}

#[test]
fn a_path_template_names_its_variables() {
    let request = || Request {
        variables: owned(&[("id", "42"), ("rest", "x")]),
        ..Request::default()
    };
    for (template, expected) in [
        (
            "{{request.path}} {{request.path.id}} {{request.path.[1]}}",
            "/things/42/x 42 42",
        ),
        ("{{request.path.nope}}|{{request.path.[9]}}|", "||"),
        ("{{#each request.path}}{{this}},{{/each}}", "things,42,x,"),
        (
            "{{#request.path}}{{this}},{{/request.path}}",
            "things,42,x,",
        ),
        ("{{join request.path '/'}}", "things/42/x"),
        ("{{size request.path}}", "5"),
        (
            "{{lookup request.path 'id'}}{{lookup request.path 1}}",
            "4242",
        ),
    ] {
        check_with(template, request(), expected);
    }
}

#[test]
fn parts_of_a_multipart_body_are_found_by_name() {
    let request = || Request {
        headers: owned(&[("Content-Type", "multipart/form-data; boundary=B")]),
        parts: Some(vec![
            (
                "file".to_owned(),
                owned(&[("Content-Type", "application/pdf"), ("X-P", "1")]),
                vec![1, 2, 255],
            ),
            ("json".to_owned(), Vec::new(), br#"{"a":1}"#.to_vec()),
        ]),
        ..Request::default()
    };
    for (template, expected) in [
        ("{{request.isMultipart}}", "true"),
        (
            "{{request.parts.json.name}} {{request.parts.json.body}}",
            r#"json {"a":1}"#,
        ),
        ("{{jsonPath request.parts.json.body '$.a'}}", "1"),
        (
            "{{request.parts.file.headers.Content-type}}",
            "application/pdf",
        ),
        (
            "{{request.parts.file.headers}}",
            "{content-type=application/pdf, x-p=1}",
        ),
        (
            "{{request.parts.file.bodyAsBase64}} {{request.parts.file.binary}}",
            "AQL/ true",
        ),
        ("{{request.parts.json.isBinary}}", "false"),
        ("{{#each request.parts}}{{@key}},{{/each}}", "file,json,"),
        ("{{request.parts.nope.body}}|", "|"),
    ] {
        check_with(template, request(), expected);
    }
}

#[test]
fn a_body_is_binary_by_its_content_type() {
    for (content_type, binary) in [
        (None, "true"),
        (Some("application/octet-stream"), "true"),
        (Some("application/javascript"), "true"),
        (Some("text/plain; charset=utf-8"), "false"),
        (Some("application/vnd.api+JSON"), "false"),
        (Some("image/svg+xml"), "false"),
        (Some("application/x-www-form-urlencoded"), "false"),
    ] {
        let headers = content_type.map(|value| ("Content-Type".to_owned(), value.to_owned()));
        let request = Request {
            headers: headers.into_iter().collect(),
            ..Request::default()
        };
        check_with("{{request.isBinary}}", request, binary);
    }
}

struct Answer;

impl ResponseView for Answer {
    fn status(&self) -> u16 {
        201
    }
    fn headers(&self) -> Vec<(&str, &str)> {
        vec![("Content-Type", "text/plain"), ("X-Id", "7"), ("X-Id", "8")]
    }
    fn body(&self) -> &[u8] {
        b"made"
    }
}

#[test]
fn webhooks_see_the_request_the_response_and_their_parameters() {
    let parameters = serde_json::json!({"a": 1, "b": {"c": 2.5}, "d": [1, "x"]});
    let model = Model::new([
        (
            "originalRequest",
            RequestModel::new(Arc::new(Request::default())).into(),
        ),
        (
            "originalResponse",
            ResponseModel::new(Arc::new(Answer)).into(),
        ),
        ("parameters", Value::from_json(&parameters, false).unwrap()),
    ]);
    let template = Template::compile(concat!(
        "{{originalRequest.method}} {{originalResponse.status}} {{originalResponse.body}} ",
        "{{originalResponse.headers.x-id.[1]}} {{originalResponse.isBinary}} ",
        "{{originalResponse.bodyAsBase64}} {{parameters.b.c}} {{parameters.d.[1]}} {{parameters}}"
    ));
    let text = template
        .unwrap()
        .render(&model, &World::default(), &RenderLimits::default());
    assert_eq!(
        text.as_deref(),
        Ok("POST 201 made 8 false bWFkZQ== 2.5 x {a=1, b={c=2.5}, d=[1, x]}")
    );
}

#[test]
fn a_model_leaves_out_what_is_nested_too_deep() {
    let deep = (0..efsm_template::MAX_VALUE_DEPTH).fold(Value::from("x"), |inner, _| {
        Value::list(vec![inner]).unwrap()
    });
    assert!(Value::list(vec![deep.clone()]).is_err());
    assert!(Map::new([("k".into(), deep.clone())]).is_err());
    let model = Model::new([("deep", deep), ("flat", Value::from(1))]);
    let text = Template::compile("{{deep}}{{flat}}").unwrap().render(
        &model,
        &World::default(),
        &RenderLimits::default(),
    );
    assert_eq!(text.as_deref(), Ok("1"));
}
