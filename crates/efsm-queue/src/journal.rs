//! What the queue writes into the stack's journal.

use bytes::Bytes;
use efsm_core::Detail;
use serde_json::{Map, Value};

use crate::engine::TopicName;

/// The largest message that is repeated in the journal.
const LARGEST_SHOWN_BYTES: usize = 8 * 1024;

/// A message was published.
#[derive(Debug)]
pub(crate) struct Published {
    topic: TopicName,
    seq: u64,
    length_bytes: usize,
    /// Shared with the topic's log; `None` when it is too large to be kept twice as long.
    body: Option<Bytes>,
}

impl Published {
    pub(crate) fn new(topic: TopicName, seq: u64, body: Bytes) -> Self {
        Self {
            topic,
            seq,
            length_bytes: body.len(),
            body: (body.len() <= LARGEST_SHOWN_BYTES).then_some(body),
        }
    }
}

impl Detail for Published {
    fn summary(&self) -> String {
        let Self {
            topic,
            seq,
            length_bytes,
            ..
        } = self;
        format!("published {topic} #{seq}, {length_bytes} bytes")
    }

    fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("topic".to_owned(), self.topic.as_str().into());
        fields.insert("message_seq".to_owned(), self.seq.into());
        fields.insert("size_bytes".to_owned(), self.length_bytes.into());
        let message = self
            .body
            .as_ref()
            .and_then(|body| serde_json::from_slice(body).ok());
        if let Some(message) = message {
            fields.insert("message".to_owned(), message);
        }
        fields
    }

    fn size_bytes(&self) -> usize {
        192 + self.body.as_ref().map_or(0, Bytes::len)
    }
}
