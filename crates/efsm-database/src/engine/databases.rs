//! The named databases of a stack.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use efsm_core::MemoryGauge;
use efsm_core::limits::MemoryShare;
use parking_lot::RwLock;

use super::database::Database;
use super::limits::Limits;
use super::pages::store::Room;
use super::pages::{Store, Version};
use crate::error::Error;

/// The name of the database that is there without being named.
pub const DEFAULT: &str = "main";

/// The databases of one stack; clones share them. Each is made when it is first asked for.
#[derive(Clone)]
pub struct Databases(Arc<Inner>);

struct Inner {
    limits: Arc<Limits>,
    room: Arc<Counted>,
    /// Counts up whenever a store is replaced: sessions compare it before each statement.
    generation: AtomicU64,
    stores: RwLock<BTreeMap<Arc<str>, Arc<Store>>>,
}

/// All databases at one instant. A value: cloning and keeping it costs nothing but the pages that have
/// changed since.
#[derive(Clone, Debug, Default)]
pub struct Snapshot(Arc<BTreeMap<Arc<str>, Version>>);

struct Counted {
    gauge: MemoryGauge,
    share: MemoryShare,
}

impl Room for Counted {
    fn fits(&self, bytes: u64) -> bool {
        self.gauge.used_bytes().saturating_add(bytes) <= self.gauge.cap_bytes()
    }

    fn resized(&self, from: u64, to: u64) {
        if to < from {
            self.share.give(from - to);
        } else if self.share.take(to - from).is_err() {
            // It fitted when it was written; another service took the room since.
            self.share.set(self.share.bytes() + (to - from));
        }
    }
}

impl Databases {
    /// No databases yet but the default one, whose bytes count in `gauge`.
    pub fn new(limits: Limits, gauge: &MemoryGauge) -> Self {
        let room = Arc::new(Counted {
            gauge: gauge.clone(),
            share: gauge.share(),
        });
        let databases = Self(Arc::new(Inner {
            limits: Arc::new(limits),
            room,
            generation: AtomicU64::new(1),
            stores: RwLock::default(),
        }));
        databases.store(&Arc::from(DEFAULT));
        databases
    }

    /// The database without a name.
    pub fn default_database(&self) -> Database {
        Database::new(self.clone(), Arc::from(DEFAULT))
    }

    /// The database of that name, made if there is none.
    pub fn database(&self, name: &str) -> Result<Database, Error> {
        check_name(name)?;
        let name: Arc<str> = Arc::from(name);
        self.store(&name);
        Ok(Database::new(self.clone(), name))
    }

    /// Every database's name and size in bytes, by name.
    pub fn list(&self) -> Vec<(String, u64)> {
        let stores = self.0.stores.read();
        stores
            .iter()
            .map(|(name, store)| (name.to_string(), store.current().size_bytes()))
            .collect()
    }

    /// What all databases hold, in bytes, shared pages included.
    pub fn size_bytes(&self) -> u64 {
        self.0.room.share.bytes()
    }

    /// Every database as it was last committed: open transactions are not in it.
    pub fn snapshot(&self) -> Snapshot {
        let stores = self.0.stores.read();
        Snapshot(Arc::new(
            stores
                .iter()
                .map(|(name, store)| (name.clone(), store.current()))
                .collect(),
        ))
    }

    /// Puts every database where the snapshot found it and removes those that it does not have.
    /// Transactions that are open end without a trace.
    pub fn restore(&self, snapshot: &Snapshot) {
        let stores = snapshot
            .0
            .iter()
            .map(|(name, version)| (name.clone(), self.new_store(version.clone())))
            .collect();
        self.replace_all(stores);
    }

    /// Removes every database; the default one is there again, empty.
    pub fn clear(&self) {
        let empty = self.new_store(Version::default());
        self.replace_all(BTreeMap::from([(Arc::from(DEFAULT), empty)]));
    }

    /// Removes a database; the default one stays and is empty. Whether there was one.
    pub fn remove(&self, name: &str) -> bool {
        if name == DEFAULT {
            self.replace(&Arc::from(DEFAULT), Version::default());
            return true;
        }
        let removed = {
            let mut stores = self.0.stores.write();
            let removed = stores.remove(name);
            if let Some(store) = &removed {
                store.abandon();
            }
            self.moved(&stores);
            removed
        };
        removed.is_some()
    }

    /// Other databases, equal to these as they were last committed, sharing every page.
    pub fn fork(&self, gauge: &MemoryGauge) -> Self {
        let fork = Self::new((*self.0.limits).clone(), gauge);
        fork.restore(&self.snapshot());
        fork
    }

    pub fn limits(&self) -> &Arc<Limits> {
        &self.0.limits
    }

    pub(super) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    pub(super) fn store(&self, name: &Arc<str>) -> Arc<Store> {
        if let Some(store) = self.0.stores.read().get(name) {
            return store.clone();
        }
        let mut stores = self.0.stores.write();
        let store = stores
            .entry(name.clone())
            .or_insert_with(|| self.new_store(Version::default()));
        store.clone()
    }

    /// Puts a version in the place of a database's pages.
    pub(super) fn replace(&self, name: &Arc<str>, version: Version) {
        let store = self.new_store(version);
        let old = {
            let mut stores = self.0.stores.write();
            let old = stores.insert(name.clone(), store);
            if let Some(old) = &old {
                old.abandon();
            }
            self.moved(&stores);
            old
        };
        drop(old);
    }

    fn replace_all(&self, stores: BTreeMap<Arc<str>, Arc<Store>>) {
        let old = {
            let mut held = self.0.stores.write();
            let old = std::mem::replace(&mut *held, stores);
            for store in old.values() {
                store.abandon();
            }
            self.moved(&held);
            old
        };
        // Freed after the lock: it may be much.
        drop(old);
    }

    fn moved(&self, stores: &BTreeMap<Arc<str>, Arc<Store>>) {
        let bytes = stores.values().map(|s| s.current().size_bytes()).sum();
        self.0.room.share.set(bytes);
        self.0.generation.fetch_add(1, Ordering::Release);
    }

    fn new_store(&self, version: Version) -> Arc<Store> {
        Store::new(version, self.0.limits.database_bytes, self.0.room.clone())
    }
}

impl Snapshot {
    /// A database's version; none when it was not there yet.
    pub fn version(&self, name: &str) -> Option<&Version> {
        self.0.get(name)
    }

    /// The names of the databases that were there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }
}

impl std::fmt::Debug for Databases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Databases")
            .field("databases", &self.list())
            .finish_non_exhaustive()
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    let refused = |problem| {
        Err(Error::BadName {
            name: name.to_owned(),
            problem,
        })
    };
    if name.is_empty() || name.len() > 64 {
        return refused("it must have 1 to 64 characters");
    }
    if name.starts_with('.') {
        return refused("it must not begin with a dot");
    }
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if !name.bytes().all(is_plain) {
        return refused("only ASCII letters, digits, `_`, `-` and `.` are possible");
    }
    Ok(())
}
