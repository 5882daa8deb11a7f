//! Where a subscription stands in a topic's log.
//!
//! A subscription holds a place and no messages: however slow it is, it takes the next message from the log
//! itself, so nothing is buffered for it and nothing is lost.

use efsm_core::Timestamp;

use crate::engine::{Message, State, TopicName};

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
    after: u64,
    /// The generation that began since the last delivery.
    turned: Option<u64>,
}

/// What a subscription hands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Message(Message),
    /// The queue was reset or restored. What follows continues after `after`, in the log as it is now.
    Reset {
        /// How often that happened to this service; several times without a delivery between are told once.
        generation: u64,
        /// The number after which the subscription goes on.
        after: u64,
        /// When it was noticed, on the stack's clock.
        at: Timestamp,
    },
}

impl StartFrom {
    /// As a request writes it, for the journal.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::New => "new".to_owned(),
            Self::Earliest => "earliest".to_owned(),
            Self::Seq(seq) => seq.to_string(),
            Self::After(seq) => format!("after {seq}"),
        }
    }
}

impl Cursor {
    pub(crate) fn new(topic: TopicName, from: StartFrom, state: &State) -> Self {
        let last_seq = state.last_seq(&topic);
        let after = match from {
            StartFrom::New => last_seq,
            StartFrom::Earliest => 0,
            StartFrom::Seq(seq) => seq.saturating_sub(1),
            StartFrom::After(seq) => seq.min(last_seq),
        };
        Self {
            topic,
            after,
            turned: None,
        }
    }

    /// Finds its place in the state that a reset or a restore has just put there.
    ///
    /// It must happen before anything is published to that state: numbers past its end were given out in a
    /// world that is gone, and will be given out again.
    pub(crate) fn turn(&mut self, state: &State, generation: u64) {
        self.after = self.after.min(state.last_seq(&self.topic));
        self.turned = Some(generation);
    }

    /// What comes next, if it is there; the cursor then stands behind it.
    pub(crate) fn step(&mut self, state: &State, now: Timestamp) -> Option<Delivery> {
        if let Some(generation) = self.turned.take() {
            return Some(Delivery::Reset {
                generation,
                after: self.after,
                at: now,
            });
        }
        let message = state.topic(&self.topic)?.next_after(self.after)?;
        self.after = message.seq;
        Some(Delivery::Message(message.clone()))
    }

    pub fn topic(&self) -> &TopicName {
        &self.topic
    }
}
