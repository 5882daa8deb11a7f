//! The parts of a body that a reader asks for: RFC 9110 section 14.1.2, without its syntax.

use std::ops::Range;

/// One part, as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// `first-last`, both included.
    FromTo(u64, u64),
    /// `first-`: to the end.
    From(u64),
    /// `-length`: the last bytes.
    Suffix(u64),
}

impl ByteRange {
    /// The part of a body of `length` bytes; `None` when it cannot be satisfied. Only a suffix of an empty
    /// body gives an empty range.
    pub fn resolve(self, length: u64) -> Option<Range<u64>> {
        match self {
            Self::FromTo(first, last) if first < length && first <= last => {
                Some(first..last.saturating_add(1).min(length))
            }
            Self::From(first) if first < length => Some(first..length),
            Self::Suffix(count) if count > 0 => Some(length.saturating_sub(count)..length),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_are_those_of_slicing(length in 0..20u64, a in 0..25u64, b in 0..25u64) {
            let body: Vec<u64> = (0..length).collect();
            let part = |range: ByteRange| {
                range.resolve(length).map(|r| body[r.start as usize..r.end as usize].to_vec())
            };
            let expected: Vec<u64> = body.iter().copied().filter(|n| (a..=b).contains(n)).collect();
            prop_assert_eq!(part(ByteRange::FromTo(a, b)).unwrap_or_default(), expected);
            prop_assert_eq!(part(ByteRange::FromTo(a, b)).is_some(), a <= b && a < length);
            let expected: Vec<u64> = body.iter().copied().filter(|n| *n >= a).collect();
            prop_assert_eq!(part(ByteRange::From(a)), (a < length).then_some(expected));
            let expected: Vec<u64> = body.iter().copied().filter(|n| n + a >= length).collect();
            prop_assert_eq!(part(ByteRange::Suffix(a)), (a > 0).then_some(expected));
        }
    }

    #[test]
    fn ends_past_every_number_are_the_bodys_end() {
        assert_eq!(ByteRange::FromTo(3, u64::MAX).resolve(5), Some(3..5));
        assert_eq!(ByteRange::Suffix(u64::MAX).resolve(5), Some(0..5));
        assert_eq!(ByteRange::From(u64::MAX).resolve(5), None);
    }
}
