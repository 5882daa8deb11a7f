//! What can go wrong, by what the caller can do about it.

use efsm_core::OutOfMemory;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    #[error("the topic has no name: name it after the call, as in /queue/publish/orders")]
    UnnamedTopic,
    #[error("the topic's name is too long: use at most {limit} characters")]
    LongTopic { limit: usize },
    #[error("the message is not JSON: {problem}")]
    NotJson { problem: String },
    #[error(
        "the message is nested deeper than {limit} levels: flatten it, or raise the limit `json_depth`"
    )]
    TooDeep { limit: usize },
    #[error("the message was not stored: {0}")]
    OutOfMemory(#[from] OutOfMemory),
}
