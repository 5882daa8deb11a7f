//! Snapshots, restores and resets.

use efsm_core::{Part, ResetDepth, Service as _};
use serde_json::{Value, json};

use crate::world::World;

impl World {
    pub(crate) fn snapshot(&self) -> Part {
        self.storage.snapshot(&self.context.gate().cut())
    }

    pub(crate) fn restore(&self, part: &Part) {
        self.storage
            .restore(part, &self.context.gate().cut())
            .unwrap();
    }

    pub(crate) fn reset(&self, depth: ResetDepth) {
        self.storage.reset(depth, &self.context.gate().cut());
    }

    async fn listing(&self) -> Value {
        self.get("/b").await.json()["objects"].clone()
    }
}

#[tokio::test]
async fn fork_and_parent_do_not_see_each_other() {
    let parent = World::default();
    parent.put("/b/shared", "one").await;
    let fork = World::default();
    fork.restore(&parent.snapshot());
    parent.put("/b/parent", "p").await;
    fork.put("/b/fork", "f").await;
    fork.put("/b/shared", "two").await;
    assert_eq!(parent.listing().await, json!(["parent", "shared"]));
    assert_eq!(fork.listing().await, json!(["fork", "shared"]));
    assert_eq!(parent.get("/b/shared").await.body, "one");
    assert_eq!(fork.get("/b/shared").await.body, "two");
}

#[tokio::test]
async fn restore_undoes_everything_with_its_counts() {
    let world = World::default();
    world.put("/b/k", "one").await;
    let (snapshot, used, status) = (world.snapshot(), world.used_bytes(), world.storage.status());
    let before = world.get("/b/k").await;
    world.advance(100);
    world.put("/b/k", "changed and longer").await;
    world.put("/c/k", "new").await;
    world.send("DELETE", "/b/k", &[], "").await;
    world.restore(&snapshot);
    let after = world.get("/b/k").await;
    assert_eq!(
        (&after.body, &after.headers),
        (&before.body, &before.headers)
    );
    assert_eq!(world.get("/").await.json(), json!({"buckets": ["b"]}));
    assert_eq!(world.used_bytes(), used);
    assert_eq!(world.storage.status().counts, status.counts);
}

#[tokio::test]
async fn upload_under_way_during_a_restore_keeps_the_count_of_memory_right() {
    let world = World::default();
    world.put("/b/k", "x".repeat(1000)).await;
    let snapshot = world.snapshot();
    world.reset(ResetDepth::All);
    let (sender, body) = crate::world::channel();
    let upload = world.send("PUT", "/b/late", &[], body);
    tokio::pin!(upload);
    sender.send(Ok(vec![0; 500].into())).unwrap();
    assert!(futures_util::poll!(&mut upload).is_pending());
    world.restore(&snapshot);
    drop(sender);
    assert_eq!(upload.await.status, 200);
    assert_eq!(world.listing().await, json!(["k", "late"]));
    assert_eq!(world.used_bytes(), world.storage.status().memory_bytes);
}

#[tokio::test]
async fn reset_of_data_keeps_buckets_and_reset_of_all_keeps_nothing() {
    let world = World::default();
    world.put("/b/k", "x").await;
    world.send("PUT", "/c", &[], "").await;
    world.reset(ResetDepth::Data);
    assert_eq!(world.get("/").await.json(), json!({"buckets": ["b", "c"]}));
    assert_eq!(world.listing().await, json!([]));
    assert_eq!(world.used_bytes(), world.storage.status().memory_bytes);
    world.reset(ResetDepth::All);
    assert_eq!(world.get("/").await.json(), json!({"buckets": []}));
    assert_eq!(world.used_bytes(), 0);
}

#[tokio::test]
async fn part_of_another_service_is_refused() {
    let world = World::default();
    world.put("/b/k", "x").await;
    let part = Part::new("queue", 7u8);
    let refused = world.storage.restore(&part, &world.context.gate().cut());
    assert!(refused.is_err());
    assert_eq!(world.listing().await, json!(["k"]));
}

#[test]
fn snapshot_shares_what_it_holds() {
    let world = World::default();
    let options = efsm_storage::PutOptions::default;
    let stored = world
        .storage
        .put_object("b", "k", vec![1; 100_000], options())
        .unwrap();
    let fork = World::default();
    fork.restore(&world.snapshot());
    let forked = fork.storage.get_object("b", "k").unwrap();
    assert!(std::sync::Arc::ptr_eq(&stored, &forked));
}
