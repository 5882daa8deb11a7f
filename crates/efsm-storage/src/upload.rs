//! A body on its way in: each piece counted against the limit and the stack's memory cap as it comes.

use bytes::Bytes;
use md5::{Digest as _, Md5};

use crate::StorageError;
use crate::engine::{Etag, Rope, RopeBuilder};
use crate::memory::Reservation;

/// A body that is being received. Dropped before it is stored, it gives its memory back.
#[derive(Debug)]
pub(crate) struct Upload {
    rope: RopeBuilder,
    md5: Option<Md5>,
    reserved: Reservation,
    limit_bytes: u64,
}

/// A body that was received whole, with the memory that it holds.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) body: Rope,
    /// Known when the body was hashed on its way.
    pub(crate) etag: Option<Etag>,
    pub(crate) reserved: Reservation,
}

impl Upload {
    pub(crate) fn new(reserved: Reservation, limit_bytes: u64) -> Self {
        Self {
            rope: RopeBuilder::default(),
            md5: None,
            reserved,
            limit_bytes,
        }
    }

    /// Hashes the pieces as they come, for a sender who announced their digest.
    pub(crate) fn hashed(mut self) -> Self {
        self.md5 = Some(Md5::new());
        self
    }

    /// Takes what the object costs beside its body, and refuses at once what could not be received whole:
    /// at least `announced` bytes will come.
    pub(crate) fn begin(&mut self, overhead: u64, announced: u64) -> Result<(), StorageError> {
        self.check(announced)?;
        self.reserved.take(overhead)?;
        // Given back at once: an announcement alone must not hold memory.
        self.reserved.probe(announced)?;
        Ok(())
    }

    pub(crate) fn push(&mut self, piece: Bytes) -> Result<(), StorageError> {
        let length = piece.len() as u64;
        self.check(self.rope.len() + length)?;
        self.reserved.take(length)?;
        if let Some(md5) = &mut self.md5 {
            md5.update(&piece);
        }
        self.rope.push(piece);
        Ok(())
    }

    pub(crate) fn finish(self) -> Received {
        Received {
            body: self.rope.finish(),
            etag: self.md5.map(|md5| Etag::from_md5(&md5.finalize().into())),
            reserved: self.reserved,
        }
    }

    fn check(&self, length: u64) -> Result<(), StorageError> {
        if length > self.limit_bytes {
            return Err(StorageError::TooLarge {
                limit_bytes: self.limit_bytes,
            });
        }
        Ok(())
    }
}
