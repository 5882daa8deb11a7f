//! The `graphql-transport-ws` protocol on a socket.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use efsm_core::{Context, Request, Response, Upgrade};
use efsm_graphql::over_http::Summary;
use efsm_graphql::over_websocket::{self, Action, Close, Connection, LEGACY_PROTOCOL, PROTOCOL};
use efsm_graphql::{GraphQlRequest, Response as GraphQlResponse};
use efsm_wire::websocket::tungstenite::protocol::CloseFrame;
use efsm_wire::websocket::{self, Message, Socket, WebSocketConfig};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, StatusCode};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::Responses;
use crate::engine::mock::graphql::GraphQl;
use crate::engine::mock::{MockAnswer, MockBody, Spec};
use crate::engine::request::LoggedRequest;
use crate::service::{HttpService, NAME};

/// A client's messages are queries and variables.
const LONGEST_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// Operations of one connection at once.
const MOST_OPERATIONS: usize = 100;

/// How long a client may take to greet; graphql-ws's own default is three seconds.
const GREETING: Duration = Duration::from_secs(10);

/// How often a ping is sent, so that a dead peer is noticed.
const PING: Duration = Duration::from_secs(15);

/// Responses that wait for a slow client, over all its operations.
const MOST_WAITING: usize = 64;

/// A response of an operation, or its end; with the turn in which its id was used.
type Told = (String, u64, Option<GraphQlResponse>);

impl HttpService {
    /// Answers the handshake, and leaves the socket to a task of its own.
    pub(in crate::wire::serve) fn graphql_socket(
        &self,
        spec: &Arc<Spec>,
        graphql: Arc<GraphQl>,
        request: &LoggedRequest,
        upgrade: Option<Upgrade>,
    ) -> (MockAnswer, Response) {
        let mut asked = Request::new(http::Request::from_parts(request.head().clone(), ()));
        asked.upgrade = upgrade;
        let response = match offered(request.headers()) {
            Err(refusal) => refusal,
            Ok(()) => match websocket::accept(&mut asked, &[PROTOCOL]) {
                Err(refusal) => refusal,
                Ok((response, handshake)) => {
                    let served = Served {
                        // Without the service itself: a socket must not keep a stack alive.
                        context: self.context().clone(),
                        start: self.starter(spec.clone(), graphql),
                    };
                    tokio::spawn(async move {
                        let config = WebSocketConfig::default()
                            .max_message_size(Some(LONGEST_MESSAGE_BYTES))
                            .max_frame_size(Some(LONGEST_MESSAGE_BYTES));
                        if let Ok(socket) = handshake.socket(config).await {
                            served.run(socket).await;
                        }
                    });
                    response
                }
            },
        };
        let answer = MockAnswer {
            status: response.status(),
            headers: response.headers().clone(),
            body: MockBody::Whole(bytes::Bytes::new()),
            operation: None,
            violations: Vec::new(),
            log: Arc::default(),
            is_described: response.status() == StatusCode::SWITCHING_PROTOCOLS,
            callbacks: Vec::new(),
        };
        (answer, response)
    }

    /// What makes the responses of an operation, for as long as the service is there.
    fn starter(&self, spec: Arc<Spec>, graphql: Arc<GraphQl>) -> Start {
        let service = self.downgrade();
        Box::new(move |request| {
            let prepared = graphql.prepare(request)?;
            let service = service.upgrade().ok_or_else(|| {
                let gone = efsm_graphql::GraphQlError::new("the stack is stopping");
                GraphQlResponse::refused(gone)
            })?;
            let summary = Summary::of(&prepared);
            Ok((summary, service.responses(&spec, graphql.clone(), prepared)))
        })
    }
}

type Start =
    Box<dyn Fn(&GraphQlRequest) -> Result<(Summary, Responses), GraphQlResponse> + Send + Sync>;

/// Whether the client offers the subprotocol that is spoken here.
fn offered(headers: &HeaderMap) -> Result<(), Response> {
    let offers: Vec<&str> = websocket::offered_protocols(headers).collect();
    if offers.contains(&PROTOCOL) {
        return Ok(());
    }
    let what = if offers.contains(&LEGACY_PROTOCOL) {
        "the subprotocol graphql-ws is that of the abandoned subscriptions-transport-ws, and not spoken here"
    } else {
        "GraphQL over a WebSocket needs a subprotocol"
    };
    Err(efsm_wire::error_with_hint(
        StatusCode::BAD_REQUEST,
        what,
        "offer graphql-transport-ws, as the library graphql-ws does",
    ))
}

struct Served {
    context: Context,
    start: Start,
}

/// The operations that run.
struct Operations {
    tasks: JoinSet<()>,
    by_id: HashMap<String, (u64, AbortHandle)>,
    turns: u64,
    sender: mpsc::Sender<Told>,
}

impl Operations {
    fn start(&mut self, id: String, mut responses: Responses) {
        self.turns += 1;
        let (turn, sender, name) = (self.turns, self.sender.clone(), id.clone());
        let handle = self.tasks.spawn(async move {
            loop {
                let response = responses.next().await;
                let is_last = response.is_none();
                if sender.send((name.clone(), turn, response)).await.is_err() || is_last {
                    return;
                }
            }
        });
        self.by_id.insert(id, (turn, handle));
    }

    fn stop(&mut self, id: &str) {
        if let Some((_, handle)) = self.by_id.remove(id) {
            handle.abort();
        }
    }

    /// Whether the operation of that turn still runs: a client may have stopped it and used its id again.
    fn is_running(&self, id: &str, turn: u64) -> bool {
        self.by_id
            .get(id)
            .is_some_and(|(running, _)| *running == turn)
    }
}

impl Served {
    async fn run(self, mut socket: Socket) {
        let mut connection = Connection::new(MOST_OPERATIONS);
        let (sender, mut told) = mpsc::channel(MOST_WAITING);
        let mut operations = Operations {
            tasks: JoinSet::new(),
            by_id: HashMap::new(),
            turns: 0,
            sender,
        };
        // On the stack's clock, so that a test need not wait; and in real time, because a frozen clock must not keep a
        // client that says nothing.
        let clock = self.context.clock().clone();
        let greeting = async move {
            tokio::select! {
                () = clock.sleep(GREETING) => {}
                () = sleep(GREETING) => {}
            }
        };
        tokio::pin!(greeting);
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ping.reset();
        loop {
            let message = tokio::select! {
                received = socket.next() => match received {
                    Some(Ok(Message::Text(text))) => {
                        match self.act(&mut connection, &mut operations, text.as_str()) {
                            Ok(Some(text)) => Message::text(text),
                            Ok(None) => continue,
                            Err(close) => return leave(socket, &close).await,
                        }
                    }
                    Some(Ok(Message::Binary(_))) => {
                        let close = Close::not_text();
                        return leave(socket, &close).await;
                    }
                    // Pings are answered by the socket itself, and so is a close.
                    Some(Ok(_)) => continue,
                    Some(Err(_)) | None => return,
                },
                Some((id, turn, response)) = told.recv() => {
                    if !operations.is_running(&id, turn) {
                        continue;
                    }
                    let text = if let Some(response) = response {
                        Some(over_websocket::next(&id, &response))
                    } else {
                        operations.by_id.remove(&id);
                        connection.complete(&id)
                    };
                    match text {
                        Some(text) => Message::text(text),
                        None => continue,
                    }
                }
                // Finished tasks are let go as they end.
                Some(_) = operations.tasks.join_next() => continue,
                () = &mut greeting, if !connection.is_greeted() => {
                    return leave(socket, &Close::too_late()).await;
                }
                _ = ping.tick() => Message::Ping(bytes::Bytes::new()),
            };
            if socket.send(message).await.is_err() {
                return;
            }
        }
    }

    /// Does what a message asks for; the answer is what to send.
    fn act(
        &self,
        connection: &mut Connection,
        operations: &mut Operations,
        text: &str,
    ) -> Result<Option<String>, Close> {
        match connection.receive(text) {
            None => Ok(None),
            Some(Action::Send(text)) => Ok(Some(text)),
            Some(Action::Close(close)) => Err(close),
            Some(Action::Stop { id }) => {
                operations.stop(&id);
                Ok(None)
            }
            Some(Action::Start { id, request }) => match (self.start)(&request) {
                Ok((summary, responses)) => {
                    self.log(&summary);
                    operations.start(id, responses);
                    Ok(None)
                }
                Err(refusal) => {
                    let summary = Summary {
                        operation: request.operation_name,
                        ..Summary::default()
                    };
                    self.log(&summary.with_errors(&refusal));
                    Ok(connection.fail(&id, &refusal))
                }
            },
        }
    }

    fn log(&self, summary: &Summary) {
        let kind = summary
            .kind
            .map_or("operation", efsm_graphql::OperationKind::name);
        let name = summary.operation.as_deref().unwrap_or("without a name");
        let note = efsm_core::Note::new(format!("GraphQL {kind} {name} over a WebSocket"))
            .with("graphql", summary);
        self.context
            .journal()
            .append(self.context.now(), NAME, "graphql", note);
    }
}

async fn leave(mut socket: Socket, close: &Close) {
    let frame = CloseFrame {
        code: close.code.into(),
        reason: close.reason.as_str().into(),
    };
    // The peer may be gone already; there is nobody left to tell.
    let _ = tokio::time::timeout(Duration::from_secs(1), socket.close(Some(frame))).await;
}
