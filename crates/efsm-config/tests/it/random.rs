//! No text brings the parser down.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::read;

/// Lines that look like YAML: real keys, wrong keys, anchors, odd scalars, broken quotes.
fn yamlish() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("port"),
        Just("limits"),
        Just("stubs"),
        Just("database"),
        Just("schema"),
        Just("sql"),
        Just("queue"),
        Just("topics"),
        Just("storage"),
        Just("buckets"),
        Just("objects"),
        Just("auth"),
        Just("users"),
        Just("faults"),
        Just("effect"),
        Just("services"),
        Just("<<"),
        Just("&a"),
        Just("*a"),
        Just("- "),
        Just(": "),
        Just("\n"),
        Just("\n  "),
        Just("\n    "),
        Just("["),
        Just("]"),
        Just("{"),
        Just("}"),
        Just(", "),
        Just("'"),
        Just("\""),
        Just("|\n  "),
        Just(">-\n "),
        Just("? "),
        Just("!!str "),
        Just("!x "),
        Just("# "),
        Just("---\n"),
        Just("...\n"),
        Just("\t"),
        Just("0x"),
        Just("1e999"),
        Just("-"),
        Just("."),
        Just("1.5.2"),
        Just("64MiB"),
        Just("1h30m"),
        Just("~"),
        Just("true"),
        Just("é"),
        Just("🦀"),
        Just("\u{feff}"),
        Just("\r\n"),
        Just("\\u"),
        Just("%YAML 1.2\n"),
        Just("*.json"),
        Just("**"),
        Just("[a"),
        Just("99999999999999999999999999999999999999999"),
        Just("\0"),
    ];
    proptest::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let keys = prop_oneof!["[a-z]{1,6}", "\\PC{0,4}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((keys, inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Reads the text as YAML and as JSON; every error must have a place in it.
fn check(text: &str) {
    for name in ["efsm.yaml", "efsm.json"] {
        if let Err(errors) = efsm_config::parse(name, text, "/nowhere") {
            assert!(errors.iter().count() > 0);
            for error in errors.iter() {
                let (line, column) = (error.origin().line(), error.origin().column());
                assert!(
                    line >= 1 && line <= text.matches('\n').count() + 1,
                    "{error:?}"
                );
                assert!(column >= 1, "{error:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn random_text_never_panics(text in "\\PC{0,80}") {
        check(&text);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn text_that_looks_like_yaml_never_panics(text in yamlish()) {
        check(&text);
    }

    #[test]
    fn json_means_the_same_to_both_readers(message in json()) {
        let document = serde_json::json!({"queue": {"topics": {"t": [message]}}});
        for (name, text) in [
            ("efsm.json", document.to_string()),
            ("efsm.json", serde_json::to_string_pretty(&document).unwrap()),
            ("efsm.yaml", document.to_string()),
        ] {
            let loaded = efsm_config::parse(name, &text, "").unwrap();
            let read = &loaded.config.queue.topics[0].messages[0];
            prop_assert_eq!(read, &document["queue"]["topics"]["t"][0], "{}: {}", name, text);
        }
    }

    #[test]
    fn schema_patterns_agree_with_the_parser(text in "[0-9]{0,3}(\\.[0-9]{0,2})? ?(ms|s|m|h|MiB|kB|B|x|)([0-9]{1,2}(s|ms))?") {
        static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(super::schema::validator);
        for key in ["body", "idle_timeout"] {
            let document = serde_json::json!({"limits": {key: text}});
            let is_read = read(&document.to_string(), &[]).is_ok();
            prop_assert_eq!(is_read, SCHEMA.is_valid(&document), "{}: {}", key, text);
        }
    }
}
