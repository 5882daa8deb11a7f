use efsm_matchers::{MultiMatcher, SubEventKind, Subject};
use serde_json::{Value, json};

use crate::{context, matcher};

/// The lines of a diff as WireMock 3.13.2 prints them.
#[test]
fn headers_and_parameters_in_a_diff() {
    for (pattern, header, parameter) in [
        (json!({"equalTo": "x"}), "k: x", "k = x"),
        (
            json!({"contains": "x"}),
            "k [contains] : x",
            "k [contains] x",
        ),
        (
            json!({"absent": true}),
            "k [absent] : (absent)",
            "k [absent] (absent)",
        ),
        (
            json!({"not": {"matches": "z.*"}}),
            "k [not] : z.*",
            "k [not] z.*",
        ),
        (
            json!({"or": [{"equalTo": "q"}, {"absent": true}]}),
            "k [or] : equalTo q OR absent (absent)",
            "k [or] equalTo q OR absent (absent)",
        ),
        (
            json!({"hasExactly": [{"equalTo": "1"}, {"contains": "2"}]}),
            "k exactly [equalTo 1 AND contains 2]",
            "k exactly [equalTo 1 AND contains 2]",
        ),
        (
            json!({"includes": [{"equalTo": "1"}]}),
            "k including [equalTo 1]",
            "k including [equalTo 1]",
        ),
        (
            json!({"before": "now +3 days"}),
            "k [before] : now +3 days",
            "k [before] now +3 days",
        ),
    ] {
        let matcher = MultiMatcher::from_json(&pattern).expect("a valid pattern");
        assert_eq!(matcher.header_line("k"), header);
        assert_eq!(matcher.parameter_line("k"), parameter);
    }
}

#[test]
fn bodies_in_a_diff() {
    let json_body = r#"{"a":2,"b":[1,2]}"#;
    for (pattern, body, expected, actual) in [
        (
            json!({"equalToJson": {"a": 1, "b": [1, 2]}}),
            json_body,
            "[equalToJson]\n{\n  \"a\" : 1,\n  \"b\" : [ 1, 2 ]\n}",
            "{\n  \"a\" : 2,\n  \"b\" : [ 1, 2 ]\n}",
        ),
        (
            json!({"equalToJson": "1"}),
            "nonsense",
            "[equalToJson]\n1",
            "nonsense",
        ),
        (
            json!({"matchesJsonPath": "$.zz"}),
            json_body,
            "$.zz",
            json_body,
        ),
        (
            json!({"matchesJsonPath": {"expression": "$.a", "equalTo": "7"}}),
            json_body,
            "$.a [equalTo] 7",
            "2",
        ),
        (
            json!({"contains": "foo"}),
            json_body,
            "[contains]\nfoo",
            json_body,
        ),
        (
            json!({"equalTo": "bar"}),
            json_body,
            "[equalTo]\nbar",
            json_body,
        ),
        (
            json!({"equalToXml": "<a><b>1</b></a>"}),
            "<a><b>2</b></a>",
            "[equalToXml]\n<a>\n  <b>1</b>\n</a>\n",
            "<a>\n  <b>2</b>\n</a>\n",
        ),
        (
            json!({"equalToXml": "<a/>"}),
            "nonsense",
            "[equalToXml]\n<a/>\n",
            "nonsense",
        ),
        (json!({"matchesXPath": "//q"}), "<a/>", "//q", "<a/>"),
        (
            json!({"matchesXPath": {"expression": "//q", "equalTo": "7"}}),
            "<q>8</q>",
            "//q [equalTo] 7",
            "<q>8</q>\n",
        ),
        (
            json!({"matchesXPath": {"expression": "//q", "equalTo": "7"}}),
            "nonsense",
            "//q [equalTo] 7",
            "",
        ),
        (
            json!({"matchesJsonSchema": {"type": "array"}}),
            json_body,
            "[matchesJsonSchema]\n{\n  \"type\" : \"array\"\n}",
            json_body,
        ),
        (json!({"binaryEqualTo": "AQID"}), "abc", "AQID", "YWJj"),
        (json!({"not": {"contains": "a"}}), "a", "[not]\na", "a"),
        (
            json!({"and": [{"contains": "l"}, {"contains": "m"}]}),
            "a",
            "[and]\ncontains l AND contains m",
            "a",
        ),
        (json!({"equalToNumber": 5}), "a", "[equalToNumber]\n5", "a"),
        (
            json!({"equalToXml": "<p:a/>", "namespaceAwareness": "NONE"}),
            "a",
            "[equalToXml]\n<p:a/>",
            "a",
        ),
    ] {
        let matcher = matcher(&pattern);
        assert_eq!(matcher.body_text(), expected, "{pattern}");
        assert_eq!(
            matcher
                .actual_text(&Subject::text(body))
                .unwrap_or_default(),
            actual,
            "{pattern}"
        );
    }
}

#[track_caller]
fn events(pattern: &Value, value: Option<&str>, expected: &[(SubEventKind, &str)]) {
    let context = context();
    let matcher = matcher(pattern);
    let subject = Subject::from_option(value);
    let found = matcher.matches(&subject, &context).sub_events();
    assert_eq!(
        found.len(),
        expected.len(),
        "{pattern} on {value:?}: {found:?}"
    );
    for (event, (kind, part)) in found.iter().zip(expected) {
        assert_eq!(event.kind, *kind);
        assert!(event.data.to_string().contains(part), "{:?}", event.data);
    }
}

#[test]
fn documents_that_cannot_be_read_are_explained() {
    use SubEventKind::{Error, JsonError, Warning};
    let to_json = json!({"equalToJson": {"a": 1}});
    events(&to_json, Some("{\"a\":2}"), &[]);
    events(
        &to_json,
        Some("nonsense"),
        &[(JsonError, "Unrecognized token 'nonsense'")],
    );
    events(
        &to_json,
        Some(""),
        &[(JsonError, "No content to map due to end-of-input")],
    );
    events(&to_json, None, &[(Warning, "message")]);
    let path = json!({"matchesJsonPath": "$.a"});
    events(
        &path,
        Some("{}"),
        &[(
            Warning,
            "failed to match document '{}' because of error 'No results for path",
        )],
    );
    events(
        &path,
        Some("<a/>"),
        &[(Warning, "because it's not JSON but probably XML")],
    );
    events(&path, Some("{\"a\":null}"), &[]);
    events(&path, None, &[]);
    let advanced = json!({"matchesJsonPath": {"expression": "$.a", "equalTo": "1"}});
    events(&advanced, Some("{}"), &[]);
    events(
        &advanced,
        Some("<a/>"),
        &[(Warning, "JSON path expression '$.a' failed to match")],
    );
    let xml = json!({"equalToXml": "<a/>"});
    events(&xml, Some("<b/>"), &[]);
    events(
        &xml,
        Some("nonsense"),
        &[(Warning, "Content is not allowed in prolog.")],
    );
    events(&xml, Some("<p:a/>"), &[(Warning, "is not bound")]);
    events(
        &xml,
        Some("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"),
        &[(Warning, "entities")],
    );
    let xpath = json!({"matchesXPath": "//a"});
    events(&xpath, Some("<b/>"), &[]);
    events(
        &xpath,
        Some("nonsense"),
        &[(Warning, "failed to parse the XML document\\nXML: nonsense")],
    );
    events(
        &xpath,
        Some("<a>"),
        &[(Warning, "Reason: XML document structures")],
    );
    events(
        &json!({"matchesXPath": "//a["}),
        Some("<b/>"),
        &[(Warning, "failed to evaluate the XPath expression //a[")],
    );
    events(
        &json!({"matchesJsonSchema": {"$ref": "http://127.0.0.1:1/x.json"}}),
        Some("{}"),
        &[(Error, "Invalid JSON Schema")],
    );
    assert_eq!(
        [Warning, JsonError, Error].map(SubEventKind::as_str),
        ["WARNING", "JSON_ERROR", "ERROR"]
    );
}

#[test]
fn a_subject_made_of_json_is_matched_as_its_pretty_print() {
    let metadata = Subject::json(json!({"owner": "x", "tags": [1]}));
    let context = context();
    for pattern in [
        json!({"matchesJsonPath": {"expression": "$.owner", "equalTo": "x"}}),
        json!({"equalToJson": {"owner": "x"}, "ignoreExtraElements": true}),
        json!({"contains": "\"owner\" : \"x\""}),
    ] {
        assert!(matcher(&pattern).is_match(&metadata, &context), "{pattern}");
    }
}

#[test]
fn a_header_or_parameter_that_equals_needs_no_operator() {
    for (pattern, header, parameter) in [
        (json!({"equalTo": "x"}), "A: x", "A = x"),
        (json!({"equalToJson": [1]}), "A: [ 1 ]", "A = [ 1 ]"),
        (json!({"equalToXml": "<a/>"}), "A: <a/>\n", "A = <a/>\n"),
        (
            json!({"contains": "x"}),
            "A [contains] : x",
            "A [contains] x",
        ),
    ] {
        let matcher = efsm_matchers::MultiMatcher::from(matcher(&pattern));
        assert_eq!(matcher.header_line("A"), header);
        assert_eq!(matcher.parameter_line("A"), parameter);
    }
}
