//! Every bound of a stack in one value, and the gauge of the bytes that its services store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The bounds of a stack. Strict and relaxed are two values of this type; nothing else is consulted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A request's body, except an object's (`storage_part_bytes`).
    pub body_bytes: u64,
    /// One uploaded object or part of one.
    pub storage_part_bytes: u64,
    /// A request's line and headers together.
    pub header_bytes: usize,
    /// Entries the journal holds; 0 records nothing.
    pub journal_entries: usize,
    pub journal_bytes: usize,
    /// What all services of the stack store together.
    pub memory_bytes: u64,
    /// Nesting of a JSON document.
    pub json_depth: usize,
    /// Connections of the stack held at once.
    pub connections: usize,
    /// For the first byte, and between two requests of a connection.
    pub idle_timeout: Duration,
    /// For a request's line and headers, from their first byte.
    pub header_timeout: Duration,
    /// Between two pieces of a request's body.
    pub body_timeout: Duration,
    /// For requests under way when the stack is told to stop.
    pub drain_timeout: Duration,
    /// One SQL statement's real time.
    pub statement_timeout: Duration,
    /// Rows of one SQL result.
    pub result_rows: usize,
    /// Bytes of one SQL result.
    pub result_bytes: usize,
    /// Size of one SQL database.
    pub database_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            body_bytes: 64 * MIB,
            storage_part_bytes: 5 * 1024 * MIB,
            header_bytes: 64 * 1024,
            journal_entries: 10_000,
            journal_bytes: 32 << 20,
            memory_bytes: 2048 * MIB,
            json_depth: 128,
            connections: 20_000,
            idle_timeout: Duration::from_mins(2),
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            result_rows: 1_000_000,
            result_bytes: 256 << 20,
            database_bytes: 1024 * MIB,
        }
    }
}

/// Storing more would pass the stack's memory cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the stack's memory cap of {cap_bytes} bytes would be passed by {excess_bytes} bytes: delete or \
     reset something, or raise the limit `memory`"
)]
pub struct OutOfMemory {
    pub cap_bytes: u64,
    pub excess_bytes: u64,
}

/// Counts the bytes that the services of a stack store, against the cap.
///
/// Each service holds one [`MemoryShare`] and sets it to what its state holds; shared pages of a
/// fork count in each stack, because each could come to own them.
#[derive(Clone, Debug)]
pub struct MemoryGauge(Arc<Gauge>);

#[derive(Debug)]
struct Gauge {
    cap: u64,
    used: AtomicU64,
}

/// One service's part of the gauge; gives its bytes back when dropped.
#[derive(Debug)]
pub struct MemoryShare {
    gauge: MemoryGauge,
    bytes: AtomicU64,
}

impl MemoryGauge {
    pub fn new(cap_bytes: u64) -> Self {
        Self(Arc::new(Gauge {
            cap: cap_bytes,
            used: AtomicU64::new(0),
        }))
    }

    pub fn share(&self) -> MemoryShare {
        MemoryShare {
            gauge: self.clone(),
            bytes: AtomicU64::new(0),
        }
    }

    pub fn used_bytes(&self) -> u64 {
        self.0.used.load(Ordering::Relaxed)
    }

    pub fn cap_bytes(&self) -> u64 {
        self.0.cap
    }
}

impl MemoryShare {
    /// Takes `bytes` more, or refuses and takes nothing.
    pub fn take(&self, bytes: u64) -> Result<(), OutOfMemory> {
        let gauge = &self.gauge.0;
        gauge
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|sum| *sum <= gauge.cap)
            })
            .map_err(|used| OutOfMemory {
                cap_bytes: gauge.cap,
                excess_bytes: used.saturating_add(bytes).saturating_sub(gauge.cap),
            })?;
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Gives `bytes` back.
    pub fn give(&self, bytes: u64) {
        let given = self
            .bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
                Some(held.saturating_sub(bytes))
            })
            .unwrap_or(0)
            .min(bytes);
        self.gauge.0.used.fetch_sub(given, Ordering::Relaxed);
    }

    /// Sets the share to what the state holds now, whatever the cap: after a restore or a reset.
    pub fn set(&self, bytes: u64) {
        let held = self.bytes.swap(bytes, Ordering::Relaxed);
        let used = &self.gauge.0.used;
        used.fetch_add(bytes, Ordering::Relaxed);
        used.fetch_sub(held, Ordering::Relaxed);
    }

    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_past_the_cap_takes_nothing() {
        let gauge = MemoryGauge::new(100);
        let (a, b) = (gauge.share(), gauge.share());
        a.take(60).unwrap();
        assert_eq!(
            b.take(50),
            Err(OutOfMemory {
                cap_bytes: 100,
                excess_bytes: 10
            })
        );
        assert_eq!(gauge.used_bytes(), 60);
        b.take(40).unwrap();
        a.give(10);
        assert_eq!(gauge.used_bytes(), 90);
    }

    #[test]
    fn dropped_share_gives_its_bytes_back() {
        let gauge = MemoryGauge::new(100);
        let share = gauge.share();
        share.set(70);
        share.give(1000);
        assert_eq!(gauge.used_bytes(), 0);
        share.set(70);
        drop(share);
        assert_eq!(gauge.used_bytes(), 0);
    }
}
