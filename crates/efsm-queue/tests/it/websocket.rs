//! Subscriptions over WebSocket, by a client of its own on the other end of a pipe.

use efsm_core::{Io, ResetDepth, Service as _, Upgrade};
use efsm_queue::QueueService;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::{context, queue, request};

const HANDSHAKE: [(&str, &str); 4] = [
    ("upgrade", "websocket"),
    ("connection", "Upgrade"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

type Client = WebSocketStream<DuplexStream>;

/// Connects through a pipe that holds `pipe_bytes` in each direction.
async fn connect(queue: &QueueService, path: &str, pipe_bytes: usize) -> Client {
    let (ours, theirs) = tokio::io::duplex(pipe_bytes);
    let mut request = request("GET", &format!("/subscribe/{path}"), &HANDSHAKE, "");
    request.upgrade = Some(Upgrade::new(async move {
        let io: Box<dyn Io> = Box::new(theirs);
        Ok(io)
    }));
    let response = queue.http(request).await;
    assert_eq!(response.status(), 101);
    assert_eq!(
        response.headers()["sec-websocket-accept"],
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    WebSocketStream::from_raw_socket(ours, Role::Client, None).await
}

/// The next text frame. The clock is paused: a ping comes only when nothing else can happen.
async fn text(client: &mut Client) -> String {
    match client.next().await.unwrap().unwrap() {
        Message::Text(text) => text.as_str().to_owned(),
        other => panic!("not a text frame: {other:?}"),
    }
}

async fn frame(client: &mut Client) -> Value {
    serde_json::from_str(&text(client).await).unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_subscriber_gets_every_message_in_order() {
    let queue = queue();
    let mut a = connect(&queue, "orders", 4096).await;
    let mut b = connect(&queue, "orders?from=start", 4096).await;
    queue
        .publish_text("orders", r#"{"price": 12345678901234567890.10}"#)
        .unwrap();
    queue.publish("orders", &json!("second")).unwrap();
    for client in [&mut a, &mut b] {
        assert_eq!(
            text(client).await,
            r#"{"seq":1,"at":"2026-01-01T00:00:00Z","message":{"price": 12345678901234567890.10}}"#
        );
        let second = json!({"seq": 2, "at": "2026-01-01T00:00:00Z", "message": "second"});
        assert_eq!(frame(client).await, second);
    }
}

#[tokio::test(start_paused = true)]
async fn slow_subscriber_misses_nothing_and_holds_up_nobody() {
    const COUNT: u64 = 500;
    let queue = queue();
    // Its pipe is full after a few frames, long before it begins to read.
    let mut slow = connect(&queue, "t", 256).await;
    let mut quick = connect(&queue, "t", 1 << 20).await;
    for n in 1..=COUNT {
        queue.publish("t", &n).unwrap();
    }
    for client in [&mut quick, &mut slow] {
        for n in 1..=COUNT {
            assert_eq!(frame(client).await["seq"], n);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reset_is_a_frame_of_its_own() {
    let context = context();
    let queue = QueueService::new(context.clone());
    queue.publish("t", &1).unwrap();
    let mut client = connect(&queue, "t?from=1", 4096).await;
    assert_eq!(frame(&mut client).await["seq"], 1);
    queue.reset(ResetDepth::Data, &context.gate().cut());
    queue.publish("t", &2).unwrap();
    let reset =
        json!({"event": "reset", "generation": 1, "after": 1, "at": "2026-01-01T00:00:00Z"});
    assert_eq!(frame(&mut client).await, reset);
    assert_eq!(frame(&mut client).await["seq"], 2);
}

#[tokio::test(start_paused = true)]
async fn client_that_talks_is_told_that_nobody_listens() {
    let queue = queue();
    let mut client = connect(&queue, "t", 4096).await;
    client.send(Message::text("hello")).await.unwrap();
    let answer = frame(&mut client).await;
    assert_eq!(answer["error"], "this socket only delivers");
    client
        .send(Message::Ping("are you there".into()))
        .await
        .unwrap();
    assert_eq!(
        client.next().await.unwrap().unwrap(),
        Message::Pong("are you there".into())
    );
    queue.publish("t", &1).unwrap();
    assert_eq!(frame(&mut client).await["seq"], 1);
}

#[tokio::test(start_paused = true)]
async fn closing_client_ends_its_subscription() {
    let queue = queue();
    let mut client = connect(&queue, "t", 4096).await;
    assert_eq!(queue.subscribers(), 1);
    client.close(None).await.unwrap();
    while let Some(Ok(_)) = client.next().await {}
    while queue.subscribers() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn stopped_service_says_goodbye_even_to_the_slow() {
    let queue = queue();
    let mut quick = connect(&queue, "t", 4096).await;
    let mut stuck = connect(&queue, "t", 64).await;
    queue.publish("t", &"x".repeat(1000)).unwrap();
    assert_eq!(frame(&mut quick).await["seq"], 1);
    drop(queue);
    let Message::Close(Some(frame)) = quick.next().await.unwrap().unwrap() else {
        panic!("a close frame is expected")
    };
    assert_eq!(frame.code, CloseCode::Away);
    // The other never took its message: its connection ends in the middle of it.
    let end = loop {
        match stuck.next().await {
            Some(Ok(_)) => {}
            end => break end,
        }
    };
    assert!(
        matches!(end, Some(Err(Error::Protocol(_) | Error::Io(_))) | None),
        "{end:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn silent_socket_is_pinged() {
    let queue = queue();
    let mut client = connect(&queue, "t", 4096).await;
    for _ in 0..2 {
        assert!(matches!(client.next().await, Some(Ok(Message::Ping(_)))));
    }
}

#[tokio::test(start_paused = true)]
async fn handshake_that_is_none_is_refused_and_leaves_no_subscription() {
    let queue = queue();
    let mut headers = HANDSHAKE;
    headers[2].1 = "8";
    let response = queue
        .http(request("GET", "/subscribe/t", &headers, ""))
        .await;
    assert_eq!(response.status(), 426);
    assert_eq!(queue.subscribers(), 0);
}
