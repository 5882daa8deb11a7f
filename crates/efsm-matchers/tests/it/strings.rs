use serde_json::json;

use crate::check;

#[test]
fn equal_to() {
    check(
        &json!({"equalTo": "abc"}),
        &[Some("abc")],
        &[Some("ABC"), Some("abcd"), Some(""), None],
    );
    check(&json!({"equalTo": ""}), &[Some("")], &[Some(" "), None]);
    check(
        &json!({"equalTo": "Straße Ä", "caseInsensitive": true}),
        &[Some("straße ä"), Some("STRAßE Ä")],
        &[Some("strasse ä"), None],
    );
    check(
        &json!({"equalTo": "abc", "caseInsensitive": false}),
        &[Some("abc")],
        &[Some("ABC")],
    );
    check(
        &json!({"equalTo": "abc", "caseInsensitive": "true"}),
        &[Some("ABC")],
        &[Some("AB")],
    );
}

#[test]
fn binary_equal_to() {
    check(
        &json!({"binaryEqualTo": "YWJj"}),
        &[Some("abc")],
        &[Some("abd"), Some(""), None],
    );
}

#[test]
fn contains_and_does_not_contain() {
    check(
        &json!({"contains": "b"}),
        &[Some("abc"), Some("b")],
        &[Some("ac"), Some("B"), None],
    );
    check(
        &json!({"doesNotContain": "b"}),
        &[Some("ac"), Some(""), None],
        &[Some("abc")],
    );
}

#[test]
fn matches_takes_the_whole_value_in_javas_syntax() {
    check(
        &json!({"matches": "a.c"}),
        &[Some("abc"), Some("a\u{e9}c")],
        &[Some("xabc"), Some("abcd"), Some(""), None],
    );
    check(
        &json!({"matches": "(?i)GET|post"}),
        &[Some("get"), Some("POST")],
        &[Some("put")],
    );
    check(
        &json!({"doesNotMatch": "a.c"}),
        &[Some("abcd"), None],
        &[Some("abc")],
    );
}

#[test]
fn absent_and_anything() {
    for operand in [json!(true), json!(false), json!("(absent)"), json!(null)] {
        check(
            &json!({ "absent": operand }),
            &[None],
            &[Some(""), Some("x")],
        );
    }
    check(
        &json!({"anything": "(always)"}),
        &[Some("x"), Some(""), None],
        &[],
    );
}

#[test]
fn not_and_or() {
    check(
        &json!({"not": {"equalTo": "x"}}),
        &[Some("y"), None],
        &[Some("x")],
    );
    check(&json!({"not": {"absent": true}}), &[Some("")], &[None]);
    check(
        &json!({"and": [{"contains": "a"}, {"contains": "b"}, {"matches": "[abc]+"}]}),
        &[Some("ab"), Some("cba")],
        &[Some("a"), Some("abd"), None],
    );
    check(
        &json!({"or": [{"equalTo": "a"}, {"absent": true}]}),
        &[Some("a"), None],
        &[Some("b")],
    );
}

#[test]
fn path_templates() {
    check(
        &json!({"matchesPathTemplate": "/contacts/{id}/addresses/{address}"}),
        &[
            Some("/contacts/1/addresses/home"),
            Some("/contacts/1/addresses/2?x=1"),
        ],
        &[
            Some("/contacts/1/addresses"),
            Some("/contacts//addresses/2"),
            Some(""),
            None,
        ],
    );
    check(
        &json!({"matchesPathTemplate": "/files/**"}),
        &[Some("/files/a/b"), Some("/files/")],
        &[Some("/files"), Some("/other/a")],
    );
}

#[test]
fn numbers() {
    for (operator, holds, refuses) in [
        ("equalToNumber", ["5", "5.0", "05"], ["4", "6"]),
        ("greaterThanNumber", ["5.1", "6", "1e3"], ["5", "4"]),
        ("greaterThanEqualNumber", ["5", "6", "5.0"], ["4", "-6"]),
        ("lessThanNumber", ["4", "-6", "4.9"], ["5", "6"]),
        ("lessThanEqualNumber", ["5", "4", "-1"], ["6", "5.1"]),
    ] {
        for operand in [json!(5), json!("5"), json!(5.0), json!("0005.0")] {
            let refuses = [
                Some(refuses[0]),
                Some(refuses[1]),
                Some("x"),
                Some(""),
                Some("NaN"),
                None,
            ];
            check(&json!({ operator: operand }), &holds.map(Some), &refuses);
        }
    }
}
