//! Who may call, and what an agent cannot destroy.

use std::net::{IpAddr, Ipv4Addr};

use efsm::{Config, EphemeralMockServer};
use efsm_mcp::Options;
use serde_json::{Value, json};

use crate::agent::{Agent, Revision, Transport, WAYS, allowed, get, http};

const BOTH: [Revision; 2] = [Revision::Handshake, Revision::Stateless];

/// A stack that somebody started, with the server on it.
fn of_somebody(options: Options) -> EphemeralMockServer {
    let server = EphemeralMockServer::builder().port(0).start().unwrap();
    efsm_mcp::mount(&server, options);
    server
}

fn own(agent: &mut Agent) -> Vec<(String, bool)> {
    let listed = agent.call("list_stacks", json!({}));
    let of = |stack: &Value| {
        let name = stack["stack"].as_str().unwrap().to_owned();
        (name, stack["is_own"] == true)
    };
    listed["stacks"]
        .as_array()
        .unwrap()
        .iter()
        .map(of)
        .collect()
}

#[test]
fn an_agent_ends_only_what_an_agent_made() {
    for revision in BOTH {
        let server = of_somebody(Options::default());
        let copy = http()
            .post(format!("{}/_efsm/fork", server.url()))
            .send_json(json!({ "name": "by-hand" }))
            .unwrap();
        assert!(copy.status().is_success(), "{copy:?}");
        let mut agent = Agent::at(&server.url(), revision);
        let home = own(&mut agent)[0].0.clone();
        agent.call("fork_stack", json!({ "stack": home, "name": "by-agent" }));
        agent.call(
            "orchestrate_mock",
            json!({ "name": "started", "services": ["http"] }),
        );
        let stacks = own(&mut agent);
        let expected = [
            (&*home, false),
            ("by-hand", false),
            ("by-agent", true),
            ("started", true),
        ];
        let expected: Vec<(String, bool)> = expected.map(|(name, is)| (name.to_owned(), is)).into();
        assert_eq!(stacks, expected);
        for (name, is_own) in stacks {
            let stop = json!({ "stack": name });
            if is_own {
                assert_eq!(agent.call("stop_stack", stop)["stopped"], name);
            } else {
                let (what, next) = agent.failure("stop_stack", stop);
                assert!(what.contains("was not started by an agent"), "{what}");
                assert!(next.contains("fork"), "{next}");
            }
        }
        assert_eq!(own(&mut agent).len(), 2);
        assert_eq!(get(&format!("{}/health", server.url())).unwrap().0, 200);
    }
}

#[test]
fn unless_it_is_told_otherwise() {
    let server = of_somebody(Options {
        allow_stop: true,
        ..Options::default()
    });
    let mut agent = Agent::at(&server.url(), Revision::Stateless);
    // Another than the one that the answer comes through.
    http()
        .post(format!("{}/_efsm/fork", server.url()))
        .send_json(json!({ "name": "by-hand" }))
        .unwrap();
    agent.call("stop_stack", json!({ "stack": "by-hand" }));
    assert_eq!(own(&mut agent).len(), 1);
}

#[test]
fn at_a_port_no_command_runs_without_leave() {
    for revision in BOTH {
        let server = of_somebody(Options::default());
        let mut agent = Agent::at(&server.url(), revision);
        let home = own(&mut agent)[0].0.clone();
        let inner = agent.call("orchestrate_mock", json!({ "name": "inner" }));
        let folder = tempfile::tempdir().unwrap();
        let run = |stack: &str| json!({ "stack": stack, "command": "touch ran", "workspace": folder.path() });
        for stack in [&*home, "inner"] {
            let (what, next) = agent.failure("run_tests", run(stack));
            assert!(what.contains("runs no commands") && next.contains("--allow-run"));
        }
        // Nor at the port of what the agent has started.
        let mut beside = Agent::at(inner["url"].as_str().unwrap(), revision);
        assert!(
            beside
                .failure("run_tests", run("inner"))
                .1
                .contains("--allow-run")
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    // Stacks of a client that may run commands do not hand that on to their ports.
    let mut agent = Agent::new(
        WAYS[1],
        Options {
            allow_run: false,
            ..allowed()
        },
    );
    let inner = agent.call("orchestrate_mock", json!({ "name": "inner" }));
    let mut beside = Agent::at(inner["url"].as_str().unwrap(), Revision::Stateless);
    let run = json!({ "stack": "inner", "command": "true" });
    assert!(beside.failure("run_tests", run).1.contains("--allow-run"));
}

fn status(url: &str, headers: &[(&str, &str)]) -> u16 {
    let mut request = http()
        .post(format!("{url}/mcp"))
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    request.send_json(list).unwrap().status().as_u16()
}

#[test]
fn other_hosts_and_origins_are_refused() {
    let server = of_somebody(allowed());
    let url = server.url();
    let own = format!("http://{}", server.stack().address());
    assert_eq!(status(&url, &[]), 200);
    assert_eq!(status(&url, &[("origin", &own)]), 200);
    for (name, value) in [
        ("host", "evil.example"),
        ("host", "localhost.evil.example"),
        ("host", "127.0.0.1.evil.example:80"),
        ("origin", "http://evil.example"),
        ("origin", "http://127.0.0.1:1"),
        ("origin", "null"),
    ] {
        assert_eq!(status(&url, &[(name, value)]), 403, "{name}: {value}");
    }
}

#[test]
fn a_stack_that_others_can_reach_asks_for_its_token() {
    let config = Config {
        port: Some(0),
        bind: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        ..Config::default()
    };
    let server = EphemeralMockServer::builder()
        .config(config)
        .start()
        .unwrap();
    efsm_mcp::mount(&server, allowed());
    let url = format!("http://127.0.0.1:{}", server.stack().address().port());
    let token = server.stack().token().unwrap().to_owned();
    assert_eq!(status(&url, &[]), 401);
    assert_eq!(status(&url, &[("authorization", "Bearer other")]), 401);
    assert_eq!(
        status(&url, &[("authorization", &format!("Bearer {token}"))]),
        200
    );
}

#[test]
fn what_a_client_started_ends_with_it() {
    for (transport, revision) in WAYS {
        let mut agent = Agent::new((transport, revision), allowed());
        let url = agent.call("orchestrate_mock", json!({ "name": "s" }))["url"].clone();
        let url = format!("{}/health", url.as_str().unwrap());
        assert_eq!(get(&url).unwrap().0, 200);
        if transport == Transport::Pipe {
            agent.close().unwrap().unwrap();
            assert!(get(&url).is_err());
        }
    }
}
