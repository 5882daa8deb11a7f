//! The end of a service: whatever its clients left open goes with it, the tasks that watched over it too.

use efsm_core::{Clock, Context, Entropy, Face, Limits, Request, Service as _};
use efsm_database::DatabaseService;
use serde_json::{Value as Json, json};

use super::NOW;

async fn post(service: &DatabaseService, face: Face, path: &str, body: Json) -> Json {
    let request = http::Request::post(path).body(body.to_string()).unwrap();
    let mut request = Request::new(request);
    request.route.face = face;
    let response = service.http(request).await;
    let (head, body) = response.into_parts();
    let bytes = body.collect(u64::MAX).await.unwrap();
    assert!(head.status.is_success(), "{path}: {bytes:?}");
    let first = bytes.split(|b| *b == b'\n').next().unwrap();
    serde_json::from_slice(first).unwrap()
}

/// Drops a service after `leave_open`, and looks for what is left of it. Its clock stands, so that nothing expires.
async fn assert_nothing_is_left(leave_open: impl AsyncFnOnce(&DatabaseService)) {
    let context = Context::new(Clock::frozen(NOW), Entropy::seeded(1), Limits::default());
    let service = DatabaseService::new(context.clone());
    service.execute("CREATE TABLE t(a)", ()).unwrap();
    leave_open(&service).await;
    assert!(context.memory().used_bytes() > 0);
    drop(service);
    assert_eq!(context.memory().used_bytes(), 0, "of its databases");
    // What was told to end does so the next time that it is its turn.
    tokio::task::yield_now().await;
    let metrics = tokio::runtime::Handle::current().metrics();
    assert_eq!(metrics.num_alive_tasks(), 0, "tasks");
}

#[tokio::test]
async fn session_that_is_held_does_not_keep_its_service() {
    assert_nothing_is_left(async |service| {
        let opened = post(service, Face::Rest, "/sessions", json!({})).await;
        let begin = json!({"sql": "BEGIN IMMEDIATE", "session": opened["session"]});
        post(service, Face::Rest, "/execute", begin).await;
    })
    .await;
}

#[tokio::test]
async fn stream_that_is_held_does_not_keep_its_service() {
    assert_nothing_is_left(async |service| {
        let begin = json!({"type": "execute", "stmt": {"sql": "BEGIN IMMEDIATE"}});
        let body = json!({"requests": [begin]});
        let first = post(service, Face::Hrana, "/v3/pipeline", body).await;
        assert!(first["baton"].is_string());
        // Held again after it was used.
        let again = json!({"baton": first["baton"], "requests": []});
        let second = post(service, Face::Hrana, "/v3/pipeline", again).await;
        assert!(second["baton"].is_string());
    })
    .await;
}

#[tokio::test]
async fn cursor_that_was_read_does_not_keep_its_service() {
    assert_nothing_is_left(async |service| {
        let body = json!({"batch": {"steps": [{"stmt": {"sql": "SELECT 1"}}]}});
        let first = post(service, Face::Hrana, "/v3/cursor", body).await;
        assert!(first["baton"].is_string());
    })
    .await;
}
