//! The names of buckets and the keys of objects, checked once where they enter.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use crate::StorageError;

/// A bucket's name: 1 to 255 bytes of text without slashes and control characters.
///
/// Wider than what S3 lets an account create (3 to 63 of lowercase letters, digits, dots and hyphens): a
/// protocol that is stricter checks that itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketName(Arc<str>);

/// An object's key: 1 to 1024 bytes of any text. Slashes, dots and empty segments mean nothing here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

impl BucketName {
    pub const MAX_BYTES: usize = 255;

    pub fn new(name: &str) -> Result<Self, StorageError> {
        let reason = if name.is_empty() {
            "it is empty"
        } else if name.len() > Self::MAX_BYTES {
            "it is longer than 255 bytes"
        } else if name.contains('/') {
            "it has a slash"
        } else if name.chars().any(char::is_control) {
            "it has a control character"
        } else {
            return Ok(Self(name.into()));
        };
        Err(StorageError::InvalidBucketName {
            name: name.chars().take(64).collect(),
            reason,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Key {
    pub const MAX_BYTES: usize = 1024;

    pub fn new(key: &str) -> Result<Self, StorageError> {
        let reason = if key.is_empty() {
            "it is empty"
        } else if key.len() > Self::MAX_BYTES {
            "a key has at most 1024 bytes"
        } else {
            return Ok(Self(key.into()));
        };
        Err(StorageError::InvalidKey {
            length_bytes: key.len(),
            reason,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_like {
    ($name:ty) => {
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_like!(BucketName);
text_like!(Key);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_are_one_printable_segment() {
        for good in ["b", "My_Bucket", "photos.2026", "büro", &"x".repeat(255)] {
            assert_eq!(BucketName::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "a/b", "a\nb", "\0", &"x".repeat(256)] {
            assert!(BucketName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn keys_are_any_text_of_at_most_1024_bytes() {
        for good in [" ", "a//b", "../..", "/", "ключ/日本", &"x".repeat(1024)] {
            assert_eq!(Key::new(good).unwrap().as_str(), good);
        }
        assert!(Key::new("").is_err());
        // 513 characters, 1026 bytes.
        assert!(Key::new(&"ü".repeat(513)).is_err());
    }
}
