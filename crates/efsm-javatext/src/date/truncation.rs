use std::fmt;

use jiff::Zoned;
use jiff::civil::{Date, DateTime};

use super::DateError;

/// A date moved to the start or the end of a unit that it lies in: `truncateDate` of WireMock's templates,
/// `truncateExpected` and `truncateActual` of its matchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truncation {
    FirstSecondOfMinute,
    FirstMinuteOfHour,
    FirstHourOfDay,
    FirstDayOfMonth,
    FirstDayOfNextMonth,
    LastDayOfMonth,
    FirstDayOfYear,
    FirstDayOfNextYear,
    LastDayOfYear,
}

impl Truncation {
    const NAMES: [(&'static str, Self); 9] = [
        ("first second of minute", Self::FirstSecondOfMinute),
        ("first minute of hour", Self::FirstMinuteOfHour),
        ("first hour of day", Self::FirstHourOfDay),
        ("first day of month", Self::FirstDayOfMonth),
        ("first day of next month", Self::FirstDayOfNextMonth),
        ("last day of month", Self::LastDayOfMonth),
        ("first day of year", Self::FirstDayOfYear),
        ("first day of next year", Self::FirstDayOfNextYear),
        ("last day of year", Self::LastDayOfYear),
    ];

    /// Reads a name such as `first day of month` or `FIRST_DAY_OF_MONTH`, in either case.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let wanted = text.trim().to_ascii_lowercase().replace('_', " ");
        let found = Self::NAMES.iter().find(|(name, _)| *name == wanted);
        found
            .map(|(_, truncation)| *truncation)
            .ok_or_else(|| DateError::Truncation {
                text: text.to_owned(),
                known: Self::NAMES.map(|(name, _)| format!("`{name}`")).join(", "),
            })
    }

    /// The date truncated in its own zone; the smaller units are zero.
    pub fn apply(self, date: &Zoned) -> Result<Zoned, DateError> {
        let out_of_range = || DateError::Range {
            operation: format!("truncating it to the {self}"),
        };
        let local = self.local(date.datetime()).ok_or_else(out_of_range)?;
        local
            .to_zoned(date.time_zone().clone())
            .map_err(|_| out_of_range())
    }

    fn local(self, local: DateTime) -> Option<DateTime> {
        let day = local.date();
        let day = match self {
            Self::FirstSecondOfMinute => return Some(day.at(local.hour(), local.minute(), 0, 0)),
            Self::FirstMinuteOfHour => return Some(day.at(local.hour(), 0, 0, 0)),
            Self::FirstHourOfDay => day,
            Self::FirstDayOfMonth => day.first_of_month(),
            Self::FirstDayOfNextMonth => day.last_of_month().tomorrow().ok()?,
            Self::LastDayOfMonth => day.last_of_month(),
            Self::FirstDayOfYear => day.first_of_year(),
            Self::FirstDayOfNextYear => Date::new(day.year().checked_add(1)?, 1, 1).ok()?,
            Self::LastDayOfYear => day.last_of_year(),
        };
        Some(day.at(0, 0, 0, 0))
    }
}

impl fmt::Display for Truncation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES
            .iter()
            .find(|(_, truncation)| truncation == self)
            .map_or("", |(name, _)| name);
        f.write_str(name)
    }
}
