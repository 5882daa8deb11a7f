//! The stack's randomness.
//!
//! One seeded generator a stack, kept in its snapshots: a run with a seed repeats its ids and random
//! values exactly. Without a seed it starts from the operating system's entropy.

use std::sync::Arc;

use parking_lot::Mutex;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use uuid::Uuid;

/// A handle to one stack's generator; clones share it.
#[derive(Clone)]
pub struct Entropy(Arc<Mutex<ChaCha12Rng>>);

/// Where a generator stands, as a value that a snapshot can hold.
#[derive(Clone)]
pub struct EntropyState(ChaCha12Rng);

impl Default for Entropy {
    fn default() -> Self {
        Self::from_system()
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}

impl std::fmt::Debug for EntropyState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EntropyState")
    }
}

impl Entropy {
    /// A generator whose every value follows from `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self::from_state(EntropyState(ChaCha12Rng::seed_from_u64(seed)))
    }

    /// A generator that starts from the operating system's entropy.
    pub fn from_system() -> Self {
        Self::from_state(EntropyState(ChaCha12Rng::from_seed(system_bytes())))
    }

    pub fn from_state(state: EntropyState) -> Self {
        Self(Arc::new(Mutex::new(state.0)))
    }

    pub fn state(&self) -> EntropyState {
        EntropyState(self.0.lock().clone())
    }

    pub fn restore(&self, state: EntropyState) {
        *self.0.lock() = state.0;
    }

    pub fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().fill_bytes(bytes);
    }

    pub fn next_u64(&self) -> u64 {
        self.0.lock().next_u64()
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&self, bound: u64) -> u64 {
        // Multiply-shift instead of a remainder: no bias that a test of thousands of draws would see.
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A random (version 4) UUID.
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// `length` characters of `A-Z a-z 0-9`.
    pub fn alphanumeric(&self, length: usize) -> String {
        const ALPHABET: &[u8; 62] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length)
            .map(|_| ALPHABET[self.below(62) as usize] as char)
            .collect()
    }
}

/// 32 bytes of the operating system's entropy: for seeds, and for secrets that a seed must not decide.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that asks the system for entropy"
)]
pub fn system_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    // Fails only where the platform has no entropy source at all; a mock server could not go on then.
    getrandom::fill(&mut bytes).expect("the operating system provides entropy");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence() {
        let (a, b) = (Entropy::seeded(7), Entropy::seeded(7));
        assert_eq!(a.uuid(), b.uuid());
        assert_eq!(a.alphanumeric(40), b.alphanumeric(40));
        assert_ne!(Entropy::seeded(8).uuid(), Entropy::seeded(7).uuid());
    }

    #[test]
    fn restored_generator_repeats_what_followed() {
        let entropy = Entropy::from_system();
        let state = entropy.state();
        let first: Vec<u64> = (0..10).map(|_| entropy.below(1000)).collect();
        entropy.restore(state);
        let second: Vec<u64> = (0..10).map(|_| entropy.below(1000)).collect();
        assert_eq!(first, second);
        assert!(first.iter().all(|n| *n < 1000));
    }

    #[test]
    fn unseeded_generators_differ() {
        assert_ne!(Entropy::from_system().uuid(), Entropy::from_system().uuid());
    }
}
