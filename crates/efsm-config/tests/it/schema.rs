//! The published schema accepts what the parser accepts.

use serde_json::{Value, json};

use super::read;

pub(crate) fn validator() -> jsonschema::Validator {
    let schema = efsm_config::json_schema();
    jsonschema::meta::validate(&schema).expect("a schema");
    jsonschema::draft202012::new(&schema).expect("a schema that compiles")
}

#[test]
fn schema_and_parser_agree_on_examples() {
    let schema = validator();
    let long = json!({
        "$schema": "x", "name": "shop", "port": 0, "strict_port": true, "bind": "::1", "services": ["http", "queue"],
        "seed": 7, "clock": {"now": "2026-01-01T00:00:00Z", "frozen": true},
        "limits": {"body": "1MiB", "memory": 5, "idle_timeout": "1m30s", "result_rows": 5},
        "stubs": [{"request": {}, "response": {}}], "resources": {"users": {"path": "/u", "seed": [{"id": 1}]}, "x": null},
        "database": {"schema": {"sql": "create table t(x)"}, "seed": [{"sql": "x"}]}, "databases": {"a": null},
        "auth": {"issuer": "https://a.example", "secret": "s", "ttl": "1h", "users": {"al": {"claims": {"a": 1}}}, "clients": ["web"]},
        "queue": {"topics": {"a": [1, null, {"x": []}], "b": null}},
        "storage": {"buckets": {"b": {"objects": [{"key": "k", "text": "t", "metadata": {"a": "b"}}]}}},
        "faults": [{"service": "http", "match": {"path": "/*"}, "effect": {"status": 503, "body": {}}, "times": 1, "probability": 0.1}],
        "env": {"A": "B", "C": "${B}?x=${D}", "E": "a-${B}"}, "api": ["stripe"], "x-anything": {"a": 1},
    });
    let good = [
        json!({}),
        long,
        json!({"queue": null, "limits": null, "database": null}),
        json!({"queue": {"topics": ["a"]}, "storage": {"buckets": ["a"]}}),
        json!({"stubs": [], "databases": {}}),
    ];
    for document in good {
        let text = document.to_string();
        assert!(
            read(&text, &[]).is_ok(),
            "parser: {:#}",
            read(&text, &[]).unwrap_err()
        );
        if let Err(error) = schema.validate(&document) {
            panic!("schema: {error} in {document}");
        }
    }
    let bad = [
        json!([]),
        json!({"prot": 1}),
        json!({"port": "1"}),
        json!({"port": 65536}),
        json!({"port": null}),
        json!({"name": ""}),
        json!({"services": ["htp"]}),
        json!({"clock": {"now": "today"}}),
        json!({"clock": {"now": "2026-01-01"}}),
        json!({"limits": {"body": "1 MB it"}}),
        json!({"limits": {"body": -1}}),
        json!({"limits": {"idle_timeout": 5}}),
        json!({"limits": {"idle_timeout": ""}}),
        json!({"stubs": [1]}),
        json!({"stubs": [[]]}),
        json!({"resources": {"a": {"path": "a"}}}),
        json!({"resources": {"a": {"seed": [1]}}}),
        json!({"resources": {"": {}}}),
        json!({"database": {"seed": {"sgl": "x"}}}),
        json!({"database": {"seed": {}}}),
        json!({"auth": {"issuer": "example.com"}}),
        json!({"auth": {"users": {"a": {"claims": []}}}}),
        json!({"queue": {"topics": {"a": 1}}}),
        json!({"storage": {"buckets": {"a": {"objects": [{"text": "x"}]}}}}),
        json!({"faults": [{}]}),
        json!({"faults": [null]}),
        json!({"faults": [{"effect": {"status": 99}}]}),
        json!({"faults": [{"effect": {"reset": true}, "probability": 2}]}),
        json!({"env": {"1": "A"}}),
        json!({"env": {"A": "b c"}}),
        json!({"env": {"A": "${b c}"}}),
        json!({"env": {"A": "$${B}"}}),
        json!({"env": {"A": 5}}),
    ];
    for document in bad {
        assert!(
            read(&document.to_string(), &[]).is_err(),
            "parser accepts {document}"
        );
        assert!(!schema.is_valid(&document), "schema accepts {document}");
    }
}

#[test]
fn every_key_is_described() {
    let schema = efsm_config::json_schema();
    let tables = schema["$defs"]
        .as_object()
        .unwrap()
        .values()
        .chain([&schema]);
    let mut keys = 0;
    for table in tables {
        for (name, key) in table["properties"].as_object().unwrap() {
            let text = key["description"].as_str().unwrap_or_default();
            assert!(text.len() > 10 && text.ends_with('.'), "{name}: {text:?}");
            keys += 1;
        }
    }
    assert!(keys > 60, "{keys}");
    let page = efsm_config::markdown();
    for name in schema["properties"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
    }
    assert_eq!(schema["properties"]["port"]["default"], Value::from(8888));
}
