//! The state machine: topics, their logs of messages, and where a subscription stands in one. Takes `now`
//! and input, returns values; knows no HTTP and never waits.

pub mod message;
pub mod state;
pub mod subscription;
pub mod topic;

pub use message::Message;
pub use state::{Counts, State};
pub use subscription::{Cursor, Delivery, StartFrom};
pub use topic::{Topic, TopicName};
