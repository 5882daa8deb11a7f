//! What the running statement lends to the file system.
//!
//! SQLite asks its file system for the time and for sleep without saying on whose behalf. A statement
//! runs on one thread from beginning to end, so the answer lies in that thread while it runs.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use super::store::Store;

/// Waits for at most the given time while another connection writes.
pub(crate) type Pause = Arc<dyn Fn(Duration) + Send + Sync>;

thread_local! {
    static NOW_MS: Cell<i64> = const { Cell::new(0) };
    static PAUSE: RefCell<Option<Pause>> = const { RefCell::new(None) };
    static OPENING: RefCell<Option<Arc<Store>>> = const { RefCell::new(None) };
}

/// Lends the stack's time (milliseconds of Unix time) and a way to wait until it is dropped.
pub(crate) struct Scope(());

impl Scope {
    pub(crate) fn enter(now_ms: i64, pause: &Pause) -> Self {
        NOW_MS.set(now_ms);
        PAUSE.with_borrow_mut(|slot| *slot = Some(pause.clone()));
        Self(())
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        PAUSE.with_borrow_mut(|slot| *slot = None);
    }
}

/// Whether a statement runs on this thread.
pub(crate) fn is_entered() -> bool {
    PAUSE.with_borrow(Option::is_some)
}

pub(crate) fn now_ms() -> i64 {
    NOW_MS.get()
}

pub(crate) fn pause(duration: Duration) {
    let pause = PAUSE.with_borrow(Clone::clone);
    if let Some(pause) = pause {
        pause(duration);
    }
}

/// Offers `store` to the one file that `open` opens on this thread. Databases have no names, so that
/// no statement can name another stack's.
pub(crate) fn offering<R>(store: &Arc<Store>, open: impl FnOnce() -> R) -> R {
    OPENING.with_borrow_mut(|slot| *slot = Some(store.clone()));
    let opened = open();
    OPENING.with_borrow_mut(|slot| *slot = None);
    opened
}

pub(crate) fn take_offered() -> Option<Arc<Store>> {
    OPENING.with_borrow_mut(Option::take)
}
