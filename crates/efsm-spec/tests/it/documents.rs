//! Files, references, and what is wrong with them.

use std::collections::HashMap;

use efsm_spec::{Description, LoadError, Loader, Mock, NoFiles, Options};

use crate::{get, json};

struct Files(HashMap<&'static str, &'static str>);

impl Loader for Files {
    fn read(&self, location: &str) -> Result<Vec<u8>, String> {
        let text = self.0.get(location).ok_or("there is no such file")?;
        Ok(text.as_bytes().to_vec())
    }
}

#[test]
fn references_lead_across_files() {
    let files = Files(HashMap::from([
        (
            "api/openapi.yaml",
            "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /pets: {$ref: 'paths/pets.yaml'}\n  /own:\n    get: {responses: {'200': {$ref: '#/components/responses/Own'}}}\ncomponents:\n  responses:\n    Own: {description: x, content: {application/json: {schema: {$ref: 'schemas.json#/Pet'}}}}\n",
        ),
        (
            "api/paths/pets.yaml",
            "get:\n  responses:\n    '200':\n      description: x\n      content:\n        application/json:\n          schema: {type: array, items: {$ref: '../schemas.json#/Pet'}}\n",
        ),
        (
            "api/schemas.json",
            r##"{"Pet": {"type": "object", "properties": {"name": {"type": "string", "example": "Tom"}, "owner": {"$ref": "#/Owner"}, "friend": {"$ref": "#/Pet"}}}, "Owner": {"type": "string", "nullable": true, "example": "Ada"}}"##,
        ),
    ]));
    let description = Description::load("api/openapi.yaml", &files).unwrap();
    assert!(
        description.warnings.is_empty(),
        "{:?}",
        description.warnings
    );
    assert_eq!(description.files.len(), 3);
    let mock = Mock::new(description, Options::default());
    assert_eq!(json(&get(&mock, "/own"))["owner"], "Ada");
    assert_eq!(json(&get(&mock, "/pets"))[0]["name"], "Tom");
}

/// Read again for each of them, a text of this length would take hours.
#[test]
fn very_many_warnings_have_their_places() {
    let paths: Vec<String> = (0..10_000)
        .map(|n| {
            format!("  /p{n}/{{id}}:\n    get: {{responses: {{'200': {{description: x}}}}}}\n")
        })
        .collect();
    let paths = paths.concat();
    let text = format!("openapi: 3.0.0\ninfo: {{title: T, version: '1'}}\npaths:\n{paths}");
    let description = Description::parse("api.yaml", &text, &NoFiles).unwrap();
    assert_eq!(description.warnings.len(), 10_000);
    for (n, warning) in description.warnings.iter().enumerate() {
        assert_eq!(warning.line, Some(5 + 2 * n), "{warning}");
    }
}

/// Each warning repeats the path: of all its names, they would be as long as its square.
#[test]
fn few_names_of_a_very_long_path_are_told() {
    let names: Vec<String> = (0..50_000).map(|n| format!("{{n{n}}}")).collect();
    let path = format!("/{{n0}}{}", names.concat());
    let text = serde_json::json!({
        "openapi": "3.0.0",
        "info": {"title": "T", "version": "1"},
        "paths": {path: {"get": {"responses": {"200": {"description": "x"}}}}},
    });
    let text = text.to_string();
    let description = Description::parse("api.json", &text, &NoFiles).unwrap();
    let told: Vec<&str> = description
        .warnings
        .iter()
        .map(|warning| warning.message.split(' ').next().unwrap())
        .collect();
    let expected: Vec<String> = (0..20).map(|n| format!("{{n{n}}}")).collect();
    assert_eq!(told, expected);
}

#[test]
fn of_parameters_of_one_name_and_place_the_operations_own_counts() {
    let text = "openapi: 3.0.0
info: {title: T, version: '1'}
paths:
  /{a}:
    parameters:
      - {name: a, in: path, required: true, schema: {type: integer}}
      - {name: a, in: query, required: true, schema: {type: integer}}
    get:
      parameters:
        - {name: a, in: path, required: true, schema: {type: string}}
      responses: {'200': {description: x, content: {application/json: {example: 1}}}}
";
    let description = Description::parse("api.yaml", text, &NoFiles).unwrap();
    let operation = description.operation(&description.routes[0]);
    assert_eq!(operation.path_parameters.len(), 1);
    assert_eq!(operation.query.len(), 1);
    let mock = Mock::new(description, Options::default());
    assert_eq!(get(&mock, "/text?a=1").status, 200);
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_the_rest_is_served() {
    let text = "openapi: 3.0.0
info: {title: T, version: '1'}
paths:
  /good: {get: {responses: {'200': {description: x, content: {application/json: {example: 1}}}}}}
  /bad/{id}:
    get:
      parameters:
        - {in: query, schema: {type: string}}
      responses:
        '200': {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/Gone'}}}}
        '400': {$ref: 'other.yaml#/x'}
  no-slash: {get: {responses: {}}}
components:
  securitySchemes: {odd: {type: mutualTLS}}
";
    let description = Description::parse("api.yaml", text, &NoFiles).unwrap();
    let told: Vec<String> = description
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect();
    for expected in [
        "api.yaml:10: `$ref` leads nowhere: #/components/schemas/Gone",
        "api.yaml:11: what `$ref` names is left open: other.yaml",
        "api.yaml:8: a parameter needs a `name`",
        "api.yaml:6: {id} of /bad/{id} is described by no parameter",
        "api.yaml:12: the path no-slash must start with a slash",
        "api.yaml:14: the security scheme odd is of the type \"mutualTLS\"",
    ] {
        assert!(
            told.iter().any(|line| line.starts_with(expected)),
            "{expected:?} in {told:#?}"
        );
    }
    let mock = Mock::new(description, Options::default());
    assert_eq!(json(&get(&mock, "/good")), 1);
    assert_eq!(get(&mock, "/bad/7").status, 200);
}

#[test]
fn what_is_no_description_is_refused() {
    let refused = |text: &str| Description::parse("x.yaml", text, &NoFiles).unwrap_err();
    assert!(matches!(refused("a: 1"), LoadError::UnknownKind { .. }));
    assert!(matches!(
        refused("openapi: 3.0.0\npaths: {}"),
        LoadError::NoOperations { .. }
    ));
    assert_eq!(
        refused("openapi: 3.0.0\npaths: [")
            .to_string()
            .split(':')
            .nth(1),
        Some("2")
    );
    assert!(matches!(
        refused("{\"openapi\": ]"),
        LoadError::Syntax { line: 1, .. }
    ));
}
