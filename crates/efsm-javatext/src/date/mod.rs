//! Dates in the patterns of `java.text.SimpleDateFormat` and `java.time.format.DateTimeFormatter`, and WireMock's
//! offsets and truncations.
//!
//! Names are English, weeks those of the United States, as with Java's `Locale.US`. Years are -9999 to 9999.

mod error;
mod format;
mod lenient;
mod names;
mod offset;
mod parse;
mod pattern;
mod resolve;
mod truncation;
mod zone_offset;

pub use error::DateError;
pub use lenient::parse_lenient;
pub use offset::{DateOffset, DateUnit};
pub use pattern::Dialect;
pub use truncation::Truncation;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned, civil};

use pattern::Item;

/// A date as far as its text told: with a zone, without one, or the day alone.
#[derive(Debug, Clone, PartialEq)]
pub enum ParsedDate {
    /// An instant in a zone.
    Zoned(Zoned),
    /// Date and time of day without a zone.
    Local(civil::DateTime),
    /// A day without a time; the first of a month or year when the text had no more than that.
    Date(civil::Date),
}

impl ParsedDate {
    /// As an instant: what has no zone is taken in `zone`, a day alone starts at midnight.
    pub fn to_zoned(&self, zone: &TimeZone) -> Result<Zoned, DateError> {
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
    source: String,
    meaning: Meaning,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    /// `epoch`: milliseconds since 1970.
    Epoch,
    /// `unix`: seconds since 1970.
    Unix,
    /// Items by dialect; at least one dialect reads the pattern.
    Items {
        simple: Option<Vec<Item>>,
        standard: Option<Vec<Item>>,
    },
}

impl DatePattern {
    /// Reads a pattern as WireMock uses it: dates are written by `SimpleDateFormat` and read by
    /// `DateTimeFormatter`, each standing in for the other where only one of them knows the pattern. `epoch`
    /// and `unix` are numbers of milliseconds and seconds.
    pub fn parse(pattern: &str) -> Result<Self, DateError> {
        let meaning = if pattern.eq_ignore_ascii_case("epoch") {
            Meaning::Epoch
        } else if pattern.eq_ignore_ascii_case("unix") {
            Meaning::Unix
        } else {
            let simple = pattern::items(pattern, Dialect::SimpleDateFormat).ok();
            let standard = pattern::items(pattern, Dialect::DateTimeFormatter);
            match (simple, standard) {
                (None, Err(error)) => return Err(error),
                (simple, standard) => Meaning::Items {
                    simple,
                    standard: standard.ok(),
                },
            }
        };
        Ok(Self {
            source: pattern.to_owned(),
            meaning,
        })
    }

    /// Reads a pattern as one of Java's classes does, for writing and reading.
    pub fn in_dialect(pattern: &str, dialect: Dialect) -> Result<Self, DateError> {
        let items = Some(pattern::items(pattern, dialect)?);
        let meaning = match dialect {
            Dialect::SimpleDateFormat => Meaning::Items {
                simple: items,
                standard: None,
            },
            Dialect::DateTimeFormatter => Meaning::Items {
                simple: None,
                standard: items,
            },
        };
        Ok(Self {
            source: pattern.to_owned(),
            meaning,
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The date in this pattern.
    pub fn format(&self, date: &Zoned) -> String {
        let (items, dialect) = match &self.meaning {
            Meaning::Epoch => return date.timestamp().as_millisecond().to_string(),
            Meaning::Unix => return date.timestamp().as_second().to_string(),
            Meaning::Items {
                simple: Some(items),
                ..
            } => (items, Dialect::SimpleDateFormat),
            Meaning::Items {
                standard: Some(items),
                ..
            } => (items, Dialect::DateTimeFormatter),
            Meaning::Items { .. } => return String::new(),
        };
        let mut out = String::new();
        format::format(items, dialect, date, &mut out);
        out
    }

    /// Reads a date that was written in this pattern.
    pub fn parse_date(&self, text: &str) -> Result<ParsedDate, DateError> {
        let refuse = |reason: String| DateError::Text {
            text: text.to_owned(),
            pattern: self.source.clone(),
            reason,
        };
        let instant = |timestamp: fn(i64) -> Result<Timestamp, jiff::Error>| {
            let number = text
                .parse()
                .map_err(|_| refuse("it is not a whole number".to_owned()))?;
            let timestamp = timestamp(number).map_err(|error| refuse(error.to_string()))?;
            Ok(ParsedDate::Zoned(timestamp.to_zoned(TimeZone::UTC)))
        };
        let (items, dialect) = match &self.meaning {
            Meaning::Epoch => return instant(Timestamp::from_millisecond),
            Meaning::Unix => return instant(Timestamp::from_second),
            Meaning::Items {
                standard: Some(items),
                ..
            } => (items, Dialect::DateTimeFormatter),
            Meaning::Items {
                simple: Some(items),
                ..
            } => (items, Dialect::SimpleDateFormat),
            Meaning::Items { .. } => return Err(refuse("the pattern is empty".to_owned())),
        };
        parse::parse(items, dialect, text)
            .and_then(|fields| fields.resolve(false))
            .map_err(refuse)
    }
}
