//! Dates in the patterns of `SimpleDateFormat` and `DateTimeFormatter`.

use jiff::{Zoned, civil};

/// Why a date, a pattern, an offset or a truncation was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// The pattern has a letter or a structure that Java refuses.
    #[error("the date pattern `{pattern}` is malformed at position {position}: {reason}")]
    Pattern {
        pattern: String,
        position: usize,
        reason: String,
    },
    /// The text does not follow the pattern.
    #[error("`{text}` does not follow the date pattern `{pattern}`: {reason}")]
    Text {
        text: String,
        pattern: String,
        reason: String,
    },
    /// The text is in none of the formats that are tried without a pattern.
    #[error(
        "`{text}` is not a date; use ISO 8601 such as `2024-05-31T12:30:00Z`, or name its format"
    )]
    Unrecognised { text: String },
    /// An offset is not `<amount> <unit>`.
    #[error(
        "`{text}` is not a date offset: {reason}; write one such as `3 days` or `now -1 months`"
    )]
    Offset { text: String, reason: String },
    /// A truncation is unknown.
    #[error("`{text}` is not a truncation; use one of {known}")]
    Truncation { text: String, known: String },
    /// The result lies outside the years that can be shown.
    #[error("the date is out of range after {operation}")]
    Range { operation: String },
}

/// A date as far as its text told: with a zone, without one, or the day alone.
#[derive(Debug, Clone, PartialEq)]
pub enum ParsedDate {
    /// An instant in a zone.
    Zoned(Zoned),
    /// Date and time of day without a zone.
    Local(civil::DateTime),
    /// A day without a time.
    Date(civil::Date),
}

impl ParsedDate {
    /// As an instant: what has no zone is taken in `zone`, a day alone starts at midnight.
    pub fn to_zoned(&self, zone: &jiff::tz::TimeZone) -> Result<Zoned, DateError> {
        let local = match self {
            Self::Zoned(zoned) => return Ok(zoned.clone()),
            Self::Local(local) => *local,
            Self::Date(date) => date.to_datetime(civil::Time::midnight()),
        };
        local.to_zoned(zone.clone()).map_err(|_| DateError::Range {
            operation: "taking it in a time zone".to_owned(),
        })
    }
}

/// A compiled date pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatePattern {
    pattern: String,
}

impl DatePattern {
    /// Reads a pattern.
    pub fn parse(pattern: &str) -> Result<Self, DateError> {
        if !matches!(pattern, "epoch" | "unix") {
            return Err(DateError::Pattern {
                pattern: pattern.to_owned(),
                position: 0,
                reason: "only `epoch` and `unix` are read so far".to_owned(),
            });
        }
        Ok(Self {
            pattern: pattern.to_owned(),
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// The date in this pattern, names in English.
    pub fn format(&self, date: &Zoned) -> String {
        let timestamp = date.timestamp();
        if self.pattern == "epoch" {
            timestamp.as_millisecond().to_string()
        } else {
            timestamp.as_second().to_string()
        }
    }

    /// Reads a date that was written in this pattern.
    pub fn parse_date(&self, text: &str) -> Result<ParsedDate, DateError> {
        let refuse = |reason: String| DateError::Text {
            text: text.to_owned(),
            pattern: self.pattern.clone(),
            reason,
        };
        let number: i64 = text
            .parse()
            .map_err(|_| refuse("it is not a number".to_owned()))?;
        let timestamp = if self.pattern == "epoch" {
            jiff::Timestamp::from_millisecond(number)
        } else {
            jiff::Timestamp::from_second(number)
        };
        timestamp
            .map(|t| ParsedDate::Zoned(t.to_zoned(jiff::tz::TimeZone::UTC)))
            .map_err(|error| refuse(error.to_string()))
    }
}

/// Reads a date whose format is not named.
pub fn parse_lenient(text: &str) -> Result<ParsedDate, DateError> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Ok(ParsedDate::Zoned(
            timestamp.to_zoned(jiff::tz::TimeZone::UTC),
        ));
    }
    if let Ok(local) = text.parse() {
        return Ok(ParsedDate::Local(local));
    }
    text.parse()
        .map(ParsedDate::Date)
        .map_err(|_| DateError::Unrecognised {
            text: text.to_owned(),
        })
}

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
    /// Reads `seconds` to `years`, singular too, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        Some(match lower.strip_suffix('s').unwrap_or(&lower) {
            "second" => Self::Seconds,
            "minute" => Self::Minutes,
            "hour" => Self::Hours,
            "day" => Self::Days,
            "week" => Self::Weeks,
            "month" => Self::Months,
            "year" => Self::Years,
            _ => return None,
        })
    }
}

/// An amount of time to move a date by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateOffset {
    pub amount: i64,
    pub unit: DateUnit,
}

impl DateOffset {
    /// Reads `3 days`, `-1 months`, `now +3 days`, `now`.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let refuse = |reason: &str| DateError::Offset {
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        let rest = text.trim();
        let rest = rest.strip_prefix("now").map_or(rest, str::trim_start);
        if rest.is_empty() {
            return Ok(Self {
                amount: 0,
                unit: DateUnit::Days,
            });
        }
        let mut words = rest.split_whitespace();
        let amount = words
            .next()
            .and_then(|word| word.parse().ok())
            .ok_or_else(|| refuse("the amount is not a number"))?;
        let unit = words.next().and_then(DateUnit::parse).ok_or_else(|| {
            refuse("the unit is none of seconds, minutes, hours, days, weeks, months, years")
        })?;
        if words.next().is_some() {
            return Err(refuse("something follows the unit"));
        }
        Ok(Self { amount, unit })
    }

    /// The date moved by this amount.
    pub fn apply(self, date: &Zoned) -> Result<Zoned, DateError> {
        let span = jiff::Span::new();
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
                operation: format!("adding {} {:?}", self.amount, self.unit),
            })
    }
}

/// A date moved to the start or the end of a unit that it lies in.
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

    /// Reads a name such as `first day of month`.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let wanted = text.trim().to_ascii_lowercase().replace('_', " ");
        Self::NAMES
            .iter()
            .find(|(name, _)| *name == wanted)
            .map(|(_, truncation)| *truncation)
            .ok_or_else(|| DateError::Truncation {
                text: text.to_owned(),
                known: Self::NAMES.map(|(name, _)| format!("`{name}`")).join(", "),
            })
    }

    /// The date truncated: the smaller units are zero.
    pub fn apply(self, date: &Zoned) -> Result<Zoned, DateError> {
        let day = date.date();
        let next_year = day.year().saturating_add(1);
        let midnight = match self {
            Self::FirstSecondOfMinute => {
                return Self::at(date, day.at(date.hour(), date.minute(), 0, 0));
            }
            Self::FirstMinuteOfHour => return Self::at(date, day.at(date.hour(), 0, 0, 0)),
            Self::FirstHourOfDay => Ok(day),
            Self::FirstDayOfMonth => Ok(day.first_of_month()),
            Self::FirstDayOfNextMonth => day.last_of_month().tomorrow(),
            Self::LastDayOfMonth => Ok(day.last_of_month()),
            Self::FirstDayOfYear => Ok(day.first_of_year()),
            Self::FirstDayOfNextYear => civil::Date::new(next_year, 1, 1),
            Self::LastDayOfYear => Ok(day.last_of_year()),
        };
        let midnight = midnight.map_err(|_| DateError::Range {
            operation: format!("{self:?}"),
        })?;
        Self::at(date, midnight.at(0, 0, 0, 0))
    }

    fn at(date: &Zoned, local: civil::DateTime) -> Result<Zoned, DateError> {
        local
            .to_zoned(date.time_zone().clone())
            .map_err(|_| DateError::Range {
                operation: "truncating it".to_owned(),
            })
    }
}
