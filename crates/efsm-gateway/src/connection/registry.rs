//! The connections of one stack: counted, told to drain or close, and reaped when they are silent.
//!
//! A connection pays for this with a few relaxed atomics a request. The clockwork is the reaper's: one task a
//! stack, alive while there are connections, that looks at all of them a few times in the shortest limit
//! and compares with what it saw before.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use efsm_core::{Limits, Stopwatch};
use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// What a connection was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Signal {
    GoOn = 0,
    /// Finish the request under way, take no other.
    Drain = 1,
    /// End now: idle, stalled, or the stack is gone.
    Close = 2,
    /// End now, and say that the head of the request took too long.
    HeadTimedOut = 3,
}

/// What the registry knows of one connection.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    signal: AtomicU8,
    waker: AtomicWaker,
    /// Requests under way in the lower half, requests begun and ended in the upper: any change of that restarts the
    /// patience. In one number, because a request changes both and each change locks the memory.
    requests: AtomicU64,
    /// Bytes have come that are not yet a request.
    has_part: AtomicBool,
    write_is_blocked: AtomicBool,
}

impl Entry {
    /// What the connection was told; `cx` is woken when that changes.
    pub(crate) fn poll_signal(&self, cx: &mut Context<'_>) -> Signal {
        self.waker.register(cx.waker());
        self.signal()
    }

    pub(crate) fn signal(&self) -> Signal {
        match self.signal.load(Ordering::Acquire) {
            0 => Signal::GoOn,
            1 => Signal::Drain,
            2 => Signal::Close,
            _ => Signal::HeadTimedOut,
        }
    }

    /// A signal is never taken back by a weaker one, and one that changes nothing wakes nobody.
    pub(crate) fn tell(&self, signal: Signal) {
        if self.signal.fetch_max(signal as u8, Ordering::AcqRel) < signal as u8 {
            self.waker.wake();
        }
    }

    pub(crate) fn begin_request(self: &Arc<Self>) -> InFlight {
        self.requests.fetch_add(TURN + 1, Ordering::Relaxed);
        self.has_part.store(false, Ordering::Relaxed);
        InFlight(self.clone())
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.requests.load(Ordering::Relaxed) as u32
    }

    pub(crate) fn saw_bytes(&self) {
        self.has_part.store(true, Ordering::Relaxed);
    }

    pub(crate) fn saw_write(&self, is_blocked: bool) {
        self.write_is_blocked.store(is_blocked, Ordering::Relaxed);
    }
}

/// One in the upper half of [`Entry::requests`].
const TURN: u64 = 1 << 32;

/// A connection's own ear for its signals: it asks to be woken once and not at every poll.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    /// Whom a signal wakes, and the signal that was seen when that was asked for.
    asked: Option<(Waker, Signal)>,
}

impl Listener {
    /// As [`Entry::poll_signal`].
    pub(crate) fn poll(&mut self, entry: &Entry, cx: &mut Context<'_>) -> Signal {
        // A waker is used up only by a signal that changed.
        if let Some((waker, seen)) = &self.asked
            && entry.signal() == *seen
            && waker.will_wake(cx.waker())
        {
            return *seen;
        }
        let signal = entry.poll_signal(cx);
        self.asked = Some((cx.waker().clone(), signal));
        signal
    }
}

/// A request under way: until its answer was handed over whole, or dropped.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Entry>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.requests.fetch_add(TURN - 1, Ordering::Relaxed);
        self.0.has_part.store(false, Ordering::Relaxed);
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Connections(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    held: Mutex<Held>,
    left: Notify,
}

#[derive(Debug, Default)]
struct Held {
    entries: HashMap<u64, Arc<Entry>>,
    last_id: u64,
    reaper_runs: bool,
    draining: bool,
}

/// A connection's place in the registry; dropping it leaves.
#[derive(Debug)]
pub(crate) struct Registered {
    entry: Arc<Entry>,
    id: u64,
    connections: Connections,
}

impl Registered {
    pub(crate) fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    /// Runs `work`; `None` when the connection was told to drain or close meanwhile.
    pub(crate) async fn unless_told_to_close<F: Future>(&self, work: F) -> Option<F::Output> {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if self.entry.poll_signal(cx) != Signal::GoOn {
                return Poll::Ready(None);
            }
            work.as_mut().poll(cx).map(Some)
        })
        .await
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let is_empty = {
            let mut held = self.connections.0.held.lock();
            held.entries.remove(&self.id);
            held.entries.is_empty()
        };
        if is_empty {
            self.connections.0.left.notify_waiters();
        }
    }
}

impl Connections {
    pub(crate) fn len(&self) -> usize {
        self.0.held.lock().entries.len()
    }

    /// Takes a place. Needs a runtime's context: the first one starts the reaper.
    pub(crate) fn enter(&self, limits: &Limits) -> Registered {
        let entry = Arc::new(Entry::default());
        let mut held = self.0.held.lock();
        held.last_id += 1;
        let id = held.last_id;
        if held.draining {
            entry.tell(Signal::Close);
        }
        held.entries.insert(id, entry.clone());
        if !held.reaper_runs {
            held.reaper_runs = true;
            tokio::spawn(reap(Arc::downgrade(&self.0), Patience::of(limits)));
        }
        Registered {
            entry,
            id,
            connections: self.clone(),
        }
    }

    /// Tells every connection to finish what it does.
    pub(crate) fn drain(&self) {
        self.tell_all(Signal::Drain);
    }

    /// Waits until all have left; those that are still there after `patience` are closed.
    pub(crate) async fn drained(&self, patience: Duration) {
        if tokio::time::timeout(patience, self.empty()).await.is_err() {
            self.tell_all(Signal::Close);
            self.empty().await;
        }
    }

    fn tell_all(&self, signal: Signal) {
        let entries: Vec<_> = {
            let mut held = self.0.held.lock();
            held.draining = true;
            held.entries.values().cloned().collect()
        };
        for entry in entries {
            entry.tell(signal);
        }
    }

    async fn empty(&self) {
        loop {
            let mut left = pin!(self.0.left.notified());
            left.as_mut().enable();
            if self.len() == 0 {
                return;
            }
            left.await;
        }
    }
}

/// How long a connection may be silent, by what it is doing.
#[derive(Clone, Copy, Debug)]
struct Patience {
    idle: Duration,
    head: Duration,
    write: Duration,
}

impl Patience {
    fn of(limits: &Limits) -> Self {
        Self {
            idle: limits.idle_timeout,
            head: limits.header_timeout,
            write: limits.body_timeout,
        }
    }

    /// Short enough to keep each limit to about a quarter, long enough to cost nothing.
    fn tick(self) -> Duration {
        let shortest = self.idle.min(self.head).min(self.write);
        (shortest / 4).clamp(Duration::from_millis(10), Duration::from_secs(1))
    }
}

/// What the reaper saw last of a connection, and since when it has been so.
struct Seen {
    state: (u64, Phase),
    since: Stopwatch,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Head,
    Serving,
    WriteBlocked,
}

async fn reap(connections: Weak<Inner>, patience: Patience) {
    let mut seen: HashMap<u64, Seen> = HashMap::new();
    loop {
        tokio::time::sleep(patience.tick()).await;
        let Some(inner) = connections.upgrade() else {
            return;
        };
        let entries: Vec<(u64, Arc<Entry>)> = {
            let mut held = inner.held.lock();
            if held.entries.is_empty() {
                held.reaper_runs = false;
                return;
            }
            held.entries
                .iter()
                .map(|(id, e)| (*id, e.clone()))
                .collect()
        };
        let mut now_seen = HashMap::with_capacity(entries.len());
        for (id, entry) in entries {
            let state = (entry.requests.load(Ordering::Relaxed), entry.phase());
            let since = match seen.remove(&id) {
                Some(before) if before.state == state => before.since,
                _ => Stopwatch::start(),
            };
            let (limit, signal) = match state.1 {
                Phase::Idle => (patience.idle, Signal::Close),
                Phase::Head => (patience.head, Signal::HeadTimedOut),
                Phase::WriteBlocked => (patience.write, Signal::Close),
                Phase::Serving => (Duration::MAX, Signal::GoOn),
            };
            if since.elapsed() >= limit {
                entry.tell(signal);
            }
            now_seen.insert(id, Seen { state, since });
        }
        seen = now_seen;
    }
}

impl Entry {
    fn phase(&self) -> Phase {
        if self.write_is_blocked.load(Ordering::Relaxed) {
            Phase::WriteBlocked
        } else if self.in_flight() > 0 {
            Phase::Serving
        } else if self.has_part.load(Ordering::Relaxed) {
            Phase::Head
        } else {
            Phase::Idle
        }
    }
}
