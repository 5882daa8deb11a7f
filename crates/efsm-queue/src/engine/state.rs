//! The whole state of the service, and every change to it.

use bytes::Bytes;
use efsm_core::{ResetDepth, Timestamp};
use imbl::OrdMap;

use crate::engine::{Message, Topic, TopicName};

/// Cheap to clone: persistent maps and shared bodies.
#[derive(Clone, Debug, Default)]
pub struct State {
    topics: OrdMap<TopicName, Topic>,
    /// What topics and messages hold, in bytes.
    size_bytes: u64,
    message_count: u64,
    pub counts: Counts,
}

/// How often what happened, since the stack's beginning or its last reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub published: u64,
    /// Peeks, whatever they found.
    pub consumed: u64,
}

impl State {
    pub fn topic(&self, name: &TopicName) -> Option<&Topic> {
        self.topics.get(name)
    }

    /// By name, in the order of their bytes.
    pub fn topics(&self) -> impl Iterator<Item = (&TopicName, &Topic)> {
        self.topics.iter()
    }

    pub fn topic_count(&self) -> usize {
        self.topics.len()
    }

    /// Messages of all topics together.
    pub fn message_count(&self) -> u64 {
        self.message_count
    }

    /// The newest number that the topic gave out; 0 when there is no such topic.
    pub fn last_seq(&self, name: &TopicName) -> u64 {
        self.topic(name).map_or(0, Topic::last_seq)
    }

    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// What [`State::create_topic`] would add.
    pub(crate) fn size_of_topic(&self, name: &TopicName) -> u64 {
        if self.topics.contains_key(name) {
            0
        } else {
            Topic::size_bytes(name)
        }
    }

    /// What [`State::publish`] would add.
    pub(crate) fn size_of_message(&self, name: &TopicName, body: &Bytes) -> u64 {
        self.size_of_topic(name) + Message::size_bytes(body)
    }

    /// Makes an empty topic; whether there was none.
    pub(crate) fn create_topic(&mut self, name: &TopicName) -> bool {
        if self.topics.contains_key(name) {
            return false;
        }
        self.size_bytes += Topic::size_bytes(name);
        self.topics.insert(name.clone(), Topic::default());
        true
    }

    /// Appends a message, making the topic on first use.
    pub(crate) fn publish(&mut self, name: &TopicName, at: Timestamp, body: Bytes) -> Appended {
        self.create_topic(name);
        self.size_bytes += Message::size_bytes(&body);
        self.message_count += 1;
        self.counts.published += 1;
        let topic = self.topics.entry(name.clone()).or_default();
        Appended {
            seq: topic.push(at, body),
            message_count: topic.message_count(),
        }
    }

    /// Up to `limit` messages with a number greater than `after`, oldest first; they stay.
    pub(crate) fn peek(&mut self, name: &TopicName, after: u64, limit: usize) -> Vec<Message> {
        self.counts.consumed += 1;
        self.topic(name).map_or_else(Vec::new, |topic| {
            topic.after(after).take(limit).cloned().collect()
        })
    }

    /// Drops messages and counts; with [`ResetDepth::All`] the topics too, and with them their numbering.
    pub(crate) fn reset(&mut self, depth: ResetDepth) {
        let topics = match depth {
            ResetDepth::All => OrdMap::new(),
            ResetDepth::Data => self
                .topics
                .iter()
                .map(|(name, topic)| (name.clone(), topic.emptied()))
                .collect(),
        };
        *self = Self {
            size_bytes: topics.keys().map(Topic::size_bytes).sum(),
            topics,
            message_count: 0,
            counts: Counts::default(),
        };
    }
}

/// Where a message came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) seq: u64,
    pub(crate) message_count: usize,
}
