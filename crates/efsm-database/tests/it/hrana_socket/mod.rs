//! Hrana over WebSocket, by a client of its own on the other end of a pipe.

mod ends;
mod requests;

use efsm_core::{Context, Face, FaultRule, Io, Limits as StackLimits, Request, Service, Upgrade};
use efsm_database::DatabaseService;
use efsm_database::wire::hrana::protobuf::{http as http_pb, shared, ws};
use futures_util::{SinkExt as _, StreamExt as _};
use prost::Message as _;
use serde_json::{Value as Json, json};
use tokio::io::DuplexStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::hrana::context;

type Pipe = WebSocketStream<DuplexStream>;

fn upgrade(path: &str, protocols: Option<&str>) -> (Request, DuplexStream) {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let mut request = http::Request::get(path)
        .header("upgrade", "websocket")
        .header("connection", "Upgrade")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    if let Some(protocols) = protocols {
        request = request.header("sec-websocket-protocol", protocols);
    }
    let mut request = Request::new(request.body(()).unwrap());
    request.route.face = Face::Hrana;
    request.upgrade = Some(Upgrade::new(async move {
        let io: Box<dyn Io> = Box::new(theirs);
        Ok(io)
    }));
    (request, ours)
}

/// A client that speaks JSON.
struct Client {
    socket: Pipe,
    last_request: i32,
}

impl Client {
    async fn connect(service: &DatabaseService, protocols: Option<&str>) -> Self {
        Self::connect_at(service, "/", protocols).await
    }

    async fn connect_at(service: &DatabaseService, path: &str, protocols: Option<&str>) -> Self {
        let (request, ours) = upgrade(path, protocols);
        let response = service.http(request).await;
        assert_eq!(response.status(), 101);
        Self {
            socket: WebSocketStream::from_raw_socket(ours, Role::Client, None).await,
            last_request: 0,
        }
    }

    /// A client that has said hello and opened stream 1.
    async fn ready(service: &DatabaseService) -> Self {
        let mut client = Self::connect(service, Some("hrana3")).await;
        client.hello().await;
        client
            .ok(json!({"type": "open_stream", "stream_id": 1}))
            .await;
        client
    }

    async fn hello(&mut self) {
        self.send(json!({"type": "hello", "jwt": "any.token.will.do"}))
            .await;
        assert_eq!(self.receive().await, json!({"type": "hello_ok"}));
    }

    async fn send(&mut self, message: Json) {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    async fn receive(&mut self) -> Json {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => serde_json::from_str(text.as_str()).unwrap(),
            other => panic!("not a text message: {other:?}"),
        }
    }

    /// Sends a request without waiting for its answer.
    async fn begin(&mut self, request: Json) -> i32 {
        self.last_request += 1;
        let message =
            json!({"type": "request", "request_id": self.last_request, "request": request});
        self.send(message).await;
        self.last_request
    }

    async fn ok(&mut self, request: Json) -> Json {
        let id = self.begin(request.clone()).await;
        let answer = self.receive().await;
        assert_eq!(answer["type"], "response_ok", "{request}: {answer}");
        assert_eq!(answer["request_id"], id);
        assert_eq!(answer["response"]["type"], request["type"]);
        answer["response"].clone()
    }

    async fn error(&mut self, request: Json) -> Json {
        let id = self.begin(request.clone()).await;
        let answer = self.receive().await;
        assert_eq!(answer["type"], "response_error", "{request}: {answer}");
        assert_eq!(answer["request_id"], id);
        answer["error"].clone()
    }

    async fn execute(&mut self, stream_id: i32, sql: &str) -> Json {
        self.ok(execute(stream_id, sql)).await["result"].clone()
    }

    async fn value(&mut self, stream_id: i32, sql: &str) -> Json {
        self.execute(stream_id, sql).await["rows"][0][0]["value"].clone()
    }

    /// The code of the close frame with which the server ends the conversation, and its reason.
    async fn closed(mut self) -> (CloseCode, String) {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code, frame.reason.as_str().to_owned());
                }
                Some(Ok(_)) => {}
                other => panic!("not a close frame: {other:?}"),
            }
        }
    }
}

fn execute(stream_id: i32, sql: &str) -> Json {
    json!({"type": "execute", "stream_id": stream_id, "stmt": {"sql": sql}})
}

fn service() -> DatabaseService {
    DatabaseService::new(context())
}
