//! Resources and the prompt.

use serde_json::{Value, json};

use crate::agent::{Agent, Revision, WAYS, allowed};

const NAMES: [&str; 4] = ["journal", "stubs", "tables", "openapi"];

#[test]
fn resources_are_listed_and_read() {
    for way in WAYS {
        let mut agent = Agent::new(way, allowed());
        agent.call("orchestrate_mock", json!({ "name": "shop" }));
        agent.call(
            "orchestrate_mock",
            json!({ "name": "small", "services": ["queue"] }),
        );
        let stub = json!({ "request": { "urlPath": "/a" }, "response": {} });
        agent.call("set_stubs", json!({ "stack": "shop", "mappings": [stub] }));
        agent.call(
            "query_database",
            json!({ "stack": "shop", "sql": "CREATE TABLE pets (name TEXT)" }),
        );

        let listed = agent.request("resources/list", json!({})).unwrap();
        let uris: Vec<&str> = listed["resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|resource| {
                assert!(resource["name"].is_string() && resource["description"].is_string());
                assert_eq!(resource["mimeType"], "application/json");
                resource["uri"].as_str().unwrap()
            })
            .collect();
        for name in NAMES {
            assert!(
                uris.contains(&format!("efsm://shop/{name}").as_str()),
                "{uris:?}"
            );
        }
        // A stack has what its services have.
        let of_small: Vec<&&str> = uris.iter().filter(|uri| uri.contains("/small/")).collect();
        assert_eq!(of_small, [&"efsm://small/journal", &"efsm://small/openapi"]);
        for uri in uris {
            let _: Value = serde_json::from_str(&agent.read(uri).unwrap()).unwrap();
        }

        let templates = agent
            .request("resources/templates/list", json!({}))
            .unwrap();
        let templates = templates["resourceTemplates"].as_array().unwrap();
        let wanted: Vec<Value> = NAMES
            .map(|name| format!("efsm://{{stack}}/{name}").into())
            .into();
        assert_eq!(
            templates
                .iter()
                .map(|t| t["uriTemplate"].clone())
                .collect::<Vec<_>>(),
            wanted
        );

        let mut read = |name: &str| -> Value {
            serde_json::from_str(&agent.read(&format!("efsm://shop/{name}")).unwrap()).unwrap()
        };
        assert_eq!(read("stubs")["mappings"][0]["request"]["urlPath"], "/a");
        assert_eq!(read("tables")["tables"][0]["name"], "pets");
        assert!(
            read("tables")["tables"][0]["sql"]
                .as_str()
                .unwrap()
                .contains("name TEXT")
        );
        let journal = read("journal");
        assert!(
            journal["entries"]
                .as_array()
                .unwrap()
                .iter()
                .any(|e| e["service"] == "database"),
            "{journal}"
        );
        assert!(read("openapi")["paths"]["/_efsm/clock"].is_object());
    }
}

#[test]
fn what_is_not_there_is_an_error_with_a_way_on() {
    for way in WAYS {
        let mut agent = Agent::new(way, allowed());
        agent.call(
            "orchestrate_mock",
            json!({ "name": "small", "services": ["queue"] }),
        );
        let code = match agent.revision() {
            Revision::Handshake => -32002,
            Revision::Stateless => -32602,
        };
        for uri in [
            "efsm://nowhere/stubs",
            "efsm://small/stubs",
            "efsm://small/nothing",
            "efsm://small",
            "efsm://results/99",
            "efsm://results/x",
            "file:///etc/passwd",
            "",
        ] {
            let error = agent.read(uri).unwrap_err();
            assert_eq!(error["code"], code, "{uri}");
            assert_eq!(error["data"]["uri"], uri);
            assert!(
                error["message"].as_str().unwrap().contains("\nNext: "),
                "{error}"
            );
        }
    }
}

#[test]
fn the_prompt_turns_a_repository_into_a_configuration() {
    for way in WAYS {
        let mut agent = Agent::new(way, allowed());
        let listed = agent.request("prompts/list", json!({})).unwrap();
        assert_eq!(listed["prompts"].as_array().unwrap().len(), 1);
        let prompt = &listed["prompts"][0];
        assert_eq!(prompt["name"], "describe_backend");
        assert_eq!(prompt["arguments"][0]["name"], "folder");
        for (arguments, folder) in [
            (json!({ "folder": "apps/shop" }), "apps/shop"),
            (json!({}), "at .,"),
        ] {
            let get = json!({ "name": "describe_backend", "arguments": arguments });
            let got = agent.request("prompts/get", get).unwrap();
            let text = got["messages"][0]["content"]["text"].as_str().unwrap();
            assert_eq!(got["messages"][0]["role"], "user");
            for word in [
                folder,
                "efsm.yaml",
                "orchestrate_mock",
                "run_tests",
                "`database`",
            ] {
                assert!(text.contains(word), "{word}");
            }
        }
        let error = agent
            .request("prompts/get", json!({ "name": "other" }))
            .unwrap_err();
        assert_eq!(error["code"], -32602);
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .contains("describe_backend")
        );
    }
}
