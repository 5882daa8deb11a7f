//! The storage service of one stack.

use std::sync::Arc;

use bytes::Bytes;
use efsm_core::{
    Context, Cut, Part, Request, ResetDepth, ResponseFuture, RestoreError, Service, Status,
    Timestamp,
};

use crate::engine::{
    BucketName, Conditions, Key, ListQuery, Listing, Metadata, NewObject, Object, State,
};
use crate::operations::{Attempt, Operations, Unhashed};
use crate::{StorageError, wire};

pub(crate) const NAME: &str = "storage";

/// Buckets and objects behind a stack's gateway, and the same in process.
///
/// ```
/// use efsm_core::Context;
/// use efsm_storage::{ListQuery, PutOptions, StorageService};
///
/// let storage = StorageService::new(Context::default());
/// storage.put_object("photos", "2026/cat.png", "meow", PutOptions::content_type("image/png"))?;
/// assert_eq!(storage.get_object("photos", "2026/cat.png")?.body().to_bytes(), "meow");
///
/// let query = ListQuery { prefix: "2026/".into(), ..ListQuery::default() };
/// let listing = storage.list_objects("photos", &query)?;
/// assert_eq!(listing.objects[0].0.as_str(), "2026/cat.png");
/// assert!(storage.delete_object("photos", "2026/cat.png")?);
/// # Ok::<(), efsm_storage::StorageError>(())
/// ```
#[derive(Debug)]
pub struct StorageService {
    operations: Operations,
}

/// How an object is put.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PutOptions {
    pub metadata: Metadata,
    pub conditions: Conditions,
}

impl PutOptions {
    pub fn content_type(content_type: impl Into<String>) -> Self {
        Self {
            metadata: Metadata {
                content_type: Some(content_type.into()),
                ..Metadata::default()
            },
            ..Self::default()
        }
    }
}

/// What a listing of buckets tells of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketInfo {
    pub name: BucketName,
    /// On the stack's clock.
    pub created: Timestamp,
    pub objects: usize,
}

impl StorageService {
    pub fn new(context: Context) -> Self {
        Self {
            operations: Operations::new(context),
        }
    }

    /// Makes an empty bucket; `false` when it was there.
    pub fn create_bucket(&self, bucket: &str) -> Result<bool, StorageError> {
        self.operations.create_bucket(&BucketName::new(bucket)?)
    }

    /// Removes an empty bucket; `false` when there was none.
    pub fn delete_bucket(&self, bucket: &str) -> Result<bool, StorageError> {
        self.operations.delete_bucket(&BucketName::new(bucket)?)
    }

    /// Every bucket, by name.
    pub fn list_buckets(&self) -> Vec<BucketInfo> {
        self.operations.list_buckets()
    }

    /// Stores an object in the place of an older one, and makes its bucket when it is missing. From 16 KiB on
    /// the bytes are shared, not copied.
    pub fn put_object(
        &self,
        bucket: &str,
        key: &str,
        body: impl Into<Bytes>,
        options: PutOptions,
    ) -> Result<Arc<Object>, StorageError> {
        let (bucket, key) = (BucketName::new(bucket)?, Key::new(key)?);
        options.metadata.check()?;
        let body = body.into();
        let overhead = NewObject::overhead_bytes(&bucket, &key, &options.metadata);
        let mut upload = self.operations.upload();
        upload
            .begin(overhead, body.len() as u64)
            .and_then(|()| upload.push(body))
            .inspect_err(|error| self.operations.refused("put-object", &bucket, &key, error))?;
        let mut received = upload.finish();
        let new = NewObject {
            body: received.body,
            metadata: options.metadata.into(),
            etag: received.etag,
        };
        let (conditions, reserved) = (&options.conditions, &mut received.reserved);
        hashing(|| {
            self.operations
                .put(&bucket, &key, &new, conditions, reserved)
        })
    }

    /// The object; its body is shared, not copied.
    pub fn get_object(&self, bucket: &str, key: &str) -> Result<Arc<Object>, StorageError> {
        self.read("get-object", bucket, key)
    }

    /// As [`StorageService::get_object`], told in the journal as a look at the metadata alone.
    pub fn head_object(&self, bucket: &str, key: &str) -> Result<Arc<Object>, StorageError> {
        self.read("head-object", bucket, key)
    }

    pub fn list_objects(&self, bucket: &str, query: &ListQuery) -> Result<Listing, StorageError> {
        self.operations
            .list_objects(&BucketName::new(bucket)?, query)
    }

    /// Removes an object; `false` when there was none.
    pub fn delete_object(&self, bucket: &str, key: &str) -> Result<bool, StorageError> {
        let (bucket, key) = (BucketName::new(bucket)?, Key::new(key)?);
        hashing(|| {
            self.operations
                .delete(&bucket, &key, &Conditions::default())
        })
    }

    fn read(
        &self,
        kind: &'static str,
        bucket: &str,
        key: &str,
    ) -> Result<Arc<Object>, StorageError> {
        let (bucket, key) = (BucketName::new(bucket)?, Key::new(key)?);
        let conditions = Conditions::default();
        let reading = hashing(|| self.operations.read(kind, &bucket, &key, &conditions))?;
        Ok(reading.object().clone())
    }
}

/// Repeats an attempt until every tag that it needs is hashed.
fn hashing<T>(mut attempt: impl FnMut() -> Attempt<T>) -> Result<T, StorageError> {
    loop {
        match attempt() {
            Ok(done) => return done,
            Err(Unhashed(object)) => {
                object.etag();
            }
        }
    }
}

impl Service for StorageService {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prefix(&self) -> &'static str {
        "/storage"
    }

    fn http(&self, request: Request) -> ResponseFuture<'_> {
        ResponseFuture::new(wire::answer(&self.operations, request))
    }

    fn status(&self) -> Status {
        self.operations.cell.read(|state| {
            let totals = state.totals();
            Status::default()
                .with("buckets", state.buckets().len())
                .with("objects", totals.objects)
                .with("object_bytes", totals.body_bytes)
                .with_memory(totals.footprint_bytes)
        })
    }

    fn reset(&self, depth: ResetDepth, cut: &Cut<'_>) {
        let state = match depth {
            ResetDepth::Data => self.operations.cell.snapshot(cut).without_objects(),
            ResetDepth::All => State::default(),
        };
        self.operations.replace(state, cut);
    }

    fn snapshot(&self, cut: &Cut<'_>) -> Part {
        Part::new(NAME, self.operations.cell.snapshot(cut))
    }

    fn restore(&self, part: &Part, cut: &Cut<'_>) -> Result<(), RestoreError> {
        let state: &State = part.state()?;
        self.operations.replace(state.clone(), cut);
        Ok(())
    }
}
