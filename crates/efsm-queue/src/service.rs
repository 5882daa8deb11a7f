//! The service: the engine behind the stack's gate, with its journal, its listeners and its typed API.

use std::sync::Arc;

use bytes::Bytes;
use efsm_core::limits::MemoryShare;
use efsm_core::{
    Context, Cut, Note, Part, Request, ResetDepth, ResponseFuture, RestoreError, Service,
    StateCell, Status,
};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::engine::{Counts, Cursor, Message, StartFrom, State, Topic, TopicName};
use crate::journal::Published;
use crate::signals::Signals;
use crate::{QueueError, Subscription, json, wire};

/// The service's name in the journal, in snapshots and in the control API.
pub(crate) const NAME: &str = "queue";

/// The queue service of one stack.
#[derive(Debug)]
pub struct QueueService {
    context: Context,
    cell: Arc<StateCell<State>>,
    signals: Arc<Signals>,
    memory: MemoryShare,
}

/// What a publish came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The message's number in its topic.
    pub seq: u64,
    /// Messages that the topic holds now.
    pub message_count: usize,
}

/// A topic in figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopicStatus {
    /// Messages that are held.
    pub message_count: usize,
    /// The newest number given out; 0 before the first message.
    pub last_seq: u64,
}

impl QueueService {
    pub fn new(context: Context) -> Self {
        Self {
            cell: Arc::new(context.cell(State::default())),
            signals: Arc::default(),
            memory: context.memory().share(),
            context,
        }
    }

    /// Publishes anything that serialises to JSON; the topic is made on first use.
    pub fn publish(
        &self,
        topic: &str,
        message: &(impl Serialize + ?Sized),
    ) -> Result<Publication, QueueError> {
        let text = serde_json::to_string(message).map_err(|e| QueueError::NotJson {
            problem: e.to_string(),
        })?;
        self.publish_checked(&TopicName::new(topic)?, text.into())
    }

    /// Publishes JSON text, which is kept and answered as it is, without the white space around it.
    pub fn publish_text(&self, topic: &str, text: &str) -> Result<Publication, QueueError> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|e| QueueError::NotJson {
            problem: e.to_string(),
        })?;
        let body = Bytes::copy_from_slice(raw.get().as_bytes());
        self.publish_checked(&TopicName::new(topic)?, body)
    }

    /// Publishes a body that is known to be one JSON value.
    pub(crate) fn publish_checked(
        &self,
        topic: &TopicName,
        body: Bytes,
    ) -> Result<Publication, QueueError> {
        let limit = self.context.limits().json_depth;
        if json::depth(&body) > limit {
            return Err(QueueError::TooDeep { limit });
        }
        let publication = self.cell.update(|state| {
            self.take_memory(topic, state.size_of_message(topic, &body))?;
            let now = self.context.now();
            let appended = state.publish(topic, now, body.clone());
            let entry = Published::new(topic.clone(), appended.seq, body);
            self.context.record(NAME, "publish", entry);
            Ok::<_, QueueError>(Publication {
                seq: appended.seq,
                message_count: appended.message_count,
            })
        })?;
        self.signals.wake(topic);
        Ok(publication)
    }

    /// Makes an empty topic; whether there was none.
    pub fn create_topic(&self, topic: &str) -> Result<bool, QueueError> {
        self.make_topic(&TopicName::new(topic)?)
            .map(|(is_new, _)| is_new)
    }

    pub(crate) fn make_topic(&self, name: &TopicName) -> Result<(bool, TopicStatus), QueueError> {
        self.cell.update(|state| {
            self.take_memory(name, state.size_of_topic(name))?;
            let is_new = state.create_topic(name);
            if is_new {
                let note = Note::new(format!("topic {name} created")).with("topic", name.as_str());
                self.context.record(NAME, "create-topic", note);
            }
            let status = state.topic(name).map(TopicStatus::from);
            Ok((is_new, status.unwrap_or_default()))
        })
    }

    /// The oldest messages of a topic, at most `limit`; they stay where they are. A topic that nobody
    /// published to is empty.
    pub fn consume(&self, topic: &str, limit: usize) -> Result<Vec<Message>, QueueError> {
        self.consume_after(topic, 0, limit)
    }

    /// As [`Self::consume`], for messages with a number greater than `after`.
    pub fn consume_after(
        &self,
        topic: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Message>, QueueError> {
        let name = TopicName::new(topic)?;
        Ok(self.cell.update(|state| {
            let messages = state.peek(&name, after, limit);
            let count = messages.len();
            let note = Note::new(format!("consumed {count} of {name}"))
                .with("topic", name.as_str())
                .with("count", count);
            self.context.record(NAME, "consume", note);
            messages
        }))
    }

    /// The names of all topics, in order.
    pub fn topics(&self) -> Vec<String> {
        self.cell.read(|state| {
            state
                .topics()
                .map(|(name, _)| name.as_str().to_owned())
                .collect()
        })
    }

    /// A topic's figures; `None` when there is no such topic.
    pub fn topic(&self, topic: &str) -> Option<TopicStatus> {
        let name = TopicName::new(topic).ok()?;
        self.cell
            .read(|state| state.topic(&name).map(TopicStatus::from))
    }

    /// How many messages a topic holds; 0 when there is no such topic.
    pub fn message_count(&self, topic: &str) -> usize {
        self.topic(topic).map_or(0, |topic| topic.message_count)
    }

    /// Subscribes to a topic, which need not exist yet. What is published once this has returned is
    /// delivered, in order.
    pub fn subscribe(&self, topic: &str, from: StartFrom) -> Result<Subscription, QueueError> {
        let name = TopicName::new(topic)?;
        let listener = self.cell.update(|state| {
            let note = Note::new(format!("subscribed to {name}"))
                .with("topic", name.as_str())
                .with("from", from.describe());
            self.context.record(NAME, "subscribe", note);
            self.signals.listen(Cursor::new(name, from, state))
        });
        Ok(Subscription {
            cell: self.cell.clone(),
            context: self.context.clone(),
            listener,
        })
    }

    /// Subscriptions that are open now.
    pub fn subscribers(&self) -> usize {
        self.signals.listeners()
    }

    pub fn counts(&self) -> Counts {
        self.cell.read(|state| state.counts)
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// Takes room for what is about to be stored in `topic`, or notes the refusal.
    fn take_memory(&self, topic: &TopicName, bytes: u64) -> Result<(), QueueError> {
        self.memory.take(bytes).map_err(|full| {
            let note = Note::new(format!("refused for {topic}: {full}"))
                .with("topic", topic.as_str())
                .with("size_bytes", bytes);
            self.context.record(NAME, "refuse", note);
            full.into()
        })
    }

    /// Replaces or changes the state so that every subscription notices; `change` returns the old one.
    fn turn(&self, cut: &Cut<'_>, change: impl FnOnce(&mut State) -> State) {
        // The old state leaves the lock before it is dropped: freeing much memory must not hold up readers.
        let (old, bytes) = self.cell.update_at(cut, |state| {
            let old = change(state);
            self.signals.turn(state);
            (old, state.size_bytes())
        });
        self.memory.set(bytes);
        drop(old);
        self.signals.wake_all();
    }
}

impl Drop for QueueService {
    fn drop(&mut self) {
        // Open streams hold the state by themselves and would wait for ever.
        self.signals.close();
    }
}

impl Service for QueueService {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prefix(&self) -> &'static str {
        "/queue"
    }

    fn http(&self, request: Request) -> ResponseFuture<'_> {
        ResponseFuture::new(wire::answer(self, request))
    }

    fn status(&self) -> Status {
        let status = self.cell.read(|state| {
            Status::default()
                .with("topics", state.topic_count())
                .with("messages", state.message_count())
                .with("published", state.counts.published)
                .with("consumed", state.counts.consumed)
                .with_memory(state.size_bytes())
        });
        status.with("subscribers", self.subscribers())
    }

    fn reset(&self, depth: ResetDepth, cut: &Cut<'_>) {
        self.turn(cut, |state| {
            let old = state.clone();
            state.reset(depth);
            old
        });
    }

    fn snapshot(&self, cut: &Cut<'_>) -> Part {
        Part::new(NAME, self.cell.snapshot(cut))
    }

    fn restore(&self, part: &Part, cut: &Cut<'_>) -> Result<(), RestoreError> {
        let restored = part.state::<State>()?.clone();
        self.turn(cut, |state| std::mem::replace(state, restored));
        Ok(())
    }
}

impl From<&Topic> for TopicStatus {
    fn from(topic: &Topic) -> Self {
        Self {
            message_count: topic.message_count(),
            last_seq: topic.last_seq(),
        }
    }
}
