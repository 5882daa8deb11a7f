#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod aws;
mod contract;
mod model;
mod sse;
mod stack;
mod websocket;

use efsm_core::{Body, Clock, Context, Entropy, Limits, Request, Response, Service as _};
use efsm_queue::{Delivery, QueueService, Subscription};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

fn context() -> Context {
    context_with(Limits::default())
}

/// A stack whose clock stands at 2026-01-01T00:00:00Z.
fn context_with(limits: Limits) -> Context {
    let clock = Clock::frozen("2026-01-01T00:00:00Z".parse().unwrap());
    Context::new(clock, Entropy::seeded(1), limits)
}

fn queue() -> QueueService {
    QueueService::new(context())
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    #[track_caller]
    fn error(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Request::new(request.body(body.into()).unwrap())
}

async fn read(response: Response) -> Answer {
    let (head, body) = response.into_parts();
    let bytes = body.collect(1 << 26).await.unwrap();
    Answer {
        status: head.status,
        headers: head.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

async fn call(queue: &QueueService, method: &str, path: &str, body: impl Into<Body>) -> Answer {
    read(queue.http(request(method, path, &[], body)).await).await
}

async fn publish(queue: &QueueService, topic: &str, body: impl Into<Body>) -> Answer {
    call(queue, "POST", &format!("/publish/{topic}"), body).await
}

async fn consume(queue: &QueueService, topic_and_query: &str) -> Value {
    let answer = call(queue, "GET", &format!("/consume/{topic_and_query}"), "").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// What a subscription has now: `seq:body` of messages, `reset:after` of resets.
fn drained(subscription: &mut Subscription) -> Vec<String> {
    std::iter::from_fn(|| subscription.try_next())
        .map(|delivery| match delivery {
            Delivery::Message(message) => format!("{}:{}", message.seq, message.text()),
            Delivery::Reset { after, .. } => format!("reset:{after}"),
        })
        .collect()
}
