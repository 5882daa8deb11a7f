//! Results that are too long: still what the schema says, with both ends, a word on what is missing, and the whole to read.

use serde_json::{Value, json};

use crate::agent::{Agent, WAYS, allowed};

const LIMIT: usize = efsm_mcp::reply::LIMIT;

/// The structured result, and the whole that its link leads to.
fn cut(agent: &mut Agent, tool: &str, arguments: Value) -> (Value, String) {
    let result = agent.result(tool, arguments);
    let told = &result["structuredContent"];
    let line = result["content"][0]["text"].as_str().unwrap();
    let characters = told.to_string().chars().count() + line.chars().count();
    assert!(characters <= LIMIT, "{tool}: {characters}");
    let link = &result["content"][1];
    assert_eq!(link["type"], "resource_link", "{tool}: {result}");
    let whole = agent.read(link["uri"].as_str().unwrap()).unwrap();
    assert_eq!(link["size"], whole.len());
    (told.clone(), whole)
}

#[test]
fn lists_keep_their_ends() {
    for way in WAYS {
        let mut agent = Agent::new(way, allowed());
        agent.call(
            "orchestrate_mock",
            json!({ "name": "big", "services": ["database"] }),
        );
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) SELECT i FROM n";
        let (told, whole) = cut(
            &mut agent,
            "query_database",
            json!({ "stack": "big", "sql": sql }),
        );
        let rows = told["rows"].as_array().unwrap();
        assert_eq!(
            (&rows[0]["i"], &rows[rows.len() - 1]["i"]),
            (&json!(1), &json!(9000))
        );
        assert_eq!(
            rows.len() as u64 + told["left_out"]["rows"].as_u64().unwrap(),
            9000
        );
        assert_eq!(told["row_count"], 9000);
        let whole: Value = serde_json::from_str(&whole).unwrap();
        assert_eq!(whole["rows"].as_array().unwrap().len(), 9000);
        agent.assert_obeys("query_database", &whole);
    }
}

#[test]
fn texts_are_measured_in_characters() {
    let mut agent = Agent::new(WAYS[1], allowed());
    agent.call(
        "orchestrate_mock",
        json!({ "name": "big", "services": ["storage"] }),
    );
    let mut put_and_get = |text: &str| {
        let put =
            json!({ "stack": "big", "action": "put", "bucket": "b", "key": "k", "text": text });
        agent.call("use_storage", put);
        json!({ "stack": "big", "action": "get", "bucket": "b", "key": "k" })
    };
    // 48,000 bytes are 24,000 characters.
    let fits = "ü".repeat(24_000);
    let get = put_and_get(&fits);
    let long = format!("begin{}end", "ü".repeat(200_000));
    let told = agent.call("use_storage", get);
    assert_eq!(told["text"], fits);
    let put = json!({ "stack": "big", "action": "put", "bucket": "b", "key": "k", "text": long });
    agent.call("use_storage", put);
    let get = json!({ "stack": "big", "action": "get", "bucket": "b", "key": "k" });
    let (told, whole) = cut(&mut agent, "use_storage", get);
    let text = told["text"].as_str().unwrap();
    assert!(text.starts_with("beginü") && text.ends_with("üend"));
    let kept = text.matches('ü').count();
    assert!(text.contains(&format!("[.. {} characters left out ..]", 200_000 - kept)));
    assert!(kept > 20_000, "the room is used: {kept}");
    assert_eq!(serde_json::from_str::<Value>(&whole).unwrap()["text"], long);
}

#[test]
fn what_is_neither_a_long_list_nor_a_long_text_fits_as_well() {
    let mut agent = Agent::new(WAYS[1], allowed());
    agent.call("orchestrate_mock", json!({ "name": "big" }));
    // One row of many columns.
    let columns: Vec<String> = (0..1_500).map(|n| format!("{n} AS column_{n}")).collect();
    let sql = format!("SELECT {}", columns.join(", "));
    let (told, _) = cut(
        &mut agent,
        "query_database",
        json!({ "stack": "big", "sql": sql }),
    );
    assert_eq!(told["rows"][0]["column_0"], 0);
    assert!(told["left_out"]["columns"].as_u64().unwrap() > 0);
    // One message, deep and wide.
    let mut message = json!("x".repeat(90));
    for _ in 0..9 {
        message = json!({ "left": message, "right": [message] });
    }
    let publish = json!({ "stack": "big", "action": "publish", "topic": "t", "message": message });
    agent.call("use_queue", publish);
    let read = json!({ "stack": "big", "action": "read", "topic": "t" });
    let (told, whole) = cut(&mut agent, "use_queue", read);
    assert_eq!(told["count"], 1);
    assert_eq!(
        serde_json::from_str::<Value>(&whole).unwrap()["messages"][0],
        message
    );
    // One stack with many snapshots.
    for n in 0..100 {
        let name = format!("{n}-{}", "x".repeat(300));
        let take = json!({ "stack": "big", "action": "take", "snapshot": name });
        if n == 99 {
            cut(&mut agent, "snapshot", take);
        } else {
            agent.result("snapshot", take);
        }
    }
    let (told, _) = cut(&mut agent, "list_stacks", json!({}));
    assert_eq!(told["stacks"][0]["stack"], "big");
    assert!(
        told["left_out"]["stacks[].snapshots"].as_u64().unwrap() > 0,
        "{}",
        told["left_out"]
    );
}

#[test]
fn all_output_of_a_command_can_be_read() {
    for way in WAYS {
        let mut agent = Agent::new(way, allowed());
        agent.call(
            "orchestrate_mock",
            json!({ "name": "s", "services": ["http"] }),
        );
        let folder = tempfile::tempdir().unwrap();
        let command = "i=0; while [ $i -lt 9000 ]; do i=$((i+1)); echo \"line $i\"; done";
        let run = json!({ "stack": "s", "command": command, "workspace": folder.path() });
        let (told, whole) = cut(&mut agent, "run_tests", run);
        let tail = told["output_tail"].as_str().unwrap();
        assert!(tail.ends_with("line 8999\nline 9000\n") && !tail.contains("line 1\n"));
        let all: Vec<String> = (1..=9000).map(|n| format!("line {n}\n")).collect();
        assert_eq!(whole, all.concat());
    }
}
