//! Dates that know how they print.

use std::fmt;
use std::sync::Arc;

use efsm_javatext::DatePattern;
use jiff::{Timestamp, Zoned, tz::TimeZone};

/// An instant with the format and the zone in which it prints.
#[derive(Debug, Clone)]
pub struct Date {
    /// In the zone that patterns use: the given one, or the system's.
    at: Zoned,
    zone_given: bool,
    format: Option<Format>,
}

#[derive(Debug, Clone)]
enum Format {
    /// Milliseconds since 1970.
    Epoch,
    /// Seconds since 1970.
    Unix,
    Pattern(Arc<DatePattern>),
}

impl Date {
    /// A date that prints as ISO 8601 in UTC to the second, `at`'s zone being the system's.
    pub fn new(at: Zoned) -> Self {
        Self {
            at,
            zone_given: false,
            format: None,
        }
    }

    /// The same instant shown in `zone`.
    #[must_use]
    pub fn in_zone(mut self, zone: TimeZone) -> Self {
        self.at = self.at.with_time_zone(zone);
        self.zone_given = true;
        self
    }

    /// The same instant shown in `format`: `epoch`, `unix`, or a pattern of `SimpleDateFormat`.
    pub fn with_format(mut self, format: &str) -> Result<Self, efsm_javatext::DateError> {
        self.format = Some(match format {
            "epoch" => Format::Epoch,
            "unix" => Format::Unix,
            pattern => Format::Pattern(Arc::new(DatePattern::parse(pattern)?)),
        });
        Ok(self)
    }

    pub fn timestamp(&self) -> Timestamp {
        self.at.timestamp()
    }

    /// In the zone in which patterns show it.
    pub fn zoned(&self) -> &Zoned {
        &self.at
    }

    /// The zone when the template named one.
    pub fn given_zone(&self) -> Option<TimeZone> {
        self.zone_given.then(|| self.at.time_zone().clone())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.format {
            Some(Format::Epoch) => return write!(f, "{}", self.timestamp().as_millisecond()),
            // Java divides, which rounds towards zero.
            Some(Format::Unix) => return write!(f, "{}", self.timestamp().as_millisecond() / 1000),
            Some(Format::Pattern(pattern)) => return f.write_str(&pattern.format(&self.at)),
            None => {}
        }
        let utc;
        let shown = if self.zone_given {
            &self.at
        } else {
            utc = self.at.with_time_zone(TimeZone::UTC);
            &utc
        };
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            shown.year(),
            shown.month(),
            shown.day(),
            shown.hour(),
            shown.minute(),
            shown.second()
        )?;
        let minutes = shown.offset().seconds() / 60;
        if minutes == 0 {
            return f.write_str("Z");
        }
        let sign = if minutes < 0 { '-' } else { '+' };
        let minutes = minutes.abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}
