//! Who may name files of the machine: clients that may run commands on it.

use std::path::Path;

use efsm_mcp::Options;
use serde_json::json;

use crate::agent::{Agent, Transport, WAYS, allowed, get};

const SECRET: &str = "the-secret-of-this-machine";

/// A description whose schema, and a configuration whose seed, are in other files.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        write("secret.txt", SECRET.to_owned());
        write(
            "answer.json",
            json!({ "type": "string", "example": SECRET }).to_string(),
        );
        write("spec.json", description("./answer.json").to_string());
        let path = folder.path().join("secret.txt");
        write(
            "efsm.yaml",
            format!(
                "storage: {{buckets: {{b: {{objects: [{{key: k, file: {}}}]}}}}}}",
                path.display()
            ),
        );
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

fn description(schema: &str) -> serde_json::Value {
    json!({ "openapi": "3.1.0", "info": { "title": "T", "version": "1" }, "paths": { "/a": { "get": {
        "responses": { "200": { "description": "x", "content": { "application/json": {
            "schema": { "$ref": schema } } } } } } } } })
}

#[test]
fn at_a_port_nothing_is_read_from_the_disk() {
    let files = Files::new();
    for way in WAYS
        .into_iter()
        .filter(|(transport, _)| *transport == Transport::Http)
    {
        let mut agent = Agent::new(way, Options::default());
        let config = |text: serde_json::Value| json!({ "scenario": text.to_string() });
        let object = json!({ "key": "k", "file": files.path("secret.txt") });
        let root = Path::new(&files.path("")).to_owned();
        for (tool, arguments) in [
            (
                "generate_mock",
                json!({ "service_spec": files.path("spec.json") }),
            ),
            ("generate_mock", json!({ "service_spec": "/dev/zero" })),
            (
                "orchestrate_mock",
                json!({ "scenario": files.path("efsm.yaml") }),
            ),
            ("orchestrate_mock", json!({ "scenario": root })),
            (
                "orchestrate_mock",
                config(json!({ "storage": { "buckets": { "b": { "objects": [object] } } } })),
            ),
            (
                "orchestrate_mock",
                config(json!({ "database": { "schema": files.path("secret.txt") } })),
            ),
            (
                "orchestrate_mock",
                config(json!({ "database": { "file": files.path("secret.txt") } })),
            ),
            (
                "orchestrate_mock",
                config(json!({ "stubs": files.path("*.json") })),
            ),
            (
                "orchestrate_mock",
                config(json!({ "specs": files.path("spec.json") })),
            ),
            ("orchestrate_mock", config(json!({ "root_dir": root }))),
        ] {
            let (what, next) = agent.failure(tool, arguments.clone());
            assert!(!what.contains(SECRET), "{what}");
            let told = format!("{what} {next}");
            let is_refused = told.contains("reads no files") && told.contains("--allow-run");
            // A folder and a glob are refused by not being there at all.
            assert!(
                is_refused || told.contains("no file") || told.contains("neither"),
                "{arguments}: {told}"
            );
        }
        // What a text refers to is left open, and said to be.
        let spec = description(&files.path("answer.json")).to_string();
        let mock = agent.call("generate_mock", json!({ "service_spec": spec }));
        let warnings = mock["warnings"].to_string();
        assert!(
            warnings.contains("reads no files") && warnings.contains("--allow-run"),
            "{mock}"
        );
        let answer = get(&format!("{}/a", mock["base_url"].as_str().unwrap())).unwrap();
        assert!(!answer.1.contains(SECRET), "{answer:?}");
        // Texts do without.
        let mock = agent.call(
            "generate_mock",
            json!({ "service_spec": "type Query { hello: String }" }),
        );
        assert_eq!(mock["kind"], "graphql");
        agent.call(
            "orchestrate_mock",
            json!({ "scenario": "services: [http]" }),
        );
    }
}

#[test]
fn clients_that_may_run_commands_may_name_files() {
    let files = Files::new();
    for way in WAYS {
        let mut agent = Agent::new(way, allowed());
        for spec in [
            files.path("spec.json"),
            description(&files.path("answer.json")).to_string(),
        ] {
            let mock = agent.call("generate_mock", json!({ "service_spec": spec }));
            let base = mock["base_url"].as_str().unwrap();
            assert!(get(&format!("{base}/a")).unwrap().1.contains(SECRET));
        }
        let started = agent.call(
            "orchestrate_mock",
            json!({ "scenario": files.path("efsm.yaml") }),
        );
        let read = json!({ "stack": started["stack"], "action": "get", "bucket": "b", "key": "k" });
        assert_eq!(agent.call("use_storage", read)["text"], SECRET);
        // Nothing waits for a pipe or reads without an end.
        for path in ["/dev/zero", "/dev/stdin", "/"] {
            let (what, _) = agent.failure("generate_mock", json!({ "service_spec": path }));
            assert!(
                what.contains("not a file") || what.contains("cannot be"),
                "{what}"
            );
        }
    }
}

#[test]
fn a_schema_in_one_line_is_a_schema() {
    let mut agent = Agent::new(WAYS[1], allowed());
    for spec in ["type Query { hello: String }", "type Query{hello:String}"] {
        let mock = agent.call("generate_mock", json!({ "service_spec": spec }));
        assert_eq!(
            (&mock["kind"], &mock["operations"]),
            (&json!("graphql"), &json!(1)),
            "{spec}"
        );
    }
}
