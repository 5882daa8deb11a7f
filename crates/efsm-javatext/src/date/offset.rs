use std::fmt;

use jiff::{Span, Zoned};

use super::DateError;

/// A unit of a [`DateOffset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateUnit {
    Seconds,
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}

impl DateUnit {
    const NAMES: [(&'static str, Self); 7] = [
        ("seconds", Self::Seconds),
        ("minutes", Self::Minutes),
        ("hours", Self::Hours),
        ("days", Self::Days),
        ("weeks", Self::Weeks),
        ("months", Self::Months),
        ("years", Self::Years),
    ];

    /// Reads `seconds` to `years`, the singular too, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let found = Self::NAMES
            .iter()
            .find(|(name, _)| *name == lower || name.strip_suffix('s') == Some(&lower));
        found.map(|(_, unit)| *unit)
    }
}

impl fmt::Display for DateUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES
            .iter()
            .find(|(_, unit)| unit == self)
            .map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// An amount of time to move a date by: the `offset` of WireMock's date helpers and matchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateOffset {
    pub amount: i64,
    pub unit: DateUnit,
}

impl DateOffset {
    /// Reads `3 days`, `-1 months`, `now +3 days`, `now`.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let refuse = |reason: String| DateError::Offset {
            text: text.to_owned(),
            reason,
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let rest = match words.split_first() {
            Some((now, rest)) if now.eq_ignore_ascii_case("now") => {
                if rest.is_empty() {
                    return Ok(Self {
                        amount: 0,
                        unit: DateUnit::Seconds,
                    });
                }
                rest
            }
            _ => &words,
        };
        let [amount, unit] = rest else {
            return Err(refuse("it is not one amount and one unit".to_owned()));
        };
        Ok(Self {
            amount: amount
                .parse()
                .map_err(|_| refuse(format!("`{amount}` is not a whole number")))?,
            unit: DateUnit::parse(unit).ok_or_else(|| {
                let known = DateUnit::NAMES.map(|(name, _)| name).join(", ");
                refuse(format!("`{unit}` is none of {known}"))
            })?,
        })
    }

    /// The date moved by this amount. A day that the month does not have becomes its last one.
    pub fn apply(self, date: &Zoned) -> Result<Zoned, DateError> {
        let span = Span::new();
        let span = match self.unit {
            DateUnit::Seconds => span.try_seconds(self.amount),
            DateUnit::Minutes => span.try_minutes(self.amount),
            DateUnit::Hours => span.try_hours(self.amount),
            DateUnit::Days => span.try_days(self.amount),
            DateUnit::Weeks => span.try_weeks(self.amount),
            DateUnit::Months => span.try_months(self.amount),
            DateUnit::Years => span.try_years(self.amount),
        };
        span.and_then(|span| date.checked_add(span))
            .map_err(|_| DateError::Range {
                operation: format!("adding {self}"),
            })
    }
}

impl fmt::Display for DateOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.unit)
    }
}
