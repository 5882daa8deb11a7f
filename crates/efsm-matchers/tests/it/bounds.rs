//! Hostile values: no match, an explanation, and neither a panic nor a long wait.

use efsm_matchers::{Matcher, Subject};
use serde_json::{Value, json};

use crate::{context, matcher};

#[track_caller]
fn given_up(pattern: &Value, value: &str, reason: &str) {
    let context = context();
    let matcher = matcher(pattern);
    let subject = Subject::text(value);
    let result = matcher.matches(&subject, &context);
    assert!(!result.is_exact(), "{pattern}");
    let events = result.sub_events();
    assert!(
        events
            .iter()
            .any(|event| event.data.to_string().contains(reason)),
        "{pattern}: {events:?}"
    );
    let distance = result.distance();
    assert!((0.0..=1.0).contains(&distance), "{pattern}: {distance}");
}

#[test]
fn catastrophic_regular_expressions() {
    let value = format!("{}!", "a".repeat(5_000));
    for pattern in ["(a|aa)+(?=b)", "(a+a+)+(?=b)"] {
        given_up(&json!({ "matches": pattern }), &value, "too complex");
        given_up(&json!({ "doesNotMatch": pattern }), &value, "too complex");
        given_up(
            &json!({"equalToJson": [format!("${{json-unit.regex}}{pattern}")]}),
            &json!([value]).to_string(),
            "too complex",
        );
    }
}

#[test]
fn deep_json() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    given_up(&json!({"equalToJson": []}), &deep, "nesting depth");
    given_up(&json!({"matchesJsonPath": "$..a"}), &deep, "nesting depth");
    let schema = matcher(&json!({"matchesJsonSchema": {"type": "array"}}));
    assert!(!schema.is_match(&Subject::text(deep), &context()));
    // As deep as documents may be, everything still works.
    let nested = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let recursive =
        matcher(&json!({"matchesJsonSchema": {"type": "array", "items": {"$ref": "#"}}}));
    assert!(recursive.is_match(&Subject::text(nested.as_str()), &context()));
    let equal = matcher(&json!({ "equalToJson": nested }));
    assert!(equal.is_match(&Subject::text(nested.as_str()), &context()));
}

#[test]
fn arrays_in_any_order_that_need_too_many_comparisons() {
    let expected: Vec<_> = (0..4_000)
        .map(|n| json!({"id": n, "x": "${json-unit.any-number}"}))
        .collect();
    let actual: Vec<_> = (0..4_000)
        .rev()
        .map(|n| json!({"id": n + 1, "x": 1}))
        .collect();
    given_up(
        &json!({"equalToJson": expected, "ignoreArrayOrder": true}),
        &Value::from(actual).to_string(),
        "comparisons",
    );
}

#[test]
fn large_arrays_in_order_are_compared_in_one_pass() {
    let items: Vec<_> = (0..20_000).map(|n| json!({"id": n})).collect();
    let pattern =
        json!({"equalToJson": items, "ignoreArrayOrder": true, "ignoreExtraElements": true});
    let body = Value::from(items).to_string();
    assert!(matcher(&pattern).is_match(&Subject::text(body), &context()));
}

#[test]
fn hostile_xml() {
    let equal = json!({"equalToXml": "<a/>"});
    let path = json!({"matchesXPath": "//a"});
    for (document, reason) in [
        (
            format!("{}{}", "<a>".repeat(5_000), "</a>".repeat(5_000)),
            "nested more than",
        ),
        ("<a>".repeat(1_000_000), "nested more than"),
        (
            format!(
                "<a {}/>",
                (0..5_000)
                    .map(|n| format!("x{n}='1' "))
                    .collect::<Vec<_>>()
                    .concat()
            ),
            "attributes",
        ),
        (
            "<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><a>&b;</a>".to_owned(),
            "entities",
        ),
        (
            format!("<a>{}</a>", "x".repeat(17 * 1024 * 1024)),
            "larger than",
        ),
    ] {
        given_up(&equal, &document, reason);
        given_up(&path, &document, reason);
    }
}

#[test]
fn expensive_xpaths() {
    let wide = format!("<a>{}</a>", "<b/>".repeat(3_000));
    given_up(&json!({"matchesXPath": "//b[//b[//b]]"}), &wide, "nodes");
    let long = format!("1{}", " + 1".repeat(10_000));
    given_up(&json!({ "matchesXPath": long }), &wide, "longer than");
    given_up(
        &json!({ "matchesXPath": "(".repeat(5_000) }),
        &wide,
        "nested more than",
    );
}

#[test]
fn long_texts_have_a_distance() {
    let context = context();
    let matcher = matcher(&json!({ "equalTo": "a".repeat(2_000_000) }));
    let subject = Subject::text("b".repeat(2_000_000));
    assert!(matcher.matches(&subject, &context).distance() > 0.99);
}

#[test]
fn deeply_nested_matchers_are_refused() {
    let mut pattern = json!({"equalTo": "x"});
    for _ in 0..100 {
        pattern = json!({ "not": pattern });
    }
    let error = Matcher::from_json(&pattern).expect_err("too deep");
    assert!(error.detail.contains("nested"), "{error}");
}
