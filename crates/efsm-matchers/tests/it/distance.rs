use efsm_matchers::{MultiMatcher, Subject};
use serde_json::{Value, json};

use crate::{context, matcher};

/// Distances as a WireMock 3.13.2 measured them.
#[track_caller]
fn check(pattern: &Value, value: &str, expected: f64) {
    let context = context();
    let matcher = matcher(pattern);
    let subject = Subject::text(value);
    let found = matcher.matches(&subject, &context).distance();
    assert!(
        (found - expected).abs() < 1e-6,
        "{pattern} on {value}: {found}, not {expected}"
    );
}

#[test]
fn of_texts() {
    check(&json!({"equalTo": "abc"}), "abd", 1.0 / 3.0);
    check(&json!({"contains": "abc"}), "abd", 1.0);
    check(&json!({"matches": "abc"}), "abd", 1.0);
    check(
        &json!({"and": [{"equalTo": "abc"}, {"contains": "z"}]}),
        "abd",
        2.0 / 3.0,
    );
    check(
        &json!({"or": [{"equalTo": "abc"}, {"equalTo": "xyz"}]}),
        "abd",
        1.0 / 3.0,
    );
    check(&json!({"not": {"equalTo": "x"}}), "x", 1.0);
    check(
        &json!({"matchesPathTemplate": "/a/{x}/b"}),
        "/a/1/2/b",
        0.375,
    );
    check(&json!({"matchesPathTemplate": "/a/**"}), "/b", 0.75);
    check(&json!({"greaterThanNumber": 5}), "1", 0.01);
    check(&json!({"greaterThanNumber": 5}), "x", 1.0);
}

#[test]
fn of_json() {
    check(&json!({"equalToJson": {"a": 1}}), r#"{"a":2}"#, 0.5);
    check(
        &json!({"equalToJson": {"a": 1, "b": 2}}),
        r#"{"a":1}"#,
        1.0 / 3.0,
    );
    check(&json!({"equalToJson": [1, 2, 3]}), "[3,2,1]", 0.5);
    check(&json!({"equalToJson": [1, 2]}), "[1,2,3,4]", 0.4);
    check(
        &json!({"equalToJson": [1, 2, 3], "ignoreArrayOrder": true}),
        "[3,2,4]",
        0.25,
    );
    check(
        &json!({"equalToJson": {"a": [1, 2, {"b": 3}]}}),
        r#"{"a":[1,2,{"b":4,"c":5}]}"#,
        2.0 / 9.0,
    );
    check(
        &json!({"equalToJson": {"a": {"b": {"c": 1}}}}),
        r#"{"a":{}}"#,
        1.0 / 3.0,
    );
    check(
        &json!({"equalToJson": {"a": 1.5, "c": null}}),
        "false",
        2.0 / 3.0,
    );
    check(
        &json!({"equalToJson": [null, 2, 0, {"a": {}, "d": null}]}),
        "[null,2,null]",
        4.0 / 9.0,
    );
    check(
        &json!({"equalToJson": [1, 2, 3], "ignoreArrayOrder": true}),
        "[4,5,6]",
        1.5,
    );
    check(&json!({"equalToJson": {"a": 1}}), "nonsense", 1.0);
    check(
        &json!({"matchesJsonPath": {"expression": "$.a", "equalTo": "abc"}}),
        r#"{"a":["xyz","abd"]}"#,
        1.0 / 3.0,
    );
    check(&json!({"matchesJsonPath": "$.a"}), "{}", 1.0);
    let schema = json!({"properties": {
        "a": {"properties": {"b": {"type": "integer"}, "c": {"type": "integer"}}}, "d": {"type": "string"}
    }});
    check(
        &json!({ "matchesJsonSchema": schema }),
        r#"{"a":{"b":"x","c":1},"d":1}"#,
        0.5,
    );
}

#[test]
fn of_xml() {
    for (expected, actual, distance) in [
        ("<a/>", "<b/>", 1.0 / 6.0),
        ("<a x='1'/>", "<a x='2'/>", 1.0 / 9.0),
        ("<a x='1'/>", "<a/>", 2.0 / 7.0),
        ("<a/>", "<a x='1'/>", 1.0 / 6.0),
        ("<a>t</a>", "<a>u</a>", 1.0 / 9.0),
        ("<a><b>1</b><b>2</b></a>", "<a><b>2</b><b>1</b></a>", 0.1),
        ("<a>x<![CDATA[t]]>y</a>", "<a>xty</a>", 4.0 / 11.0),
        ("<p:a xmlns:p='u'/>", "<p:a xmlns:p='v'/>", 1.0 / 7.0),
        ("<a><b/></a>", "<a><c/></a>", 0.1),
        ("<a><b/><c/></a>", "<a><b/></a>", 2.0 / 11.0),
        ("<?pi x?><a/>", "<a/>", 2.0 / 7.0),
        ("<a/>", "nonsense", 1.0),
    ] {
        check(&json!({ "equalToXml": expected }), actual, distance);
    }
    check(
        &json!({"matchesXPath": {"expression": "count(//b)", "equalTo": "2.0"}}),
        "<a><b/><b/></a>",
        2.0 / 3.0,
    );
}

#[test]
fn of_dates() {
    check(
        &json!({"equalToDateTime": "2021-06-15T10:00:00Z"}),
        "2022-06-15T10:00:00Z",
        1.0 / 3.0,
    );
    check(
        &json!({"before": "2021-06-15T10:00:00Z"}),
        "2021-06-15T11:00:00Z",
        0.000_057_074_4,
    );
    check(&json!({"before": "2021-06-15T10:00:00Z"}), "nonsense", 1.0);
}

#[test]
fn of_several_values() {
    let context = context();
    for (pattern, values, expected) in [
        (json!({"equalTo": "abc"}), &["xyz", "abd"][..], 1.0 / 3.0),
        (json!({"equalTo": "abc"}), &[], 1.0),
        (
            json!({"hasExactly": [{"equalTo": "a"}, {"equalTo": "b"}]}),
            &["b", "a", "c"],
            0.5,
        ),
        (
            json!({"hasExactly": [{"equalTo": "a"}, {"equalTo": "b"}]}),
            &["a"],
            0.75,
        ),
        (
            json!({"hasExactly": [{"equalTo": "abc"}, {"equalTo": "xyz"}]}),
            &["abd", "xyw"],
            1.0 / 6.0,
        ),
        (
            json!({"includes": [{"equalTo": "a"}, {"equalTo": "b"}]}),
            &["a"],
            0.5,
        ),
        (
            json!({"includes": [{"equalTo": "abc"}]}),
            &["abd", "zzz"],
            1.0 / 3.0,
        ),
    ] {
        let matcher = MultiMatcher::from_json(&pattern).expect("a valid pattern");
        let subjects: Vec<_> = values.iter().map(|value| Subject::text(*value)).collect();
        let found = matcher.matches(&subjects, &context).distance();
        assert!(
            (found - expected).abs() < 1e-6,
            "{pattern} on {values:?}: {found}"
        );
    }
}
