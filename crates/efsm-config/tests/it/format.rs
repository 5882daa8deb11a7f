//! What each key means.

use std::net::IpAddr;
use std::time::Duration;

use efsm_config::{Config, ServiceName};
use efsm_core::Limits;
use serde_json::{Value, json};

use super::{config, read};

#[test]
fn empty_file_is_the_default() {
    for text in ["", "# nothing\n", "---\n", "{}", "queue:\nlimits:\nauth:\n"] {
        assert_eq!(
            format!("{:?}", config(text)),
            format!("{:?}", Config::default()),
            "{text:?}"
        );
    }
}

#[test]
fn network_keys() {
    let config =
        config("name: shop\nport: 0\nstrict_port: true\nbind: '::1'\nseed: 18446744073709551615\n");
    assert_eq!(config.name.as_deref(), Some("shop"));
    assert_eq!(config.port, Some(0));
    assert!(config.strict_port);
    assert_eq!(config.bind, "::1".parse::<IpAddr>().unwrap());
    assert_eq!(config.seed, Some(u64::MAX));
}

#[test]
fn services_come_in_one_order() {
    assert_eq!(
        config("services: [queue, http]").services,
        [ServiceName::Http, ServiceName::Queue]
    );
    assert_eq!(config("").services, ServiceName::ALL);
}

#[test]
fn clock_starts_where_it_says() {
    let clock = config("clock: {now: 2026-01-31T12:00:00+01:00, frozen: true}").clock;
    assert_eq!(clock.now, Some("2026-01-31T11:00:00Z".parse().unwrap()));
    assert!(clock.is_frozen);
}

#[test]
fn sizes_and_durations_have_units() {
    let limits = config(
        "limits: {body: 2kB, header: 2 KiB, memory: 3GiB, result_bytes: 77, idle_timeout: 1h30m, \
         drain_timeout: 250ms, statement_timeout: 1.5s, result_rows: 10}",
    )
    .limits;
    let expected = Limits {
        body_bytes: 2000,
        header_bytes: 2048,
        memory_bytes: 3 << 30,
        result_bytes: 77,
        idle_timeout: Duration::from_mins(90),
        drain_timeout: Duration::from_millis(250),
        statement_timeout: Duration::from_millis(1500),
        result_rows: 10,
        ..Limits::default()
    };
    assert_eq!(limits, expected);
}

#[test]
fn defaults_of_the_schema_are_those_of_the_core() {
    let schema = efsm_config::json_schema();
    let keys = schema["$defs"]["limits"]["properties"].as_object().unwrap();
    let lines: Vec<_> = keys
        .iter()
        .map(|(key, schema)| match &schema["default"] {
            Value::String(default) => format!("  {key}: {default}"),
            default => format!("  {key}: {default}"),
        })
        .collect();
    let text = lines.join("\n");
    assert_eq!(
        config(&format!("limits:\n{text}")).limits,
        Limits::default()
    );
    assert!(keys.len() >= 16, "{}", keys.len());
}

#[test]
fn users_clients_and_tokens() {
    let auth = config(
        "auth:\n  issuer: https://id.example/\n  secret: hush\n  ttl: 10m\n  users:\n    alice:\n      claims: {email: a@example.com, roles: [admin], age: 41}\n    bob:\n  clients: {web: {secret: s, redirect_uris: [http://localhost:3000/cb]}, cli: {}}\n",
    )
    .auth;
    assert_eq!(auth.issuer.as_deref(), Some("https://id.example/"));
    assert_eq!(auth.secret.as_deref(), Some("hush"));
    assert_eq!(auth.ttl, Some(Duration::from_mins(10)));
    assert_eq!(
        Value::Object(auth.users["alice"].claims.clone()),
        json!({"email": "a@example.com", "roles": ["admin"], "age": 41})
    );
    assert!(auth.users["bob"].claims.is_empty());
    assert_eq!(
        auth.clients["web"].redirect_uris,
        ["http://localhost:3000/cb"]
    );
    assert_eq!(auth.clients["cli"].secret, None);
}

#[test]
fn topics_are_names_or_have_messages() {
    let named = config("queue: {topics: [orders, audit]}").queue;
    let names: Vec<_> = named.topics.iter().map(|topic| &topic.name[..]).collect();
    assert_eq!(names, ["audit", "orders"]);

    let filled = config("queue: {topics: {orders: [{id: 1}, two, 3, null], audit: }}").queue;
    assert_eq!(filled.topics[0].messages, [] as [Value; 0]);
    assert_eq!(
        filled.topics[1].messages,
        [json!({"id": 1}), json!("two"), json!(3), Value::Null]
    );
}

#[test]
fn inline_objects_are_text_or_base64() {
    let bucket = &config(
        "storage: {buckets: {docs: {objects: [{key: 'a b/ü.txt', text: hi, metadata: {owner: me}}, \
         {key: x, base64: 'AAEC', content_type: image/png}]}}}",
    )
    .storage
    .buckets[0];
    assert_eq!(bucket.name, "docs");
    let [first, second] = &bucket.objects[..] else {
        panic!("{:?}", bucket.objects);
    };
    assert_eq!(
        (&first.key[..], &first.bytes[..]),
        ("a b/ü.txt", &b"hi"[..])
    );
    assert_eq!(first.content_type.as_deref(), Some("text/plain"));
    assert_eq!(first.metadata["owner"], "me");
    assert_eq!(&second.bytes[..], [0, 1, 2]);
    assert_eq!(second.content_type.as_deref(), Some("image/png"));
}

#[test]
fn fault_rules_have_the_shape_of_the_control_api() {
    let text = "faults:\n- {id: slow, service: queue, match: {topic: 'ord*'}, effect: {delay_ms: 50, status: 503, body: {error: x}}, times: 2, probability: 0.5}\n- effect: {reset: true}\n";
    let faults = config(text).faults;
    let expected: Vec<efsm_core::FaultRule> = serde_json::from_value(json!([
        {"id": "slow", "service": "queue", "match": {"topic": "ord*"},
         "effect": {"delay_ms": 50, "status": 503, "body": {"error": "x"}}, "times": 2, "probability": 0.5},
        {"effect": {"reset": true}},
    ]))
    .unwrap();
    assert_eq!(faults, expected);
}

#[test]
fn variables_are_renamed_and_apis_named() {
    let config = config(
        "env: {MY_DB: DATABASE_URL, _x: EFSM_URL}\napi: [stripe, 'https://api.example.com']\n",
    );
    assert_eq!(config.env["MY_DB"], "DATABASE_URL");
    assert_eq!(config.api, ["stripe", "https://api.example.com"]);
}

#[test]
fn inline_stubs_and_resources_keep_their_place_and_order() {
    let http = config(
        "stubs:\n- request: {urlPath: /b, method: GET}\n  response: {status: 200, jsonBody: {n: 1.5}}\n- {request: {}, response: {}}\nresources:\n  users: {seed: [{id: 1}]}\n  pets: {path: /api/pets}\n",
    )
    .http;
    assert_eq!(
        Value::Object(http.stubs[0].mapping.clone()).to_string(),
        r#"{"request":{"urlPath":"/b","method":"GET"},"response":{"status":200,"jsonBody":{"n":1.5}}}"#
    );
    assert_eq!(http.stubs[1].origin.to_string(), "efsm.yaml:4:3");
    assert_eq!(http.stubs[1].origin.key(), "stubs[1]");
    assert_eq!(http.resources[0].path, "/api/pets");
    assert_eq!(http.resources[1].path, "/users");
    assert_eq!(
        Value::from(http.resources[1].seed.clone()),
        json!([{"id": 1}])
    );
}

#[test]
fn anchors_merge_keys_and_extensions_work() {
    let config = config(
        "x-base: &base\n  schema: {sql: create table a(x)}\n  seed: &seed {sql: insert into a values (1)}\ndatabase:\n  <<: *base\n  seed: [*seed, *seed]\n",
    );
    assert_eq!(&*config.database.schema[0].sql, "create table a(x)");
    assert_eq!(config.database.seed.len(), 2);
}

#[test]
fn json_is_read_too() {
    let text = "{\t\"$schema\": \"https://example.com/efsm.schema.json\",\n\t\"name\": \"\\ud83d\\ude00\\/\", \"queue\": {\"topics\": {\"t\": [1e2, -0.5, \"\\u0041\", null, true, 9007199254740993]}}}\r\n";
    let loaded = efsm_config::parse("efsm.json", text, "").unwrap();
    assert_eq!(loaded.config.name.as_deref(), Some("\u{1f600}/"));
    assert_eq!(
        Value::from(loaded.config.queue.topics[0].messages.clone()),
        json!([100.0, -0.5, "A", null, true, 9_007_199_254_740_993_i64])
    );
    // YAML contains it, but for the surrogates.
    let text = text.replace("\\ud83d\\ude00\\/", "n");
    assert_eq!(config(&text).name.as_deref(), Some("n"));
}

#[test]
fn section_of_a_service_that_is_off_is_a_warning() {
    let loaded = read("services: [http]\nqueue: {topics: [a]}\n", &[]).unwrap();
    let warnings: Vec<_> = loaded.warnings.iter().map(|w| format!("{w:#}")).collect();
    assert_eq!(
        warnings,
        [
            "efsm.yaml:2:8: queue: the service `queue` is not enabled, so this has no effect (add `queue` to `services`, or remove this)"
        ]
    );
    assert!(
        read("queue: {topics: [a]}\n", &[])
            .unwrap()
            .warnings
            .is_empty()
    );
}

#[test]
fn keys_without_effect_yet_are_warnings() {
    let loaded = read("auth: {clients: [web]}\n", &[]).unwrap();
    let warnings: Vec<_> = loaded.warnings.iter().map(|w| format!("{w:#}")).collect();
    assert_eq!(
        warnings,
        ["efsm.yaml:1:17: auth.clients: clients are not checked yet: every client is accepted",]
    );
}
