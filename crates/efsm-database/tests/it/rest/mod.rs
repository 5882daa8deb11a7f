//! The plain REST contract and what goes beyond it, through the service's own door.

mod contract;
mod faults;
mod limits;
mod scripts;
mod sessions;
mod whole;

use std::sync::Arc;
use std::time::Duration;

use efsm_core::{
    Body, Clock, Context, Entropy, FaultRule, KeptParts, Limits as StackLimits, Part, Request,
    ResetDepth, Service as _, SignedDuration,
};
use efsm_database::DatabaseService;
use http::{HeaderMap, StatusCode};
use serde_json::{Value as Json, json};

use super::NOW;

fn context() -> Context {
    context_within(StackLimits::default())
}

fn context_within(limits: StackLimits) -> Context {
    Context::new(Clock::frozen(NOW), Entropy::seeded(1), limits)
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Json {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    #[track_caller]
    fn ok(self) -> Json {
        let json = self.json();
        assert!(self.status.is_success(), "{} {json}", self.status);
        json
    }

    #[track_caller]
    fn refused(self, status: u16) -> Json {
        let json = self.json();
        assert_eq!(self.status.as_u16(), status, "{json}");
        json["error"].clone()
    }
}

async fn send(service: &DatabaseService, request: Request) -> Answer {
    let response = service.http(request).await;
    let (head, body) = response.into_parts();
    Answer {
        status: head.status,
        headers: head.headers,
        bytes: body.collect(u64::MAX).await.unwrap().to_vec(),
    }
}

/// `path` is below `/db`.
async fn call(
    service: &DatabaseService,
    method: &str,
    path: &str,
    body: impl Into<Body>,
) -> Answer {
    let request = http::Request::builder().method(method).uri(path);
    send(service, Request::new(request.body(body.into()).unwrap())).await
}

async fn post(service: &DatabaseService, path: &str, body: Json) -> Answer {
    call(service, "POST", path, body.to_string()).await
}

async fn execute(service: &DatabaseService, sql: &str) -> Json {
    post(service, "/execute", json!({"sql": sql})).await.ok()
}
