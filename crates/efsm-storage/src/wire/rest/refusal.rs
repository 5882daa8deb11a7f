//! The one place where the engine's refusals become answers.

use efsm_core::Response;
use efsm_wire::{error, error_with_hint};
use http::StatusCode;

use crate::StorageError;

pub(super) fn of(refused: &StorageError) -> Response {
    let message = refused.to_string();
    match refused {
        StorageError::InvalidBucketName { .. }
        | StorageError::InvalidKey { .. }
        | StorageError::InvalidMetadata { .. }
        | StorageError::DigestMismatch { .. } => error(StatusCode::BAD_REQUEST, message),
        // The contract's own words.
        StorageError::NoSuchBucket { .. } | StorageError::NoSuchKey { .. } => {
            error(StatusCode::NOT_FOUND, "not found")
        }
        StorageError::BucketNotEmpty { .. } => error(StatusCode::CONFLICT, message),
        StorageError::PreconditionFailed { .. } => error(StatusCode::PRECONDITION_FAILED, message),
        StorageError::TooLarge { .. } => error_with_hint(
            StatusCode::PAYLOAD_TOO_LARGE,
            message,
            "send a smaller one, or raise the limit `storage_part`",
        ),
        StorageError::OutOfMemory(_) => error(StatusCode::INSUFFICIENT_STORAGE, message),
    }
}
