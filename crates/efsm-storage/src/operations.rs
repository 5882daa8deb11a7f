//! The operations of a stack's storage: each applies to the state, counts memory and writes its line in the
//! journal, as one step. What the typed calls and every wire share.

use std::sync::Arc;

use efsm_core::{Context, Cut, StateCell};

use crate::StorageError;
use crate::engine::state::bucket_footprint;
use crate::engine::{
    BucketName, Conditions, Key, ListQuery, Listing, NewObject, Object, Reading, State,
};
use crate::memory::{Memory, Reservation};
use crate::operation::Operation;
use crate::service::{BucketInfo, NAME};
use crate::upload::Upload;

/// An operation's outcome, or the object whose entity tag its conditions look at and nobody has hashed yet:
/// hash it and try again. A body of gigabytes must not be hashed under the state's lock.
pub(crate) type Attempt<T> = Result<Result<T, StorageError>, Unhashed>;

pub(crate) struct Unhashed(pub(crate) Arc<Object>);

#[derive(Debug)]
pub(crate) struct Operations {
    context: Context,
    pub(crate) cell: StateCell<State>,
    pub(crate) memory: Memory,
}

impl Operations {
    pub(crate) fn new(context: Context) -> Self {
        Self {
            cell: context.cell(State::default()),
            memory: Memory::new(context.memory()),
            context,
        }
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// A body to be received, bounded by the stack's limits.
    pub(crate) fn upload(&self) -> Upload {
        let limit_bytes = self.context.limits().storage_part_bytes;
        Upload::new(self.memory.reservation(), limit_bytes)
    }

    pub(crate) fn create_bucket(&self, bucket: &BucketName) -> Result<bool, StorageError> {
        let operation = Operation::on_bucket(bucket);
        let mut reserved = self.memory.reservation();
        let room = reserved.take(bucket_footprint(bucket));
        self.change("create-bucket", operation, &mut reserved, |state| {
            room?;
            Ok(state.create_bucket(bucket, self.context.now()))
        })
    }

    pub(crate) fn delete_bucket(&self, bucket: &BucketName) -> Result<bool, StorageError> {
        let operation = Operation::on_bucket(bucket);
        let mut reserved = self.memory.reservation();
        self.change("delete-bucket", operation, &mut reserved, |state| {
            state.delete_bucket(bucket)
        })
    }

    pub(crate) fn list_buckets(&self) -> Vec<BucketInfo> {
        self.cell.read(|state| {
            let buckets: Vec<_> = state
                .buckets()
                .map(|(name, bucket)| BucketInfo {
                    name: name.clone(),
                    created: bucket.created(),
                    objects: bucket.len(),
                })
                .collect();
            self.record(
                "list-buckets",
                Operation::on_all().with_count(buckets.len()),
            );
            buckets
        })
    }

    pub(crate) fn list_objects(
        &self,
        bucket: &BucketName,
        query: &ListQuery,
    ) -> Result<Listing, StorageError> {
        let operation = Operation::on_bucket(bucket);
        // Walked on a clone: a listing of a million keys must not hold up writers.
        let state = self.cell.read(State::clone);
        let listing = state.list(bucket, query);
        self.record(
            "list-objects",
            match &listing {
                Ok(listing) => operation.with_count(listing.len()),
                Err(error) => operation.refused(error),
            },
        );
        listing
    }

    /// Reads an object: `kind` is what the journal calls it.
    pub(crate) fn read(
        &self,
        kind: &'static str,
        bucket: &BucketName,
        key: &Key,
        conditions: &Conditions,
    ) -> Attempt<Reading> {
        self.cell.read(|state| {
            ready(state, bucket, key, conditions)?;
            let operation = Operation::on_object(bucket, key);
            let reading = state.read(bucket, key, conditions);
            self.record(
                kind,
                match &reading {
                    Ok(Reading::Object(object)) => operation.with_size(Some(object.size())),
                    Ok(Reading::NotModified(_)) => operation.ended("not-modified"),
                    Err(error) => operation.refused(error),
                },
            );
            Ok(reading)
        })
    }

    /// Whether the conditions of a write hold now: a look ahead, which writes no line in the journal.
    pub(crate) fn would_write(
        &self,
        bucket: &BucketName,
        key: &Key,
        conditions: &Conditions,
    ) -> Attempt<()> {
        self.cell.read(|state| {
            ready(state, bucket, key, conditions)?;
            Ok(state.check_write(bucket, key, conditions))
        })
    }

    pub(crate) fn put(
        &self,
        bucket: &BucketName,
        key: &Key,
        new: &NewObject,
        conditions: &Conditions,
        reserved: &mut Reservation,
    ) -> Attempt<Arc<Object>> {
        let operation = Operation::on_object(bucket, key).with_size(Some(new.body.len()));
        // What was replaced is freed after the lock.
        self.change_if_ready((bucket, key, conditions), "put-object", reserved, |state| {
            let done = state.put(bucket, key, new, conditions, self.context.now());
            (operation, done)
        })
        .map(|done| done.map(|(object, _replaced)| object))
    }

    /// Removes an object; `false` when there was none.
    pub(crate) fn delete(
        &self,
        bucket: &BucketName,
        key: &Key,
        conditions: &Conditions,
    ) -> Attempt<bool> {
        let operation = Operation::on_object(bucket, key);
        let mut reserved = self.memory.reservation();
        self.change_if_ready(
            (bucket, key, conditions),
            "delete-object",
            &mut reserved,
            |state| {
                let done = state.delete(bucket, key, conditions, self.context.now());
                let size = done.as_ref().ok().and_then(Option::as_ref);
                let size = size.map(|object| object.size());
                (operation.with_size(size), done)
            },
        )
        .map(|done| done.map(|removed| removed.is_some()))
    }

    /// Writes the line of an operation that was refused before it came to the state.
    pub(crate) fn refused(
        &self,
        kind: &'static str,
        bucket: &BucketName,
        key: &Key,
        error: &StorageError,
    ) {
        self.record(kind, Operation::on_object(bucket, key).refused(error));
    }

    /// Puts another state in place: a reset or a restore.
    pub(crate) fn replace(&self, state: State, cut: &Cut<'_>) {
        let footprint = state.totals().footprint_bytes;
        self.cell.replace(cut, state);
        self.memory.replace(footprint);
    }

    fn change<T>(
        &self,
        kind: &'static str,
        operation: Operation,
        reserved: &mut Reservation,
        change: impl FnOnce(&mut State) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        self.cell
            .update(|state| self.apply(state, kind, reserved, |state| (operation, change(state))))
    }

    fn change_if_ready<T>(
        &self,
        (bucket, key, conditions): (&BucketName, &Key, &Conditions),
        kind: &'static str,
        reserved: &mut Reservation,
        change: impl FnOnce(&mut State) -> (Operation, Result<T, StorageError>),
    ) -> Attempt<T> {
        self.cell.update(|state| {
            ready(state, bucket, key, conditions)?;
            Ok(self.apply(state, kind, reserved, change))
        })
    }

    fn apply<T>(
        &self,
        state: &mut State,
        kind: &'static str,
        reserved: &mut Reservation,
        change: impl FnOnce(&mut State) -> (Operation, Result<T, StorageError>),
    ) -> Result<T, StorageError> {
        let (operation, done) = change(state);
        self.record(
            kind,
            match &done {
                Ok(_) => {
                    self.memory.settle(reserved, state.totals().footprint_bytes);
                    operation
                }
                Err(error) => operation.refused(error),
            },
        );
        done
    }

    fn record(&self, kind: &'static str, operation: Operation) {
        self.context.record(NAME, kind, operation);
    }
}

fn ready(
    state: &State,
    bucket: &BucketName,
    key: &Key,
    conditions: &Conditions,
) -> Result<(), Unhashed> {
    if !conditions.need_etag() {
        return Ok(());
    }
    match state.object(bucket, key) {
        Some(object) if !object.etag_is_known() => Err(Unhashed(object.clone())),
        _ => Ok(()),
    }
}
