//! Hrana over WebSocket: several streams on one socket.
//!
//! The socket's task reads messages, looks stored texts up and keeps the ids; each stream has a task of its own, which
//! runs its requests in order. A stream that waits for a writer so holds up no other, not even of its own socket.

mod stream;

use std::collections::HashMap;
use std::time::Duration;

use efsm_core::{Request as HttpRequest, Response};
use efsm_wire::websocket::tungstenite::protocol::CloseFrame;
use efsm_wire::websocket::tungstenite::protocol::frame::coding::CloseCode;
use efsm_wire::websocket::{self, Message as Frame, Socket, WebSocketConfig, tungstenite};
use futures_util::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use self::stream::{StreamTask, of_response};
use super::error::{ProtocolError, refusal};
use super::message::{Answer, ClientMessage, Error, Request, ServerMessage};
use super::program::{SqlTexts, Step};
use super::protobuf::ws as protobuf;
use super::run::Job;
use super::streams::Stream;
use super::version::{Encoding, Version};
use crate::DatabaseService;
use crate::engine::Database;

/// Best first.
const PROTOCOLS: [&str; 4] = ["hrana3-protobuf", "hrana3", "hrana2", "hrana1"];
/// Streams of one socket.
const MOST_STREAMS: usize = 1_000;
/// Requests of one socket that are not answered yet; no more is read until some are.
const MOST_OUTSTANDING: usize = 1_000;
/// How often a ping is sent, so that a dead peer is noticed and its transactions end.
const PING: Duration = Duration::from_secs(15);
/// A close frame's reason has no room for more.
const LONGEST_REASON_BYTES: usize = 123;

pub(super) fn answer(
    service: &DatabaseService,
    database: Database,
    mut request: HttpRequest,
) -> Response {
    let offered: Vec<&str> = websocket::offered_protocols(&request.head.headers).collect();
    // A client that offers nothing is one of the first version, before there was a choice.
    let ours: &[&'static str] = if offered.is_empty() { &[] } else { &PROTOCOLS };
    if !offered.is_empty() && !offered.iter().any(|theirs| PROTOCOLS.contains(theirs)) {
        return efsm_wire::error_with_hint(
            StatusCode::BAD_REQUEST,
            format!(
                "none of the subprotocols {} is spoken here",
                offered.join(", ")
            ),
            format!("offer one of {}", PROTOCOLS.join(", ")),
        );
    }
    match websocket::accept(&mut request, ours) {
        Err(refusal) => refusal,
        Ok((response, handshake)) => {
            let (version, encoding) = match handshake.protocol {
                Some("hrana3-protobuf") => (Version::Hrana3, Encoding::Protobuf),
                Some("hrana3") => (Version::Hrana3, Encoding::Json),
                Some("hrana2") => (Version::Hrana2, Encoding::Json),
                _ => (Version::Hrana1, Encoding::Json),
            };
            let most = service.context().limits().body_bytes;
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            let (sender, outgoing) = mpsc::unbounded_channel();
            let connection = Connection {
                service: service.clone(),
                database,
                version,
                encoding,
                is_greeted: false,
                texts: SqlTexts::of_socket(),
                streams: HashMap::new(),
                cursors: HashMap::new(),
                tasks: JoinSet::new(),
                sender,
                outstanding: 0,
            };
            tokio::spawn(async move {
                let config = WebSocketConfig::default()
                    .read_buffer_size(16 * 1024)
                    .max_message_size(Some(most))
                    .max_frame_size(Some(most));
                if let Ok(socket) = handshake.socket(config).await {
                    connection.serve(socket, outgoing).await;
                }
            });
            response
        }
    }
}

/// What a stream's task has for the socket.
enum Outgoing {
    Message(ServerMessage),
    /// The socket shall end.
    End(Abruptly),
}

/// How a socket ends on purpose, as if the network or the server had failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Abruptly {
    /// With a close frame.
    Closed,
    /// Without one.
    Broken,
}

impl Abruptly {
    /// The statements by which a client of libSQL's own test server has its socket ended; in SQL they mean nothing.
    fn asked_by(sql: &str) -> Option<Self> {
        match sql {
            ".close_ws" => Some(Self::Closed),
            ".close_tcp" => Some(Self::Broken),
            _ => None,
        }
    }
}

struct Connection {
    service: DatabaseService,
    database: Database,
    version: Version,
    encoding: Encoding,
    is_greeted: bool,
    texts: SqlTexts,
    streams: HashMap<i32, StreamHandle>,
    /// The stream of each cursor.
    cursors: HashMap<i32, i32>,
    /// Those of the streams; they end with the socket, whatever they do.
    tasks: JoinSet<()>,
    sender: mpsc::UnboundedSender<Outgoing>,
    outstanding: usize,
}

struct StreamHandle {
    /// None for a stream that could not be opened: its id is taken nevertheless.
    commands: Option<mpsc::UnboundedSender<(i32, Command)>>,
    cursor: Option<i32>,
}

/// A request on one stream.
enum Command {
    Open,
    Close,
    Run(Job),
    OpenCursor(Vec<Step>),
    FetchCursor { max_count: u32 },
    CloseCursor,
}

/// Why a socket ends.
enum End {
    /// The peer is gone, or shall think that we are.
    Gone,
    Closed(CloseCode, String),
}

impl From<ProtocolError> for End {
    fn from(error: ProtocolError) -> Self {
        let code = match error {
            ProtocolError::Json(_) | ProtocolError::Protobuf(_) => CloseCode::Invalid,
            ProtocolError::BinaryMessage | ProtocolError::TextMessage => CloseCode::Unsupported,
            _ => CloseCode::Policy,
        };
        Self::Closed(code, error.to_string())
    }
}

impl Connection {
    async fn serve(mut self, mut socket: Socket, mut outgoing: mpsc::UnboundedReceiver<Outgoing>) {
        let end = self.converse(&mut socket, &mut outgoing).await;
        // Transactions end before the peer learns of the end, and begins anew.
        self.tasks.shutdown().await;
        self.streams.clear();
        if let End::Closed(code, mut reason) = end {
            while reason.len() > LONGEST_REASON_BYTES {
                reason.pop();
            }
            let frame = CloseFrame {
                code,
                reason: reason.into(),
            };
            let farewell = async {
                socket.close(Some(frame)).await?;
                // The peer's own close frame, so that ours is not lost in a reset.
                while socket.next().await.transpose()?.is_some() {}
                Ok::<(), tungstenite::Error>(())
            };
            // A peer that does not answer has had its time.
            let _ = tokio::time::timeout(Duration::from_secs(1), farewell).await;
        }
    }

    async fn converse(
        &mut self,
        socket: &mut Socket,
        outgoing: &mut mpsc::UnboundedReceiver<Outgoing>,
    ) -> End {
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ping.reset();
        loop {
            tokio::select! {
                Some(first) = outgoing.recv() => {
                    // What is ready goes out in one write.
                    let mut next = Some(first);
                    while let Some(Outgoing::Message(message)) = next {
                        self.outstanding = self.outstanding.saturating_sub(1);
                        if socket.feed(self.frame(message)).await.is_err() {
                            return End::Gone;
                        }
                        next = outgoing.try_recv().ok();
                    }
                    match next {
                        Some(Outgoing::End(Abruptly::Closed)) => {
                            return End::Closed(CloseCode::Normal, "closed as asked".to_owned());
                        }
                        None if socket.flush().await.is_ok() => {}
                        _ => return End::Gone,
                    }
                }
                received = socket.next(), if self.outstanding < MOST_OUTSTANDING => {
                    let handled = match received {
                        Some(Ok(frame)) => self.receive(frame),
                        Some(Err(tungstenite::Error::Capacity(e))) => {
                            return End::Closed(CloseCode::Size, e.to_string());
                        }
                        Some(Err(tungstenite::Error::Utf8(e))) => {
                            return End::Closed(CloseCode::Invalid, e);
                        }
                        Some(Err(tungstenite::Error::Protocol(e))) => {
                            return End::Closed(CloseCode::Protocol, e.to_string());
                        }
                        Some(Err(_)) | None => return End::Gone,
                    };
                    if let Err(error) = handled {
                        return error.into();
                    }
                }
                _ = ping.tick() => {
                    if socket.send(Frame::Ping(bytes::Bytes::new())).await.is_err() {
                        return End::Gone;
                    }
                }
                Some(ended) = self.tasks.join_next() => {
                    // A panic is our own bug: whoever waits for its answer must not wait for ever.
                    if ended.is_err_and(|e| e.is_panic()) {
                        return End::Closed(CloseCode::Error, "a statement failed inside the server".to_owned());
                    }
                }
            }
        }
    }

    fn frame(&self, message: ServerMessage) -> Frame {
        match self.encoding {
            // Structures whose keys are all text: nothing can fail.
            Encoding::Json => Frame::text(serde_json::to_string(&message).unwrap_or_default()),
            Encoding::Protobuf => Frame::binary(protobuf::ServerMsg::from(message).encode_to_vec()),
        }
    }

    fn receive(&mut self, frame: Frame) -> Result<(), ProtocolError> {
        let message = match (frame, self.encoding) {
            (Frame::Text(text), Encoding::Json) => serde_json::from_str(text.as_str())
                .map_err(|e| ProtocolError::Json(e.to_string()))?,
            (Frame::Binary(bytes), Encoding::Protobuf) => protobuf::ClientMsg::decode(bytes)
                .map_err(|e| ProtocolError::Protobuf(e.to_string()))?
                .try_into()?,
            (Frame::Text(_), Encoding::Protobuf) => return Err(ProtocolError::TextMessage),
            (Frame::Binary(_), Encoding::Json) => return Err(ProtocolError::BinaryMessage),
            // Pings are answered by the socket itself, and so is a close.
            _ => return Ok(()),
        };
        match message {
            ClientMessage::Hello { jwt: _ } => {
                if self.is_greeted {
                    self.version.needs(Version::Hrana2, "a second hello")?;
                }
                self.is_greeted = true;
                self.say(ServerMessage::HelloOk);
                Ok(())
            }
            ClientMessage::Request { .. } if !self.is_greeted => {
                Err(ProtocolError::RequestBeforeHello)
            }
            ClientMessage::Request {
                request_id,
                request,
            } => self.request(request_id, request),
        }
    }

    fn say(&mut self, message: ServerMessage) {
        self.outstanding += 1;
        // The receiver lives as long as this connection.
        let _ = self.sender.send(Outgoing::Message(message));
    }

    fn respond(&mut self, request_id: i32, response: Result<Answer, Error>) {
        self.say(of_response(request_id, response));
    }

    fn request(&mut self, request_id: i32, request: Request) -> Result<(), ProtocolError> {
        let version = self.version;
        let since = |least, what| version.needs(least, what);
        let (stream_id, command) = match request {
            Request::OpenStream { stream_id } => return self.open_stream(request_id, stream_id),
            Request::CloseStream { stream_id } => return self.close_stream(request_id, stream_id),
            Request::StoreSql { sql_id, sql } => {
                since(Version::Hrana2, "store_sql")?;
                let stored = self.texts.store(sql_id, sql)?;
                self.respond(request_id, stored.map(|()| Answer::StoreSql));
                return Ok(());
            }
            Request::CloseSql { sql_id } => {
                since(Version::Hrana2, "close_sql")?;
                self.texts.close(sql_id);
                self.respond(request_id, Ok(Answer::CloseSql));
                return Ok(());
            }
            Request::Execute { stream_id, stmt } => {
                let job = Job::Execute(self.texts.statement(stmt, version)?);
                (stream_id, Command::Run(job))
            }
            Request::Batch { stream_id, batch } => {
                let job = Job::Batch(self.texts.program(batch, version)?);
                (stream_id, Command::Run(job))
            }
            Request::Sequence {
                stream_id,
                sql,
                sql_id,
            } => {
                since(Version::Hrana2, "sequence")?;
                let job = Job::Sequence(self.texts.text(sql, sql_id, version)?);
                (stream_id, Command::Run(job))
            }
            Request::Describe {
                stream_id,
                sql,
                sql_id,
            } => {
                since(Version::Hrana2, "describe")?;
                let job = Job::Describe(self.texts.text(sql, sql_id, version)?);
                (stream_id, Command::Run(job))
            }
            Request::GetAutocommit { stream_id } => {
                since(Version::Hrana3, "get_autocommit")?;
                (stream_id, Command::Run(Job::GetAutocommit))
            }
            Request::OpenCursor {
                stream_id,
                cursor_id,
                batch,
            } => {
                since(Version::Hrana3, "open_cursor")?;
                let steps = self.texts.program(batch, version)?;
                self.take_cursor_id(stream_id, cursor_id)?;
                (stream_id, Command::OpenCursor(steps))
            }
            Request::FetchCursor {
                cursor_id,
                max_count,
            } => {
                since(Version::Hrana3, "fetch_cursor")?;
                let stream_id = self.stream_of_cursor(cursor_id)?;
                (stream_id, Command::FetchCursor { max_count })
            }
            Request::CloseCursor { cursor_id } => {
                since(Version::Hrana3, "close_cursor")?;
                let stream_id = self.stream_of_cursor(cursor_id)?;
                self.cursors.remove(&cursor_id);
                if let Some(handle) = self.streams.get_mut(&stream_id) {
                    handle.cursor = None;
                }
                (stream_id, Command::CloseCursor)
            }
        };
        self.command(request_id, stream_id, command)
    }

    fn stream_of_cursor(&self, cursor_id: i32) -> Result<i32, ProtocolError> {
        let stream_id = self.cursors.get(&cursor_id).copied();
        stream_id.ok_or(ProtocolError::NoCursor { cursor_id })
    }

    fn take_cursor_id(&mut self, stream_id: i32, cursor_id: i32) -> Result<(), ProtocolError> {
        let handle = self
            .streams
            .get_mut(&stream_id)
            .ok_or(ProtocolError::NoStream { stream_id })?;
        if handle.cursor.is_some() {
            return Err(ProtocolError::CursorOnStream { stream_id });
        }
        if self.cursors.contains_key(&cursor_id) {
            return Err(ProtocolError::CursorExists { cursor_id });
        }
        handle.cursor = Some(cursor_id);
        self.cursors.insert(cursor_id, stream_id);
        Ok(())
    }

    fn open_stream(&mut self, request_id: i32, stream_id: i32) -> Result<(), ProtocolError> {
        if self.streams.contains_key(&stream_id) {
            return Err(ProtocolError::StreamExists { stream_id });
        }
        if self.streams.len() >= MOST_STREAMS {
            let handle = StreamHandle {
                commands: None,
                cursor: None,
            };
            self.streams.insert(stream_id, handle);
            let refused = refusal(
                "STREAM_TOO_MANY",
                format!("{MOST_STREAMS} streams are open on this socket, which is the most"),
            );
            self.respond(request_id, Err(refused));
            return Ok(());
        }
        let (commands, received) = mpsc::unbounded_channel();
        let stream = Stream::open(&self.service, &self.database);
        let task = StreamTask {
            service: self.service.clone(),
            stream,
            cursor: None,
            sender: self.sender.clone(),
        };
        self.tasks.spawn(task.serve(received));
        let handle = StreamHandle {
            commands: Some(commands),
            cursor: None,
        };
        self.streams.insert(stream_id, handle);
        self.command(request_id, stream_id, Command::Open)
    }

    fn close_stream(&mut self, request_id: i32, stream_id: i32) -> Result<(), ProtocolError> {
        let handle = self
            .streams
            .remove(&stream_id)
            .ok_or(ProtocolError::NoStream { stream_id })?;
        if let Some(cursor_id) = handle.cursor {
            self.cursors.remove(&cursor_id);
        }
        match handle.commands {
            Some(commands) => self.send(&commands, request_id, Command::Close),
            None => self.respond(request_id, Ok(Answer::CloseStream)),
        }
        Ok(())
    }

    fn command(
        &mut self,
        request_id: i32,
        stream_id: i32,
        command: Command,
    ) -> Result<(), ProtocolError> {
        let handle = self
            .streams
            .get(&stream_id)
            .ok_or(ProtocolError::NoStream { stream_id })?;
        if let Some(commands) = &handle.commands {
            let commands = commands.clone();
            self.send(&commands, request_id, command);
            return Ok(());
        }
        let response = match command {
            Command::CloseCursor => Ok(Answer::CloseCursor),
            Command::FetchCursor { .. } => {
                Err(refusal("CURSOR_NOT_OPEN", "the cursor failed to open"))
            }
            _ => Err(refusal(
                "STREAM_NOT_OPEN",
                format!("stream {stream_id} failed to open"),
            )),
        };
        self.respond(request_id, response);
        Ok(())
    }

    fn send(
        &mut self,
        commands: &mpsc::UnboundedSender<(i32, Command)>,
        request_id: i32,
        command: Command,
    ) {
        self.outstanding += 1;
        // A task that is gone has panicked, and the socket ends with it.
        let _ = commands.send((request_id, command));
    }
}
