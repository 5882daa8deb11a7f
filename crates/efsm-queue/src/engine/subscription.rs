//! Where a subscription stands in a topic's log.
//!
//! A subscription holds a place and no messages: however slow it is, it takes the next message from the log
//! itself, so nothing is buffered for it and nothing is lost.

use efsm_core::Timestamp;

use crate::engine::{Message, State, TopicName};

/// The state, and how often it was replaced under its readers.
///
/// The count is no part of a snapshot: a restore must be seen as a change, even one to a state that was
/// there before.
#[derive(Clone, Debug)]
pub struct Generations {
    /// 0 at first; one more with each reset and each restore.
    pub generation: u64,
    pub state: State,
}

/// Which message a subscription begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartFrom {
    /// The first one that is published from now on.
    #[default]
    New,
    /// The oldest that is held.
    Earliest,
    /// The one with this number, or the oldest held after it.
    Seq(u64),
    /// The one after this number, which the subscriber saw last. A number that the topic has not reached was
    /// seen before a reset or a restore: then as `New`.
    After(u64),
}

/// A place in the log of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    topic: TopicName,
    generation: u64,
    after: u64,
}

/// What a subscription hands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Message(Message),
    /// The queue was reset or restored. What follows continues after `after`, in the log as it is now.
    Reset {
        generation: u64,
        /// The number after which the subscription goes on.
        after: u64,
        /// When it was noticed, on the stack's clock.
        at: Timestamp,
    },
}

impl Cursor {
    pub(crate) fn new(topic: TopicName, from: StartFrom, held: &Generations) -> Self {
        let last_seq = held.state.last_seq(&topic);
        let after = match from {
            StartFrom::New => last_seq,
            StartFrom::Earliest => 0,
            StartFrom::Seq(seq) => seq.saturating_sub(1),
            StartFrom::After(seq) => seq.min(last_seq),
        };
        Self {
            topic,
            generation: held.generation,
            after,
        }
    }

    /// What comes next, if it is there; the cursor then stands behind it.
    pub(crate) fn step(&mut self, held: &Generations, now: Timestamp) -> Option<Delivery> {
        if self.generation != held.generation {
            self.generation = held.generation;
            // Numbers past the end were given out in a world that is gone, and will be given out again.
            self.after = self.after.min(held.state.last_seq(&self.topic));
            return Some(Delivery::Reset {
                generation: self.generation,
                after: self.after,
                at: now,
            });
        }
        let message = held.state.topic(&self.topic)?.next_after(self.after)?;
        self.after = message.seq;
        Some(Delivery::Message(message.clone()))
    }

    pub fn topic(&self) -> &TopicName {
        &self.topic
    }
}
