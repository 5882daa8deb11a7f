//! Paths and documents made to exhaust something.

use efsm_jsonpath::{JsonPath, ReadError};
use serde_json::{Value, json};

fn nested_array(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| Value::Array(vec![inner]))
}

#[test]
fn a_deep_document_is_scanned_without_recursion() {
    let document = nested_array(2_000);
    let found = JsonPath::parse("$..[?(@ == 1)]")
        .unwrap()
        .select(&document)
        .unwrap();
    assert_eq!(
        found.len(),
        0,
        "a filter after `..` tests arrays and objects only"
    );
    let elements = JsonPath::parse("$..[0]")
        .unwrap()
        .select(&document)
        .unwrap();
    assert_eq!(elements.len(), 2_000);
    assert_eq!(elements[1_999].location.as_ref().unwrap().len(), 2_000);
}

#[test]
fn deep_nesting_in_a_path_is_refused() {
    for (open, close) in [("(", ")"), ("!(", ")"), ("@[?(", ")]")] {
        let path = format!("$[?({}@.a{})]", open.repeat(10_000), close.repeat(10_000));
        let error = JsonPath::parse(&path).unwrap_err();
        assert!(
            error.expected.starts_with("at most 48"),
            "{}",
            error.expected
        );
    }
    let lists = format!("$[?(@.a in {}{})]", "[".repeat(10_000), "]".repeat(10_000));
    assert!(JsonPath::parse(&lists).is_err());
    let arguments = format!("$.sum({}1{})", "$.sum(".repeat(10_000), ")".repeat(10_000));
    assert!(JsonPath::parse(&arguments).is_err());
}

#[test]
fn a_long_path_is_refused_or_read() {
    let steps = |count: usize| format!("${}", ".a".repeat(count));
    assert!(JsonPath::parse(&steps(900)).is_ok());
    assert!(JsonPath::parse(&steps(5_000)).is_err());
}

#[test]
fn a_path_that_fans_out_is_stopped() {
    let document = nested_array(400);
    let path = JsonPath::parse("$..*..*..*..*").unwrap();
    assert!(matches!(
        path.read(&document),
        Err(ReadError::TooComplex { .. })
    ));
    let filters = JsonPath::parse("$..[?($..[?($..[?($..* == 1)])])]").unwrap();
    assert!(matches!(
        filters.read(&document),
        Err(ReadError::TooComplex { .. })
    ));
}

#[test]
fn a_regular_expression_that_backtracks_without_end_is_stopped() {
    let document = json!([{"a": "a".repeat(40)}]);
    let path = JsonPath::parse(r"$[?(@.a =~ /(a|a?)+\1(?=b)c?/)]").unwrap();
    assert!(matches!(
        path.read(&document),
        Err(ReadError::TooComplex { .. })
    ));
}
