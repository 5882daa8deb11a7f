use efsm_matchers::{Matcher, PatternError};
use serde_json::{Value, json};

#[track_caller]
fn refused(pattern: &Value, pointer: &str, detail: &str) {
    let error = Matcher::from_json(pattern).expect_err("an invalid pattern");
    assert_eq!(error.pointer, pointer, "{pattern}: {error}");
    assert_eq!(error.title, PatternError::TITLE);
    assert!(error.detail.contains(detail), "{pattern}: {error}");
}

/// What is read, and what is printed for it; `None` when it is printed as it was given.
#[track_caller]
fn printed(pattern: &Value, expected: Option<Value>) {
    let matcher = Matcher::from_json(pattern).expect("a valid pattern");
    let expected = expected.unwrap_or_else(|| pattern.clone());
    let found = matcher.to_json();
    assert_eq!(found, expected);
    let keys = |value: &Value| {
        value
            .as_object()
            .map(|fields| fields.keys().cloned().collect::<Vec<_>>())
    };
    assert_eq!(keys(&found), keys(&expected), "the order of {pattern}");
}

#[test]
fn wrong_operands_are_refused_in_wiremocks_words() {
    for operator in [
        "equalTo",
        "contains",
        "doesNotContain",
        "matches",
        "doesNotMatch",
        "anything",
        "matchesPathTemplate",
        "before",
        "binaryEqualTo",
        "equalToXml",
    ] {
        refused(
            &json!({ operator: 3 }),
            "",
            &format!("{operator} operand must be a non-null string"),
        );
        refused(
            &json!({ operator: null }),
            "",
            "operand must be a non-null string",
        );
    }
    refused(
        &json!({"bogus": 1}),
        "",
        "{\"bogus\":1} is not a valid match operation",
    );
    refused(&json!({}), "", "{} is not a valid match operation");
    refused(&json!("abc"), "", "\"abc\" is not a valid match operation");
    refused(
        &json!({"and": {"equalTo": "x"}}),
        "",
        "and field must be an array of matchers",
    );
    refused(
        &json!({"or": []}),
        "",
        "Must be constructed with at least two matchers",
    );
    refused(&json!({"matches": "a("}), "", "a(");
    refused(&json!({"binaryEqualTo": "%%%"}), "", "Base64");
    refused(&json!({"equalToJson": "{"}), "", "end-of-input");
    refused(
        &json!({"equalToJson": ""}),
        "",
        "No content to map due to end-of-input",
    );
    refused(
        &json!({"equalToJson": "nonsense"}),
        "",
        "Unrecognized token 'nonsense'",
    );
    refused(
        &json!({"equalToJson": {"a": "${json-unit.regex}[a"}}),
        "",
        "[a",
    );
    refused(
        &json!({"matchesJsonPath": 1}),
        "",
        "expression is required in the advanced matchesJsonPath form",
    );
    refused(
        &json!({"matchesJsonPath": {"equalTo": "x"}}),
        "",
        "expression is required",
    );
    refused(
        &json!({"matchesJsonPath": {"expression": "$.a"}}),
        "",
        "is not a valid match operation",
    );
    refused(
        &json!({"matchesXPath": {"equalTo": "x"}}),
        "",
        "expression is required in the advanced matchesXPath form",
    );
    refused(
        &json!({"matchesXPath": "/a", "xPathNamespaces": {"p": 1}}),
        "",
        "prefix `p`",
    );
    refused(
        &json!({"matchesJsonSchema": {}, "schemaVersion": "V8"}),
        "",
        "schemaVersion must be one of [ \"V4\"",
    );
    refused(&json!({"matchesJsonSchema": "{"}), "", "end-of-input");
    refused(
        &json!({"equalToXml": "<a>"}),
        "",
        "must start and end within the same entity",
    );
    refused(
        &json!({"equalToXml": "<p:a/>"}),
        "",
        "The prefix \"p\" for element \"p:a\" is not bound",
    );
    refused(
        &json!({"equalToXml": "<a/>", "exemptedComparisons": ["X"]}),
        "",
        "ComparisonType.X",
    );
    refused(
        &json!({"equalToXml": "<a/>", "namespaceAwareness": "X"}),
        "",
        "NamespaceAwareness.X",
    );
    refused(
        &json!({"equalToXml": "<a/>", "enablePlaceholders": true, "placeholderOpeningDelimiterRegex": "["}),
        "",
        "[",
    );
    refused(&json!({"before": "now +1 bogus"}), "", "bogus");
    refused(
        &json!({"before": "now", "expectedOffset": 1, "expectedOffsetUnit": "bogus"}),
        "",
        "bogus",
    );
    refused(
        &json!({"before": "now", "expectedOffset": "x"}),
        "",
        "expectedOffset",
    );
    refused(
        &json!({"before": "now", "truncateExpected": "bogus"}),
        "",
        "bogus",
    );
    refused(
        &json!({"greaterThanNumber": "x"}),
        "",
        "greaterThanNumber has to be a numeric value",
    );
}

#[test]
fn errors_point_to_the_operand_inside() {
    refused(
        &json!({"and": [{"equalTo": "a"}, {"bogus": 1}]}),
        "/and/1",
        "is not a valid match operation",
    );
    refused(
        &json!({"not": {"bogus": 1}}),
        "/not",
        "is not a valid match operation",
    );
    refused(
        &json!({"or": [{"not": {"and": [{"equalTo": "a"}, {"equalTo": 1}]}}, {"equalTo": "a"}]}),
        "/or/0/not/and/1",
        "equalTo operand",
    );
    refused(
        &json!({"matchesJsonPath": {"expression": "$.a", "and": [{"equalTo": "a"}, {"x/y~": 1}]}}),
        "/matchesJsonPath/and/1",
        "is not a valid match operation",
    );
    let outer = PatternError {
        pointer: "/and/1".to_owned(),
        title: PatternError::TITLE,
        detail: String::new(),
    };
    assert_eq!(outer.within("a/b~c").pointer, "/a~1b~0c/and/1");
}

#[test]
fn unknown_keys_are_errors_unless_wiremocks_tolerance_is_asked_for() {
    for (pattern, pointer, lenient) in [
        (
            json!({"equalTo": "a", "bogus": 1}),
            "/bogus",
            json!({"equalTo": "a"}),
        ),
        (
            json!({"equalTo": "a", "ignoreArrayOrder": true}),
            "/ignoreArrayOrder",
            json!({"equalTo": "a"}),
        ),
        (
            json!({"contains": "a", "equalTo": "b"}),
            "/equalTo",
            json!({"contains": "a"}),
        ),
        (
            json!({"equalTo": "b", "absent": true}),
            "/absent",
            json!({"equalTo": "b"}),
        ),
        (
            json!({"equalTo": "b", "a/b": true}),
            "/a~1b",
            json!({"equalTo": "b"}),
        ),
        (
            json!({"matchesJsonPath": {"expression": "$", "equalTo": "b", "x": 1}}),
            "/matchesJsonPath/x",
            json!({"matchesJsonPath": {"expression": "$", "equalTo": "b"}}),
        ),
        (
            json!({"not": {"equalTo": "b", "x": 1}}),
            "/not/x",
            json!({"not": {"equalTo": "b"}}),
        ),
    ] {
        refused(&pattern, pointer, "Unrecognized field");
        let matcher = Matcher::from_json_lenient(&pattern).expect("tolerated");
        assert_eq!(matcher.to_json(), lenient, "{pattern}");
    }
}

#[test]
fn matchers_are_printed_as_they_were_given() {
    for pattern in [
        json!({"equalTo": "a"}),
        json!({"equalTo": "a", "caseInsensitive": false}),
        json!({"binaryEqualTo": "YWJj"}),
        json!({"equalToJson": "{ \"a\": 1 }", "ignoreArrayOrder": true, "ignoreExtraElements": false}),
        json!({"equalToJson": {"b": 1, "a": [1, null]}}),
        json!({"equalToJson": null}),
        json!({"matchesJsonPath": "$.a"}),
        json!({"matchesJsonPath": {"expression": "$.a", "equalToJson": "[]", "ignoreArrayOrder": true}}),
        json!({"matchesJsonSchema": "{\"type\":\"object\"}", "schemaVersion": "V7"}),
        json!({"equalToXml": "<a/>"}),
        json!({
            "equalToXml": "<a/>", "enablePlaceholders": true, "placeholderOpeningDelimiterRegex": "<<",
            "placeholderClosingDelimiterRegex": ">>", "exemptedComparisons": ["NAMESPACE_URI", "TEXT_VALUE"],
            "ignoreOrderOfSameNode": true, "namespaceAwareness": "NONE"
        }),
        json!({"matchesXPath": "//a"}),
        json!({"matchesXPath": {"expression": "//a", "contains": "b"}, "xPathNamespaces": {"a": "u", "b": "v"}}),
        json!({"contains": "a"}),
        json!({"doesNotContain": "a"}),
        json!({"matches": "a+"}),
        json!({"doesNotMatch": "a+"}),
        json!({"not": {"equalTo": "a"}}),
        json!({"and": [{"equalTo": "a"}, {"or": [{"contains": "b"}, {"absent": true}]}]}),
        json!({"before": "2021-01-01T00:00:00Z", "actualFormat": "unix"}),
        json!({"after": "now +3 days", "truncateExpected": "first day of month", "truncateActual": "last day of month", "applyTruncationLast": true}),
        json!({"equalToDateTime": "now +3 days", "expectedOffset": 1, "expectedOffsetUnit": "years"}),
        json!({"absent": true}),
        json!({"matchesPathTemplate": "/a/{b}"}),
        json!({"equalToNumber": 1}),
        json!({"lessThanNumber": 1.5}),
    ] {
        printed(&pattern, None);
    }
}

#[test]
fn some_spellings_are_unified() {
    printed(&json!({"absent": false}), Some(json!({"absent": true})));
    printed(
        &json!({"anything": "(always)"}),
        Some(json!({"anything": "anything"})),
    );
    printed(
        &json!({"equalTo": "a", "caseInsensitive": "true"}),
        Some(json!({"equalTo": "a", "caseInsensitive": true})),
    );
    printed(
        &json!({"equalTo": "a", "caseInsensitive": null}),
        Some(json!({"equalTo": "a", "caseInsensitive": false})),
    );
    printed(
        &json!({"matchesJsonSchema": {"type": "object"}}),
        Some(
            json!({"matchesJsonSchema": "{\n  \"type\" : \"object\"\n}", "schemaVersion": "V202012"}),
        ),
    );
    printed(
        &json!({"before": "now"}),
        Some(json!({"before": "now +0 seconds"})),
    );
    printed(
        &json!({"before": "now", "expectedOffset": -3, "expectedOffsetUnit": "DAYS"}),
        Some(json!({"before": "now -3 days"})),
    );
    printed(
        &json!({"before": "2021-01-01", "applyTruncationLast": false}),
        Some(json!({"before": "2021-01-01"})),
    );
    printed(
        &json!({"after": "now +1 days", "truncateExpected": "FIRST_DAY_OF_MONTH"}),
        Some(json!({"after": "now +1 days", "truncateExpected": "first day of month"})),
    );
    printed(
        &json!({"matchesXPath": "/a", "xPathNamespaces": {}}),
        Some(json!({"matchesXPath": "/a"})),
    );
    printed(
        &json!({"greaterThanNumber": "0005"}),
        Some(json!({"greaterThanNumber": 5})),
    );
}

#[test]
fn a_clone_shares_what_was_compiled() {
    let matcher = Matcher::from_json(&json!({"equalToJson": {"a": 1}})).expect("a valid pattern");
    let (Matcher::EqualToJson(one), Matcher::EqualToJson(other)) = (&matcher, &matcher.clone())
    else {
        panic!("another operator");
    };
    assert!(std::sync::Arc::ptr_eq(one, other));
}

#[test]
fn matchers_and_subjects_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<Matcher>();
    crosses::<efsm_matchers::MultiMatcher>();
    crosses::<efsm_matchers::Subject<'static>>();
    crosses::<efsm_matchers::MatchContext>();
}
