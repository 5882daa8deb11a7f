//! The current version of one database and the lock of its one writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::version::Version;

/// A database as its connections share it. A restore puts a new store in its place: whoever still
/// holds the old one reads and writes what nobody looks at any more.
pub(crate) struct Store {
    state: Mutex<State>,
    /// Counts the commits: whoever reads the same number twice has seen no version between the two.
    commits: AtomicU64,
    /// Told whenever the writer's lock falls free.
    released: Condvar,
    cap_bytes: u64,
    room: Arc<dyn Room>,
}

/// Where the bytes that stores hold are counted.
pub(crate) trait Room: Send + Sync {
    /// Whether `bytes` more may be stored.
    fn fits(&self, bytes: u64) -> bool;

    /// A store's current version changed its size.
    fn resized(&self, from: u64, to: u64);
}

/// Room without walls, for scratch copies.
pub(crate) struct Boundless;

impl Room for Boundless {
    fn fits(&self, _bytes: u64) -> bool {
        true
    }

    fn resized(&self, _from: u64, _to: u64) {}
}

struct State {
    current: Version,
    writing: bool,
    /// Another store has taken its place: what is committed here no longer counts.
    is_abandoned: bool,
}

/// Why a reader may not become the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Somebody else writes.
    Busy,
    /// The version that the reader pinned is no longer current: it must begin anew.
    Stale,
}

impl Store {
    pub(crate) fn new(current: Version, cap_bytes: u64, room: Arc<dyn Room>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                current,
                writing: false,
                is_abandoned: false,
            }),
            commits: AtomicU64::new(0),
            released: Condvar::new(),
            cap_bytes,
            room,
        })
    }

    /// A copy to work on where nobody sees it; it shares every page.
    pub(crate) fn scratch(&self) -> Arc<Self> {
        self.scratch_of(self.current())
    }

    /// A store with this one's bounds for another version.
    pub(crate) fn scratch_of(&self, version: Version) -> Arc<Self> {
        Self::new(version, self.cap_bytes, self.room.clone()).abandoned()
    }

    /// A store without bounds, which counts nowhere.
    pub(crate) fn unbounded(version: Version) -> Arc<Self> {
        Self::new(version, u64::MAX, Arc::new(Boundless))
    }

    fn abandoned(self: Arc<Self>) -> Arc<Self> {
        self.abandon();
        self
    }

    pub(crate) fn current(&self) -> Version {
        self.state.lock().current.clone()
    }

    /// How many commits there were. One that is counted is in [`Store::current`].
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Acquire)
    }

    pub(crate) fn abandon(&self) {
        self.state.lock().is_abandoned = true;
    }

    /// Whether a writer may grow the database from `from` to `to` bytes.
    pub(crate) fn may_grow(&self, from: u64, to: u64) -> bool {
        to <= self.cap_bytes && self.room.fits(to - from)
    }

    pub(crate) fn is_written(&self) -> bool {
        self.state.lock().writing
    }

    /// Takes the writer's lock for a reader that pinned `base`.
    pub(crate) fn reserve(&self, base: &Version) -> Result<(), Refused> {
        let mut state = self.state.lock();
        if state.writing {
            return Err(Refused::Busy);
        }
        if !state.current.is(base) {
            return Err(Refused::Stale);
        }
        state.writing = true;
        Ok(())
    }

    /// Gives the writer's lock back, with the version that the writer committed, if it did.
    pub(crate) fn release(&self, committed: Option<Version>) {
        let old = {
            let mut state = self.state.lock();
            state.writing = false;
            committed.map(|version| {
                if !state.is_abandoned {
                    self.room
                        .resized(state.current.size_bytes(), version.size_bytes());
                }
                let old = std::mem::replace(&mut state.current, version);
                self.commits.fetch_add(1, Ordering::AcqRel);
                old
            })
        };
        self.released.notify_all();
        // Freed after the lock: a version may be the last owner of many blocks.
        drop(old);
    }

    /// Waits until nobody writes, at most `patience`; whether that came true.
    pub(crate) fn wait_released(&self, patience: Duration) -> bool {
        let mut state = self.state.lock();
        !state.writing || {
            self.released.wait_for(&mut state, patience);
            !state.writing
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
