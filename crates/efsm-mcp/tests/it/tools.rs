//! Every tool: its schemas, what it does, and what it says to mistakes.

use serde_json::{Value, json};

use crate::agent::{Agent, Transport, WAYS, allowed, get};

const PETS: &str = r#"{"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "paths": {"/pets/{id}": {"get": {
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
    "responses": {"200": {"description": "one", "content": {"application/json": {
        "schema": {"type": "object"}, "example": {"id": 1, "name": "Rex"}}}}}}}}}"#;

#[test]
fn schemas_are_schemas_and_the_order_is_one() {
    let mut orders = Vec::new();
    for way in WAYS {
        let mut agent = Agent::new(way, allowed());
        for tool in agent.tools() {
            let name = &tool["name"];
            for schema in [&tool["inputSchema"], &tool["outputSchema"]] {
                assert!(jsonschema::meta::is_valid(schema), "{name}: {schema}");
                assert_eq!(schema["additionalProperties"], false, "{name}");
            }
            let left_out = &tool["outputSchema"]["properties"]["left_out"];
            assert_eq!(left_out["type"], "object", "{name}");
            let annotations = &tool["annotations"];
            assert!(annotations["title"].is_string(), "{name}");
            for hint in [
                "readOnlyHint",
                "destructiveHint",
                "idempotentHint",
                "openWorldHint",
            ] {
                assert!(annotations[hint].is_boolean(), "{name}: {hint}");
            }
        }
        let names = |tools: &[Value]| -> Vec<String> {
            tools
                .iter()
                .map(|tool| tool["name"].as_str().unwrap().to_owned())
                .collect()
        };
        let order = names(agent.tools());
        let again = agent.request("tools/list", json!({})).unwrap();
        assert_eq!(names(again["tools"].as_array().unwrap()), order);
        orders.push(order);
    }
    assert_eq!(orders[0].len(), 16);
    assert!(orders.iter().all(|order| *order == orders[0]));
}

/// The one story in which every tool is called; `call` holds each result against its schema.
#[test]
fn every_tool_gives_what_its_schema_says() {
    for way in WAYS {
        let mut agent = Agent::new(way, allowed());
        let mut called = Vec::new();
        let mut call = |tool: &'static str, arguments: Value| {
            called.push(tool);
            agent.call(tool, arguments)
        };

        let mock = call("generate_mock", json!({ "service_spec": PETS }));
        assert_eq!(mock["routes"], json!(["GET /pets/{id}"]));
        let base = mock["base_url"].as_str().unwrap();
        assert_eq!(
            get(&format!("{base}/pets/1")).unwrap().1,
            r#"{"id":1,"name":"Rex"}"#
        );

        let shop = call("orchestrate_mock", json!({ "name": "shop" }));
        let url = shop["url"].as_str().unwrap().to_owned();
        assert_eq!(shop["env"]["EFSM_URL"], url);
        let stub = json!({ "request": { "urlPath": "/a" }, "response": { "body": "yes" } });
        let set = call("set_stubs", json!({ "stack": "shop", "mappings": [stub] }));
        assert_eq!(set["stubs"], 1);
        assert_eq!(get(&format!("{url}/a")).unwrap(), (200, "yes".to_owned()));
        assert_eq!(get(&format!("{url}/b")).unwrap().0, 404);
        let explained = call("explain_request", json!({ "stack": "shop" }));
        assert_eq!(explained["unmatched"][0]["request"], "GET /b");
        let request = json!({ "method": "PUT", "url": "/a" });
        let tried = call(
            "explain_request",
            json!({ "stack": "shop", "request": request }),
        );
        assert!(tried["unmatched"][0]["nearest"].is_object());

        call(
            "query_database",
            json!({ "stack": "shop", "sql": "CREATE TABLE t (n)" }),
        );
        let insert = json!({ "stack": "shop", "sql": "INSERT INTO t VALUES (?)", "params": [1] });
        assert_eq!(call("query_database", insert)["changes"], 1);
        let rows = call(
            "query_database",
            json!({ "stack": "shop", "sql": "SELECT n FROM t" }),
        );
        assert_eq!(rows["rows"], json!([{ "n": 1 }]));

        let publish = json!({ "stack": "shop", "action": "publish", "topic": "o", "message": [1] });
        call("use_queue", publish);
        let read = json!({ "stack": "shop", "action": "read", "topic": "o" });
        assert_eq!(call("use_queue", read)["messages"], json!([[1]]));
        let topics = call("use_queue", json!({ "stack": "shop", "action": "topics" }));
        assert_eq!(topics["topics"], json!(["o"]));

        let mut storage = |action: &str, more: Value| {
            let mut arguments = json!({ "stack": "shop", "action": action });
            for (name, value) in more.as_object().unwrap() {
                arguments[name] = value.clone();
            }
            call("use_storage", arguments)
        };
        storage("put", json!({ "bucket": "b", "key": "k", "text": "x" }));
        assert_eq!(
            storage("get", json!({ "bucket": "b", "key": "k" }))["text"],
            "x"
        );
        assert_eq!(storage("list", json!({}))["buckets"], json!(["b"]));
        assert_eq!(
            storage("list", json!({ "bucket": "b" }))["keys"],
            json!(["k"])
        );

        let token = call("issue_token", json!({ "stack": "shop", "subject": "ada" }));
        assert!(
            token["authorization"]
                .as_str()
                .unwrap()
                .starts_with("Bearer ey")
        );
        let take = json!({ "stack": "shop", "action": "take", "snapshot": "one" });
        assert_eq!(call("snapshot", take)["snapshots"], json!(["one"]));
        call(
            "query_database",
            json!({ "stack": "shop", "sql": "DELETE FROM t" }),
        );
        call(
            "snapshot",
            json!({ "stack": "shop", "action": "restore", "snapshot": "one" }),
        );
        let fork = call("fork_stack", json!({ "stack": "shop", "snapshot": "one" }));
        let fork = fork["stack"].as_str().unwrap().to_owned();
        let rows = call(
            "query_database",
            json!({ "stack": fork, "sql": "SELECT n FROM t" }),
        );
        assert_eq!(rows["row_count"], 1);
        let again = json!({ "scenario": "shop/one", "name": "shop-again" });
        assert_eq!(call("orchestrate_mock", again)["stack"], "shop-again");

        let clock = json!({ "stack": "shop", "now": "2030-01-01T00:00:00Z", "freeze": true });
        let told = json!({ "now": "2030-01-01T00:00:00Z", "is_frozen": true });
        assert_eq!(call("set_clock", clock), told);
        let rule = json!({ "service": "http", "effect": { "status": 503 }, "times": 1 });
        call("set_faults", json!({ "stack": "shop", "rules": [rule] }));
        assert_eq!(get(&format!("{url}/a")).unwrap().0, 503);
        assert_eq!(
            call("set_faults", json!({ "stack": "shop" }))["rules"][0]["effect"]["status"],
            503
        );
        let journal = call("read_journal", json!({ "stack": "shop", "limit": 5 }));
        assert_eq!(journal["entries"].as_array().unwrap().len(), 5);

        let folder = tempfile::tempdir().unwrap();
        let command = "echo \"at $EFSM_URL\"; echo 'not ok 1 - pays'; exit 3";
        let run = json!({ "stack": "shop", "command": command, "workspace": folder.path() });
        let ran = call("run_tests", run);
        assert_eq!(
            (&ran["exit_code"], &ran["passed"]),
            (&json!(3), &json!(false)),
            "{ran}"
        );
        assert_eq!(ran["failed_tests"], json!(["pays"]));
        assert!(
            ran["output_tail"].as_str().unwrap().starts_with("at http"),
            "{ran}"
        );
        assert!(
            ran["isolation"]["enforced"].is_array() && ran["isolation"]["isolation"].is_string()
        );

        let listed = call("list_stacks", json!({}));
        let own = |listed: &Value| {
            let stacks = listed["stacks"].as_array().unwrap();
            stacks
                .iter()
                .filter(|stack| stack["is_own"] == true)
                .count()
        };
        assert_eq!(own(&listed), 4, "{listed}");
        assert_eq!(
            call("stop_stack", json!({ "stack": "shop" }))["stopped"],
            "shop"
        );
        // Its forks end with it.
        assert_eq!(own(&call("list_stacks", json!({}))), 1);
        assert!(get(&url).is_err());

        let mut tools: Vec<&str> = agent
            .tools()
            .iter()
            .map(|t| t["name"].as_str().unwrap())
            .collect();
        tools.retain(|tool| !called.contains(tool));
        assert!(tools.is_empty(), "not called: {tools:?}");
    }
}

#[test]
fn mistakes_say_what_and_what_next() {
    for way in WAYS {
        let mut agent = Agent::new(way, allowed());
        agent.call(
            "orchestrate_mock",
            json!({ "name": "small", "services": ["http"] }),
        );
        agent.call("orchestrate_mock", json!({ "name": "full" }));
        let tools = agent.tools().to_vec();

        // No tool takes what it does not know, or less than it needs.
        for tool in &tools {
            let name = tool["name"].as_str().unwrap();
            let (what, next) = agent.failure(name, json!({ "nonsense": 1 }));
            assert!(
                what.contains("`nonsense`") || what.contains("missing field"),
                "{name}: {what}"
            );
            assert!(next.contains("call again with"), "{name}: {next}");
            let properties = tool["inputSchema"]["properties"].as_object();
            for property in properties
                .into_iter()
                .flatten()
                .map(|(property, _)| property)
            {
                assert!(next.contains(property), "{name}: {next}");
            }
        }

        // Whoever needs a stack says which there are.
        for (tool, rest) in [
            ("generate_mock", json!({ "service_spec": PETS })),
            ("set_stubs", json!({})),
            ("explain_request", json!({})),
            ("query_database", json!({ "sql": "SELECT 1" })),
            ("use_queue", json!({ "action": "topics" })),
            ("use_storage", json!({ "action": "list" })),
            ("issue_token", json!({ "subject": "ada" })),
            ("snapshot", json!({ "action": "list" })),
            ("fork_stack", json!({})),
            ("set_clock", json!({})),
            ("set_faults", json!({})),
            ("read_journal", json!({})),
            ("run_tests", json!({ "command": "true" })),
            ("stop_stack", json!({})),
        ] {
            let mut arguments = rest;
            arguments["stack"] = "nowhere".into();
            let (what, next) = agent.failure(tool, arguments);
            assert_eq!(what, "there is no stack `nowhere`", "{tool}");
            assert!(
                next.contains("small") && next.contains("orchestrate_mock"),
                "{tool}: {next}"
            );
        }

        for (tool, arguments, word) in [
            (
                "generate_mock",
                json!({ "service_spec": "openapi: 3.1.0\npaths: [" }),
                "spec.yaml",
            ),
            (
                "generate_mock",
                json!({ "service_spec": "/no/such/file" }),
                "/no/such/file",
            ),
            (
                "generate_mock",
                json!({ "service_spec": PETS, "format": "word" }),
                "`word`",
            ),
            (
                "orchestrate_mock",
                json!({ "services": ["mail"] }),
                "`mail`",
            ),
            ("orchestrate_mock", json!({ "name": "small" }), "already"),
            (
                "orchestrate_mock",
                json!({ "name": "a/b" }),
                "cannot be a stack's name",
            ),
            (
                "orchestrate_mock",
                json!({ "scenario": "servics: [http]" }),
                "scenario:1",
            ),
            (
                "orchestrate_mock",
                json!({ "scenario": "small/none" }),
                "no snapshot `none`",
            ),
            (
                "set_stubs",
                json!({ "stack": "small", "mappings": [{ "request": 5 }] }),
                "mappings[0]",
            ),
            (
                "set_stubs",
                json!({ "stack": "small", "remove": ["x"] }),
                "no stub's id",
            ),
            (
                "explain_request",
                json!({ "stack": "small", "request": { "method": 5 } }),
                "method",
            ),
            (
                "query_database",
                json!({ "stack": "small", "sql": "SELECT 1" }),
                "no database service",
            ),
            (
                "query_database",
                json!({ "stack": "full", "sql": "SELEKT 1" }),
                "SELEKT",
            ),
            (
                "query_database",
                json!({ "stack": "full", "sql": "SELECT ?", "params": [[]] }),
                "list",
            ),
            (
                "use_queue",
                json!({ "stack": "full", "action": "read" }),
                "no `topic`",
            ),
            (
                "use_queue",
                json!({ "stack": "full", "action": "publish", "topic": "t" }),
                "no `message`",
            ),
            (
                "use_storage",
                json!({ "stack": "full", "action": "list", "bucket": "none" }),
                "none",
            ),
            (
                "use_storage",
                json!({ "stack": "full", "action": "get", "bucket": "b" }),
                "no `key`",
            ),
            (
                "issue_token",
                json!({ "stack": "small", "subject": "ada" }),
                "no auth service",
            ),
            (
                "snapshot",
                json!({ "stack": "small", "action": "restore" }),
                "no `snapshot`",
            ),
            (
                "fork_stack",
                json!({ "stack": "small", "snapshot": "s" }),
                "no snapshot `s`",
            ),
            (
                "fork_stack",
                json!({ "stack": "small", "name": "full" }),
                "already",
            ),
            (
                "set_clock",
                json!({ "stack": "small", "now": "2031" }),
                "2031",
            ),
            (
                "set_faults",
                json!({ "stack": "small", "rules": [{ "service": "http" }] }),
                "effect",
            ),
            (
                "run_tests",
                json!({ "stack": "small", "command": "true", "workspace": "/no/such" }),
                "/no/such",
            ),
        ] {
            let (what, _) = agent.failure(tool, arguments.clone());
            assert!(what.contains(word), "{tool} {arguments}: {what}");
        }

        // What failed has left nothing.
        let listed = agent.call("list_stacks", json!({}));
        let stacks = listed["stacks"].as_array().unwrap();
        let own: Vec<_> = stacks
            .iter()
            .filter(|s| s["is_own"] == true)
            .map(|s| &s["stack"])
            .collect();
        assert_eq!(own, ["full", "small"]);

        let unknown = agent.request("tools/call", json!({ "name": "reset", "arguments": {} }));
        let error = unknown.unwrap_err();
        assert_eq!(error["code"], -32602);
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .contains("orchestrate_mock"),
            "{error}"
        );
    }
}

#[test]
fn keys_come_in_pages() {
    let mut agent = Agent::new((Transport::Pipe, WAYS[1].1), allowed());
    let config = json!({ "services": ["storage"], "storage": { "buckets": { "many": { "objects":
        (0..2_500).map(|n| json!({ "key": format!("k{n:04}"), "text": "" })).collect::<Vec<_>>() } } } });
    agent.call(
        "orchestrate_mock",
        json!({ "name": "s", "scenario": config.to_string() }),
    );
    let mut found = Vec::new();
    let mut pages = 0;
    let mut arguments = json!({ "stack": "s", "action": "list", "bucket": "many" });
    loop {
        let page = agent.call("use_storage", arguments.clone());
        found.extend(page["keys"].as_array().unwrap().clone());
        pages += 1;
        match page.get("next") {
            Some(next) => arguments["after"] = next.clone(),
            None => break,
        }
    }
    let all: Vec<Value> = (0..2_500).map(|n| format!("k{n:04}").into()).collect();
    assert_eq!((found, pages), (all, 3));
    let few =
        json!({ "stack": "s", "action": "list", "bucket": "many", "prefix": "k10", "limit": 3 });
    let few = agent.call("use_storage", few);
    assert_eq!(
        (&few["keys"], &few["next"]),
        (&json!(["k1000", "k1001", "k1002"]), &json!("k1002"))
    );
}

#[test]
fn forks_without_a_name_are_told_apart() {
    let mut agent = Agent::new(WAYS[1], allowed());
    for name in ["a", "b"] {
        agent.call(
            "orchestrate_mock",
            json!({ "name": name, "services": ["http"] }),
        );
        agent.call("fork_stack", json!({ "stack": name }));
        agent.call("fork_stack", json!({ "stack": name }));
    }
    let listed = agent.call("list_stacks", json!({}));
    let stacks = listed["stacks"].as_array().unwrap();
    for stack in stacks {
        let name = &stack["stack"];
        assert_eq!(
            stacks
                .iter()
                .filter(|other| other["stack"] == *name)
                .count(),
            1,
            "{name}"
        );
        assert_eq!(
            agent.call("set_stubs", json!({ "stack": name }))["base_url"],
            stack["url"]
        );
    }
    assert_eq!(stacks.len(), 6);
}
