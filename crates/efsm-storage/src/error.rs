//! Why the storage engine refuses an operation.

use efsm_core::OutOfMemory;

use crate::engine::{BucketName, Condition, Key};

/// A refused operation: nothing was changed, and every byte taken for it was given back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    #[error("`{name}` cannot name a bucket: {reason}")]
    InvalidBucketName { name: String, reason: &'static str },
    #[error("the key of {length_bytes} bytes cannot name an object: {reason}")]
    InvalidKey {
        length_bytes: usize,
        reason: &'static str,
    },
    #[error("there is no bucket `{bucket}`: put an object into it, or create it")]
    NoSuchBucket { bucket: BucketName },
    #[error("there is no object `{key}` in the bucket `{bucket}`")]
    NoSuchKey { bucket: BucketName, key: Key },
    #[error("the bucket `{bucket}` still holds {objects} objects: delete them first")]
    BucketNotEmpty { bucket: BucketName, objects: usize },
    #[error("the condition {condition} does not hold for `{key}` in the bucket `{bucket}`")]
    PreconditionFailed {
        bucket: BucketName,
        key: Key,
        condition: Condition,
    },
    #[error("the metadata `{name}` cannot be sent in a header: {reason}")]
    InvalidMetadata { name: String, reason: &'static str },
    #[error("the object is larger than the limit of {limit_bytes} bytes for one upload")]
    TooLarge { limit_bytes: u64 },
    #[error("the body has the MD5 {actual}, and {expected} was announced: send it again")]
    DigestMismatch { expected: String, actual: String },
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
}

impl StorageError {
    /// The refusal as a stable kebab-case word, for the journal.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidBucketName { .. } => "invalid-bucket-name",
            Self::InvalidKey { .. } => "invalid-key",
            Self::NoSuchBucket { .. } => "no-such-bucket",
            Self::NoSuchKey { .. } => "no-such-key",
            Self::BucketNotEmpty { .. } => "bucket-not-empty",
            Self::PreconditionFailed { .. } => "precondition-failed",
            Self::InvalidMetadata { .. } => "invalid-metadata",
            Self::TooLarge { .. } => "too-large",
            Self::DigestMismatch { .. } => "digest-mismatch",
            Self::OutOfMemory(_) => "out-of-memory",
        }
    }
}
