//! Random operations on the service and on a map of maps must always agree.

use std::collections::{BTreeMap, BTreeSet};

use efsm_core::{Part, ResetDepth, Service as _};
use efsm_storage::{Conditions, ListQuery, PutOptions, StorageError, TagMatch};
use proptest::prelude::*;

use crate::world::World;

type Model = BTreeMap<String, BTreeMap<String, Vec<u8>>>;

#[derive(Clone, Debug)]
enum Step {
    CreateBucket(usize),
    DeleteBucket(usize),
    Put(usize, String, Vec<u8>),
    PutNew(usize, String, Vec<u8>),
    Get(usize, String),
    Delete(usize, String),
    List(usize, ListQuery),
    Snapshot,
    Restore(usize),
    Reset(ResetDepth),
}

fn bucket(index: usize) -> String {
    format!("bucket-{index}")
}

fn step() -> impl Strategy<Value = Step> {
    let key = || "[ab/]{1,4}";
    let body = || {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..20),
            Just(vec![7; 20_000])
        ]
    };
    let query = (
        "[ab/]{0,2}",
        proptest::option::of("[b/]{0,2}"),
        proptest::option::of("[ab/]{0,4}"),
        proptest::option::of(0..5usize),
    )
        .prop_map(|(prefix, delimiter, after, limit)| ListQuery {
            prefix,
            delimiter,
            after,
            limit,
        });
    prop_oneof![
        1 => (0..3usize).prop_map(Step::CreateBucket),
        1 => (0..3usize).prop_map(Step::DeleteBucket),
        8 => (0..3usize, key(), body()).prop_map(|(b, k, v)| Step::Put(b, k, v)),
        2 => (0..3usize, key(), body()).prop_map(|(b, k, v)| Step::PutNew(b, k, v)),
        2 => (0..3usize, key()).prop_map(|(b, k)| Step::Get(b, k)),
        4 => (0..3usize, key()).prop_map(|(b, k)| Step::Delete(b, k)),
        4 => (0..3usize, query).prop_map(|(b, q)| Step::List(b, q)),
        1 => Just(Step::Snapshot),
        1 => (0..4usize).prop_map(Step::Restore),
        1 => prop_oneof![9 => Just(ResetDepth::Data), 1 => Just(ResetDepth::All)].prop_map(Step::Reset),
    ]
}

/// Keys, common prefixes, and where a cut listing goes on: by looking at every key.
fn listed(
    objects: &BTreeMap<String, Vec<u8>>,
    query: &ListQuery,
) -> (Vec<String>, Vec<String>, Option<String>) {
    let delimiter = query.delimiter.as_deref().filter(|d| !d.is_empty());
    let entries: BTreeSet<(String, bool)> = objects
        .keys()
        .filter_map(|key| Some((key, key.strip_prefix(&query.prefix)?)))
        .map(
            |(key, rest)| match delimiter.and_then(|d| rest.find(d).map(|at| at + d.len())) {
                Some(end) => (key[..query.prefix.len() + end].to_owned(), true),
                None => (key.clone(), false),
            },
        )
        .filter(|(entry, _)| query.after.as_ref().is_none_or(|after| entry > after))
        .collect();
    let limit = query.limit.unwrap_or(usize::MAX);
    let page: Vec<_> = entries.iter().take(limit).cloned().collect();
    let next = (limit > 0 && entries.len() > limit).then(|| page[limit - 1].0.clone());
    let of = |common: bool| {
        page.iter()
            .filter(|e| e.1 == common)
            .map(|e| e.0.clone())
            .collect()
    };
    (of(false), of(true), next)
}

fn check(steps: Vec<Step>) {
    let world = World::default();
    let storage = &world.storage;
    let mut model = Model::new();
    let mut snapshots: Vec<(Part, Model)> = Vec::new();
    for step in steps {
        match step {
            Step::CreateBucket(b) => {
                let created = storage.create_bucket(&bucket(b)).unwrap();
                assert_eq!(created, !model.contains_key(&bucket(b)));
                model.entry(bucket(b)).or_default();
            }
            Step::DeleteBucket(b) => {
                let deleted = storage.delete_bucket(&bucket(b));
                match model.get(&bucket(b)) {
                    None => assert_eq!(deleted, Ok(false)),
                    Some(objects) if objects.is_empty() => {
                        assert_eq!(deleted, Ok(true));
                        model.remove(&bucket(b));
                    }
                    Some(_) => assert!(matches!(deleted, Err(StorageError::BucketNotEmpty { .. }))),
                }
            }
            Step::Put(b, key, body) => {
                storage
                    .put_object(&bucket(b), &key, body.clone(), PutOptions::default())
                    .unwrap();
                model.entry(bucket(b)).or_default().insert(key, body);
            }
            Step::PutNew(b, key, body) => {
                let options = PutOptions {
                    conditions: Conditions {
                        if_none_match: Some(TagMatch::Any),
                        ..Conditions::default()
                    },
                    ..PutOptions::default()
                };
                let put = storage.put_object(&bucket(b), &key, body.clone(), options);
                let exists = model.get(&bucket(b)).is_some_and(|o| o.contains_key(&key));
                assert_eq!(put.is_ok(), !exists);
                if !exists {
                    model.entry(bucket(b)).or_default().insert(key, body);
                }
            }
            Step::Get(b, key) => {
                let got = storage.get_object(&bucket(b), &key);
                match model.get(&bucket(b)).map(|objects| objects.get(&key)) {
                    Some(Some(body)) => assert_eq!(&got.unwrap().body().to_bytes()[..], &body[..]),
                    Some(None) => assert!(matches!(got, Err(StorageError::NoSuchKey { .. }))),
                    None => assert!(matches!(got, Err(StorageError::NoSuchBucket { .. }))),
                }
            }
            Step::Delete(b, key) => {
                let removed = model.get_mut(&bucket(b)).and_then(|o| o.remove(&key));
                assert_eq!(
                    storage.delete_object(&bucket(b), &key),
                    Ok(removed.is_some())
                );
            }
            Step::List(b, query) => {
                let listing = storage.list_objects(&bucket(b), &query);
                match model.get(&bucket(b)) {
                    None => assert!(matches!(listing, Err(StorageError::NoSuchBucket { .. }))),
                    Some(objects) => {
                        let listing = listing.unwrap();
                        let keys = listing.objects.iter().map(|(k, _)| k.to_string()).collect();
                        let found = (keys, listing.prefixes, listing.next);
                        assert_eq!(found, listed(objects, &query), "{query:?}");
                    }
                }
            }
            Step::Snapshot => snapshots.push((world.snapshot(), model.clone())),
            Step::Restore(n) => {
                if let Some((part, then)) = snapshots.get(n) {
                    world.restore(part);
                    model = then.clone();
                }
            }
            Step::Reset(depth) => {
                world.reset(depth);
                match depth {
                    ResetDepth::Data => model.values_mut().for_each(BTreeMap::clear),
                    ResetDepth::All => model.clear(),
                }
            }
        }
        let buckets: Vec<_> = storage
            .list_buckets()
            .into_iter()
            .map(|b| (b.name.to_string(), b.objects))
            .collect();
        let expected: Vec<_> = model
            .iter()
            .map(|(name, objects)| (name.clone(), objects.len()))
            .collect();
        assert_eq!(buckets, expected);
        let bytes: usize = model
            .values()
            .flat_map(BTreeMap::values)
            .map(Vec::len)
            .sum();
        let status = storage.status();
        assert_eq!(status.counts["object_bytes"], bytes);
        assert_eq!(status.memory_bytes, world.used_bytes());
        assert_eq!(world.used_bytes() == 0, model.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn service_agrees_with_a_map_of_maps(steps in proptest::collection::vec(step(), 1..60)) {
        check(steps);
    }
}
