//! Hrana over HTTP, through the service's own door.

mod batches;
mod execute;
mod protobuf;
mod refusals;
mod spoilt;
mod stack;
mod streams;

use std::time::Duration;

use bytes::Bytes;
use efsm_core::{
    Body, Clock, Context, Entropy, Face, FaultRule, Limits as StackLimits, Request, ResetDepth,
    Response, Service, SignedDuration, SocketFault,
};
use efsm_database::DatabaseService;
use efsm_database::wire::hrana::protobuf::{http as http_pb, shared};
use http::StatusCode;
use prost::Message as _;
use serde_json::{Value as Json, json};

use super::NOW;

pub(super) fn context() -> Context {
    Context::new(
        Clock::frozen(NOW),
        Entropy::seeded(1),
        StackLimits::default(),
    )
}

fn service() -> DatabaseService {
    DatabaseService::new(context())
}

async fn call(
    service: &DatabaseService,
    method: &str,
    path: &str,
    body: impl Into<Body>,
) -> Response {
    let request = http::Request::builder().method(method).uri(path);
    let mut request = Request::new(request.body(body.into()).unwrap());
    request.route.face = Face::Hrana;
    service.http(request).await
}

async fn bytes(response: Response) -> (StatusCode, Bytes) {
    let (head, body) = response.into_parts();
    (head.status, body.collect(u64::MAX).await.unwrap())
}

async fn post(service: &DatabaseService, path: &str, body: Json) -> (StatusCode, Json) {
    let (status, body) = bytes(call(service, "POST", path, body.to_string()).await).await;
    let json = serde_json::from_slice(&body)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&body)));
    (status, json)
}

/// A client's stream, which hands its baton on.
struct Stream<'s> {
    service: &'s DatabaseService,
    path: &'static str,
    baton: Json,
}

impl<'s> Stream<'s> {
    fn new(service: &'s DatabaseService) -> Self {
        Self::at(service, "/v3/pipeline")
    }

    fn at(service: &'s DatabaseService, path: &'static str) -> Self {
        Self {
            service,
            path,
            baton: Json::Null,
        }
    }

    /// The results of requests, one by one.
    async fn send(&mut self, requests: Json) -> Vec<Json> {
        let body = json!({"baton": self.baton, "requests": requests});
        let (status, answer) = post(self.service, self.path, body).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["base_url"], Json::Null);
        assert!(answer["baton"] != self.baton || self.baton.is_null());
        self.baton = answer["baton"].clone();
        answer["results"].as_array().unwrap().clone()
    }

    async fn one(&mut self, request: Json) -> Json {
        self.send(json!([request])).await.remove(0)
    }

    async fn ok(&mut self, request: Json) -> Json {
        let result = self.one(request.clone()).await;
        assert_eq!(result["type"], "ok", "{request}: {result}");
        assert_eq!(result["response"]["type"], request["type"]);
        result["response"].clone()
    }

    async fn error(&mut self, request: Json) -> Json {
        let result = self.one(request.clone()).await;
        assert_eq!(result["type"], "error", "{request}: {result}");
        result["error"].clone()
    }

    async fn execute(&mut self, sql: &str) -> Json {
        let response = self.ok(execute(json!({"sql": sql}))).await;
        response["result"].clone()
    }

    /// The value of a query with one.
    async fn value(&mut self, sql: &str) -> Json {
        self.execute(sql).await["rows"][0][0].clone()
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "called with a literal each time"
)]
fn execute(stmt: Json) -> Json {
    json!({"type": "execute", "stmt": stmt})
}

fn integer(n: i64) -> Json {
    json!({"type": "integer", "value": n.to_string()})
}

fn text(text: &str) -> Json {
    json!({"type": "text", "value": text})
}
