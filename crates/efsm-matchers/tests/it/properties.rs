use efsm_matchers::{Matcher, MultiMatcher, PathTemplate, Subject};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{context, matcher};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[abAB1 /<]{0,6}",
        1 => "\\PC{0,12}",
        1 => Just(r#"{"a":[1,{"b":null}]}"#.to_owned()),
        1 => Just("<a x='1'><b>t</b></a>".to_owned()),
        1 => Just("2024-01-01T00:00:00Z".to_owned()),
    ]
}

fn value() -> impl Strategy<Value = Option<String>> {
    prop_oneof![6 => text().prop_map(Some), 1 => Just(None)]
}

/// A matcher of any operator, valid by construction.
fn pattern() -> impl Strategy<Value = Value> {
    prop_oneof![
        12 => textual(),
        // It stands alone: inside of another matcher values are texts.
        1 => Just(json!({"binaryEqualTo": "YWI="})),
    ]
}

/// A matcher of any operator that looks at texts, and so fits into others.
fn textual() -> impl Strategy<Value = Value> {
    let flag = || proptest::option::of(any::<bool>());
    let with = |mut pattern: Value, key: &str, flag: Option<bool>| {
        if let Some(flag) = flag {
            pattern[key] = json!(flag);
        }
        pattern
    };
    let leaf = prop_oneof![
        (text(), flag()).prop_map(move |(text, flag)| with(
            json!({"equalTo": text}),
            "caseInsensitive",
            flag
        )),
        text().prop_map(|text| json!({"contains": text})),
        text().prop_map(|text| json!({"doesNotContain": text})),
        "[ab]{0,2}[*+?]?"
            .prop_filter("no operand to repeat", |text| !text
                .starts_with(['*', '+', '?']))
            .prop_map(|text| json!({"matches": text})),
        Just(json!({"doesNotMatch": "[ab]*"})),
        Just(json!({"absent": true})),
        Just(json!({"anything": "anything"})),
        (document(), flag(), flag()).prop_map(move |(document, order, extra)| with(
            with(
                json!({"equalToJson": operand(&document)}),
                "ignoreArrayOrder",
                order
            ),
            "ignoreExtraElements",
            extra
        )),
        Just(json!({"matchesJsonPath": "$.a"})),
        Just(json!({"matchesJsonPath": {"expression": "$.a", "contains": "1"}})),
        Just(json!({"matchesJsonSchema": {"type": "object"}})),
        (xml(), flag(), flag()).prop_map(move |(xml, order, placeholders)| with(
            with(json!({"equalToXml": xml}), "ignoreOrderOfSameNode", order),
            "enablePlaceholders",
            placeholders
        )),
        Just(json!({"matchesXPath": {"expression": "//b", "contains": "t"}})),
        Just(json!({"before": "now +3 days", "truncateExpected": "first day of month"})),
        Just(json!({"after": "2020-01-01"})),
        any::<i32>().prop_map(|number| json!({"lessThanNumber": number})),
        Just(json!({"matchesPathTemplate": "/{a}/**"})),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|operand| json!({"not": operand})),
            proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|operands| json!({"and": operands})),
            proptest::collection::vec(inner, 2..4).prop_map(|operands| json!({"or": operands})),
        ]
    })
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e6..1e6).prop_map(|number: f64| json!(number)),
        "[a-c]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("[a-d]", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// The operand of `equalToJson` for a document: a text would be read as JSON itself.
fn operand(document: &Value) -> Value {
    match document {
        Value::String(_) => Value::from(document.to_string()),
        other => other.clone(),
    }
}

/// The document with its fields, and with `arrays` also its elements, the other way round.
fn reversed(document: &Value, arrays: bool) -> Value {
    match document {
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .rev()
                .map(|(key, field)| (key.clone(), reversed(field, arrays)));
            Value::Object(fields.collect())
        }
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(|item| reversed(item, arrays)).collect();
            if arrays {
                items.reverse();
            }
            Value::Array(items)
        }
        other => other.clone(),
    }
}

/// The document with more fields and, at the ends, more elements.
fn extended(document: &Value) -> Value {
    match document {
        Value::Object(fields) => {
            let mut fields: Map<_, _> = fields
                .iter()
                .map(|(key, field)| (key.clone(), extended(field)))
                .collect();
            fields.insert("extra".to_owned(), json!([1]));
            Value::Object(fields)
        }
        Value::Array(items) => items
            .iter()
            .map(extended)
            .chain([json!({"extra": 1})])
            .collect(),
        other => other.clone(),
    }
}

fn xml() -> impl Strategy<Value = String> {
    let leaf = ("[a-c]", "[tu ]{0,3}").prop_map(|(name, text)| format!("<{name}>{text}</{name}>"));
    leaf.prop_recursive(3, 12, 3, |inner| {
        ("[a-c]", "[12]", proptest::collection::vec(inner, 0..3)).prop_map(
            |(name, value, children)| {
                format!("<{name} x='{value}' y=\"2\">{}</{name}>", children.concat())
            },
        )
    })
}

fn holds(pattern: &Value, value: Option<&str>) -> bool {
    matcher(pattern).is_match(&Subject::from_option(value), &context())
}

proptest! {
    #[test]
    fn negations_cancel_out(pattern in textual(), value in value()) {
        let twice = json!({"not": {"not": pattern}});
        prop_assert_eq!(holds(&twice, value.as_deref()), holds(&pattern, value.as_deref()));
    }

    #[test]
    fn de_morgan(left in textual(), right in textual(), value in value()) {
        let value = value.as_deref();
        let nor = json!({"not": {"or": [left, right]}});
        let both_not = json!({"and": [{"not": left}, {"not": right}]});
        prop_assert_eq!(holds(&nor, value), holds(&both_not, value));
        let nand = json!({"not": {"and": [left, right]}});
        let either_not = json!({"or": [{"not": left}, {"not": right}]});
        prop_assert_eq!(holds(&nand, value), holds(&either_not, value));
    }

    #[test]
    fn and_or_do_not_depend_on_order(left in textual(), right in textual(), value in value()) {
        for word in ["and", "or"] {
            let one = json!({ word: [left, right] });
            let other = json!({ word: [right, left] });
            prop_assert_eq!(holds(&one, value.as_deref()), holds(&other, value.as_deref()));
        }
    }

    #[test]
    fn printed_matchers_read_back_equal(pattern in pattern()) {
        let read = matcher(&pattern);
        let printed = read.to_json();
        let again = matcher(&printed);
        prop_assert_eq!(again.to_json(), printed.clone());
        prop_assert_eq!(again.name(), read.name());
        let multi = MultiMatcher::from_json(&pattern);
        if let Ok(multi) = multi {
            prop_assert_eq!(multi.to_json(), printed);
        }
    }

    #[test]
    fn printed_matchers_match_the_same(pattern in pattern(), value in value()) {
        let printed = matcher(&pattern).to_json();
        prop_assert_eq!(holds(&pattern, value.as_deref()), holds(&printed, value.as_deref()));
    }

    #[test]
    fn distances_lie_between_zero_and_one_and_are_zero_for_matches(pattern in pattern(), value in value()) {
        let (matcher, context) = (matcher(&pattern), context());
        let subject = Subject::from_option(value.as_deref());
        let result = matcher.matches(&subject, &context);
        let distance = result.distance();
        prop_assert!((0.0..=1.0).contains(&distance), "{}", distance);
        prop_assert!(!result.is_exact() || distance == 0.0);
        prop_assert_eq!(result.is_exact(), matcher.is_match(&subject, &context));
        let _ = (result.sub_events(), matcher.body_text(), matcher.actual_text(&subject));
    }

    #[test]
    fn several_values_match_when_one_does(pattern in textual(), values in proptest::collection::vec(text(), 1..4)) {
        let multi = MultiMatcher::from_json(&pattern).expect("a valid pattern");
        let subjects: Vec<_> = values.iter().map(|value| Subject::text(value.as_str())).collect();
        let any = values.iter().any(|value| holds(&pattern, Some(value)));
        prop_assert_eq!(multi.is_match(&subjects, &context()), any);
    }

    #[test]
    fn json_equals_itself_in_any_notation(document in document()) {
        let pattern = json!({ "equalToJson": operand(&document) });
        let as_text = json!({ "equalToJson": document.to_string() });
        for notation in [
            document.to_string(),
            serde_json::to_string_pretty(&document).expect("a document"),
            reversed(&document, false).to_string(),
        ] {
            prop_assert!(holds(&pattern, Some(&notation)), "{}", notation);
            prop_assert!(holds(&as_text, Some(&notation)), "{}", notation);
        }
    }

    #[test]
    fn json_equals_itself_in_any_order_when_order_is_ignored(document in document()) {
        let pattern = json!({"equalToJson": operand(&document), "ignoreArrayOrder": true});
        prop_assert!(holds(&pattern, Some(&reversed(&document, true).to_string())));
    }

    #[test]
    fn json_equals_what_has_more_when_extras_are_ignored(document in document()) {
        let more = extended(&document).to_string();
        let lenient = json!({"equalToJson": operand(&document), "ignoreExtraElements": true});
        prop_assert!(holds(&lenient, Some(&more)));
        let grew = document.is_array() || document.is_object();
        prop_assert_eq!(holds(&json!({"equalToJson": operand(&document)}), Some(&more)), !grew);
    }

    #[test]
    fn json_equality_is_symmetric(left in document(), right in document()) {
        for order in [false, true] {
            let one = json!({"equalToJson": operand(&left), "ignoreArrayOrder": order});
            let other = json!({"equalToJson": operand(&right), "ignoreArrayOrder": order});
            prop_assert_eq!(holds(&one, Some(&right.to_string())), holds(&other, Some(&left.to_string())));
        }
    }

    #[test]
    fn leniency_only_adds_matches(left in document(), right in document()) {
        let right = right.to_string();
        let strict = holds(&json!({"equalToJson": operand(&left)}), Some(&right));
        for lenient in [
            json!({"equalToJson": operand(&left), "ignoreArrayOrder": true}),
            json!({"equalToJson": operand(&left), "ignoreExtraElements": true}),
            json!({"equalToJson": operand(&left), "ignoreArrayOrder": true, "ignoreExtraElements": true}),
        ] {
            prop_assert!(!strict || holds(&lenient, Some(&right)));
        }
    }

    #[test]
    fn xml_equals_itself_in_any_notation(xml in xml(), mode in prop_oneof![Just("STRICT"), Just("LEGACY"), Just("NONE")]) {
        let pattern = json!({"equalToXml": xml, "namespaceAwareness": mode});
        let spaced = xml.replace("><", ">\n  <!-- c --><");
        let swapped = xml.replace("x='1' y=\"2\"", "y='2'  x=\"1\"");
        for notation in [&xml, &spaced, &swapped, &format!("<?xml version='1.0'?>\n{xml}\n")] {
            prop_assert!(holds(&pattern, Some(notation)), "{}", notation);
        }
        let other = format!("<z>{xml}</z>");
        prop_assert!(!holds(&pattern, Some(&other)));
    }

    #[test]
    fn xml_equality_is_symmetric(left in xml(), right in xml()) {
        for order in [false, true] {
            let one = json!({"equalToXml": left, "ignoreOrderOfSameNode": order});
            let other = json!({"equalToXml": right, "ignoreOrderOfSameNode": order});
            // Attributes and children that only the other side has are found by their counts.
            prop_assert_eq!(holds(&one, Some(&right)), holds(&other, Some(&left)));
        }
    }

    #[test]
    fn paths_made_from_a_template_match_it(values in proptest::collection::vec("[a-z0-9.;%]{1,5}", 1..4)) {
        let templates = (0..values.len()).map(|index| format!("/p{index}/{{v{index}}}"));
        let paths = values.iter().enumerate().map(|(index, value)| format!("/p{index}/{value}"));
        let template = PathTemplate::parse(&templates.collect::<Vec<_>>().concat());
        let path = paths.collect::<Vec<_>>().concat();
        let found = template.variables(&path).expect("it was made from the template");
        prop_assert_eq!(found.iter().map(|(_, value)| *value).collect::<Vec<_>>(), values);
    }

    #[test]
    fn nothing_panics_on_any_pattern_and_value(pattern in document(), key in prop_oneof![
        Just("equalTo"), Just("equalToJson"), Just("matchesJsonPath"), Just("equalToXml"), Just("matchesXPath"),
        Just("matches"), Just("before"), Just("matchesJsonSchema"), Just("and"), Just("not"), Just("includes"),
        Just("equalToNumber"), Just("matchesPathTemplate"), Just("binaryEqualTo")
    ], value in value()) {
        for pattern in [pattern.clone(), json!({ key: pattern }), json!({ key: {"expression": pattern, "equalTo": "x"} })] {
            if let Ok(matcher) = Matcher::from_json_lenient(&pattern) {
                let context = context();
                let subject = Subject::from_option(value.as_deref());
                let result = matcher.matches(&subject, &context);
                let _ = (result.distance(), result.sub_events(), matcher.to_json(), matcher.actual_text(&subject));
            }
            let _ = MultiMatcher::from_json(&pattern);
        }
    }

    #[test]
    fn nothing_panics_on_texts_that_are_nearly_documents(
        json in r#"[\[\]{}:,"'a1.e \\u/*-]{0,24}"#,
        xml in "[<>/a=' \"!?&;:x#\\[\\]-]{0,24}",
        path in "[/a*@.\\[\\]()1=<|+ ':$-]{0,16}",
        bytes in proptest::collection::vec(any::<u8>(), 0..16),
    ) {
        let context = context();
        for text in [json.as_str(), xml.as_str(), path.as_str()] {
            for pattern in [
                json!({ "equalToJson": text }),
                json!({ "matchesJsonPath": text }),
                json!({"matchesJsonPath": "$..a"}),
                json!({ "equalToXml": text }),
                json!({"equalToXml": "<a/>"}),
                json!({ "matchesXPath": text }),
                json!({"matchesXPath": "//a"}),
                json!({ "matches": text }),
                json!({ "after": text }),
                json!({"after": "now"}),
            ] {
                let Ok(matcher) = Matcher::from_json(&pattern) else { continue };
                for subject in [Subject::text(text), Subject::text("<a>x<b/></a>"), Subject::bytes(&bytes[..])] {
                    let result = matcher.matches(&subject, &context);
                    let _ = (result.distance(), result.sub_events(), matcher.actual_text(&subject));
                }
            }
        }
    }
}
