//! A message.

use bytes::Bytes;
use efsm_core::Timestamp;

use crate::QueueError;

/// One published message. Cloning shares the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// 1 for a topic's first message; one more for each that follows.
    pub seq: u64,
    /// When it was published, on the stack's clock.
    pub at: Timestamp,
    /// The JSON text as it was published: numbers keep every digit, members their order.
    pub body: Bytes,
}

impl Message {
    /// What an entry of a topic's log takes beside its body.
    pub(crate) const OVERHEAD_BYTES: u64 = 96;

    pub fn json(&self) -> Result<serde_json::Value, QueueError> {
        serde_json::from_slice(&self.body).map_err(|e| QueueError::NotJson {
            problem: e.to_string(),
        })
    }

    /// The JSON text.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    pub(crate) fn size_bytes(body: &Bytes) -> u64 {
        body.len() as u64 + Self::OVERHEAD_BYTES
    }
}
