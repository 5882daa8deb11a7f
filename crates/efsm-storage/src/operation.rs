//! What the journal keeps of each operation.

use efsm_core::Detail;
use serde_json::{Map, Value};

use crate::StorageError;
use crate::engine::{BucketName, Key};

/// One operation, as the journal's detail; rendered when somebody reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub bucket: Option<BucketName>,
    pub key: Option<Key>,
    /// Bytes of the object that was put, read or deleted.
    pub size_bytes: Option<u64>,
    /// Entries of a listing.
    pub count: Option<usize>,
    /// `ok`, `not-modified`, or why it was refused.
    pub outcome: &'static str,
}

impl Operation {
    pub(crate) fn on_all() -> Self {
        Self {
            bucket: None,
            key: None,
            size_bytes: None,
            count: None,
            outcome: "ok",
        }
    }

    pub(crate) fn on_bucket(bucket: &BucketName) -> Self {
        Self {
            bucket: Some(bucket.clone()),
            ..Self::on_all()
        }
    }

    pub(crate) fn on_object(bucket: &BucketName, key: &Key) -> Self {
        Self {
            key: Some(key.clone()),
            ..Self::on_bucket(bucket)
        }
    }

    pub(crate) fn with_size(mut self, bytes: Option<u64>) -> Self {
        self.size_bytes = bytes;
        self
    }

    pub(crate) fn with_count(mut self, count: usize) -> Self {
        self.count = Some(count);
        self
    }

    pub(crate) fn refused(self, error: &StorageError) -> Self {
        self.ended(error.reason())
    }

    pub(crate) fn ended(mut self, outcome: &'static str) -> Self {
        self.outcome = outcome;
        self
    }
}

impl Detail for Operation {
    fn summary(&self) -> String {
        let place = match (&self.bucket, &self.key) {
            (Some(bucket), Some(key)) => format!("{bucket}/{key}"),
            (Some(bucket), None) => bucket.to_string(),
            _ => "all buckets".to_owned(),
        };
        let amount = match (self.size_bytes, self.count) {
            (Some(bytes), _) => format!(", {bytes} bytes"),
            (None, Some(count)) => format!(", {count} entries"),
            (None, None) => String::new(),
        };
        format!("{place}{amount} -> {}", self.outcome)
    }

    fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        set("bucket", self.bucket.as_ref().map(|b| b.as_str().into()));
        set("key", self.key.as_ref().map(|k| k.as_str().into()));
        set("size", self.size_bytes.map(Value::from));
        set("count", self.count.map(Value::from));
        set("outcome", Some(self.outcome.into()));
        fields
    }

    fn size_bytes(&self) -> usize {
        let bucket = self.bucket.as_ref().map_or(0, |b| b.as_str().len());
        let key = self.key.as_ref().map_or(0, |k| k.as_str().len());
        160 + bucket + key
    }
}
