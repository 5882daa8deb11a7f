//! Rules that break single operations.

use efsm_core::{Body, Request, Service as _, SocketFault};
use serde_json::json;

use crate::world::World;

fn world(rules: serde_json::Value) -> World {
    let world = World::default();
    let rules = serde_json::from_value(rules).unwrap();
    world.context.faults().set(rules).unwrap();
    world
}

#[tokio::test]
async fn rule_for_a_key_answers_in_place_of_the_operation() {
    let world = world(json!([
        {"service": "storage", "match": {"bucket": "b", "key": "bad/*", "operation": "put-*"},
         "effect": {"status": 503, "body": {"error": "slow down"}}, "times": 1},
        {"match": {"bucket": "secret"}, "effect": {"body": "disk on fire"}},
    ]));
    let refused = world.send("PUT", "/b/bad/1", &[], "x").await;
    assert_eq!(
        (refused.status.as_u16(), refused.json()),
        (503, json!({"error": "slow down"}))
    );
    assert_eq!(world.get("/").await.json(), json!({"buckets": []}));
    world.put("/b/bad/1", "x").await;
    assert_eq!(world.get("/secret/k").await.error(500), "disk on fire");
    let told: Vec<_> = world
        .context
        .journal()
        .entries()
        .iter()
        .filter(|entry| entry.kind == "fault")
        .map(|entry| entry.detail.summary())
        .collect();
    assert_eq!(
        told,
        ["fault fault-1 on put-object", "fault fault-2 on get-object"]
    );
}

#[tokio::test]
async fn rule_closes_or_resets_the_connection() {
    for (effect, fault) in [
        (json!({"reset": true}), SocketFault::Reset),
        (json!({"drop": true}), SocketFault::Close),
    ] {
        let world = world(json!([{"match": {"key": "k"}, "effect": effect}]));
        let request = Request::new(http::Request::get("/b/k").body(Body::Empty).unwrap());
        let response = world.storage.http(request).await;
        assert_eq!(response.extensions().get(), Some(&fault));
    }
}

#[tokio::test]
async fn truncated_answer_says_its_whole_length() {
    let world = world(json!([{"match": {"key": "k", "method": "GET"}, "effect": {"truncate": 3}}]));
    world.put("/b/k", "0123456789").await;
    let request = Request::new(http::Request::get("/b/k").body(Body::Empty).unwrap());
    let response = world.storage.http(request).await;
    assert_eq!(response.headers()["content-length"], "10");
    let mut body = response.into_body();
    assert_eq!(body.next_piece().await.unwrap().unwrap(), "012");
    assert!(body.next_piece().await.is_err());
}

#[tokio::test]
async fn delay_is_on_the_stacks_clock() {
    let world =
        world(json!([{"match": {"operation": "get-object"}, "effect": {"delay_ms": 5000}}]));
    world.put("/b/k", "x").await;
    let slow = world.get("/b/k");
    tokio::pin!(slow);
    assert!(futures_util::poll!(&mut slow).is_pending());
    world.advance(4);
    assert!(futures_util::poll!(&mut slow).is_pending());
    world.advance(1);
    assert_eq!(slow.await.body, "x");
}
