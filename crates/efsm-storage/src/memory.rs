//! The service's share of the stack's memory: what the state holds, and what uploads hold on their way in.

use std::sync::Arc;

use efsm_core::MemoryGauge;
use efsm_core::limits::{MemoryShare, OutOfMemory};
use parking_lot::Mutex;

/// Counts the service's bytes against the stack's cap; clones share the count.
#[derive(Clone, Debug)]
pub(crate) struct Memory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    share: MemoryShare,
    // The share knows their sum. Both are kept so that a restore, which replaces the first, leaves the second.
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    stored: u64,
    reserved: u64,
}

/// Bytes taken for what the state does not hold yet; given back when dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    memory: Memory,
    bytes: u64,
}

impl Memory {
    pub(crate) fn new(gauge: &MemoryGauge) -> Self {
        Self(Arc::new(Shared {
            share: gauge.share(),
            held: Mutex::default(),
        }))
    }

    /// An empty reservation.
    pub(crate) fn reservation(&self) -> Reservation {
        Reservation {
            memory: self.clone(),
            bytes: 0,
        }
    }

    /// Says that the state now holds `stored` bytes, what was reserved among them. Call it under the state's
    /// lock. A reservation covers all that its change adds, so nothing can be refused here.
    pub(crate) fn settle(&self, reservation: &mut Reservation, stored: u64) {
        let mut held = self.0.held.lock();
        let before = held.stored + held.reserved;
        held.reserved -= std::mem::take(&mut reservation.bytes);
        held.stored = stored;
        let after = held.stored + held.reserved;
        debug_assert!(after <= before, "a change added more than it had reserved");
        self.0.share.give(before.saturating_sub(after));
    }

    /// Says that the state was replaced by one of `stored` bytes.
    pub(crate) fn replace(&self, stored: u64) {
        let mut held = self.0.held.lock();
        held.stored = stored;
        self.0.share.set(held.stored + held.reserved);
    }
}

impl Reservation {
    pub(crate) fn take(&mut self, bytes: u64) -> Result<(), OutOfMemory> {
        let mut held = self.memory.0.held.lock();
        self.memory.0.share.take(bytes)?;
        held.reserved += bytes;
        self.bytes += bytes;
        Ok(())
    }

    /// Whether `bytes` could be taken now; takes nothing.
    pub(crate) fn probe(&self, bytes: u64) -> Result<(), OutOfMemory> {
        self.memory.reservation().take(bytes)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut held = self.memory.0.held.lock();
        held.reserved -= self.bytes;
        self.memory.0.share.give(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restore_during_an_upload_keeps_both_counts_right() {
        let gauge = MemoryGauge::new(1000);
        let memory = Memory::new(&gauge);
        let mut settled = memory.reservation();
        settled.take(100).unwrap();
        memory.settle(&mut settled, 80);
        assert_eq!(gauge.used_bytes(), 80);
        let mut upload = memory.reservation();
        upload.take(300).unwrap();
        memory.replace(500);
        assert_eq!(gauge.used_bytes(), 800);
        assert!(upload.take(201).is_err());
        drop(upload);
        assert_eq!(gauge.used_bytes(), 500);
        drop(settled);
        memory.replace(0);
        assert_eq!(gauge.used_bytes(), 0);
    }
}
