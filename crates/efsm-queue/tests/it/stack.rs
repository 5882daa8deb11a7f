//! The service as a part of a stack: snapshots, resets, generations, counts, the journal.

use std::time::Duration;

use efsm_core::{Part, ResetDepth, RestoreError, Service as _, SignedDuration};
use efsm_queue::{Delivery, QueueService, StartFrom};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{call, consume, context, drained, publish};

fn counts(queue: &QueueService) -> Value {
    Value::Object(queue.status().counts)
}

#[tokio::test]
async fn restore_undoes_messages_topics_numbers_and_counts() {
    let context = context();
    let queue = QueueService::new(context.clone());
    queue.publish("a", &1).unwrap();
    consume(&queue, "a").await;
    let part = queue.snapshot(&context.gate().cut());
    let (before, memory) = (counts(&queue), context.memory().used_bytes());
    assert_eq!(
        before,
        json!({"topics": 1, "messages": 1, "published": 1, "consumed": 1, "subscribers": 0})
    );
    queue.publish("a", &2).unwrap();
    queue.publish("b", &3).unwrap();
    consume(&queue, "b").await;
    queue.restore(&part, &context.gate().cut()).unwrap();
    assert_eq!(counts(&queue), before);
    assert_eq!(context.memory().used_bytes(), memory);
    assert_eq!(queue.topics(), ["a"]);
    assert_eq!(queue.publish("a", &"again").unwrap().seq, 2);
    assert_eq!(consume(&queue, "a").await["messages"], json!([1, "again"]));
}

#[test]
fn fork_and_parent_do_not_see_each_other() {
    let (parent_context, fork_context) = (context(), context());
    let parent = QueueService::new(parent_context.clone());
    parent.publish("t", &"both").unwrap();
    let part = parent.snapshot(&parent_context.gate().cut());
    let fork = QueueService::new(fork_context.clone());
    fork.restore(&part, &fork_context.gate().cut()).unwrap();
    let mut of_fork = fork.subscribe("t", StartFrom::Earliest).unwrap();
    parent.publish("t", &"parent").unwrap();
    fork.publish("t", &"fork").unwrap();
    assert_eq!(drained(&mut of_fork), ["1:\"both\"", "2:\"fork\""]);
    assert_eq!(parent.message_count("t"), 2);
}

#[test]
fn part_of_another_service_is_refused_and_disturbs_nobody() {
    let context = context();
    let queue = QueueService::new(context.clone());
    let mut subscription = queue.subscribe("t", StartFrom::New).unwrap();
    let refused = queue.restore(&Part::new("auth", 1u8), &context.gate().cut());
    assert_eq!(refused, Err(RestoreError::WrongState { service: "auth" }));
    assert_eq!(subscription.try_next(), None);
}

#[test]
fn reset_of_data_keeps_topics_and_reset_of_all_does_not() {
    let context = context();
    let queue = QueueService::new(context.clone());
    queue.create_topic("empty").unwrap();
    queue.publish("t", &1).unwrap();
    queue.reset(ResetDepth::Data, &context.gate().cut());
    assert_eq!(queue.topics(), ["empty", "t"]);
    assert_eq!(queue.message_count("t"), 0);
    assert_eq!(queue.status().counts["published"], 0);
    let next = queue.publish("t", &2).unwrap();
    assert_eq!((next.seq, next.message_count), (2, 1), "numbers go on");

    queue.reset(ResetDepth::All, &context.gate().cut());
    assert!(queue.topics().is_empty());
    assert_eq!(context.memory().used_bytes(), 0);
    assert_eq!(queue.publish("t", &3).unwrap().seq, 1);
}

#[test]
fn restored_subscriber_goes_on_where_both_worlds_agree() {
    let context = context();
    let queue = QueueService::new(context.clone());
    for n in 1..=3 {
        queue.publish("t", &n).unwrap();
    }
    let at_three = queue.snapshot(&context.gate().cut());
    let mut ahead = queue.subscribe("t", StartFrom::Earliest).unwrap();
    let mut behind = queue.subscribe("t", StartFrom::Earliest).unwrap();
    let mut future = queue.subscribe("t", StartFrom::Seq(100)).unwrap();
    queue.publish("t", &"gone").unwrap();
    assert_eq!(drained(&mut ahead), ["1:1", "2:2", "3:3", "4:\"gone\""]);
    assert!(matches!(behind.try_next(), Some(Delivery::Message(m)) if m.seq == 1));

    queue.restore(&at_three, &context.gate().cut()).unwrap();
    queue.publish("t", &"new").unwrap();
    assert_eq!(drained(&mut ahead), ["reset:3", "4:\"new\""]);
    assert_eq!(drained(&mut behind), ["reset:1", "2:2", "3:3", "4:\"new\""]);
    assert_eq!(drained(&mut future), ["reset:3", "4:\"new\""]);

    // Forward again, to a state with more messages than the subscriber has seen.
    let at_four = queue.snapshot(&context.gate().cut());
    queue.reset(ResetDepth::All, &context.gate().cut());
    assert_eq!(drained(&mut ahead), ["reset:0"]);
    queue.restore(&at_four, &context.gate().cut()).unwrap();
    assert_eq!(
        drained(&mut ahead),
        ["reset:0", "1:1", "2:2", "3:3", "4:\"new\""]
    );
}

#[test]
fn several_turns_are_told_once() {
    let context = context();
    let queue = QueueService::new(context.clone());
    let mut subscription = queue.subscribe("t", StartFrom::New).unwrap();
    for _ in 0..3 {
        queue.reset(ResetDepth::Data, &context.gate().cut());
    }
    let Some(Delivery::Reset { generation, .. }) = subscription.try_next() else {
        panic!("a reset is expected")
    };
    assert_eq!(generation, 3);
    assert_eq!(subscription.try_next(), None);
}

#[tokio::test(start_paused = true)]
async fn waiting_subscriber_is_woken_by_a_restore() {
    let context = context();
    let queue = QueueService::new(context.clone());
    let part = queue.snapshot(&context.gate().cut());
    let mut subscription = queue.subscribe("t", StartFrom::New).unwrap();
    let waiting = tokio::spawn(async move {
        // The clock is paused: this passes only when nothing else can happen.
        timeout(Duration::from_secs(1), subscription.next()).await
    });
    tokio::task::yield_now().await;
    queue.restore(&part, &context.gate().cut()).unwrap();
    assert!(matches!(
        waiting.await.unwrap(),
        Ok(Some(Delivery::Reset { generation: 1, .. }))
    ));
}

#[test]
fn concurrent_publishers_leave_no_gap_for_a_subscriber() {
    const EACH: u64 = 500;
    let queue = QueueService::new(context());
    let mut subscription = queue.subscribe("t", StartFrom::New).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let queue = &queue;
            scope.spawn(move || {
                for n in 0..EACH {
                    queue.publish("t", &json!([writer, n])).unwrap();
                }
            });
        }
        let mut next_of = [0; 4];
        for seq in 1..=4 * EACH {
            // Far past any real wait: only a message that is never told runs into it.
            let next = async { timeout(Duration::from_mins(1), subscription.next()).await };
            let Ok(Some(Delivery::Message(message))) = runtime.block_on(next) else {
                panic!("a message is expected")
            };
            assert_eq!(message.seq, seq);
            let body: (usize, u64) = serde_json::from_slice(&message.body).unwrap();
            assert_eq!(body.1, next_of[body.0], "order of one publisher");
            next_of[body.0] += 1;
        }
    });
}

#[tokio::test]
async fn journal_tells_what_happened_in_the_order_of_the_log() {
    let context = context();
    let queue = QueueService::new(context.clone());
    publish(&queue, "orders", r#"{"id": 7}"#).await;
    context
        .clock()
        .advance(SignedDuration::from_secs(5))
        .unwrap();
    queue.publish("orders", &"x".repeat(20_000)).unwrap();
    consume(&queue, "orders").await;
    call(&queue, "PUT", "/topics/other", "").await;
    drop(queue.subscribe("other", StartFrom::Earliest).unwrap());
    let entries: Vec<Value> = context
        .journal()
        .entries()
        .iter()
        .map(efsm_core::Entry::to_json)
        .collect();
    let kinds: Vec<_> = entries
        .iter()
        .map(|e| e["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["publish", "publish", "consume", "create-topic", "subscribe"]
    );
    assert_eq!(entries[0]["summary"], "published orders #1, 9 bytes");
    assert_eq!(entries[0]["message"], json!({"id": 7}));
    assert_eq!(entries[1]["at"], "2026-01-01T00:00:05Z");
    assert_eq!(entries[1]["size_bytes"], 20_002);
    assert_eq!(entries[1].get("message"), None, "too long to be repeated");
    assert_eq!(entries[2]["count"], 2);
    assert_eq!(entries[4]["from"], "earliest");
}

#[test]
fn service_says_who_it_is() {
    let queue = QueueService::new(context());
    assert_eq!((queue.name(), queue.prefix()), ("queue", "/queue"));
}
