//! From when to when a certificate holds.
//!
//! Clients check against a clock of their own: most against the system's, those that a test has moved
//! together with the stack against the stack's. A certificate holds at both.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The slack before the earlier of the two clocks.
const BEFORE: SignedDuration = SignedDuration::from_hours(24 * 7);
/// The slack after the later one. Together with `BEFORE` less than the 398 and 825 days which browsers
/// and Apple's systems grant a certificate; more only where the clocks themselves are further apart.
const AFTER: SignedDuration = SignedDuration::from_hours(24 * 365);
/// What must be left of a certificate that is handed out again.
const LEFT: SignedDuration = SignedDuration::from_hours(48);

/// A span of time, to the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

impl Validity {
    /// Around both clocks, with slack.
    pub fn around(system: Timestamp, stack: Timestamp) -> Self {
        let earlier = system.min(stack).saturating_sub(BEFORE);
        let later = system.max(stack).saturating_add(AFTER);
        Self {
            // A duration that is not a calendar's always can be added to a timestamp.
            not_before: earlier.unwrap_or(Timestamp::MIN),
            not_after: later.unwrap_or(Timestamp::MAX),
        }
    }

    /// Whether both clocks stand well inside.
    pub fn covers(self, system: Timestamp, stack: Timestamp) -> bool {
        [system, stack].into_iter().all(|now| {
            now >= self.not_before
                && now
                    .saturating_add(LEFT)
                    .is_ok_and(|soon| soon <= self.not_after)
        })
    }

    /// States the days in a certificate: midnight before both ends.
    pub(crate) fn write(self, params: &mut rcgen::CertificateParams) {
        let day = |at: Timestamp| {
            // Verifiers that count in Unix time (rustls, Go) cannot read an earlier date.
            let date = at.max(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date();
            let [month, day] = [date.month(), date.day()].map(i8::unsigned_abs);
            rcgen::date_time_ymd(date.year().into(), month, day)
        };
        params.not_before = day(self.not_before);
        params.not_after = day(self.not_after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn both_clocks_are_inside_with_slack() {
        let (system, stack) = (at("2026-03-01T12:00:00Z"), at("2027-01-01T00:00:00Z"));
        for validity in [
            Validity::around(system, stack),
            Validity::around(stack, system),
        ] {
            assert!(validity.covers(system, stack));
            assert_eq!(validity.not_before, at("2026-02-22T12:00:00Z"));
            assert_eq!(validity.not_after, at("2028-01-01T00:00:00Z"));
        }
    }

    #[test]
    fn unmoved_clock_gives_what_strict_clients_accept() {
        let now = at("2026-03-01T12:00:00Z");
        let validity = Validity::around(now, now);
        let span = validity.not_after.duration_since(validity.not_before);
        assert!(span < SignedDuration::from_hours(24 * 398));
    }

    #[test]
    fn clock_that_left_is_not_covered() {
        let now = at("2026-03-01T12:00:00Z");
        let validity = Validity::around(now, now);
        assert!(!validity.covers(now, at("2026-01-01T00:00:00Z")));
        assert!(!validity.covers(now, at("2027-02-28T12:00:00Z")));
        assert!(!validity.covers(at("2030-01-01T00:00:00Z"), now));
    }

    #[test]
    fn clocks_at_the_ends_of_time_are_stated() {
        for stack in [Timestamp::MIN, Timestamp::MAX] {
            let mut params = rcgen::CertificateParams::default();
            Validity::around(at("2026-03-01T12:00:00Z"), stack).write(&mut params);
            assert!(params.not_before.year() >= 1970 && params.not_after.year() <= 9999);
            assert!(params.not_before < params.not_after);
        }
    }
}
