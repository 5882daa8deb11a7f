//! A topic: a name and a log of messages that only grows.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use efsm_core::Timestamp;
use imbl::Vector;

use crate::QueueError;
use crate::engine::Message;

/// A topic's name: any text of 1 to 256 characters, slashes and spaces included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName(Arc<str>);

impl TopicName {
    pub const MOST_CHARACTERS: usize = 256;

    pub fn new(name: &str) -> Result<Self, QueueError> {
        if name.is_empty() {
            return Err(QueueError::UnnamedTopic);
        }
        if name.chars().count() > Self::MOST_CHARACTERS {
            return Err(QueueError::LongTopic {
                limit: Self::MOST_CHARACTERS,
            });
        }
        Ok(Self(name.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for TopicName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// The log of one topic. Sequence numbers are without gaps, so a number is also a place.
#[derive(Clone, Debug, Default)]
pub struct Topic {
    messages: Vector<Message>,
    last_seq: u64,
}

impl Topic {
    /// What an empty topic takes beside its name.
    const OVERHEAD_BYTES: u64 = 256;

    pub(crate) fn push(&mut self, at: Timestamp, body: Bytes) -> u64 {
        self.last_seq += 1;
        self.messages.push_back(Message {
            seq: self.last_seq,
            at,
            body,
        });
        self.last_seq
    }

    /// The topic without its messages. Sequence numbers go on, so that none ever stands for two of them.
    pub(crate) fn emptied(&self) -> Self {
        Self {
            messages: Vector::new(),
            last_seq: self.last_seq,
        }
    }

    pub fn message_count(&self) -> usize {
        self.messages.len()
    }

    /// The newest number given out; 0 before the first message.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// The oldest held message with a number greater than `seq`.
    pub fn next_after(&self, seq: u64) -> Option<&Message> {
        self.messages.get(self.place_after(seq))
    }

    /// Held messages with a number greater than `seq`, oldest first.
    pub fn after(&self, seq: u64) -> impl Iterator<Item = &Message> {
        self.messages.iter().skip(self.place_after(seq))
    }

    fn place_after(&self, seq: u64) -> usize {
        let before_first = self.last_seq - self.messages.len() as u64;
        usize::try_from(seq.saturating_sub(before_first)).unwrap_or(usize::MAX)
    }

    pub(crate) fn size_bytes(name: &TopicName) -> u64 {
        name.as_str().len() as u64 + Self::OVERHEAD_BYTES
    }
}
