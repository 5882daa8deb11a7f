//! An object: its body, what its writer said of it, and its entity tag.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use efsm_core::Timestamp;
use md5::{Digest as _, Md5};

use super::rope::Rope;
use crate::StorageError;

/// What an object, or a bucket, costs in memory beside the text and the bytes that it holds.
pub(super) const OVERHEAD_BYTES: u64 = 256;

/// One stored object, immutable; shared by every snapshot and fork that holds it.
#[derive(Debug)]
pub struct Object {
    body: Rope,
    metadata: Arc<Metadata>,
    modified: Timestamp,
    sole_in_its_second: bool,
    // The hash is by far the dearest part of storing an object, and most are never asked for it.
    etag: OnceLock<Etag>,
}

/// What the writer of an object said of it, given back to its readers unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_disposition: Option<String>,
    pub cache_control: Option<String>,
    pub expires: Option<String>,
    /// The writer's own names (lower case) and values.
    pub user: BTreeMap<String, String>,
}

/// An entity tag without its quotes: of a simple object its MD5 in lower-case hexadecimal digits, as in S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etag(Box<str>);

impl Object {
    pub(super) fn new(
        body: Rope,
        metadata: Arc<Metadata>,
        etag: Option<Etag>,
        modified: Timestamp,
        sole_in_its_second: bool,
    ) -> Self {
        Self {
            body,
            metadata,
            modified,
            sole_in_its_second,
            etag: etag.map_or_else(OnceLock::new, OnceLock::from),
        }
    }

    pub fn body(&self) -> &Rope {
        &self.body
    }

    /// The body's length in bytes.
    pub fn size(&self) -> u64 {
        self.body.len()
    }

    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// When it was put, on the stack's clock.
    pub fn modified(&self) -> Timestamp {
        self.modified
    }

    /// Whether the second of [`Object::modified`] names this object and no earlier one of its key. Only then
    /// is a date that counts in seconds a strong validator (RFC 9110 section 8.8.2.2).
    pub fn is_sole_in_its_second(&self) -> bool {
        self.sole_in_its_second
    }

    /// The entity tag; hashes the body when nobody asked before (about 1.5 ms for 1 MiB).
    pub fn etag(&self) -> &Etag {
        self.etag.get_or_init(|| Etag::of(&self.body))
    }

    /// Whether [`Object::etag`] answers without hashing.
    pub fn etag_is_known(&self) -> bool {
        self.etag.get().is_some()
    }

    pub(super) fn footprint_bytes(&self) -> u64 {
        self.size() + self.metadata.footprint_bytes()
    }
}

impl Metadata {
    /// Refuses what no protocol could give back: names that are no tokens, values with control characters.
    pub fn check(&self) -> Result<(), StorageError> {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let refused = |name: &str, reason| {
            Err(StorageError::InvalidMetadata {
                name: name.to_owned(),
                reason,
            })
        };
        for name in self.user.keys() {
            if name.is_empty() || !name.chars().all(is_token) {
                return refused(name, "its name must be letters, digits and !#$%&'*+-.^_`|~");
            }
            if name.chars().any(|c| c.is_ascii_uppercase()) {
                return refused(name, "its name must be in lower case");
            }
        }
        let user = self.user.iter().map(|(name, value)| (name.as_str(), value));
        for (name, value) in self.fixed().into_iter().chain(user) {
            if value.chars().any(|c| c.is_ascii_control() && c != '\t') {
                return refused(name, "its value has a control character");
            }
        }
        Ok(())
    }

    /// The values that were given, by the names of their header fields.
    pub fn fixed(&self) -> Vec<(&'static str, &String)> {
        [
            ("content-type", &self.content_type),
            ("content-encoding", &self.content_encoding),
            ("content-language", &self.content_language),
            ("content-disposition", &self.content_disposition),
            ("cache-control", &self.cache_control),
            ("expires", &self.expires),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_ref()?)))
        .collect()
    }

    /// What an object with this metadata costs beside its body and its key.
    pub(super) fn footprint_bytes(&self) -> u64 {
        let fixed: usize = self.fixed().iter().map(|(_, value)| value.len()).sum();
        let user: usize = self.user.iter().map(|(k, v)| k.len() + v.len() + 64).sum();
        OVERHEAD_BYTES + (fixed + user) as u64
    }
}

impl Etag {
    /// The tag of a body.
    pub fn of(body: &Rope) -> Self {
        let mut md5 = Md5::new();
        for piece in body.pieces() {
            md5.update(piece);
        }
        Self::from_md5(&md5.finalize().into())
    }

    pub fn from_md5(digest: &[u8; 16]) -> Self {
        let mut text = String::with_capacity(32);
        for byte in digest {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
            }
        }
        Self(text.into())
    }

    /// The tag without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Etag {
    /// The tag in quotes, as protocols write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn tag_is_the_md5_of_all_pieces() {
        let mut builder = super::super::RopeBuilder::default();
        builder.push(Bytes::from(vec![b'a'; 20_000]));
        builder.push(Bytes::from(vec![b'a'; 20_000]));
        let whole = Rope::from(Bytes::from(vec![b'a'; 40_000]));
        assert_eq!(Etag::of(&builder.finish()), Etag::of(&whole));
        // RFC 1321, appendix A.5.
        assert_eq!(
            Etag::of(&Rope::default()).as_str(),
            "d41d8cd98f00b204e9800998ecf8427e"
        );
        let abc = Rope::from(Bytes::from_static(b"abc"));
        assert_eq!(
            Etag::of(&abc).to_string(),
            "\"900150983cd24fb0d6963f7d28e17f72\""
        );
    }
}
