//! A subscription as a WebSocket: each message is a text frame with its number, its time and its JSON.

use std::time::Duration;

use efsm_core::{Request, Response};
use efsm_wire::websocket::tungstenite::protocol::CloseFrame;
use efsm_wire::websocket::tungstenite::protocol::frame::coding::CloseCode;
use efsm_wire::websocket::{self, Message as Frame, Socket, WebSocketConfig};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use crate::{Delivery, Subscription};

/// A subscriber has nothing long to say.
const LONGEST_FRAME_BYTES: usize = 64 * 1024;

/// How often a ping is sent, so that a dead peer is noticed.
const PING: Duration = Duration::from_secs(15);

pub(super) fn answer(mut request: Request, subscription: Subscription) -> Response {
    match websocket::accept(&mut request, &[]) {
        Err(refusal) => refusal,
        Ok((response, handshake)) => {
            tokio::spawn(async move {
                let config = WebSocketConfig::default()
                    .max_message_size(Some(LONGEST_FRAME_BYTES))
                    .max_frame_size(Some(LONGEST_FRAME_BYTES));
                if let Ok(socket) = handshake.socket(config).await {
                    deliver(socket, subscription).await;
                }
            });
            response
        }
    }
}

/// Sends what the subscription has until either side goes. A slow client holds up its own socket only.
async fn deliver(mut socket: Socket, mut subscription: Subscription) {
    let mut ping = interval(PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ping.reset();
    loop {
        let frame = tokio::select! {
            delivery = subscription.next() => match delivery {
                Some(delivery) => text(&delivery),
                None => break,
            },
            received = socket.next() => match received {
                Some(Ok(Frame::Text(_) | Frame::Binary(_))) => Frame::text(NOT_HERE),
                // Pings are answered by the socket itself, and so is a close.
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return,
            },
            _ = ping.tick() => Frame::Ping(bytes::Bytes::new()),
        };
        tokio::select! {
            sent = socket.send(frame) => if sent.is_err() { return },
            () = subscription.closed() => break,
        }
    }
    let gone = CloseFrame {
        code: CloseCode::Away,
        reason: "the stack is stopping".into(),
    };
    // The peer may be gone already; there is nobody left to tell.
    let _ = tokio::time::timeout(Duration::from_secs(1), socket.close(Some(gone))).await;
}

const NOT_HERE: &str =
    r#"{"error":"this socket only delivers","hint":"publish with POST /queue/publish/{topic}"}"#;

fn text(delivery: &Delivery) -> Frame {
    match delivery {
        // Put together by hand, so that the message stays as it was published.
        Delivery::Message(message) => Frame::text(format!(
            r#"{{"seq":{},"at":"{}","message":{}}}"#,
            message.seq,
            message.at,
            message.text()
        )),
        Delivery::Reset {
            generation,
            after,
            at,
        } => Frame::text(
            json!({"event": "reset", "generation": generation, "after": after, "at": at})
                .to_string(),
        ),
    }
}
