//! The stack's clock.
//!
//! A clock follows the system's, shifted by an offset, until it is frozen; then it stands until it is
//! moved or resumed. Everything in a stack that depends on time asks it, so that one test can age a
//! token, a message and a presigned URL together. This module is the only one that reads the system clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;
use tokio::sync::watch;

/// A handle to one stack's clock; clones share it.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Whether the clock is the system's own: then a reading takes no lock.
    is_unmoved: AtomicBool,
    state: RwLock<ClockState>,
    moved: watch::Sender<u64>,
}

/// Where a clock stands, as a value that a snapshot can hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockState {
    /// Added to the system's time while the clock runs.
    pub offset: SignedDuration,
    /// The instant at which the clock stands; `None` while it runs.
    pub frozen: Option<Timestamp>,
}

/// What to do to a clock. The parts combine, in this order: `now`, `advance`, `freeze` or `resume`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockChange {
    pub now: Option<Timestamp>,
    pub advance: Option<SignedDuration>,
    pub freeze: bool,
    pub resume: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    #[error("the clock cannot be frozen and resumed in one change: send one of them")]
    FreezeAndResume,
    #[error("the clock would leave the years -9999 to 9999: move it by less")]
    OutOfRange,
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl Clock {
    /// A clock that follows the system's.
    pub fn system() -> Self {
        Self::from_state(ClockState::default())
    }

    /// A clock that stands at `at`.
    pub fn frozen(at: Timestamp) -> Self {
        Self::from_state(ClockState {
            offset: SignedDuration::ZERO,
            frozen: Some(at),
        })
    }

    pub fn from_state(state: ClockState) -> Self {
        Self(Arc::new(Inner {
            is_unmoved: AtomicBool::new(state == ClockState::default()),
            state: RwLock::new(state),
            moved: watch::Sender::new(0),
        }))
    }

    /// The stack's time.
    pub fn now(&self) -> Timestamp {
        if self.0.is_unmoved.load(Ordering::Acquire) {
            return system_now();
        }
        let state = *self.0.state.read();
        state.at(system_now())
    }

    pub fn state(&self) -> ClockState {
        *self.0.state.read()
    }

    pub fn is_frozen(&self) -> bool {
        self.state().frozen.is_some()
    }

    /// Puts the clock where a snapshot found it, and wakes sleepers.
    pub fn restore(&self, state: ClockState) {
        self.0.put(&mut self.0.state.write(), state);
        self.wake();
    }

    /// Applies `change` whole or, on an error, not at all; sleepers wake and look again.
    pub fn change(&self, change: ClockChange) -> Result<ClockState, ClockError> {
        let state = {
            let mut state = self.0.state.write();
            let changed = state.changed(change, system_now())?;
            self.0.put(&mut state, changed);
            changed
        };
        self.wake();
        Ok(state)
    }

    /// Moves the clock forward, or back by a negative duration.
    pub fn advance(&self, by: SignedDuration) -> Result<ClockState, ClockError> {
        self.change(ClockChange {
            advance: Some(by),
            ..ClockChange::default()
        })
    }

    pub fn freeze(&self) -> ClockState {
        self.change(ClockChange {
            freeze: true,
            ..ClockChange::default()
        })
        .unwrap_or_else(|_| self.state())
    }

    /// Waits until `duration` has passed on this clock.
    pub async fn sleep(&self, duration: Duration) {
        let duration = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        let until = self.now().checked_add(duration).unwrap_or(Timestamp::MAX);
        self.sleep_until(until).await;
    }

    /// Waits until this clock shows `until`: real time passing, the clock being moved, or both.
    pub async fn sleep_until(&self, until: Timestamp) {
        let mut moved = self.0.moved.subscribe();
        loop {
            // Marked as seen before the clock is read: a move between the two is then not missed.
            moved.borrow_and_update();
            let now = self.now();
            if now >= until {
                return;
            }
            if self.is_frozen() {
                // The sender lives in `self`, so the channel cannot close under us.
                let _ = moved.changed().await;
            } else {
                let left = until.duration_since(now).unsigned_abs();
                tokio::select! {
                    () = tokio::time::sleep(left) => {}
                    _ = moved.changed() => {}
                }
            }
        }
    }

    /// A receiver that changes whenever the clock is moved, frozen, resumed or restored.
    pub fn moves(&self) -> watch::Receiver<u64> {
        self.0.moved.subscribe()
    }

    fn wake(&self) {
        self.0.moved.send_modify(|n| *n = n.wrapping_add(1));
    }
}

impl Inner {
    /// Puts a state in place, under its lock.
    fn put(&self, held: &mut ClockState, state: ClockState) {
        *held = state;
        let is_unmoved = state == ClockState::default();
        self.is_unmoved.store(is_unmoved, Ordering::Release);
    }
}

impl ClockState {
    fn at(self, system: Timestamp) -> Timestamp {
        match self.frozen {
            Some(at) => at,
            None => system.saturating_add(self.offset).unwrap_or(system),
        }
    }

    fn changed(self, change: ClockChange, system: Timestamp) -> Result<Self, ClockError> {
        if change.freeze && change.resume {
            return Err(ClockError::FreezeAndResume);
        }
        let mut now = change.now.unwrap_or_else(|| self.at(system));
        if let Some(by) = change.advance {
            now = now.checked_add(by).map_err(|_| ClockError::OutOfRange)?;
        }
        let freeze = change.freeze || (self.frozen.is_some() && !change.resume);
        if freeze {
            return Ok(Self {
                offset: self.offset,
                frozen: Some(now),
            });
        }
        // An unmoved clock keeps its offset exactly: recomputing it would drift with every call.
        let moved = change.now.is_some() || change.advance.is_some() || self.frozen.is_some();
        Ok(Self {
            offset: if moved {
                now.duration_since(system)
            } else {
                self.offset
            },
            frozen: None,
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the system clock"
)]
fn system_now() -> Timestamp {
    Timestamp::now()
}

/// The system's time, as a protocol stamps it on what it sends (`Date` of HTTP): real, wherever a stack's clock stands.
#[expect(
    clippy::disallowed_methods,
    reason = "beside a stack's clock, and in the same place"
)]
pub fn system_time() -> SystemTime {
    SystemTime::now()
}

/// Measures real elapsed time: uptimes, durations in the journal, deadlines of a statement.
/// Never use it for meaning (expiry, visibility): that is the [`Clock`]'s.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the monotonic clock"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn frozen_clock_stands_until_it_is_moved() {
        let clock = Clock::frozen(at("2026-01-01T00:00:00Z"));
        assert_eq!(clock.now(), at("2026-01-01T00:00:00Z"));
        clock.advance(SignedDuration::from_hours(1)).unwrap();
        assert_eq!(clock.now(), at("2026-01-01T01:00:00Z"));
        assert!(clock.is_frozen());
    }

    #[test]
    fn resumed_clock_goes_on_from_where_it_stood() {
        let clock = Clock::frozen(at("2001-01-01T00:00:00Z"));
        clock
            .change(ClockChange {
                resume: true,
                ..ClockChange::default()
            })
            .unwrap();
        let now = clock.now();
        assert!(now >= at("2001-01-01T00:00:00Z") && now < at("2001-01-02T00:00:00Z"));
    }

    #[test]
    fn now_and_freeze_combine() {
        let clock = Clock::system();
        let state = clock
            .change(ClockChange {
                now: Some(at("2030-05-05T05:05:05Z")),
                advance: Some(SignedDuration::from_secs(5)),
                freeze: true,
                resume: false,
            })
            .unwrap();
        assert_eq!(state.frozen, Some(at("2030-05-05T05:05:10Z")));
    }

    #[test]
    fn refused_change_leaves_the_clock_alone() {
        let clock = Clock::frozen(at("2026-01-01T00:00:00Z"));
        let both = ClockChange {
            freeze: true,
            resume: true,
            ..ClockChange::default()
        };
        assert_eq!(clock.change(both), Err(ClockError::FreezeAndResume));
        assert_eq!(
            clock.advance(SignedDuration::MAX),
            Err(ClockError::OutOfRange)
        );
        assert_eq!(clock.now(), at("2026-01-01T00:00:00Z"));
    }

    #[tokio::test]
    async fn moving_a_frozen_clock_wakes_its_sleepers() {
        let clock = Clock::frozen(at("2026-01-01T00:00:00Z"));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep(Duration::from_hours(1)).await;
                clock.now()
            }
        });
        tokio::task::yield_now().await;
        clock.advance(SignedDuration::from_secs(1800)).unwrap();
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(SignedDuration::from_secs(1800)).unwrap();
        assert_eq!(sleeper.await.unwrap(), at("2026-01-01T01:00:00Z"));
    }

    #[tokio::test(start_paused = true)]
    async fn running_clock_sleeps_in_real_time_or_is_moved_past_it() {
        let clock = Clock::system();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_hours(24)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(SignedDuration::from_hours(25)).unwrap();
        sleeper.await.unwrap();
    }
}
