//! Random runs of the service against a model of a few lines.

use std::collections::BTreeMap;

use efsm_core::{Part, ResetDepth, Service as _};
use efsm_queue::{Delivery, QueueService, StartFrom, Subscription};
use proptest::prelude::*;

use crate::context;

#[derive(Clone, Debug)]
enum Step {
    Publish(u8),
    Create(u8),
    Peek {
        topic: u8,
        after: u64,
        limit: usize,
    },
    Subscribe(u8, StartFrom),
    Deliver {
        subscription: prop::sample::Index,
        most: usize,
    },
    Snapshot,
    Restore(prop::sample::Index),
    Reset(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let from = prop_oneof![
        Just(StartFrom::New),
        Just(StartFrom::Earliest),
        (0..12u64).prop_map(StartFrom::Seq),
        (0..12u64).prop_map(StartFrom::After),
    ];
    prop_oneof![
        6 => (0..3u8).prop_map(Step::Publish),
        1 => (0..3u8).prop_map(Step::Create),
        3 => (0..3u8, 0..8u64, 0..8usize)
            .prop_map(|(topic, after, limit)| Step::Peek { topic, after, limit }),
        2 => (0..3u8, from).prop_map(|(topic, from)| Step::Subscribe(topic, from)),
        4 => (any::<prop::sample::Index>(), 1..6usize)
            .prop_map(|(subscription, most)| Step::Deliver { subscription, most }),
        1 => Just(Step::Snapshot),
        1 => any::<prop::sample::Index>().prop_map(Step::Restore),
        1 => any::<bool>().prop_map(Step::Reset),
    ]
}

/// A topic: every message with its number, and the last number given out.
#[derive(Clone, Debug, Default, PartialEq)]
struct Log {
    messages: Vec<(u64, String)>,
    last_seq: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    topics: BTreeMap<String, Log>,
    published: u64,
    consumed: u64,
}

impl Model {
    fn last_seq(&self, topic: &str) -> u64 {
        self.topics.get(topic).map_or(0, |log| log.last_seq)
    }

    fn after(&self, topic: &str, after: u64) -> Vec<(u64, String)> {
        let log = self.topics.get(topic).cloned().unwrap_or_default();
        log.messages
            .into_iter()
            .filter(|(seq, _)| *seq > after)
            .collect()
    }
}

/// A subscription beside where the model thinks that it stands.
struct Reader {
    subscription: Subscription,
    topic: String,
    after: u64,
    /// The generation that began since the last delivery.
    turned: Option<u64>,
}

impl Reader {
    fn turn(&mut self, model: &Model, generation: u64) {
        self.after = self.after.min(model.last_seq(&self.topic));
        self.turned = Some(generation);
    }

    fn check(&mut self, model: &Model, most: usize) {
        if let Some(turned) = self.turned.take() {
            match self.subscription.try_next() {
                Some(Delivery::Reset {
                    generation, after, ..
                }) => {
                    assert_eq!((generation, after), (turned, self.after));
                }
                other => panic!("a reset is expected: {other:?}"),
            }
        }
        for expected in model.after(&self.topic, self.after).into_iter().take(most) {
            match self.subscription.try_next() {
                Some(Delivery::Message(message)) => {
                    assert_eq!((message.seq, message.text().into_owned()), expected);
                    self.after = message.seq;
                }
                other => panic!("message {} is expected: {other:?}", expected.0),
            }
        }
        if model.after(&self.topic, self.after).is_empty() {
            assert_eq!(self.subscription.try_next(), None);
        }
    }
}

fn held(queue: &QueueService) -> BTreeMap<String, (usize, u64)> {
    queue
        .topics()
        .into_iter()
        .map(|name| {
            let topic = queue.topic(&name).unwrap();
            (name, (topic.message_count, topic.last_seq))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn service_does_what_the_model_does(steps in prop::collection::vec(step(), 1..80)) {
        let context = context();
        let queue = QueueService::new(context.clone());
        let mut model = Model::default();
        let mut generation = 0;
        let mut readers: Vec<Reader> = Vec::new();
        let mut snapshots: Vec<(Part, Model)> = Vec::new();
        let mut stamp = 0;

        for step in steps {
            match step {
                Step::Publish(topic) => {
                    let topic = format!("topic{topic}");
                    stamp += 1;
                    let publication = queue.publish(&topic, &stamp).unwrap();
                    let log = model.topics.entry(topic).or_default();
                    log.last_seq += 1;
                    log.messages.push((log.last_seq, stamp.to_string()));
                    model.published += 1;
                    prop_assert_eq!(publication.seq, log.last_seq);
                    prop_assert_eq!(publication.message_count, log.messages.len());
                }
                Step::Create(topic) => {
                    let topic = format!("topic{topic}");
                    let is_new = queue.create_topic(&topic).unwrap();
                    prop_assert_eq!(is_new, !model.topics.contains_key(&topic));
                    model.topics.entry(topic).or_default();
                }
                Step::Peek { topic, after, limit } => {
                    let topic = format!("topic{topic}");
                    let peeked: Vec<_> = queue
                        .consume_after(&topic, after, limit)
                        .unwrap()
                        .into_iter()
                        .map(|message| (message.seq, message.text().into_owned()))
                        .collect();
                    model.consumed += 1;
                    let mut expected = model.after(&topic, after);
                    expected.truncate(limit);
                    prop_assert_eq!(peeked, expected);
                }
                Step::Subscribe(topic, from) => {
                    let topic = format!("topic{topic}");
                    let last_seq = model.last_seq(&topic);
                    readers.push(Reader {
                        subscription: queue.subscribe(&topic, from).unwrap(),
                        after: match from {
                            StartFrom::New => last_seq,
                            StartFrom::Earliest => 0,
                            StartFrom::Seq(seq) => seq.saturating_sub(1),
                            StartFrom::After(seq) => seq.min(last_seq),
                        },
                        topic,
                        turned: None,
                    });
                }
                Step::Deliver { subscription, most } if !readers.is_empty() => {
                    let index = subscription.index(readers.len());
                    readers[index].check(&model, most);
                }
                Step::Snapshot => {
                    let part = queue.snapshot(&context.gate().cut());
                    snapshots.push((part, model.clone()));
                }
                Step::Restore(index) if !snapshots.is_empty() => {
                    let (part, then) = index.get(&snapshots);
                    queue.restore(part, &context.gate().cut()).unwrap();
                    model = then.clone();
                    generation += 1;
                    for reader in &mut readers {
                        reader.turn(&model, generation);
                    }
                }
                Step::Reset(all) => {
                    let depth = if all { ResetDepth::All } else { ResetDepth::Data };
                    queue.reset(depth, &context.gate().cut());
                    let mut topics = std::mem::take(&mut model.topics);
                    for log in topics.values_mut() {
 log.messages.clear();
 }
                    if all {
                        topics.clear();
                    }
                    model = Model { topics, ..Model::default() };
                    generation += 1;
                    for reader in &mut readers {
                        reader.turn(&model, generation);
                    }
                }
                Step::Deliver { .. } | Step::Restore(_) => {}
            }
            let expected: BTreeMap<_, _> = model
                .topics
                .iter()
                .map(|(name, log)| (name.clone(), (log.messages.len(), log.last_seq)))
                .collect();
            prop_assert_eq!(held(&queue), expected);
            let counts = queue.counts();
            prop_assert_eq!((counts.published, counts.consumed), (model.published, model.consumed));
            prop_assert_eq!(queue.subscribers(), readers.len());
            let status = queue.status();
            prop_assert_eq!(status.memory_bytes, context.memory().used_bytes());
            let messages: usize = model.topics.values().map(|log| log.messages.len()).sum();
            prop_assert_eq!(&status.counts["messages"], messages);
        }
        for reader in &mut readers {
            reader.check(&model, usize::MAX);
        }
    }
}
