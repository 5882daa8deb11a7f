//! A plain client of the protocol: JSON-RPC over a pipe or over HTTP, at one of the two revisions.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use efsm::EphemeralMockServer;
use efsm_mcp::Options;
use efsm_sandbox::Policy;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

/// Long enough for a machine under load; a test that waits for it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revision {
    /// 2025-11-25: begins with `initialize`.
    Handshake,
    /// 2026-07-28: every request says what it speaks.
    Stateless,
}

impl Revision {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Handshake => "2025-11-25",
            Self::Stateless => "2026-07-28",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Pipe,
    Http,
}

/// Every way in which a client may speak to the server.
pub(crate) const WAYS: [(Transport, Revision); 4] = [
    (Transport::Pipe, Revision::Handshake),
    (Transport::Pipe, Revision::Stateless),
    (Transport::Http, Revision::Handshake),
    (Transport::Http, Revision::Stateless),
];

/// What the tests let an agent do: run commands in whatever sandbox works here.
pub(crate) fn allowed() -> Options {
    Options {
        allow_run: true,
        sandbox: Policy {
            helper: Some(PathBuf::from(env!("CARGO_BIN_EXE_efsm-mcp-helper"))),
            ..Policy::default()
        },
        ..Options::default()
    }
}

/// A client and its server.
pub(crate) struct Agent {
    revision: Revision,
    wire: Wire,
    last_id: u64,
    tools: Vec<Value>,
}

enum Wire {
    Pipe(Box<Pipe>),
    Http {
        url: String,
        _server: Option<EphemeralMockServer>,
    },
}

/// A server on a runtime of its own, at the other end of a socket.
pub(crate) struct Pipe {
    pub(crate) to: UnixStream,
    pub(crate) from: BufReader<UnixStream>,
    runtime: Runtime,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Pipe {
    pub(crate) fn open(options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let (near, far) = UnixStream::pair().unwrap();
        near.set_read_timeout(Some(PATIENCE)).unwrap();
        far.set_nonblocking(true).unwrap();
        let serving = runtime.spawn(async move {
            let (input, output) = tokio::net::UnixStream::from_std(far)?.into_split();
            efsm_mcp::serve(input, output, options).await
        });
        Self {
            to: near.try_clone().unwrap(),
            from: BufReader::new(near),
            runtime,
            serving,
        }
    }

    pub(crate) fn send(&mut self, message: &Value) {
        writeln!(self.to, "{message}").unwrap();
    }

    pub(crate) fn receive(&mut self) -> Value {
        let mut line = String::new();
        assert_ne!(
            self.from.read_line(&mut line).unwrap(),
            0,
            "the server has closed its output"
        );
        serde_json::from_str(&line).unwrap()
    }

    /// Ends the input; what was still to be read, and how the server ended.
    pub(crate) fn close(mut self) -> (Vec<Value>, std::io::Result<()>) {
        self.to.shutdown(std::net::Shutdown::Write).unwrap();
        let mut rest = Vec::new();
        for line in self.from.by_ref().lines() {
            rest.push(serde_json::from_str(&line.unwrap()).unwrap());
        }
        let ended = self.runtime.block_on(async {
            tokio::time::timeout(PATIENCE, self.serving)
                .await
                .unwrap()
                .unwrap()
        });
        (rest, ended)
    }
}

impl Agent {
    pub(crate) fn new((transport, revision): (Transport, Revision), options: Options) -> Self {
        let wire = match transport {
            Transport::Pipe => Wire::Pipe(Box::new(Pipe::open(options))),
            Transport::Http => {
                let server = EphemeralMockServer::builder().port(0).start().unwrap();
                efsm_mcp::mount(&server, options);
                Wire::Http {
                    url: format!("{}/mcp", server.url()),
                    _server: Some(server),
                }
            }
        };
        Self::over(wire, revision)
    }

    /// A client of a server that somebody else holds.
    pub(crate) fn at(url: &str, revision: Revision) -> Self {
        Self::over(
            Wire::Http {
                url: format!("{url}/mcp"),
                _server: None,
            },
            revision,
        )
    }

    fn over(wire: Wire, revision: Revision) -> Self {
        let mut agent = Self {
            revision,
            wire,
            last_id: 0,
            tools: Vec::new(),
        };
        match revision {
            Revision::Handshake => {
                let hello = json!({
                    "protocolVersion": revision.name(),
                    "capabilities": {},
                    "clientInfo": { "name": "test", "version": "1" },
                });
                let said = agent.request("initialize", hello).unwrap();
                assert_eq!(said["protocolVersion"], revision.name());
                assert_eq!(said["serverInfo"]["name"], "efsm");
                agent.notify("notifications/initialized", json!({}));
            }
            Revision::Stateless => {
                let said = agent.request("server/discover", json!({})).unwrap();
                let versions = said["supportedVersions"].as_array().unwrap();
                assert!(versions.contains(&revision.name().into()), "{said}");
            }
        }
        let listed = agent.request("tools/list", json!({})).unwrap();
        agent.tools.clone_from(listed["tools"].as_array().unwrap());
        agent
    }

    pub(crate) fn tools(&self) -> &[Value] {
        &self.tools
    }

    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    /// The result of a request, or its error.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.begin(method, params).end()
    }

    /// What a tool gives, held against the schema that it has for it.
    pub(crate) fn result(&mut self, tool: &str, arguments: Value) -> Value {
        let params = of_tool(tool, arguments);
        let result = self.request("tools/call", params).unwrap();
        assert_ne!(result["isError"], true, "{tool}: {result}");
        self.assert_obeys(tool, &result["structuredContent"]);
        let line = result["content"][0]["text"].as_str().unwrap();
        assert!(!line.is_empty() && !line.contains('\n'), "{line}");
        result
    }

    pub(crate) fn assert_obeys(&self, tool: &str, structured: &Value) {
        let known = self
            .tools
            .iter()
            .find(|known| known["name"] == tool)
            .unwrap();
        let validator = jsonschema::validator_for(&known["outputSchema"]).unwrap();
        let wrong: Vec<String> = validator
            .iter_errors(structured)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{tool}: {wrong:?}");
    }

    /// The structured result of a tool.
    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.result(tool, arguments)["structuredContent"].take()
    }

    /// What a tool says when it fails: what, and what to do next.
    pub(crate) fn failure(&mut self, tool: &str, arguments: Value) -> (String, String) {
        let params = of_tool(tool, arguments);
        let result = self.request("tools/call", params).unwrap();
        assert_eq!(result["isError"], true, "{tool} did not fail: {result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        let (what, next) = text.split_once("\nNext: ").unwrap();
        assert!(!what.is_empty() && !next.is_empty());
        (what.to_owned(), next.to_owned())
    }

    /// The text of a resource.
    pub(crate) fn read(&mut self, uri: &str) -> Result<String, Value> {
        let read = self.request("resources/read", json!({ "uri": uri }))?;
        assert_eq!(read["contents"][0]["uri"], uri);
        Ok(read["contents"][0]["text"].as_str().unwrap().to_owned())
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        let message = self.message(None, method, params);
        match &mut self.wire {
            Wire::Pipe(pipe) => pipe.send(&message),
            Wire::Http { url, .. } => {
                let answer = post(url, self.revision, &message);
                assert_eq!(answer.status(), 202);
            }
        }
    }

    /// Sends a request whose answer is read as it comes.
    pub(crate) fn begin(&mut self, method: &str, params: Value) -> Pending<'_> {
        self.last_id += 1;
        let id = self.last_id;
        let message = self.message(Some(id), method, params);
        let answer = match &mut self.wire {
            Wire::Pipe(pipe) => {
                pipe.send(&message);
                Answer::Lines(pipe)
            }
            Wire::Http { url, .. } => {
                let response = post(url, self.revision, &message);
                let (head, body) = response.into_parts();
                let kind = head.headers["content-type"].to_str().unwrap().to_owned();
                let reader = body.into_reader();
                if kind.starts_with("text/event-stream") {
                    Answer::Events(Box::new(BufReader::new(reader)))
                } else {
                    Answer::Whole(serde_json::from_reader(reader).unwrap())
                }
            }
        };
        Pending { id, answer }
    }

    fn message(&self, id: Option<u64>, method: &str, mut params: Value) -> Value {
        if self.revision == Revision::Stateless {
            let meta = params["_meta"].take();
            let mut meta: Map<String, Value> = meta.as_object().cloned().unwrap_or_default();
            let mut set = |name: &str, value: Value| {
                meta.insert(format!("io.modelcontextprotocol/{name}"), value);
            };
            set("protocolVersion", self.revision.name().into());
            set("clientInfo", json!({ "name": "test", "version": "1" }));
            set("clientCapabilities", json!({}));
            params["_meta"] = meta.into();
        }
        let mut message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        if let Some(id) = id {
            message["id"] = id.into();
        }
        message
    }

    /// Writes a line as it is, and reads what comes back before the answer to a request behind it.
    pub(crate) fn raw(&mut self, line: &[u8]) -> Vec<Value> {
        let Wire::Pipe(pipe) = &mut self.wire else {
            panic!("lines are for pipes");
        };
        pipe.to.write_all(line).unwrap();
        pipe.to.write_all(b"\n").unwrap();
        let mut pending = self.begin("tools/list", json!({}));
        let mut answers = Vec::new();
        loop {
            let message = pending.next();
            if message["id"] == pending.id {
                return answers;
            }
            answers.push(message);
        }
    }

    /// Ends the client; how its server ended when it is at the other end of a pipe.
    pub(crate) fn close(self) -> Option<std::io::Result<()>> {
        match self.wire {
            Wire::Pipe(pipe) => Some(pipe.close().1),
            Wire::Http { .. } => None,
        }
    }
}

/// What calls a tool.
fn of_tool(tool: &str, arguments: Value) -> Value {
    let name = ("name".to_owned(), tool.into());
    Value::Object(Map::from_iter([name, ("arguments".to_owned(), arguments)]))
}

/// A request that is under way. Over HTTP, whoever drops it hangs up.
pub(crate) struct Pending<'a> {
    pub(crate) id: u64,
    answer: Answer<'a>,
}

enum Answer<'a> {
    Lines(&'a mut Pipe),
    Events(Box<dyn BufRead>),
    Whole(Value),
}

impl Pending<'_> {
    /// The next message: a notification, or the end.
    pub(crate) fn next(&mut self) -> Value {
        match &mut self.answer {
            Answer::Lines(pipe) => pipe.receive(),
            Answer::Events(lines) => loop {
                let mut line = String::new();
                assert_ne!(
                    lines.read_line(&mut line).unwrap(),
                    0,
                    "the stream has ended"
                );
                let data = line.strip_prefix("data:").map(str::trim);
                if let Some(data) = data.filter(|data| !data.is_empty()) {
                    break serde_json::from_str(data).unwrap();
                }
            },
            Answer::Whole(message) => message.take(),
        }
    }

    /// Says that the result is not wanted any more: over HTTP, by hanging up.
    pub(crate) fn cancel(self) {
        if let Answer::Lines(pipe) = self.answer {
            let params =
                json!({ "requestId": self.id, "reason": "the user has changed their mind" });
            let method = "notifications/cancelled";
            pipe.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
        }
    }

    pub(crate) fn end(mut self) -> Result<Value, Value> {
        loop {
            let mut message = self.next();
            if message["id"] != self.id {
                assert!(message["method"].is_string(), "{message}");
                continue;
            }
            return match message.get_mut("error") {
                Some(error) => Err(error.take()),
                None => Ok(message["result"].take()),
            };
        }
    }
}

/// A message over HTTP, with the headers that its revision wants.
pub(crate) fn post(
    url: &str,
    revision: Revision,
    message: &Value,
) -> ureq::http::Response<ureq::Body> {
    let mut request = ureq::http::Request::post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", revision.name());
    if revision == Revision::Stateless {
        request = request.header("mcp-method", message["method"].as_str().unwrap());
        let name = message["params"]
            .get("name")
            .or(message["params"].get("uri"));
        if let Some(name) = name.and_then(Value::as_str) {
            request = request.header("mcp-name", name);
        }
    }
    http()
        .run(request.body(message.to_string()).unwrap())
        .unwrap()
}

pub(crate) fn http() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

/// A path from a stack's URL, as an application reads it.
pub(crate) fn get(url: &str) -> Result<(u16, String), ureq::Error> {
    let mut answer = http().get(url).call()?;
    Ok((
        answer.status().as_u16(),
        answer.body_mut().read_to_string()?,
    ))
}
