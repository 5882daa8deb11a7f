//! What the journal tells of each operation.

use serde_json::{Value, json};

use crate::world::World;

/// The entries' kinds with the fields that tests assert on.
fn told(world: &World) -> Vec<Value> {
    let entries = world.context.journal().entries();
    let fields = entries.iter().map(efsm_core::Entry::to_json).map(|entry| {
        assert_eq!(entry["service"], "storage");
        let told = entry.as_object().unwrap().iter();
        told.filter(|(name, _)| !["seq", "at", "service", "summary"].contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    });
    fields.map(Value::Object).collect()
}

#[tokio::test]
async fn each_operation_writes_its_line() {
    let world = World::default();
    world.send("PUT", "/b", &[], "").await;
    world.put("/b/k", "meow").await;
    world.get("/b/k").await;
    world.send("HEAD", "/b/k", &[], "").await;
    world.get("/b/none").await;
    world
        .send("GET", "/b/k", &[("if-none-match", "*")], "")
        .await;
    world
        .send("PUT", "/b/k", &[("if-none-match", "*")], "new")
        .await;
    world.get("/b").await;
    world.get("/").await;
    world.send("DELETE", "/b", &[], "").await;
    world.send("DELETE", "/b/k", &[], "").await;
    world.send("DELETE", "/b", &[], "").await;
    let ok = |kind: &str, key: &str, size: u64| json!({"kind": kind, "bucket": "b", "key": key, "size": size, "outcome": "ok"});
    let no = |kind: &str, key: &str, outcome: &str| json!({"kind": kind, "bucket": "b", "key": key, "outcome": outcome});
    assert_eq!(
        told(&world),
        [
            json!({"kind": "create-bucket", "bucket": "b", "outcome": "ok"}),
            ok("put-object", "k", 4),
            ok("get-object", "k", 4),
            ok("head-object", "k", 4),
            no("get-object", "none", "no-such-key"),
            no("get-object", "k", "not-modified"),
            no("put-object", "k", "precondition-failed"),
            json!({"kind": "list-objects", "bucket": "b", "count": 1, "outcome": "ok"}),
            json!({"kind": "list-buckets", "count": 1, "outcome": "ok"}),
            json!({"kind": "delete-bucket", "bucket": "b", "outcome": "bucket-not-empty"}),
            ok("delete-object", "k", 4),
            json!({"kind": "delete-bucket", "bucket": "b", "outcome": "ok"}),
        ]
    );
}

#[tokio::test]
async fn line_reads_as_a_sentence() {
    let world = World::default();
    world.put("/b/a%20key", "meow").await;
    world.get("/b/none").await;
    let summaries: Vec<_> = world
        .context
        .journal()
        .entries()
        .iter()
        .map(|entry| entry.detail.summary())
        .collect();
    assert_eq!(
        summaries,
        ["b/a key, 4 bytes -> ok", "b/none -> no-such-key"]
    );
}

#[test]
fn journal_order_is_the_order_of_application() {
    let world = World::default();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let storage = &world.storage;
            scope.spawn(move || {
                for n in 0..200 {
                    let body = vec![0; thread * 1000 + n];
                    storage
                        .put_object("b", "k", body, efsm_storage::PutOptions::default())
                        .unwrap();
                    storage.get_object("b", "k").unwrap();
                }
            });
        }
    });
    // Replayed in its order, the journal explains every read.
    let mut last = None;
    for entry in &world.context.journal().entries() {
        let size = entry
            .detail_as::<efsm_storage::Operation>()
            .unwrap()
            .size_bytes;
        match entry.kind {
            "put-object" => last = size,
            _ => assert_eq!(size, last, "entry {}", entry.seq),
        }
    }
}
