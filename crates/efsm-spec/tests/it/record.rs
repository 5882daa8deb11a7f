//! Answers of the real API as examples.

use efsm_spec::{Description, Mock, NoFiles, Options, RecordedAnswer, record};

use crate::{get, json, openapi};

#[test]
fn answers_become_examples_once() {
    let text = openapi(
        "
  /pets/{id}:
    get: {responses: {'200': {$ref: '#/components/responses/Pet'}}}
components:
  responses: {Pet: {description: x, content: {application/json: {example: {id: 1}}}}}
",
    );
    let answer = |path: &str, status: u16, body: &str| RecordedAnswer {
        method: "GET".to_owned(),
        path: path.to_owned(),
        status,
        media_type: "application/json; charset=utf-8".to_owned(),
        body: body.to_owned(),
    };
    let answers = [
        answer("/pets/7", 200, r#"{"id": 7}"#),
        answer("/pets/7", 200, r#"{"id": 7}"#),
        answer("/pets/8", 404, r#"{"no": 8}"#),
        answer("/other", 200, "{}"),
    ];
    let (document, added) = record("x.yaml", &text, &NoFiles, &answers).expect("a description");
    assert_eq!(added, 2);
    let examples =
        &document["components"]["responses"]["Pet"]["content"]["application/json"]["examples"];
    assert_eq!(examples["example"]["value"]["id"], 1);
    assert_eq!(examples["recorded-1"]["value"]["id"], 7);
    let missing = &document["paths"]["/pets/{id}"]["get"]["responses"]["404"];
    assert_eq!(
        missing["content"]["application/json"]["examples"]["recorded-1"]["value"]["no"],
        8
    );
    // What the API answered goes before what its author wrote.
    let recorded = Mock::new(
        Description::parse("recorded.json", &document.to_string(), &NoFiles).expect("it is one"),
        Options::default(),
    );
    assert_eq!(json(&get(&recorded, "/pets/1"))["id"], 7);
}
