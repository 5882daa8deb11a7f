//! Commands while they run: progress, and their end when nobody waits for them.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use efsm::EphemeralMockServer;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::agent::{Agent, Revision, Transport, WAYS, allowed};

fn pipe(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    path
}

/// A command that says that it runs and then never ends, and what it leaves when it is ended.
struct Endless {
    folder: TempDir,
    alive: PathBuf,
}

impl Endless {
    /// Two processes, of which one is no child of the other's: all that hold the pipe have to end.
    const COMMAND: &'static str = "exec 3> alive; (exec 0</dev/null; tail -f /dev/null) & echo up >&3; exec tail -f /dev/null";

    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let alive = pipe(folder.path(), "alive");
        Self { folder, alive }
    }

    fn arguments(&self, stack: &str) -> Value {
        json!({ "stack": stack, "command": Self::COMMAND, "workspace": self.folder.path() })
    }

    /// Waits until it runs.
    fn is_up(&self) -> File {
        let mut alive = File::open(&self.alive).unwrap();
        let mut up = [0; 3];
        alive.read_exact(&mut up).unwrap();
        assert_eq!(&up, b"up\n");
        alive
    }

    /// Waits until every process that it started is gone: the pipe ends then and not before.
    fn is_gone(mut alive: File) {
        assert_eq!(alive.read(&mut [0]).unwrap(), 0);
    }
}

#[test]
fn progress_is_told_while_a_command_runs() {
    for way in WAYS {
        let mut agent = Agent::new(way, allowed());
        agent.call(
            "orchestrate_mock",
            json!({ "name": "s", "services": ["http"] }),
        );
        let folder = tempfile::tempdir().unwrap();
        let go = pipe(folder.path(), "go");
        let command = "echo before; cat go; echo after";
        let arguments = json!({ "stack": "s", "command": command, "workspace": folder.path() });
        let meta = json!({ "progressToken": "token-7" });
        let params = json!({ "name": "run_tests", "arguments": arguments, "_meta": meta });
        let mut pending = agent.begin("tools/call", params);
        let mut last = -1.0;
        loop {
            let told = pending.next();
            assert_eq!(told["method"], "notifications/progress", "{told}");
            let told = &told["params"];
            assert_eq!(told["progressToken"], "token-7");
            let progress = told["progress"].as_f64().unwrap();
            assert!(progress > last, "{progress} after {last}");
            last = progress;
            if told["message"] == "before" {
                break;
            }
        }
        File::options()
            .write(true)
            .open(&go)
            .unwrap()
            .write_all(b"went\n")
            .unwrap();
        let result = pending.end().unwrap();
        let told = &result["structuredContent"];
        assert_eq!(told["output_tail"], "before\nwent\nafter\n");
        agent.assert_obeys("run_tests", told);
    }
}

#[test]
fn whoever_does_not_ask_hears_of_no_progress() {
    for way in WAYS {
        let mut agent = Agent::new(way, allowed());
        agent.call(
            "orchestrate_mock",
            json!({ "name": "s", "services": ["http"] }),
        );
        let folder = tempfile::tempdir().unwrap();
        let arguments = json!({ "stack": "s", "command": "echo x", "workspace": folder.path() });
        let params = json!({ "name": "run_tests", "arguments": arguments });
        let mut pending = agent.begin("tools/call", params);
        let first = pending.next();
        assert_eq!(first["id"], pending.id);
    }
}

#[test]
fn a_cancelled_command_is_gone_with_all_that_it_started() {
    for way in WAYS {
        let mut agent = Agent::new(way, allowed());
        agent.call(
            "orchestrate_mock",
            json!({ "name": "s", "services": ["http"] }),
        );
        let endless = Endless::new();
        let params = json!({
            "name": "run_tests", "arguments": endless.arguments("s"), "_meta": { "progressToken": 1 },
        });
        let pending = agent.begin("tools/call", params);
        let alive = endless.is_up();
        pending.cancel();
        Endless::is_gone(alive);
        // It has no answer, and the next request has its own.
        let listed = agent.call("list_stacks", json!({}));
        assert!(
            listed["stacks"]
                .as_array()
                .unwrap()
                .iter()
                .any(|stack| stack["stack"] == "s")
        );
        agent.call("stop_stack", json!({ "stack": "s" }));
    }
}

/// The answer begins only when the command ends: whoever hangs up before has seen nothing of it.
#[test]
fn whoever_hangs_up_before_the_answer_begins_ends_the_command() {
    for revision in [Revision::Handshake, Revision::Stateless] {
        let server = EphemeralMockServer::builder().port(0).start().unwrap();
        efsm_mcp::mount(&server, allowed());
        let mut agent = Agent::at(&server.url(), revision);
        let listed = agent.call("list_stacks", json!({}));
        let endless = Endless::new();
        let arguments = endless.arguments(listed["stacks"][0]["stack"].as_str().unwrap());
        let mut params = json!({ "name": "run_tests", "arguments": arguments });
        if revision == Revision::Stateless {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": revision.name(),
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let (body, address) = (body.to_string(), server.stack().address());
        let mut socket = TcpStream::connect(address).unwrap();
        write!(
            socket,
            "POST /mcp HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             accept: application/json, text/event-stream\r\nmcp-protocol-version: {}\r\n\
             mcp-method: tools/call\r\nmcp-name: run_tests\r\ncontent-length: {}\r\n\r\n{body}",
            revision.name(),
            body.len(),
        )
        .unwrap();
        let alive = endless.is_up();
        drop(socket);
        Endless::is_gone(alive);
    }
}

#[test]
fn a_command_ends_with_its_clients_input() {
    let mut agent = Agent::new((Transport::Pipe, Revision::Stateless), allowed());
    agent.call(
        "orchestrate_mock",
        json!({ "name": "s", "services": ["http"] }),
    );
    let endless = Endless::new();
    let params = json!({ "name": "run_tests", "arguments": endless.arguments("s") });
    agent.begin("tools/call", params);
    let alive = endless.is_up();
    let ended = agent.close().unwrap();
    assert!(ended.is_ok(), "{ended:?}");
    // The server has waited for it.
    Endless::is_gone(alive);
}
