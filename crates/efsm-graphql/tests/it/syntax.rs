//! The language: section 2.

use serde_json::json;

use crate::support::{api, ask, ask_with, data, refusal};

#[test]
fn malformed_text_is_refused_with_its_place() {
    for (query, message, line, column) in [
        ("", "Syntax Error: Unexpected <EOF>.", 1, 1),
        ("{", "Syntax Error: Expected Name, found <EOF>.", 1, 2),
        (
            "{ me { id }",
            "Syntax Error: Expected Name, found <EOF>.",
            1,
            12,
        ),
        (
            "{ me {} }",
            "Syntax Error: Expected Name, found \"}\".",
            1,
            7,
        ),
        (
            "{\n  me(\n  ) }",
            "Syntax Error: Expected Name, found \")\".",
            3,
            3,
        ),
        (
            "quer { me }",
            "Syntax Error: Unexpected Name \"quer\".",
            1,
            1,
        ),
        (
            "{ number(value: 01) }",
            "Syntax Error: Invalid number, unexpected digit after 0: \"1\".",
            1,
            18,
        ),
        (
            "{ number(value: 1x) }",
            "Syntax Error: Invalid number, expected digit but got: \"x\".",
            1,
            18,
        ),
        (
            "{ number(value: 1.) }",
            "Syntax Error: Invalid number, expected digit but got: \")\".",
            1,
            19,
        ),
        (
            "{ number(text: \"a\n\") }",
            "Syntax Error: Unterminated string.",
            1,
            18,
        ),
        (
            "{ number(text: \"\\x\") }",
            "Syntax Error: Invalid character escape sequence: \"\\x\".",
            1,
            17,
        ),
        (
            "{ number(text: \"\\uD800\") }",
            "Syntax Error: Invalid Unicode escape sequence: \"\\uD800\".",
            1,
            17,
        ),
        (
            "{ me ? }",
            "Syntax Error: Unexpected character: \"?\".",
            1,
            6,
        ),
        (
            "{ me \u{1} }",
            "Syntax Error: Unexpected character: U+0001.",
            1,
            6,
        ),
        (
            "fragment on on User { id }",
            "Syntax Error: Unexpected Name \"on\".",
            1,
            10,
        ),
        (
            "query ($a: Int = $b) { me { id } }",
            "Syntax Error: Unexpected variable \"$b\" in constant value.",
            1,
            18,
        ),
    ] {
        let response = ask(&api(), query);
        let expected = json!({"errors": [{
            "message": message,
            "locations": [{"line": line, "column": column}],
            "extensions": {"code": "GRAPHQL_PARSE_FAILED"},
        }]});
        assert_eq!(response, expected, "{query}");
    }
}

#[test]
fn ignored_characters_are_ignored() {
    let plain = data(&api(), "{me{id name}}");
    let spaced = data(
        &api(),
        "\u{feff}# all of it\r\n{ me\t{ id,,, name # the end\n } }\r",
    );
    assert_eq!(plain, spaced);
}

#[test]
fn strings_are_read_with_their_escapes() {
    let api = crate::support::api_with(json!({"Query.number": "{{args.text}}"}));
    // The value is no number, and the error shows how the text was read.
    for (literal, value) in [
        (r#""a\n\"\\\/\u00e9\u{1F600}\uD83D\uDE00""#, "a\n\"\\/é😀😀"),
        (
            "\"\"\"\n    one\n      two\n\n    \\\"\"\" three\n  \"\"\"",
            "one\n  two\n\n\"\"\" three",
        ),
        ("\"\"", ""),
        ("\"\"\"\"\"\"", ""),
    ] {
        let response = ask(&api, &format!("{{ number(text: {literal}) }}"));
        let expected = format!("Int cannot represent non-integer value: {}", json!(value));
        assert_eq!(crate::support::messages(&response), [expected]);
    }
}

#[test]
fn descriptions_may_stand_before_executable_definitions() {
    let query = "\"What it asks\" query A(\"an id\" $id: ID!) { user(id: $id) { ...F } } \"\"\"parts\"\"\" fragment F on User { id }";
    let response = ask_with(&api(), query, json!({"id": 3}));
    assert_eq!(response, json!({"data": {"user": {"id": "3"}}}));
}

#[test]
fn a_schema_is_not_executed() {
    assert_eq!(
        refusal("type A { a: Int } query { me { id } }"),
        "The \"A\" definition is not executable."
    );
}
