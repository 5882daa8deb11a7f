//! Swagger 2.0.

use crate::{get, json, mock, send, violations};

const TEXT: &str = "
swagger: '2.0'
info: {title: T, version: '1'}
host: api.example.com
basePath: /v2
schemes: [https]
consumes: [application/json]
produces: [application/json, application/xml]
paths:
  /pets:
    get:
      parameters:
        - {name: csv, in: query, type: array, items: {type: integer}, collectionFormat: csv}
        - {name: multi, in: query, type: array, items: {type: integer}, collectionFormat: multi}
        - {name: n, in: query, type: integer, maximum: 10, exclusiveMaximum: true}
      responses:
        200: {description: x, schema: {$ref: '#/definitions/Pet'}}
    post:
      parameters: [{name: body, in: body, required: true, schema: {$ref: '#/definitions/Pet'}}]
      responses: {201: {description: x}}
  /form:
    post:
      consumes: [application/x-www-form-urlencoded]
      parameters: [{name: a, in: formData, type: integer, required: true}]
      responses: {200: {description: x}}
  /examples:
    get: {responses: {200: {description: x, schema: {type: object}, examples: {application/json: {a: 1}}}}}
  /safe:
    get: {security: [{key: []}], responses: {200: {description: x}}}
securityDefinitions: {key: {type: apiKey, in: query, name: key}}
definitions:
  Pet: {type: object, required: [name], properties: {name: {type: string}}, example: {name: Tom}}
";

#[test]
fn swagger_is_served_as_openapi_is() {
    let mock = mock(TEXT);
    assert_eq!(json(&get(&mock, "/v2/pets"))["name"], "Tom");
    assert_eq!(json(&get(&mock, "/examples"))["a"], 1);
    assert!(mock.is_for_host("api.example.com"));
    let xml = send(&mock, "GET /pets", &[("accept", "application/xml")], "");
    assert_eq!(&*xml.body, b"<xml><name>Tom</name></xml>");
    for (query, status) in [
        ("csv=1,2", 200),
        ("csv=1,x", 422),
        ("multi=1&multi=2", 200),
        ("multi=1&multi=x", 422),
        ("n=10", 422),
    ] {
        assert_eq!(
            get(&mock, &format!("/pets?{query}")).status,
            status,
            "{query}"
        );
    }
    let json_type = [("content-type", "application/json")];
    assert_eq!(
        violations(&send(&mock, "POST /pets", &json_type, "{}"))[0].0,
        "required"
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(send(&mock, "POST /form", &form, "a=1").status, 200);
    assert_eq!(send(&mock, "POST /form", &form, "a=x").status, 422);
    assert_eq!(get(&mock, "/safe").status, 401);
    assert_eq!(get(&mock, "/safe?key=1").status, 200);
}

#[test]
fn file_without_an_example_is_empty() {
    let mock = mock(
        "
swagger: '2.0'
info: {title: T, version: '1'}
paths:
  /report:
    get:
      produces: [application/pdf]
      responses: {200: {description: x, schema: {type: file}}}
",
    );
    let answer = get(&mock, "/report");
    assert_eq!((answer.status, &*answer.body), (200, &b""[..]));
    assert_eq!(
        crate::header(&answer, "content-type"),
        Some("application/pdf")
    );
}
