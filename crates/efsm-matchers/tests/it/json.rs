use serde_json::{Value, json};

use crate::check;

#[track_caller]
fn equal(options: &Value, expected: &Value, holds: &[&str], refuses: &[&str]) {
    let some = |values: &[&str]| {
        values
            .iter()
            .map(|value| Some((*value).to_owned()))
            .collect::<Vec<_>>()
    };
    let (holds, refuses) = (some(holds), some(refuses));
    let (holds, refuses): (Vec<_>, Vec<_>) = (
        holds.iter().map(Option::as_deref).collect(),
        refuses.iter().map(Option::as_deref).chain([None]).collect(),
    );
    // The operand is a JSON value or a text with JSON in it.
    for operand in [expected.clone(), Value::from(expected.to_string())] {
        if expected.is_string() && operand == *expected {
            continue;
        }
        let mut pattern = json!({ "equalToJson": operand });
        for (key, option) in options.as_object().expect("an object of options") {
            pattern[key] = option.clone();
        }
        check(&pattern, &holds, &refuses);
    }
}

#[test]
fn equal_to_json_compares_values_not_notations() {
    equal(
        &json!({}),
        &json!({"a": 1, "b": [1, {"c": null}]}),
        &[
            r#"{"a":1,"b":[1,{"c":null}]}"#,
            r#"{ "b" : [1.0, {"c": null}], "a": 1e0 }"#,
            r#"{'a':1,"b":[1,{"c":null}]} trailing"#,
            r#"/* c */ {"a":2,"a":1,"b":[1,{"c":null}]}"#,
        ],
        &[
            r#"{"a":1}"#,
            r#"{"a":"1","b":[1,{"c":null}]}"#,
            r#"{"a":1,"b":[1,{}]}"#,
            r#"{"a":1,"b":[{"c":null},1]}"#,
            r#"{"a":1,"b":[1,{"c":null}],"d":0}"#,
            r#"{"a":1,"b":[1,{"c":null}]"#,
            "[]",
            "nonsense",
            "",
        ],
    );
    equal(&json!({}), &json!("abc"), &["\"abc\""], &["abc", "\"abd\""]);
    equal(&json!({}), &json!(null), &["null"], &["0", "{}"]);
    equal(&json!({}), &json!(true), &["true"], &["false", "1"]);
    equal(
        &json!({}),
        &json!(18_446_744_073_709_551_615_u64),
        &["18446744073709551615"],
        &["18446744073709551614"],
    );
}

#[test]
fn ignore_array_order() {
    equal(
        &json!({"ignoreArrayOrder": true}),
        &json!({"a": [1, 2, [3, 4]]}),
        &[r#"{"a":[2,[4,3],1]}"#, r#"{"a":[1,2,[3,4]]}"#],
        &[
            r#"{"a":[1,2,[3,4],1]}"#,
            r#"{"a":[1,2,[3,3]]}"#,
            r#"{"a":[1,[3,4]]}"#,
        ],
    );
    equal(
        &json!({"ignoreArrayOrder": false}),
        &json!([1, 2]),
        &["[1,2]"],
        &["[2,1]"],
    );
}

#[test]
fn ignore_extra_elements() {
    equal(
        &json!({"ignoreExtraElements": true}),
        &json!({"a": [1, 2], "b": {}}),
        &[r#"{"a":[1,2,3],"b":{"c":1},"d":4}"#],
        &[
            r#"{"a":[0,1,2],"b":{}}"#,
            r#"{"a":[1],"b":{}}"#,
            r#"{"a":[1,2]}"#,
        ],
    );
    equal(
        &json!({"ignoreExtraElements": true, "ignoreArrayOrder": true}),
        &json!([{"a": 1}, {"b": 2}, 3]),
        &[r#"[0,3,{"b":2,"a":1},{"a":1}]"#],
        &[r#"[3,{"b":2,"a":1}]"#, r#"[3,{"a":1},{"b":3}]"#],
    );
}

#[test]
fn placeholders() {
    for (placeholder, holds, refuses) in [
        ("${json-unit.ignore}", vec!["1", "null", "[1]"], vec![]),
        ("#{json-unit.ignore}", vec!["{}"], vec![]),
        ("${json-unit.ignore-element}", vec!["1"], vec![]),
        ("${json-unit.any-string}", vec!["\"x\""], vec!["1", "null"]),
        ("#{json-unit.any-string}", vec!["\"\""], vec!["[]"]),
        ("${json-unit.any-number}", vec!["1", "-1.5"], vec!["\"1\""]),
        ("${json-unit.any-boolean}", vec!["true", "false"], vec!["0"]),
        (
            "${json-unit.regex}[a-z]+",
            vec!["\"abc\""],
            vec!["\"abc1\"", "1"],
        ),
        ("${json-unit.regex}", vec!["\"\""], vec!["\"x\""]),
        (
            "${json-unit.any-array}",
            vec!["\"${json-unit.any-array}\""],
            vec!["[]"],
        ),
        (
            "x${json-unit.ignore}",
            vec!["\"x${json-unit.ignore}\""],
            vec!["\"xy\""],
        ),
        ("${json-unit.matches:even}", vec![], vec!["2"]),
    ] {
        let wrap = |values: &[&str]| {
            values
                .iter()
                .map(|value| format!("{{\"a\":{value}}}"))
                .collect::<Vec<_>>()
        };
        let (holds, refuses) = (wrap(&holds), wrap(&refuses));
        equal(
            &json!({}),
            &json!({ "a": placeholder }),
            &holds.iter().map(String::as_str).collect::<Vec<_>>(),
            &refuses.iter().map(String::as_str).collect::<Vec<_>>(),
        );
    }
    equal(
        &json!({}),
        &json!({"a": "${json-unit.ignore-element}"}),
        &["{}"],
        &["[]"],
    );
    equal(
        &json!({}),
        &json!({"a": "${json-unit.ignore}"}),
        &[],
        &["{}"],
    );
    equal(
        &json!({"ignoreArrayOrder": true}),
        &json!(["${json-unit.any-string}", "a", "b"]),
        &[r#"["a","b","z"]"#, r#"["z","b","a"]"#, r#"["b","b","a"]"#],
        &[r#"["a","z","y"]"#],
    );
}

#[test]
fn json_paths_that_find_something() {
    check(
        &json!({"matchesJsonPath": "$.a"}),
        &[
            Some(r#"{"a":1}"#),
            Some(r#"{"a":false}"#),
            Some(r#"{"a":""}"#),
            Some(r#"{"a":{"b":1}}"#),
            Some("{a:1}"),
        ],
        &[
            Some(r#"{"a":null}"#),
            Some(r#"{"a":[]}"#),
            Some(r#"{"a":{}}"#),
            Some("{}"),
            Some("nonsense"),
            Some("<a/>"),
            Some("null"),
            Some(""),
            None,
        ],
    );
    check(
        &json!({"matchesJsonPath": "$[?(@.a == 1)]"}),
        &[Some(r#"[{"a":1}]"#)],
        &[Some(r#"[{"a":2}]"#), Some("[]")],
    );
    check(
        &json!({"matchesJsonPath": "$..a"}),
        &[Some(r#"{"b":{"a":1}}"#)],
        &[Some("{}"), Some("[]")],
    );
}

#[test]
fn json_paths_with_a_sub_matcher() {
    check(
        &json!({"matchesJsonPath": {"expression": "$.a", "equalTo": "1"}}),
        &[
            Some(r#"{"a":1}"#),
            Some(r#"{"a":"1"}"#),
            Some(r#"{"a":[2,1]}"#),
        ],
        &[
            Some(r#"{"a":2}"#),
            Some(r#"{"a":1.0}"#),
            Some("{}"),
            Some("<a/>"),
            None,
        ],
    );
    check(
        &json!({"matchesJsonPath": {"expression": "$.a", "equalTo": "1000.0"}}),
        &[Some(r#"{"a":1e3}"#)],
        &[Some(r#"{"a":1000}"#)],
    );
    check(
        &json!({"matchesJsonPath": {"expression": "$.a", "absent": true}}),
        &[
            Some("{}"),
            Some(r#"{"a":null}"#),
            Some(r#"{"a":[]}"#),
            Some("nonsense"),
            Some(""),
            None,
        ],
        &[Some(r#"{"a":1}"#), Some("<a/>")],
    );
    check(
        &json!({"matchesJsonPath": {"expression": "$.a", "not": {"equalTo": "x"}}}),
        &[Some(r#"{"a":"y"}"#)],
        &[Some(r#"{"a":"x"}"#), Some("{}")],
    );
    check(
        &json!({"matchesJsonPath": {"expression": "$.a", "equalToJson": {"b": 1}, "ignoreExtraElements": true}}),
        &[Some(r#"{"a":{"b":1,"c":2}}"#)],
        &[Some(r#"{"a":{"b":2}}"#), Some("{}")],
    );
    check(
        &json!({"matchesJsonPath": {"expression": "$.a", "equalToJson": "[1,2]", "ignoreArrayOrder": true}}),
        &[Some(r#"{"a":[2,1]}"#)],
        &[Some(r#"{"a":[1]}"#)],
    );
    check(
        &json!({"matchesJsonPath": {"expression": "$.a", "matchesJsonPath": {"expression": "$.b", "contains": "x"}}}),
        &[Some(r#"{"a":{"b":"xyz"}}"#)],
        &[Some(r#"{"a":{"b":"abc"}}"#)],
    );
    check(
        &json!({"matchesJsonPath": {"expression": "$.items.length()", "equalTo": "2"}}),
        &[Some(r#"{"items":[1,2]}"#)],
        &[Some(r#"{"items":[1]}"#)],
    );
    check(
        &json!({"matchesJsonPath": {"expression": "$.at", "after": "2021-01-01T00:00:00Z"}}),
        &[Some(r#"{"at":"2022-01-01T00:00:00Z"}"#)],
        &[Some(r#"{"at":"2020-01-01T00:00:00Z"}"#)],
    );
}

#[test]
fn json_schemas() {
    let schema = json!({
        "type": "object", "required": ["a"],
        "properties": {"a": {"type": "integer"}, "b": {"$ref": "#/$defs/word"}},
        "$defs": {"word": {"type": "string", "pattern": "^[a-z]+$"}}
    });
    for operand in [schema.clone(), Value::from(schema.to_string())] {
        check(
            &json!({ "matchesJsonSchema": operand }),
            &[Some(r#"{"a":1}"#), Some(r#"{"a":1.0,"b":"x"}"#)],
            &[
                Some("{}"),
                Some(r#"{"a":"1"}"#),
                Some(r#"{"a":1,"b":"1"}"#),
                Some("nonsense"),
                Some(""),
                None,
            ],
        );
    }
    check(
        &json!({"matchesJsonSchema": {"type": "string"}}),
        &[Some("abc"), Some("123"), Some("\"abc\"")],
        &[Some("{}"), Some("[]"), None],
    );
    check(
        &json!({"matchesJsonSchema": {"type": "integer"}}),
        &[Some("123"), Some("1.0")],
        &[Some("abc"), Some("1.5")],
    );
    check(
        &json!({"matchesJsonSchema": {"properties": {"a": {"type": "string", "nullable": true}}}}),
        &[Some(r#"{"a":null}"#), Some(r#"{"a":"x"}"#)],
        &[Some(r#"{"a":1}"#)],
    );
}

#[test]
fn json_schema_versions() {
    let tuple = json!({"items": [{"type": "integer"}], "additionalItems": false});
    for version in ["V4", "V6", "V7", "V201909"] {
        check(
            &json!({"matchesJsonSchema": tuple, "schemaVersion": version}),
            &[Some("[1]")],
            &[Some("[1,2]")],
        );
    }
    check(
        &json!({"matchesJsonSchema": {"prefixItems": [{"type": "integer"}], "items": false}, "schemaVersion": "V202012"}),
        &[Some("[1]")],
        &[Some("[1,2]"), Some("[\"x\"]")],
    );
    check(
        &json!({"matchesJsonSchema": {"type": "integer", "minimum": 5, "exclusiveMinimum": true}, "schemaVersion": "V4"}),
        &[Some("6")],
        &[Some("5")],
    );
    check(
        &json!({"matchesJsonSchema": {"const": 1}, "schemaVersion": "V6"}),
        &[Some("1")],
        &[Some("2")],
    );
}

#[test]
fn a_schema_that_is_none_matches_nothing() {
    for schema in [
        json!({"type": 3}),
        json!({"$ref": "http://127.0.0.1:1/x.json"}),
        json!(false),
    ] {
        check(
            &json!({ "matchesJsonSchema": schema }),
            &[],
            &[Some("{}"), Some("1")],
        );
    }
    check(&json!({"matchesJsonSchema": true}), &[Some("{}")], &[None]);
}

#[test]
fn what_a_path_finds_is_seen_as_javas_text() {
    // Texts are read as the documents that they hold.
    check(
        &json!({"matchesJsonPath": {"expression": "$.a", "equalToJson": {"b": 1}}}),
        &[Some(r#"{"a":{"b":1}}"#), Some(r#"{"a":"{\"b\":1}"}"#)],
        &[Some(r#"{"a":"b"}"#), Some(r#"{"a":1}"#)],
    );
    check(
        &json!({"matchesJsonPath": {"expression": "$.a", "equalToJson": "\"x\""}}),
        &[Some(r#"{"a":"\"x\""}"#)],
        &[Some(r#"{"a":"x"}"#)],
    );
    // Objects in a list are maps of Java.
    check(
        &json!({"matchesJsonPath": {"expression": "$.a[*]", "equalTo": "{b=1, c=[\"x\"], d={}}"}}),
        &[Some(r#"{"a":[{"b":1,"c":["x"],"d":{}}]}"#)],
        &[Some(r#"{"a":[{"b":1}]}"#)],
    );
    for bytes in [
        json!({"matchesJsonPath": {"expression": "$.a", "binaryEqualTo": "YQ=="}}),
        json!({"not": {"binaryEqualTo": "YQ=="}}),
    ] {
        let refused = efsm_matchers::Matcher::from_json(&bytes).unwrap_err();
        assert!(
            refused.detail.contains("is not a valid match operation"),
            "{refused}"
        );
    }
}
