#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod grants;
mod model;
mod stack;
mod tokens;
mod users;

use efsm_auth::{AuthConfig, AuthService, User};
use efsm_core::{Clock, Context, Entropy, Limits, Request, Service as _};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// 2026-01-01T00:00:00Z, where the clock of [`context`] stands.
const NOW_SECONDS: i64 = 1_767_225_600;

const SECRET: &str = "a secret that the backend knows too";

fn context() -> Context {
    context_with(Limits::default())
}

fn context_with(limits: Limits) -> Context {
    let clock = Clock::frozen("2026-01-01T00:00:00Z".parse().unwrap());
    Context::new(clock, Entropy::seeded(1), limits)
}

/// A service with a known secret, `alice` with claims and `bob` with a password.
fn auth() -> AuthService {
    auth_in(context())
}

fn auth_in(context: Context) -> AuthService {
    let config = AuthConfig {
        secret: Some(SECRET.to_owned()),
        users: vec![
            User::new("alice")
                .with_claim("email", "alice@example.com")
                .with_claim("roles", vec!["admin"]),
            User::new("bob").with_password("b0b"),
        ],
        ..AuthConfig::default()
    };
    AuthService::with_config(context, config).unwrap()
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

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Status, `error` and `error_description`.
    #[track_caller]
    fn refusal(&self) -> (u16, String, String) {
        let json = self.json();
        let text = |name: &str| json[name].as_str().unwrap_or("").to_owned();
        (
            self.status.as_u16(),
            text("error"),
            text("error_description"),
        )
    }
}

async fn call(
    auth: &AuthService,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<String>,
) -> Answer {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = Request::new(request.body(body.into()).unwrap());
    let (head, body) = auth.http(request).await.into_parts();
    let bytes = body.collect(1 << 24).await.unwrap();
    Answer {
        status: head.status,
        headers: head.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn post_json(auth: &AuthService, path: &str, body: Value) -> Answer {
    call(auth, "POST", path, &[JSON], body.to_string()).await
}

async fn post_form(auth: &AuthService, path: &str, body: &str) -> Answer {
    call(auth, "POST", path, &[FORM], body).await
}

async fn userinfo(auth: &AuthService, authorization: &str) -> Answer {
    call(
        auth,
        "GET",
        "/oauth/userinfo",
        &[("authorization", authorization)],
        "",
    )
    .await
}

async fn introspect(auth: &AuthService, token: &str) -> Value {
    let answer = post_form(auth, "/oauth/introspect", &format!("token={token}")).await;
    assert_eq!(answer.status, 200);
    answer.json()
}
