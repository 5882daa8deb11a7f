//! Requests that are not as they are described.

use crate::{get, json, mock, openapi, send, violations};

const QUERY: &str = "
  /search:
    get:
      parameters:
        - {name: q, in: query, required: true, schema: {type: string, pattern: '^a+$'}}
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 10}}
        - {name: flag, in: query, schema: {type: boolean}}
        - {name: kind, in: query, schema: {type: string, enum: [cat, dog]}}
        - {name: ids, in: query, schema: {type: array, items: {type: integer}, minItems: 2}}
        - {name: csv, in: query, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: pipes, in: query, style: pipeDelimited, schema: {type: array, items: {type: integer}}}
        - {name: deep, in: query, style: deepObject, schema: {type: object, properties: {a: {type: integer}, b: {type: array, items: {type: integer}}}}}
        - {name: old, in: query, deprecated: true, schema: {type: string}}
        - {name: X-Rate, in: header, schema: {type: number, multipleOf: 0.1}}
      responses: {'200': {description: x}}
";

#[test]
fn every_violation_of_a_parameter_is_listed() {
    let mock = mock(&openapi(QUERY));
    for (query, code, message) in [
        (
            "",
            "required",
            "Request query must have required property 'q'",
        ),
        (
            "q=",
            "required",
            "Request query must have required property 'q'",
        ),
        (
            "q=b",
            "pattern",
            "Request query parameter q must match pattern \"^a+$\"",
        ),
        (
            "q=a&limit=11",
            "maximum",
            "Request query parameter limit must be <= 10",
        ),
        (
            "q=a&limit=x",
            "type",
            "Request query parameter limit must be integer",
        ),
        (
            "q=a&limit=1.5",
            "type",
            "Request query parameter limit must be integer",
        ),
        (
            "q=a&flag=yes",
            "type",
            "Request query parameter flag must be boolean",
        ),
        (
            "q=a&kind=cow",
            "enum",
            "Request query parameter kind must be equal to one of the allowed values: cat, dog",
        ),
        (
            "q=a&ids=1",
            "minItems",
            "Request query parameter ids must NOT have fewer than 2 items",
        ),
        (
            "q=a&ids=1&ids=x",
            "type",
            "Request query parameter ids.1 must be integer",
        ),
        (
            "q=a&csv=1,x",
            "type",
            "Request query parameter csv.1 must be integer",
        ),
        (
            "q=a&pipes=1|x",
            "type",
            "Request query parameter pipes.1 must be integer",
        ),
        (
            "q=a&deep[a]=x",
            "type",
            "Request query parameter deep.a must be integer",
        ),
        (
            "q=a&deep[b][1]=x",
            "type",
            "Request query parameter deep.b.0 must be integer",
        ),
    ] {
        let answer = get(&mock, &format!("/search?{query}"));
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(
            violations(&answer),
            [(code.to_owned(), message.to_owned())],
            "{query}"
        );
    }
    let good =
        "q=aa&limit=3&flag=true&kind=cat&ids=1&ids=2&csv=1,2&pipes=1|2&deep[a]=1&deep[b][0]=2";
    let answer = send(
        &mock,
        &format!("GET /search?{good}"),
        &[("x-rate", "0.3")],
        "",
    );
    assert_eq!((answer.status, answer.violations.len()), (200, 0));
    let both = get(&mock, "/search?q=b&limit=0");
    assert_eq!(violations(&both).len(), 2);
}

#[test]
fn deprecated_parameters_are_a_warning() {
    let answer = get(&mock(&openapi(QUERY)), "/search?q=a&old=1");
    assert_eq!(answer.status, 200);
    assert_eq!(
        crate::header(&answer, "sl-violations"),
        Some(
            r#"[{"location":["request","query","old"],"severity":"Warning","code":"deprecated","message":"Query param old is deprecated"}]"#
        )
    );
}

#[test]
fn path_parameters_are_read_in_their_styles() {
    let mock = mock(&openapi(
        "
  /simple/{x}: {get: {parameters: [{name: x, in: path, required: true, schema: {type: integer}}], responses: {'200': {description: x}}}}
  /list/{x}: {get: {parameters: [{name: x, in: path, required: true, schema: {type: array, items: {type: integer}}}], responses: {'200': {description: x}}}}
  /matrix/{x}: {get: {parameters: [{name: x, in: path, required: true, style: matrix, schema: {type: integer}}], responses: {'200': {description: x}}}}
  /label/{x}: {get: {parameters: [{name: x, in: path, required: true, style: label, explode: true, schema: {type: array, items: {type: integer}}}], responses: {'200': {description: x}}}}
",
    ));
    for (path, status) in [
        ("/simple/7", 200),
        ("/simple/x", 422),
        ("/list/1,2", 200),
        ("/list/1,x", 422),
        ("/matrix/;x=7", 200),
        ("/matrix/;x=y", 422),
        ("/label/.1.2", 200),
        ("/label/.1.x", 422),
    ] {
        assert_eq!(get(&mock, path).status, status, "{path}");
    }
    // Prism has no answer of its own for a parameter that is not written in its style.
    assert_eq!(get(&mock, "/matrix/7").status, 500);
}

const BODY: &str = "
  /pets:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [id, name]
              additionalProperties: false
              properties:
                id: {type: integer, readOnly: true}
                name: {type: string, minLength: 2}
                born: {type: string, format: date, nullable: true}
                tags: {type: array, uniqueItems: true, items: {type: string}}
          application/x-www-form-urlencoded:
            schema: {type: object, required: [age], properties: {age: {type: integer}}}
          multipart/form-data:
            schema: {type: object, required: [size], properties: {size: {type: integer}, file: {type: string, format: binary}}}
      responses: {'201': {description: x}}
  /described:
    post:
      requestBody: {content: {application/json: {schema: {type: object, required: [a]}}}}
      responses:
        '200': {description: x}
        '400': {description: x, content: {application/json: {example: {bad: true}}}}
";

#[test]
fn bodies_are_checked_by_their_schemas() {
    let mock = mock(&openapi(BODY));
    let json_type = [("content-type", "application/json")];
    for (body, expected) in [
        (r#"{"name": "Ada", "born": null}"#, &[][..]),
        (
            "{}",
            &[(
                "required",
                "Request body must have required property 'name'",
            )][..],
        ),
        (
            r#"{"name": "A", "more": 1}"#,
            &[
                (
                    "additionalProperties",
                    "Request body must NOT have additional properties; found 'more'",
                ),
                (
                    "minLength",
                    "Request body property name must NOT have fewer than 2 characters",
                ),
            ],
        ),
        (
            r#"{"name": "Ada", "born": "2023-02-30", "tags": ["a", "a"]}"#,
            &[
                (
                    "format",
                    "Request body property born must match format \"date\"",
                ),
                (
                    "uniqueItems",
                    "Request body property tags must NOT have duplicate items (items ## 1 and 0 are identical)",
                ),
            ],
        ),
        ("[]", &[("type", "Request body must be object")]),
        ("", &[("required", "Body parameter is required")]),
    ] {
        let answer = send(&mock, "POST /pets", &json_type, body);
        assert_eq!(
            answer.status,
            if expected.is_empty() { 201 } else { 422 },
            "{body}"
        );
        let expected: Vec<(String, String)> = expected
            .iter()
            .map(|(code, message)| ((*code).to_owned(), (*message).to_owned()))
            .collect();
        assert_eq!(violations(&answer), expected, "{body}");
    }
}

#[test]
fn forms_and_parts_are_bodies_too() {
    let mock = mock(&openapi(BODY));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(send(&mock, "POST /pets", &form, "age=7").status, 201);
    assert_eq!(
        violations(&send(&mock, "POST /pets", &form, "age=old")),
        [(
            "type".to_owned(),
            "Request body property age must be integer".to_owned()
        )]
    );
    let parts = [("content-type", "multipart/form-data; boundary=B")];
    let body = |size: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"size\"\r\n\r\n{size}\r\n--B--\r\n")
    };
    assert_eq!(send(&mock, "POST /pets", &parts, &body("3")).status, 201);
    assert_eq!(send(&mock, "POST /pets", &parts, &body("x")).status, 422);
}

#[test]
fn media_types_that_are_not_described_are_refused() {
    let mock = mock(&openapi(BODY));
    let answer = send(&mock, "POST /pets", &[("content-type", "text/plain")], "x");
    assert_eq!(
        (answer.status, answer.problem),
        (415, Some("INVALID_CONTENT_TYPE"))
    );
    assert_eq!(
        json(&answer)["detail"],
        "Supported content types: application/json,application/x-www-form-urlencoded,multipart/form-data"
    );
    let suffixed = [("content-type", "application/vnd.pets+json; charset=utf-8")];
    assert_eq!(
        send(&mock, "POST /pets", &suffixed, r#"{"name": "Ada"}"#).status,
        201
    );
}

#[test]
fn described_answer_to_invalid_requests_is_given() {
    let mock = mock(&openapi(BODY));
    let json_type = [("content-type", "application/json")];
    let answer = send(&mock, "POST /described", &json_type, "{}");
    assert_eq!(
        (answer.status, json(&answer)["bad"].as_bool()),
        (400, Some(true))
    );
    assert!(crate::header(&answer, "sl-violations").is_some());
}

#[test]
fn body_that_is_no_json_is_answered_at_once() {
    let mock = mock(&openapi(BODY));
    let json_type = [("content-type", "application/json")];
    let answer = send(&mock, "POST /pets", &json_type, "{\"name\":");
    assert_eq!(answer.status, 400);
    assert!(
        violations(&answer)[0]
            .1
            .starts_with("Request body is not valid JSON: ")
    );
    let described = send(&mock, "POST /described", &json_type, "{");
    assert_eq!(
        (described.status, json(&described)["bad"].as_bool()),
        (400, Some(true))
    );
}

#[test]
fn schemas_are_put_together() {
    let mock = mock(&openapi(
        "
  /all: {post: {requestBody: {content: {application/json: {schema: {allOf: [{type: object, additionalProperties: false, properties: {a: {type: integer}}}, {type: object, additionalProperties: false, required: [b], properties: {b: {type: string}}}]}}}}, responses: {'200': {description: x}}}}
  /one: {post: {requestBody: {content: {application/json: {schema: {oneOf: [{type: integer}, {type: number, minimum: 5}]}}}}, responses: {'200': {description: x}}}}
  /any: {post: {requestBody: {content: {application/json: {schema: {anyOf: [{type: string}, {type: integer, minimum: 5}]}}}}, responses: {'200': {description: x}}}}
  /tree: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Tree'}}}}, responses: {'200': {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/Tree'}}}}}}}
components:
  schemas:
    Tree: {type: object, required: [v], properties: {v: {type: integer}, kids: {type: array, items: {$ref: '#/components/schemas/Tree'}}}}
",
    ));
    let json_type = [("content-type", "application/json")];
    for (path, body, codes) in [
        ("/all", r#"{"a": 1, "b": "x"}"#, &[][..]),
        (
            "/all",
            r#"{"a": "x", "c": 1}"#,
            &["required", "additionalProperties", "type"][..],
        ),
        ("/one", "1", &[]),
        ("/one", "7", &["oneOf"]),
        ("/one", "\"x\"", &["type", "type", "oneOf"]),
        ("/any", "\"x\"", &[]),
        ("/any", "1", &["type", "minimum", "anyOf"]),
        (
            "/tree",
            r#"{"v": 1, "kids": [{"v": 2, "kids": [{"v": 3}]}]}"#,
            &[],
        ),
        (
            "/tree",
            r#"{"v": 1, "kids": [{"kids": [{"v": "x"}]}]}"#,
            &["required", "type"],
        ),
    ] {
        let answer = send(&mock, &format!("POST {path}"), &json_type, body);
        let found: Vec<String> = violations(&answer)
            .into_iter()
            .map(|(code, _)| code)
            .collect();
        assert_eq!(found, codes, "{path} {body}");
    }
}

#[test]
fn items_of_a_wrong_type_are_no_duplicates() {
    let mock = mock(&openapi(
        "
  /pet:
    post:
      requestBody: {content: {application/json: {schema: {type: array, uniqueItems: true, items: {type: boolean}}}}}
      responses: {'200': {description: x}}
",
    ));
    let asked = |body: &str| {
        let json = [("content-type", "application/json")];
        violations(&send(&mock, "POST /pet", &json, body))
    };
    let of_types: Vec<_> = asked("[1, 1]").into_iter().map(|(code, _)| code).collect();
    assert_eq!(of_types, ["type", "type"]);
    assert_eq!(asked("[true, false, true]")[0].0, "uniqueItems");
}

#[test]
fn of_a_deep_object_that_is_missing_the_properties_are() {
    let mock = mock(&openapi(
        "
  /pet:
    get:
      parameters:
        - {name: a, in: query, required: true, style: deepObject, schema: {type: object, required: [x], properties: {x: {type: string}}}}
        - {name: b, in: query, required: true, style: deepObject, schema: {type: object, properties: {x: {type: string}}}}
        - {name: X-Old, in: header, deprecated: true, schema: {type: string}}
      responses: {'200': {description: x}}
",
    ));
    let refused = violations(&get(&mock, "/pet"));
    let messages: Vec<_> = refused.iter().map(|(_, message)| &**message).collect();
    assert_eq!(
        messages,
        [
            "Request query must have required property 'b'",
            "Request query parameter a must have required property 'x'",
        ]
    );
    let fine = send(&mock, "GET /pet?a[x]=1&b[x]=2", &[("x-old", "1")], "");
    assert_eq!((fine.status, fine.violations.len()), (200, 0));
}

#[test]
fn number_beyond_all_others_is_one() {
    let mock = mock(&openapi(
        "
  /pet:
    get:
      parameters: [{name: n, in: query, schema: {type: number}}, {name: m, in: query, schema: {type: integer, maximum: 10}}]
      responses: {'200': {description: x}}
",
    ));
    for number in ["Infinity", "-Infinity", "1e999", "-1e999"] {
        assert_eq!(
            get(&mock, &format!("/pet?n={number}")).status,
            200,
            "{number}"
        );
    }
    for wrong in ["NaN", "infinity", "inf", "1e", "1 2"] {
        assert_eq!(
            get(&mock, &format!("/pet?n={wrong}")).status,
            422,
            "{wrong}"
        );
    }
    assert_eq!(violations(&get(&mock, "/pet?m=1e999"))[0].0, "maximum");
}

#[test]
fn parts_of_all_of_are_checked_as_one_schema() {
    let mock = mock(&openapi(
        "
  /pet:
    post:
      requestBody:
        content:
          application/json:
            schema:
              allOf:
                - {type: object, properties: {a: {type: string}}}
                - type: object
                  additionalProperties: false
                  properties: {b: {allOf: [{type: string}, {maxLength: 2}], nullable: true}}
      responses: {'200': {description: x}}
",
    ));
    let asked = |body: &str| {
        let json = [("content-type", "application/json")];
        violations(&send(&mock, "POST /pet", &json, body))
    };
    assert_eq!(asked(r#"{"a": "1", "b": "2"}"#), []);
    assert_eq!(asked(r#"{"b": null}"#), []);
    assert_eq!(
        asked(r#"{"c": 1}"#)[0].1,
        "Request body must NOT have additional properties; found 'c'"
    );
    let too_long = asked(r#"{"b": "abc"}"#);
    let codes: Vec<_> = too_long.iter().map(|(code, _)| &**code).collect();
    assert_eq!(codes, ["maxLength"]);
}

#[test]
fn name_without_a_value_is_a_property_too_many() {
    let mock = mock(&openapi(
        "
  /pet:
    get:
      parameters:
        - {name: of, in: query, explode: false, schema: {type: object, additionalProperties: false, properties: {a: {type: integer}}}}
      responses: {'200': {description: x}}
",
    ));
    assert_eq!(get(&mock, "/pet?of=a,1").status, 200);
    assert_eq!(get(&mock, "/pet?of=a").status, 200);
    let refused = get(&mock, "/pet?of=a,1,b");
    assert_eq!(
        violations(&refused)[0].1,
        "Request query parameter of must NOT have additional properties; found 'b'"
    );
}
