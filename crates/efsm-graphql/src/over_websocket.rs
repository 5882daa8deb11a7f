//! The `graphql-transport-ws` subprotocol
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>) as a state machine: messages go in, and what to
//! do comes out. The socket, the time limit of the greeting and the events are the caller's.

use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};

use crate::api::{GraphQlRequest, Response};
use crate::error::GraphQlError;
use crate::over_http::from_parameters;

/// The subprotocol's name in `Sec-WebSocket-Protocol`.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// The subprotocol of the abandoned library `subscriptions-transport-ws`.
pub const LEGACY_PROTOCOL: &str = "graphql-ws";

/// A close of the connection: the code and why. Reasons are short, as a close frame has room for 123 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    pub code: u16,
    pub reason: String,
}

impl Close {
    fn new(code: u16, reason: impl Into<String>) -> Self {
        let mut reason: String = reason.into();
        let fits = (0..=120.min(reason.len()))
            .rev()
            .find(|end| reason.is_char_boundary(*end));
        reason.truncate(fits.unwrap_or_default());
        Self { code, reason }
    }

    /// The client did not greet in time.
    pub fn too_late() -> Self {
        Self::new(4408, "Connection initialisation timeout")
    }

    /// The client sent a binary frame.
    pub fn not_text() -> Self {
        Self::new(4400, "Invalid message: a text frame is expected")
    }
}

/// What the caller has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Send(String),
    /// Run the operation, and tell [`next`], [`errors`] or [`Connection::complete`] for it.
    Start {
        id: String,
        request: GraphQlRequest,
    },
    /// The client wants no more of it.
    Stop {
        id: String,
    },
    Close(Close),
}

/// Where a connection stands.
#[derive(Clone, Debug)]
pub struct Connection {
    is_greeted: bool,
    running: HashSet<String>,
    most_operations: usize,
}

/// No operation's id is longer.
const LONGEST_ID: usize = 1_024;

impl Connection {
    pub fn new(most_operations: usize) -> Self {
        Self {
            is_greeted: false,
            running: HashSet::new(),
            most_operations,
        }
    }

    /// Whether `connection_init` came.
    pub fn is_greeted(&self) -> bool {
        self.is_greeted
    }

    /// A text frame of the client.
    pub fn receive(&mut self, text: &str) -> Option<Action> {
        match self.read(text) {
            Ok(action) => action,
            Err(close) => Some(Action::Close(close)),
        }
    }

    fn read(&mut self, text: &str) -> Result<Option<Action>, Close> {
        let bad = |reason: String| Close::new(4400, reason);
        let json: Json =
            serde_json::from_str(text).map_err(|_| bad("Invalid message: it is no JSON".into()))?;
        let Json::Object(mut message) = json else {
            return Err(bad("Invalid message: it is no object".into()));
        };
        let kind = message.remove("type");
        let payload = message
            .remove("payload")
            .filter(|payload| !payload.is_null());
        if payload.as_ref().is_some_and(|payload| !payload.is_object()) {
            return Err(bad("Invalid message: payload is no object".into()));
        }
        match kind.as_ref().and_then(Json::as_str) {
            Some("connection_init") if self.is_greeted => {
                Err(Close::new(4429, "Too many initialisation requests"))
            }
            Some("connection_init") => {
                self.is_greeted = true;
                Ok(Some(Action::Send(
                    json!({"type": "connection_ack"}).to_string(),
                )))
            }
            Some("ping") => {
                let mut pong = Map::new();
                pong.insert("type".into(), "pong".into());
                if let Some(payload) = payload {
                    pong.insert("payload".into(), payload);
                }
                Ok(Some(Action::Send(Json::from(pong).to_string())))
            }
            Some("pong") => Ok(None),
            Some("subscribe") => {
                let id = id(&mut message)?;
                if !self.is_greeted {
                    return Err(Close::new(4401, "Unauthorized"));
                }
                let Some(Json::Object(payload)) = payload else {
                    return Err(bad("Invalid message: subscribe has no payload".into()));
                };
                if self.running.contains(&id) {
                    return Err(Close::new(
                        4409,
                        format!("Subscriber for {id} already exists"),
                    ));
                }
                if self.running.len() >= self.most_operations {
                    return Ok(Some(Action::Send(errors(
                        &id,
                        &Response::refused(GraphQlError::new(format!(
                            "a connection runs at most {} operations at once",
                            self.most_operations
                        ))),
                    ))));
                }
                let request = from_parameters(payload)
                    .map_err(|refusal| bad(format!("Invalid message: {}", refusal.message)))?;
                self.running.insert(id.clone());
                Ok(Some(Action::Start { id, request }))
            }
            Some("complete") => {
                let id = id(&mut message)?;
                Ok(self.running.remove(&id).then_some(Action::Stop { id }))
            }
            Some(other) => {
                let shown: String = other.chars().take(40).collect();
                Err(bad(format!(
                    "Invalid message: the type {shown:?} is not a client's"
                )))
            }
            None => Err(bad("Invalid message: it has no type".into())),
        }
    }

    /// The operation came to its end: what to send, unless the client ended it first.
    pub fn complete(&mut self, id: &str) -> Option<String> {
        self.running
            .remove(id)
            .then(|| json!({"id": id, "type": "complete"}).to_string())
    }

    /// The operation cannot be run: what to send, unless the client ended it first.
    pub fn fail(&mut self, id: &str, response: &Response) -> Option<String> {
        self.running.remove(id).then(|| errors(id, response))
    }
}

fn id(message: &mut Map<String, Json>) -> Result<String, Close> {
    match message.remove("id") {
        Some(Json::String(id)) if !id.is_empty() && id.len() <= LONGEST_ID => Ok(id),
        _ => Err(Close::new(
            4400,
            "Invalid message: it needs an id, a text that is not empty",
        )),
    }
}

/// The message that carries a response.
pub fn next(id: &str, response: &Response) -> String {
    json!({"id": id, "type": "next", "payload": response.to_json()}).to_string()
}

fn errors(id: &str, response: &Response) -> String {
    let errors: Vec<Json> = response.errors.iter().map(GraphQlError::to_json).collect();
    json!({"id": id, "type": "error", "payload": errors}).to_string()
}
