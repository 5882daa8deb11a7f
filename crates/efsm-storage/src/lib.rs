//! The storage service: buckets and objects, in memory.
//!
//! | module | holds |
//! | --- | --- |
//! | [`engine`] | buckets, objects, conditions, ranges and listings as one value |
//! | [`service`] | the service of a stack: its typed calls and its place behind the gateway |
//! | `operations` | each operation as one step: state, memory, journal |
//! | [`operation`] | what the journal keeps of each operation |
//! | `upload`, `memory` | a body on its way in, and the bytes held for it |
//! | `wire` | the protocols: plain REST at `/storage` |
//! | [`error`] | why an operation is refused |

pub mod engine;
pub mod error;
mod memory;
pub mod operation;
mod operations;
pub mod service;
mod upload;
mod wire;

pub use engine::{
    BucketName, ByteRange, Condition, Conditions, Etag, Key, ListQuery, Listing, Metadata, Object,
    Rope, State, Tag, TagMatch,
};
pub use error::StorageError;
pub use operation::Operation;
pub use service::{BucketInfo, PutOptions, StorageService};
