//! Lines of files.

use efsm_spec::{Description, NoFiles};
use efsm_specdiff::diff;
use efsm_specdiff::place::{self, Places};

const OLD: &str = "\
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /pets:
    get:
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Pet'}
    delete:
      responses: {'204': {description: gone}}
components:
  schemas:
    Pet:
      type: object
      properties:
        name: {type: string}
        age:
          type: integer
";

#[track_caller]
fn check(new: &str, lines: &[(&str, &str, usize)]) {
    let parse =
        |name: &str, text: &str| Description::parse(name, text, &NoFiles).expect("a description");
    let places = |name: &str, text: &str| Places::new([(name.to_owned(), text.to_owned())]);
    let (old, new_places) = (places("old.yaml", OLD), places("new", new));
    let changes = diff(&parse("old.yaml", OLD), &parse("new", new));
    let found: Vec<(&str, &str, usize)> = changes
        .iter()
        .filter_map(|change| {
            place::of(change, &old, &new_places).map(|(file, line)| (change.code, file, line))
        })
        .collect();
    assert_eq!(found, lines, "{changes:#?}");
}

#[test]
fn a_change_has_its_line() {
    let new = OLD
        .replace("          type: integer\n", "          type: number\n")
        .replace("        name: {type: string}\n", "")
        .replace(
            "    delete:\n      responses: {'204': {description: gone}}\n",
            "",
        );
    check(
        &new,
        &[
            ("property-removed", "old.yaml", 19),
            ("type-widened", "new", 18),
            ("operation-removed", "old.yaml", 12),
        ],
    );
}

#[test]
fn json_has_lines_as_well() {
    let new = serde_json::to_string_pretty(&serde_json::json!({
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {"/pets": {"get": {"responses": {"200": {"description": "ok", "content": {"application/json": {
            "schema": {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "nullable": true}}}
        }}}}}, "delete": {"responses": {"204": {"description": "gone"}}}}},
    }))
    .expect("JSON");
    let line = new
        .lines()
        .position(|line| line.contains("\"integer\""))
        .expect("the line")
        + 1;
    check(&new, &[("type-widened", "new", line)]);
}
