//! One stack's HTTP service and the few verbs that tests need.

use bytes::Bytes;
use efsm_core::{Clock, Context, Entropy, Face, Limits, Request, Service as _};
use efsm_http::HttpService;
use http::HeaderMap;
use serde_json::Value;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(crate) fn service() -> HttpService {
    HttpService::new(context())
}

pub(crate) fn context() -> Context {
    let start = "2026-05-05T10:00:00Z".parse().unwrap();
    Context::new(Clock::frozen(start), Entropy::seeded(1), Limits::default())
}

/// Sends `METHOD /url`, headers as `Name: value`.
pub(crate) async fn send(
    service: &HttpService,
    line: &str,
    headers: &[&str],
    body: &[u8],
) -> Answer {
    let (method, url) = line.split_once(' ').unwrap();
    let mut request = http::Request::builder().method(method).uri(url);
    for header in headers {
        let (name, value) = header.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    let request = request.header("host", "localhost:8888");
    let mut request = Request::new(request.body(body.to_vec()).unwrap());
    if url.starts_with("/__admin") {
        request.route.face = Face::Admin;
    } else if url.starts_with("/http/") {
        request.route.mount = "/http".len();
    }
    let (head, body) = service.http(request).await.into_parts();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: body.collect(1 << 30).await.unwrap(),
    }
}

pub(crate) async fn get(service: &HttpService, url: &str) -> Answer {
    send(service, &format!("GET {url}"), &[], b"").await
}

pub(crate) async fn admin(service: &HttpService, line: &str, body: &Value) -> Answer {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    send(service, line, &[], body.as_bytes()).await
}
