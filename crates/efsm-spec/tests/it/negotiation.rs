//! Which response answers, and with what.

use efsm_spec::Options;

use crate::{get, header, json, mock, mock_with, openapi, send};

const PET: &str = "
  /pet:
    get:
      responses:
        '404': {description: x, content: {application/json: {schema: {type: object, properties: {error: {type: string, example: gone}}}}}}
        '200':
          description: x
          headers: {X-Rate: {schema: {type: integer, minimum: 3}}, X-Name: {schema: {type: string}, example: Ada}}
          content:
            application/json:
              schema: {type: object, required: [name], properties: {name: {type: string}}}
              examples: {cat: {value: {name: Tom}}, dog: {value: {name: Rex}}}
            application/xml: {schema: {type: object, properties: {name: {type: string}}}}
            text/plain: {schema: {type: string}, example: Tom}
        '5XX': {description: x, content: {application/json: {example: {range: true}}}}
";

#[test]
fn lowest_success_answers_with_its_first_example() {
    let mock = mock(&openapi(PET));
    let answer = get(&mock, "/pet");
    assert_eq!(
        (answer.status, json(&answer)["name"].as_str()),
        (200, Some("Tom"))
    );
    assert_eq!(header(&answer, "content-type"), Some("application/json"));
    assert_eq!(header(&answer, "x-rate"), Some("3"));
    assert_eq!(header(&answer, "x-name"), Some("Ada"));
    assert!(answer.violations.is_empty());
}

#[test]
fn accept_chooses_the_type() {
    let mock = mock(&openapi(PET));
    for (accept, status, body) in [
        ("application/xml", 200, "<xml><name>string</name></xml>"),
        ("text/*", 200, "Tom"),
        (
            "text/plain;q=0.1, application/json",
            200,
            "{\"name\":\"Tom\"}",
        ),
    ] {
        let answer = send(&mock, "GET /pet", &[("accept", accept)], "");
        assert_eq!(
            (answer.status, &*answer.body),
            (status, body.as_bytes()),
            "{accept}"
        );
    }
    let none = send(&mock, "GET /pet", &[("accept", "image/png")], "");
    assert_eq!((none.status, none.problem), (406, Some("NOT_ACCEPTABLE")));
    assert_eq!(
        json(&none)["detail"],
        "Unable to find content for image/png"
    );
}

#[test]
fn preferences_choose_code_and_example() {
    let mock = mock(&openapi(PET));
    for (prefer, status, body) in [
        ("code=404", 404, "{\"error\":\"gone\"}"),
        ("example=dog", 200, "{\"name\":\"Rex\"}"),
        ("code=200, example=dog", 200, "{\"name\":\"Rex\"}"),
        ("code=503", 503, "{\"range\":true}"),
    ] {
        let answer = send(&mock, "GET /pet", &[("prefer", prefer)], "");
        assert_eq!(
            (answer.status, &*answer.body),
            (status, body.as_bytes()),
            "{prefer}"
        );
        let query = prefer.replace(", ", "&__");
        let answer = get(&mock, &format!("/pet?__{query}"));
        assert_eq!(
            (answer.status, &*answer.body),
            (status, body.as_bytes()),
            "{query}"
        );
    }
    for (prefer, status, problem) in [
        ("code=302", 404, "NOT_FOUND"),
        ("example=cow", 404, "NOT_FOUND"),
        ("code=abc", 422, "UNPROCESSABLE_ENTITY"),
        ("dynamic=perhaps", 422, "UNPROCESSABLE_ENTITY"),
    ] {
        let answer = send(&mock, "GET /pet", &[("prefer", prefer)], "");
        assert_eq!(
            (answer.status, answer.problem),
            (status, Some(problem)),
            "{prefer}"
        );
    }
}

#[test]
fn generated_data_follows_from_the_seed_and_fits() {
    let mock = mock_with(
        &openapi(PET),
        Options {
            is_dynamic: true,
            ..Options::default()
        },
    );
    let seeded = |seed: &str| {
        let prefer = format!("seed={seed}");
        send(&mock, "GET /pet", &[("prefer", prefer.as_str())], "")
    };
    assert_eq!(seeded("a").body, seeded("a").body);
    assert_ne!(seeded("a").body, seeded("b").body);
    assert!(json(&seeded("a"))["name"].is_string());
    assert!(seeded("a").violations.is_empty());
    let fixed = send(&mock, "GET /pet", &[("prefer", "dynamic=false")], "");
    assert_eq!(json(&fixed)["name"], "Tom");
}

#[test]
fn examples_can_be_left_aside() {
    let options = Options {
        ignores_examples: true,
        ..Options::default()
    };
    let mock = mock_with(&openapi(PET), options);
    assert_eq!(json(&get(&mock, "/pet"))["name"], "string");
}

#[test]
fn responses_without_success_answer_all_the_same() {
    let mock = mock(&openapi(
        "
  /range: {get: {responses: {2XX: {description: x, content: {application/json: {example: 1}}}}}}
  /default: {get: {responses: {default: {description: x, content: {application/json: {example: 2}}}}}}
  /only: {get: {responses: {'404': {description: x, content: {application/json: {example: 3}}}}}}
  /none: {get: {responses: {}}}
  /empty: {get: {deprecated: true, responses: {'204': {description: x}}}}
  /object: {get: {responses: {'200': {description: x, content: {text/plain: {schema: {type: object}}}}}}}
",
    ));
    for (path, status, body) in [
        ("/range", 200, "1"),
        ("/default", 200, "2"),
        ("/only", 404, "3"),
        ("/empty", 204, ""),
    ] {
        let answer = get(&mock, path);
        assert_eq!(
            (answer.status, &*answer.body),
            (status, body.as_bytes()),
            "{path}"
        );
    }
    assert_eq!(header(&get(&mock, "/empty"), "deprecation"), Some("true"));
    let none = get(&mock, "/none");
    assert_eq!(
        (none.status, none.problem),
        (500, Some("NO_RESPONSE_RESPONSE_DEFINED"))
    );
    assert_eq!(
        get(&mock, "/object").problem,
        Some("NO_COMPLEX_OBJECT_TEXT")
    );
}

#[test]
fn answers_that_break_the_description_are_told_or_refused() {
    let text = openapi(
        "
  /bad: {get: {responses: {'200': {description: x, content: {application/json: {schema: {type: object, required: [a]}, example: {b: 1}}}}}}}
",
    );
    let told = get(&mock(&text), "/bad");
    assert_eq!(told.status, 200);
    assert_eq!(
        header(&told, "sl-violations"),
        Some(
            r#"[{"location":["response","body"],"severity":"Error","code":"required","message":"Response body must have required property 'a'"}]"#
        )
    );
    let strict = mock_with(
        &text,
        Options {
            shows_errors: true,
            ..Options::default()
        },
    );
    let refused = get(&strict, "/bad");
    assert_eq!((refused.status, refused.problem), (500, Some("VIOLATIONS")));
    assert_eq!(json(&refused)["validation"][0]["code"], "required");
    assert!(header(&refused, "sl-violations").is_some());
}

#[test]
fn schemas_of_default_responses_are_read_as_the_others() {
    let mock = mock(&openapi(
        "
  /pet:
    get:
      responses:
        default: {description: x, content: {application/json: {schema: {type: object, properties: {name: {type: string, nullable: true, example: Ada}}}}}}
",
    ));
    assert_eq!(
        json(&get(&mock, "/pet")),
        serde_json::json!({"name": "Ada"})
    );
}

#[test]
fn first_response_is_the_one_that_javascript_has_first() {
    let mock = mock(&openapi(
        "
  /pet:
    get:
      responses:
        '4XX': {description: x}
        '404': {description: x}
        '301': {description: x}
",
    ));
    assert_eq!(get(&mock, "/pet").status, 301);
}

#[test]
fn preferences_in_the_query_stand_once_and_say_something() {
    let mock = mock(&openapi(PET));
    for (query, detail) in [
        (
            "__code=404&__code=200",
            "optional property \"code\"\n└─ cannot decode [\"404\",\"200\"], should be string",
        ),
        (
            "__code=",
            "optional property \"code\"\n└─ cannot decode \"\", should be a number",
        ),
        (
            "__dynamic=",
            "optional property \"dynamic\"\n└─ cannot decode \"\", should be a boolean",
        ),
    ] {
        let answer = get(&mock, &format!("/pet?{query}"));
        assert_eq!(
            (answer.status, json(&answer)["detail"].as_str()),
            (422, Some(detail)),
            "{query}"
        );
    }
    let plain = get(&mock, "/pet?__example=&__seed=");
    assert_eq!(json(&plain)["name"], "Tom");
}

#[test]
fn form_that_is_answered_is_a_text() {
    let mock = mock(&openapi(
        "
  /pet:
    get:
      responses:
        '200': {description: x, content: {application/x-www-form-urlencoded: {schema: {type: object, properties: {id: {type: integer}}}, example: id=x}}}
",
    ));
    let answer = get(&mock, "/pet");
    let violations: Vec<_> = answer.violations.iter().map(|one| &*one.message).collect();
    assert_eq!(violations, ["Response body property id must be integer"]);
}
