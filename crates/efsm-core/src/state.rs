//! The gate and the cell: how several services give one consistent cut.
//!
//! Every change to an engine's state passes the stack's [`Gate`] as a reader; a snapshot, restore or
//! reset takes it as the writer and gets a [`Cut`], without which no state can be taken or replaced.
//! So nothing can be half-way while a cut is taken, and no service has to remember to ask.

use parking_lot::{RwLock, RwLockWriteGuard};
use std::sync::Arc;

/// The stack-wide gate; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<RwLock<()>>);

/// Proof that no change is under way anywhere in the stack. Hold it for one operation, never
/// across a wait.
#[derive(Debug)]
pub struct Cut<'a>(#[expect(dead_code, reason = "held, not read")] RwLockWriteGuard<'a, ()>);

impl Gate {
    /// Waits for the changes under way to end and holds off new ones while the cut lives.
    pub fn cut(&self) -> Cut<'_> {
        Cut(self.0.write())
    }

    /// Runs one change that a cut must not split. For state outside a [`StateCell`], and for one
    /// operation that changes two services. Not re-entrant: do not pass the gate twice in one call.
    pub fn pass<R>(&self, change: impl FnOnce() -> R) -> R {
        let _reader = self.0.read();
        change()
    }
}

/// An engine's state behind its lock and the stack's gate.
#[derive(Debug)]
pub struct StateCell<S> {
    gate: Gate,
    state: RwLock<S>,
}

impl<S: Clone> StateCell<S> {
    pub fn new(gate: Gate, state: S) -> Self {
        Self {
            gate,
            state: RwLock::new(state),
        }
    }

    /// Looks at the state. Several readers may look at once; return values, not guards.
    pub fn read<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.state.read())
    }

    /// Changes the state: one operation of the engine, applied whole before a cut or after it.
    /// Append to the journal inside `change`, so that its order is the order of application.
    pub fn update<R>(&self, change: impl FnOnce(&mut S) -> R) -> R {
        self.gate.pass(|| change(&mut self.state.write()))
    }

    /// The state as it is at the cut.
    pub fn snapshot(&self, _cut: &Cut<'_>) -> S {
        self.state.read().clone()
    }

    /// Puts another state in its place.
    pub fn replace(&self, _cut: &Cut<'_>, state: S) {
        // The old state is dropped after the lock: freeing much memory must not hold up readers.
        let old = std::mem::replace(&mut *self.state.write(), state);
        drop(old);
    }

    /// Changes the state under a cut, for a reset that keeps part of it.
    pub fn update_at<R>(&self, _cut: &Cut<'_>, change: impl FnOnce(&mut S) -> R) -> R {
        change(&mut self.state.write())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn cut_across_two_cells_never_splits_a_change_of_both() {
        let gate = Gate::default();
        // One operation which writes two services' state passes the gate once, around both.
        let left = Arc::new(RwLock::new(0u64));
        let right = Arc::new(RwLock::new(0u64));
        let stop = Arc::new(AtomicBool::new(false));
        let writer = std::thread::spawn({
            let (gate, left, right, stop) =
                (gate.clone(), left.clone(), right.clone(), stop.clone());
            move || {
                while !stop.load(Ordering::Relaxed) {
                    gate.pass(|| {
                        *left.write() += 1;
                        *right.write() += 1;
                    });
                }
            }
        });
        for _ in 0..1000 {
            let cut = gate.cut();
            assert_eq!(*left.read(), *right.read());
            drop(cut);
        }
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap();
    }

    #[test]
    fn snapshot_is_a_value_and_restoring_it_is_the_identity() {
        let gate = Gate::default();
        let cell = StateCell::new(gate.clone(), vec![1]);
        let before = cell.snapshot(&gate.cut());
        cell.update(|s| s.push(2));
        assert_eq!(cell.read(Clone::clone), [1, 2]);
        cell.replace(&gate.cut(), before.clone());
        assert_eq!(cell.snapshot(&gate.cut()), before);
    }
}
