//! The queue service: topics to publish to, to peek into and to subscribe to.
//!
//! | module | holds |
//! | --- | --- |
//! | [`engine`] | the state machine: topics, their logs, messages, cursors |
//! | [`wire`] | the plain REST contract under `/queue`, Server-Sent Events, WebSocket |
//! | [`service`] | the service of a stack, and its typed API |
//! | [`subscription`] | waiting for what is published |
//! | [`error`] | what can go wrong |
//!
//! ```
//! use efsm_core::Context;
//! use efsm_queue::{Delivery, QueueService, StartFrom};
//! use serde_json::json;
//!
//! let queue = QueueService::new(Context::default());
//! let mut orders = queue.subscribe("orders", StartFrom::New)?;
//! assert_eq!(queue.publish("orders", &json!({"id": 1}))?.message_count, 1);
//! assert_eq!(queue.consume("orders", 10)?[0].json()?, json!({"id": 1}));
//! let Some(Delivery::Message(message)) = orders.try_next() else {
//!     panic!("the message is there")
//! };
//! assert_eq!(message.seq, 1);
//! # Ok::<(), efsm_queue::QueueError>(())
//! ```

pub mod engine;
pub mod error;
mod journal;
mod json;
pub mod service;
mod signals;
pub mod subscription;
pub mod wire;

pub use engine::{Delivery, Message, StartFrom, TopicName};
pub use error::QueueError;
pub use service::{Publication, QueueService, TopicStatus};
pub use subscription::Subscription;
