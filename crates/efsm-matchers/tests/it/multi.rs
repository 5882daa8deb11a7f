use efsm_matchers::{MultiMatcher, Subject};
use serde_json::{Value, json};

use crate::context;

#[track_caller]
fn check(pattern: &Value, holds: &[&[&str]], refuses: &[&[&str]]) {
    let matcher = MultiMatcher::from_json(pattern).expect("a valid pattern");
    let context = context();
    for (cases, expected) in [(holds, true), (refuses, false)] {
        for values in cases {
            let subjects: Vec<_> = values.iter().map(|value| Subject::text(*value)).collect();
            let result = matcher.matches(&subjects, &context);
            assert_eq!(result.is_exact(), expected, "{pattern} on {values:?}");
            let distance = result.distance();
            assert!((0.0..=1.0).contains(&distance), "{pattern} on {values:?}");
            assert!(!expected || distance == 0.0, "{pattern} on {values:?}");
        }
    }
    let printed = matcher.to_json();
    assert_eq!(
        MultiMatcher::from_json(&printed).expect("what was printed"),
        matcher
    );
}

#[test]
fn a_single_matcher_needs_one_of_the_values() {
    check(
        &json!({"equalTo": "a"}),
        &[&["a"], &["b", "a"]],
        &[&[], &["b"], &[""]],
    );
    check(&json!({"absent": true}), &[&[]], &[&[""], &["a"]]);
    check(
        &json!({"not": {"equalTo": "a"}}),
        &[&["b", "a"], &[]],
        &[&["a"], &["a", "a"]],
    );
    check(
        &json!({"doesNotContain": "a"}),
        &[&["b", "a"], &[]],
        &[&["a"]],
    );
    check(
        &json!({"or": [{"absent": true}, {"equalTo": "q"}]}),
        &[&[], &["q"]],
        &[&["a"]],
    );
    check(
        &json!({"and": [{"contains": "a"}, {"contains": "b"}]}),
        &[&["x", "ab"]],
        &[&["a", "b"]],
    );
    check(
        &json!({"equalTo": "aB", "caseInsensitive": true}),
        &[&["Ab", "a"]],
        &[&["a"]],
    );
}

#[test]
fn has_exactly_counts_values() {
    let both = json!({"hasExactly": [{"equalTo": "a"}, {"equalTo": "b"}]});
    check(
        &both,
        &[&["b", "a"]],
        &[&["b", "a", "c"], &["a"], &["a", "c"], &[]],
    );
    check(
        &json!({"hasExactly": [{"equalTo": "a"}, {"contains": "a"}]}),
        &[&["a", "xa"]],
        &[&["xa", "ya"]],
    );
    check(
        &json!({"hasExactly": [{"absent": true}]}),
        &[],
        &[&[], &["a"]],
    );
    // One value may serve two operands.
    check(
        &json!({"hasExactly": [{"equalTo": "a"}, {"equalTo": "a"}]}),
        &[&["a", "b"]],
        &[&["a"]],
    );
}

#[test]
fn includes_wants_a_value_for_each_operand() {
    let both = json!({"includes": [{"equalTo": "a"}, {"matches": "b+"}]});
    check(&both, &[&["bb", "a", "c"]], &[&["a"], &["c"], &[]]);
    check(&json!({"includes": []}), &[&["a"]], &[&[]]);
}

#[test]
fn what_wiremock_refuses_is_refused() {
    for (pattern, pointer) in [
        (json!({"includes": "a"}), "/includes"),
        (json!({"hasExactly": {"equalTo": "a"}}), "/hasExactly"),
        (json!({"includes": [], "x": 1}), "/x"),
        (json!({"includes": [], "hasExactly": []}), "/includes"),
        (
            json!({"includes": [{"equalTo": "a"}, {"bogus": 1}]}),
            "/includes/1",
        ),
        (json!({"binaryEqualTo": "YQ=="}), ""),
        (json!({"bogus": 1}), ""),
        (json!([]), ""),
    ] {
        let error = MultiMatcher::from_json(&pattern).expect_err("an invalid pattern");
        assert_eq!(error.pointer, pointer, "{pattern}: {error}");
        assert!(
            MultiMatcher::from_json_lenient(&pattern).is_err(),
            "{pattern}"
        );
    }
}
