//! The state of the service and the operations on it.

use std::sync::Arc;

use efsm_core::Timestamp;
use imbl::OrdMap;

use super::condition::{Access, Condition, Conditions, Verdict};
use super::list::{self, ListQuery, Listing};
use super::name::{BucketName, Key};
use super::object::{Etag, Metadata, OVERHEAD_BYTES, Object};
use super::rope::Rope;
use crate::StorageError;

/// Everything that the service holds. Cloning shares it; a clone and its original part where one is changed.
#[derive(Clone, Debug, Default)]
pub struct State {
    buckets: OrdMap<BucketName, Bucket>,
    totals: Totals,
}

/// One bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    created: Timestamp,
    objects: OrdMap<Key, Arc<Object>>,
    last_deletion: Option<Timestamp>,
}

/// What the state holds, kept with every change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub objects: u64,
    /// The objects' bodies.
    pub body_bytes: u64,
    /// Bodies, names, metadata and what holding them costs.
    pub footprint_bytes: u64,
}

/// An object to be put.
#[derive(Clone, Debug, Default)]
pub struct NewObject {
    pub body: Rope,
    pub metadata: Arc<Metadata>,
    /// The entity tag where it is known already; else it is the body's MD5, computed when asked for.
    pub etag: Option<Etag>,
}

/// What a conditional read gives.
#[derive(Clone, Debug)]
pub enum Reading {
    Object(Arc<Object>),
    /// The reader has the object's body already.
    NotModified(Arc<Object>),
}

impl Reading {
    pub fn object(&self) -> &Arc<Object> {
        match self {
            Self::Object(object) | Self::NotModified(object) => object,
        }
    }
}

impl NewObject {
    /// The most that putting it adds to [`Totals::footprint_bytes`] beside its body.
    pub fn overhead_bytes(bucket: &BucketName, key: &Key, metadata: &Metadata) -> u64 {
        bucket_footprint(bucket) + key.as_str().len() as u64 + metadata.footprint_bytes()
    }
}

impl State {
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Every bucket by name, in the order of their bytes.
    pub fn buckets(&self) -> impl ExactSizeIterator<Item = (&BucketName, &Bucket)> {
        self.buckets.iter()
    }

    pub fn bucket(&self, bucket: &BucketName) -> Result<&Bucket, StorageError> {
        self.buckets
            .get(bucket)
            .ok_or_else(|| StorageError::NoSuchBucket {
                bucket: bucket.clone(),
            })
    }

    /// Makes an empty bucket; `false` when it was there.
    pub fn create_bucket(&mut self, bucket: &BucketName, now: Timestamp) -> bool {
        if self.buckets.contains_key(bucket) {
            return false;
        }
        self.totals.footprint_bytes += bucket_footprint(bucket);
        self.buckets.insert(bucket.clone(), Bucket::new(now));
        true
    }

    /// Removes an empty bucket; `false` when there was none.
    pub fn delete_bucket(&mut self, bucket: &BucketName) -> Result<bool, StorageError> {
        match self.buckets.get(bucket) {
            None => Ok(false),
            Some(held) if !held.objects.is_empty() => Err(StorageError::BucketNotEmpty {
                bucket: bucket.clone(),
                objects: held.objects.len(),
            }),
            Some(_) => {
                self.buckets.remove(bucket);
                self.totals.footprint_bytes -= bucket_footprint(bucket);
                Ok(true)
            }
        }
    }

    pub fn object(&self, bucket: &BucketName, key: &Key) -> Option<&Arc<Object>> {
        self.buckets.get(bucket)?.objects.get(key)
    }

    /// The object, when the conditions let it be read, and whether the reader needs its body.
    pub fn read(
        &self,
        bucket: &BucketName,
        key: &Key,
        conditions: &Conditions,
    ) -> Result<Reading, StorageError> {
        let held = self.bucket(bucket)?;
        let object = held
            .objects
            .get(key)
            .ok_or_else(|| StorageError::NoSuchKey {
                bucket: bucket.clone(),
                key: key.clone(),
            })?;
        match conditions.evaluate(Access::Read, Some(object)) {
            Verdict::Proceed => Ok(Reading::Object(object.clone())),
            Verdict::NotModified => Ok(Reading::NotModified(object.clone())),
            Verdict::Failed(condition) => Err(failed(bucket, key, condition)),
        }
    }

    /// Stores an object, in the place of an older one of its key; makes the bucket when it is missing.
    /// Returns it with the one that it replaced.
    pub fn put(
        &mut self,
        bucket: &BucketName,
        key: &Key,
        new: &NewObject,
        conditions: &Conditions,
        now: Timestamp,
    ) -> Result<(Arc<Object>, Option<Arc<Object>>), StorageError> {
        self.check_write(bucket, key, conditions)?;
        self.create_bucket(bucket, now);
        let held = self.buckets.get_mut(bucket).expect("created just above");
        let same_second = |at: Timestamp| at.as_second() == now.as_second();
        let earlier = held.objects.get(key).map(|object| object.modified());
        let sole_in_its_second =
            !earlier.is_some_and(same_second) && !held.last_deletion.is_some_and(same_second);
        let object = Arc::new(Object::new(
            new.body.clone(),
            new.metadata.clone(),
            new.etag.clone(),
            now,
            sole_in_its_second,
        ));
        let replaced = held.objects.insert(key.clone(), object.clone());
        if let Some(replaced) = &replaced {
            self.totals.remove(key, replaced);
        }
        self.totals.add(key, &object);
        Ok((object, replaced))
    }

    /// Removes an object and returns it; `None` when there was none.
    pub fn delete(
        &mut self,
        bucket: &BucketName,
        key: &Key,
        conditions: &Conditions,
        now: Timestamp,
    ) -> Result<Option<Arc<Object>>, StorageError> {
        self.check_write(bucket, key, conditions)?;
        // Looked up first: a mutable walk would copy shared nodes for an object that is not there.
        if self.object(bucket, key).is_none() {
            return Ok(None);
        }
        let Some(held) = self.buckets.get_mut(bucket) else {
            return Ok(None);
        };
        let removed = held.objects.remove(key);
        if let Some(removed) = &removed {
            held.last_deletion = Some(now);
            self.totals.remove(key, removed);
        }
        Ok(removed)
    }

    pub fn list(&self, bucket: &BucketName, query: &ListQuery) -> Result<Listing, StorageError> {
        Ok(list::list(&self.bucket(bucket)?.objects, query))
    }

    /// The same buckets without their objects.
    pub fn without_objects(&self) -> Self {
        let mut state = Self::default();
        for (name, bucket) in &self.buckets {
            state.create_bucket(name, bucket.created);
        }
        state
    }

    /// Whether the conditions let the object be put or deleted.
    pub fn check_write(
        &self,
        bucket: &BucketName,
        key: &Key,
        conditions: &Conditions,
    ) -> Result<(), StorageError> {
        let current = self.object(bucket, key).map(|object| &**object);
        match conditions.evaluate(Access::Write, current) {
            Verdict::Failed(condition) => Err(failed(bucket, key, condition)),
            Verdict::Proceed | Verdict::NotModified => Ok(()),
        }
    }
}

fn failed(bucket: &BucketName, key: &Key, condition: Condition) -> StorageError {
    StorageError::PreconditionFailed {
        bucket: bucket.clone(),
        key: key.clone(),
        condition,
    }
}

impl Bucket {
    fn new(created: Timestamp) -> Self {
        Self {
            created,
            objects: OrdMap::new(),
            last_deletion: None,
        }
    }

    /// When it was made, on the stack's clock.
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// How many objects it holds.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

impl Totals {
    fn add(&mut self, key: &Key, object: &Object) {
        self.objects += 1;
        self.body_bytes += object.size();
        self.footprint_bytes += footprint(key, object);
    }

    fn remove(&mut self, key: &Key, object: &Object) {
        self.objects -= 1;
        self.body_bytes -= object.size();
        self.footprint_bytes -= footprint(key, object);
    }
}

fn footprint(key: &Key, object: &Object) -> u64 {
    key.as_str().len() as u64 + object.footprint_bytes()
}

/// What an empty bucket adds to [`Totals::footprint_bytes`].
pub(crate) fn bucket_footprint(bucket: &BucketName) -> u64 {
    bucket.as_str().len() as u64 + OVERHEAD_BYTES
}
