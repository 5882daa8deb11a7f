//! Requests to a description that has a bit of everything.

#![no_main]

use std::sync::LazyLock;

use efsm_spec::{Description, Mock, NoFiles, Options, Request};
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

const TEXT: &str = "
openapi: 3.0.3
info: {title: T, version: '1'}
paths:
  /a/{x}:
    get:
      parameters:
        - {name: x, in: path, required: true, style: matrix, schema: {type: array, items: {type: integer}}}
        - {name: d, in: query, style: deepObject, schema: {type: object, properties: {a: {type: integer}}}}
        - {name: p, in: query, style: pipeDelimited, schema: {type: array, items: {type: integer}}}
      responses: {'200': {description: x, content: {application/json: {schema: {type: object}}}}}
    post:
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/T'}}
          multipart/form-data: {schema: {type: object, properties: {a: {type: integer}}}}
          application/x-www-form-urlencoded: {schema: {type: object, properties: {a: {type: integer}}}}
      responses: {'200': {description: x, content: {application/xml: {schema: {$ref: '#/components/schemas/T'}}}}}
components: {schemas: {T: {anyOf: [{type: object, properties: {t: {$ref: '#/components/schemas/T'}}}, {type: array, items: {$ref: '#/components/schemas/T'}}]}}}
";

static MOCK: LazyLock<Mock> = LazyLock::new(|| {
    let description = Description::parse("fuzz", TEXT, &NoFiles).expect("a description");
    Mock::new(description, Options::default())
});

fuzz_target!(|input: (bool, &str, &str, &str, &str, &[u8])| {
    let (is_post, path, query, kind, prefer, body) = input;
    let mut headers = HeaderMap::new();
    for (name, value) in [("content-type", kind), ("prefer", prefer), ("accept", kind)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    let path = format!("/a/{path}");
    let request = Request {
        method: if is_post { "POST" } else { "GET" },
        path: &path,
        query,
        headers: &headers,
        body,
    };
    let _ = MOCK.answer(&request, 7);
});
