//! What the running statement lends to SQLite's callbacks.
//!
//! SQLite asks its file system for the time and for sleep, and its progress handler whether to go on, without saying
//! on whose behalf. A statement runs on one thread from beginning to end, so the answer lies in that thread while it
//! runs; there it costs neither a lock nor a count.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use super::store::Store;
use crate::engine::limits::{Run, Watch};
use crate::error::Error;

/// How many steps of the virtual machine pass between two looks at the watch: some microseconds.
pub(crate) const STEPS_PER_LOOK: u64 = 1000;
/// The longest wait for a writer between two looks at the watch.
const WAIT_PER_LOOK: Duration = Duration::from_millis(10);

thread_local! {
    static RUNNING: RefCell<Option<Watch>> = const { RefCell::new(None) };
    static OPENING: RefCell<Option<Arc<Store>>> = const { RefCell::new(None) };
}

/// A statement that runs on this thread, until it is dropped. One may be begun while another hands its rows over.
pub(crate) struct Scope {
    /// The statement that was begun before it, which is seldom.
    outer: Option<Box<Watch>>,
}

impl Scope {
    /// Lends the stack's time, and watches the statement's own.
    pub(crate) fn enter(run: &Run, limit: Duration) -> Self {
        RUNNING.with_borrow_mut(|running| {
            let outer = running.take().map(Box::new);
            *running = Some(Watch::new(run, limit));
            Self { outer }
        })
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        RUNNING.with_borrow_mut(|running| *running = self.outer.take().map(|outer| *outer));
    }
}

fn running<R>(look: impl FnOnce(&mut Watch) -> Option<R>) -> Option<R> {
    RUNNING.with_borrow_mut(|running| look(running.as_mut()?))
}

/// Whether a statement runs on this thread.
pub(crate) fn is_entered() -> bool {
    RUNNING.with_borrow(Option::is_some)
}

/// The stack's time, in milliseconds of Unix time.
pub(crate) fn now_ms() -> i64 {
    running(|watch| Some(watch.now_ms())).unwrap_or(0)
}

/// Whether the statement must stop; asked every [`STEPS_PER_LOOK`] steps.
pub(crate) fn must_stop() -> bool {
    running(|watch| Some(watch.look(STEPS_PER_LOOK))).unwrap_or(false)
}

/// Why the statement was stopped, if it was.
pub(crate) fn stopped() -> Option<Error> {
    running(Watch::stopped)
}

/// Notes that somebody else writes to `store`: it is what [`pause`] waits for.
pub(crate) fn refuse(store: &Arc<Store>) {
    running(|watch| {
        watch.refuse(store);
        Some(())
    });
}

/// Waits while somebody else writes, at most `patience`.
pub(crate) fn pause(patience: Duration) {
    let mut left = patience;
    while let Some(store) = running(Watch::must_wait_for) {
        let slice = left.min(WAIT_PER_LOOK);
        left = left.saturating_sub(slice);
        if store.wait_released(slice) || left.is_zero() {
            return;
        }
        refuse(&store);
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
