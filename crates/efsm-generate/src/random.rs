//! Where choices come from: a seed for each place in a document.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of choices that begins with a seed.
///
/// Streams are split by name rather than shared: what one property draws never moves what its neighbours
/// get, so that an edit elsewhere in a schema leaves their data alone.
#[derive(Debug, Clone)]
pub struct Random {
    seed: u64,
    stream: Option<ChaCha8Rng>,
}

impl Random {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, stream: None }
    }

    /// The stream of a seed that was given as text, as `--seed` and `Prefer: seed=` do. Digits mean their number.
    pub fn from_text(seed: &str) -> Self {
        Self::new(seed.parse().unwrap_or_else(|_| mix(0, seed.as_bytes())))
    }

    /// The seed that the stream began with.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The stream of a named part. It depends on the seed and the name, not on what was drawn so far.
    pub fn child(&self, name: &str) -> Self {
        Self::new(mix(self.seed, name.as_bytes()))
    }

    /// The stream of a numbered part.
    pub fn nth(&self, index: u64) -> Self {
        Self::new(mix(self.seed ^ 0x5bd1_e995, &index.to_le_bytes()))
    }

    fn next(&mut self) -> u64 {
        let seed = self.seed;
        self.stream
            .get_or_insert_with(|| ChaCha8Rng::seed_from_u64(seed))
            .next_u64()
    }

    /// A number below `end`; 0 when there is none.
    pub fn below(&mut self, end: u64) -> u64 {
        // The high half of the product: no modulo, and a bias that no test data could show.
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included; `low` when they are the wrong way round.
    pub fn between(&mut self, low: i128, high: i128) -> i128 {
        if high <= low {
            return low;
        }
        let span = u64::try_from(high - low).unwrap_or(u64::MAX);
        let step = match span.checked_add(1) {
            Some(end) => self.below(end),
            None => self.next(),
        };
        low + i128::from(step)
    }

    /// A number from 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True in `percent` of a hundred draws.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the items. The list must not be empty.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len() as u64) as usize]
    }

    /// The numbers below `end` in a drawn order.
    pub(crate) fn order(&mut self, end: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..end).collect();
        for last in (1..end).rev() {
            order.swap(last, self.below(last as u64 + 1) as usize);
        }
        order
    }
}

/// FNV-1a over the bytes, then a finaliser that spreads every bit (SplitMix64's).
fn mix(seed: u64, bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_does_not_depend_on_what_was_drawn() {
        let mut drawn = Random::new(7);
        let fresh = drawn.child("name");
        drawn.below(10);
        assert_eq!(drawn.child("name").seed(), fresh.seed());
        assert_ne!(drawn.child("names").seed(), fresh.seed());
        assert_ne!(drawn.nth(0).seed(), drawn.nth(1).seed());
    }

    #[test]
    fn draws_stay_in_their_range() {
        let mut random = Random::new(1);
        for _ in 0..200 {
            assert!(random.below(3) < 3);
            assert!((-2..=2).contains(&random.between(-2, 2)));
            assert!((0.0..1.0).contains(&random.unit()));
        }
        assert_eq!(random.between(5, 1), 5);
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn text_seeds_are_numbers_or_names() {
        assert_eq!(Random::from_text("42").seed(), 42);
        assert_eq!(Random::from_text("x").seed(), Random::from_text("x").seed());
        assert_ne!(Random::from_text("x").seed(), Random::from_text("y").seed());
    }
}
