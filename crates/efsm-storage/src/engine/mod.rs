//! Buckets and objects as one value: no I/O, no protocol.
//!
//! | module | holds |
//! | --- | --- |
//! | [`name`] | the names of buckets and the keys of objects |
//! | [`rope`] | a body in the pieces in which it came |
//! | [`object`] | an object, its metadata and its entity tag |
//! | [`condition`] | what must hold of an object before it is read or replaced |
//! | [`range`] | the parts of a body that a reader asks for |
//! | [`state`] | the state and its operations |
//! | [`list`] | listing by prefix, delimiter, limit and place |

pub mod condition;
pub mod list;
pub mod name;
pub mod object;
pub mod range;
pub mod rope;
pub mod state;

pub use condition::{Access, Condition, Conditions, Tag, TagMatch, Verdict};
pub use list::{ListQuery, Listing};
pub use name::{BucketName, Key};
pub use object::{Etag, Metadata, Object};
pub use range::ByteRange;
pub use rope::{Rope, RopeBuilder};
pub use state::{Bucket, NewObject, Reading, State, Totals};
