//! Subscriptions over Server-Sent Events.

use efsm_core::{Body, ResetDepth, Service as _};
use efsm_queue::QueueService;
use serde_json::json;

use crate::{call, context, publish, queue, read, request};

/// One open stream.
struct Stream {
    body: Body,
}

impl Stream {
    async fn open(queue: &QueueService, path: &str, headers: &[(&str, &str)]) -> Self {
        let path = format!("/subscribe/{path}");
        let response = queue.http(request("GET", &path, headers, "")).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            body: response.into_body(),
        }
    }

    /// The next event's text. The clock is paused: comments come only when nothing else can happen, and the
    /// second one in a row means that no event ever will.
    async fn event(&mut self) -> Option<String> {
        for _ in 0..3 {
            let piece = self.body.next_piece().await.unwrap()?;
            if piece != ":\n\n" {
                return Some(String::from_utf8(piece.to_vec()).unwrap());
            }
        }
        panic!("no event comes")
    }

    /// The events that are there now, and then the stream's silence.
    async fn events(&mut self, count: usize) -> Vec<String> {
        let mut events = Vec::new();
        for _ in 0..count {
            events.push(self.event().await.unwrap());
        }
        let silent = futures_util::FutureExt::now_or_never(self.event());
        assert_eq!(silent, None, "after {events:?}");
        events
    }
}

fn event(seq: u64, data: &str) -> String {
    format!("id: {seq}\ndata: {data}\n\n")
}

#[tokio::test(start_paused = true)]
async fn every_subscriber_gets_every_message_in_order() {
    let queue = queue();
    let mut a = Stream::open(&queue, "orders", &[]).await;
    publish(&queue, "orders", r#"{"n": 1}"#).await;
    let mut b = Stream::open(&queue, "orders", &[]).await;
    publish(&queue, "orders", "2").await;
    publish(&queue, "others", "9").await;
    publish(&queue, "orders", "3").await;
    assert_eq!(
        a.events(3).await,
        [event(1, r#"{"n": 1}"#), event(2, "2"), event(3, "3")]
    );
    assert_eq!(b.events(2).await, [event(2, "2"), event(3, "3")]);
    assert_eq!(queue.subscribers(), 2);
    drop((a, b));
    assert_eq!(queue.subscribers(), 0);
}

#[tokio::test(start_paused = true)]
async fn waiting_subscriber_is_woken_by_a_publish() {
    let queue = queue();
    let mut stream = Stream::open(&queue, "orders", &[]).await;
    let waiting = tokio::spawn(async move { stream.event().await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    publish(&queue, "orders", "1").await;
    assert_eq!(waiting.await.unwrap().unwrap(), event(1, "1"));
}

#[tokio::test(start_paused = true)]
async fn start_is_chosen_by_from_and_by_what_was_seen_last() {
    let queue = queue();
    for n in 1..=3 {
        publish(&queue, "t", n.to_string()).await;
    }
    for (query, last_seen, expected) in [
        ("", None, &[][..]),
        ("?from=new", None, &[]),
        ("?from=latest", None, &[]),
        ("?from=start", None, &[1, 2, 3]),
        ("?from=earliest", None, &[1, 2, 3]),
        ("?from=0", None, &[1, 2, 3]),
        ("?from=2", None, &[2, 3]),
        ("?from=4", None, &[]),
        ("", Some("1"), &[2, 3]),
        ("?from=start", Some("2"), &[3]),
        ("?from=start", Some(""), &[1, 2, 3]),
        ("", Some("99"), &[]),
    ] {
        let header = last_seen.map(|id| ("last-event-id", id));
        let mut stream = Stream::open(&queue, &format!("t{query}"), header.as_slice()).await;
        let expected: Vec<_> = expected.iter().map(|n| event(*n, &n.to_string())).collect();
        assert_eq!(
            stream.events(expected.len()).await,
            expected,
            "{query} {last_seen:?}"
        );
        // Whatever was seen, the next message is not missed; a place past the end waits for its number.
        queue.publish("t", &"next").unwrap();
        let seq = queue.topic("t").unwrap().last_seq;
        assert_eq!(
            stream.event().await.unwrap(),
            event(seq, "\"next\""),
            "{query}"
        );
        restore_three(&queue);
    }
}

/// Puts the topic of the test above back to its three messages.
fn restore_three(queue: &QueueService) {
    let context = context();
    let fresh = QueueService::new(context.clone());
    for n in 1..=3 {
        fresh.publish("t", &n).unwrap();
    }
    let part = fresh.snapshot(&context.gate().cut());
    queue.restore(&part, &context.gate().cut()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn places_that_are_none_are_refused() {
    let queue = queue();
    for path in [
        "/subscribe/t?from=x",
        "/subscribe/t?from=",
        "/subscribe/t?from=-1",
    ] {
        let answer = call(&queue, "GET", path, "").await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.json()["hint"].as_str().unwrap().contains("start"));
    }
    let headers = [("last-event-id", "yesterday")];
    let answer = read(
        queue
            .http(request("GET", "/subscribe/t", &headers, ""))
            .await,
    )
    .await;
    assert_eq!(answer.status, 400);
    assert_eq!(queue.subscribers(), 0);
}

#[tokio::test(start_paused = true)]
async fn line_breaks_in_a_message_do_not_break_the_event() {
    let queue = queue();
    let mut stream = Stream::open(&queue, "t", &[]).await;
    publish(&queue, "t", "{\r\"a\":\n\r\n\"x\\n\"}").await;
    assert_eq!(stream.events(1).await, [event(1, "{ \"a\":   \"x\\n\"}")]);
}

#[tokio::test(start_paused = true)]
async fn reset_is_told_and_numbers_go_on() {
    let context = context();
    let queue = QueueService::new(context.clone());
    let mut stream = Stream::open(&queue, "t", &[]).await;
    queue.publish("t", &1).unwrap();
    queue.publish("t", &2).unwrap();
    assert_eq!(stream.event().await.unwrap(), event(1, "1"));
    queue.reset(ResetDepth::Data, &context.gate().cut());
    queue.publish("t", &3).unwrap();
    let reset = |generation, after| {
        let data = json!({"generation": generation, "after": after, "at": "2026-01-01T00:00:00Z"});
        format!("id: {after}\nevent: reset\ndata: {data}\n\n")
    };
    assert_eq!(stream.events(2).await, [reset(1, 1), event(3, "3")]);

    // A hard reset drops the topic, and with it the numbering.
    queue.reset(ResetDepth::All, &context.gate().cut());
    queue.publish("t", &"again").unwrap();
    assert_eq!(stream.events(2).await, [reset(2, 0), event(1, "\"again\"")]);
}

#[tokio::test(start_paused = true)]
async fn stream_ends_with_the_service() {
    let queue = queue();
    let mut stream = Stream::open(&queue, "t", &[]).await;
    let waiting = tokio::spawn(async move { stream.event().await });
    tokio::task::yield_now().await;
    drop(queue);
    assert_eq!(waiting.await.unwrap(), None);
}
