//! `before`, `after` and `equalToDateTime`.

use std::cmp::Ordering;

use efsm_javatext::date::{
    DateOffset, DatePattern, DateUnit, ParsedDate, Truncation, parse_lenient,
};
use jiff::civil::{DateTime, Time, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::error::PatternError;
use crate::result::MatchContext;
use crate::subject::Subject;

/// How a date must stand to the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateRelation {
    Before,
    After,
    Equal,
}

impl DateRelation {
    pub(crate) const ALL: [Self; 3] = [Self::Before, Self::After, Self::Equal];

    /// The operator's key.
    pub fn operator(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
            Self::Equal => "equalToDateTime",
        }
    }

    fn wants(self) -> Ordering {
        match self {
            Self::Before => Ordering::Less,
            Self::After => Ordering::Greater,
            Self::Equal => Ordering::Equal,
        }
    }
}

/// A comparison of dates, of which either may lack a zone.
#[derive(Debug)]
pub struct DateTimeMatcher {
    pub(crate) relation: DateRelation,
    pub(crate) spec: String,
    pub(crate) options: DateOptions,
    expected: Expected,
    format: Option<DatePattern>,
    truncate_expected: Option<Truncation>,
    truncate_actual: Option<Truncation>,
}

/// The options as they were given.
#[derive(Debug, Clone, Default)]
pub(crate) struct DateOptions {
    pub(crate) actual_format: Option<String>,
    pub(crate) truncate_expected: Option<String>,
    pub(crate) truncate_actual: Option<String>,
    pub(crate) apply_truncation_last: bool,
    pub(crate) expected_offset: Option<i64>,
    pub(crate) expected_offset_unit: Option<String>,
}

#[derive(Debug)]
enum Expected {
    Offset(DateOffset),
    Zoned(Zoned),
    Local(DateTime),
    /// No date at all: nothing matches.
    Unreadable,
}

enum Actual {
    Zoned(Zoned),
    Local(DateTime),
}

impl DateTimeMatcher {
    pub(crate) fn new(
        relation: DateRelation,
        spec: &str,
        options: DateOptions,
    ) -> Result<Self, PatternError> {
        let refused = |error: efsm_javatext::date::DateError| PatternError::new(error.to_string());
        let truncation = |name: &Option<String>| name.as_deref().map(Truncation::parse).transpose();
        let format = options
            .actual_format
            .as_deref()
            .map(DatePattern::parse)
            .transpose()
            .map_err(refused)?;
        let truncate_expected = truncation(&options.truncate_expected).map_err(refused)?;
        let truncate_actual = truncation(&options.truncate_actual).map_err(refused)?;
        let unit = options
            .expected_offset_unit
            .as_deref()
            .map(|unit| {
                DateUnit::parse(unit).ok_or_else(|| {
                    PatternError::new(format!(
                        "expectedOffsetUnit `{unit}` must be one of seconds, minutes, hours, days, months, years"
                    ))
                })
            })
            .transpose()?;
        let expected = if is_offset(spec) {
            Expected::Offset(match (options.expected_offset, unit) {
                (Some(amount), Some(unit)) => DateOffset { amount, unit },
                _ => DateOffset::parse(&spec.to_ascii_lowercase()).map_err(refused)?,
            })
        } else {
            match parse_lenient(spec).ok() {
                Some(ParsedDate::Zoned(zoned)) => Expected::Zoned(zoned),
                Some(ParsedDate::Local(local)) => Expected::Local(local),
                Some(ParsedDate::Date(date)) => Expected::Local(date.to_datetime(Time::midnight())),
                None => Expected::Unreadable,
            }
        };
        Ok(Self {
            relation,
            spec: spec.to_owned(),
            options: DateOptions {
                truncate_expected: options.truncate_expected.as_deref().map(canonical),
                truncate_actual: options.truncate_actual.as_deref().map(canonical),
                ..options
            },
            expected,
            format,
            truncate_expected,
            truncate_actual,
        })
    }

    /// The expected date as WireMock prints it: a bare `now` shows its offset.
    pub(crate) fn expected_text(&self) -> String {
        match &self.expected {
            Expected::Offset(offset) if self.spec == "now" => {
                let unit = match (offset.amount, &self.options.expected_offset_unit) {
                    (0, None) => "seconds",
                    _ => unit_name(offset.unit),
                };
                let sign = if offset.amount >= 0 { "+" } else { "" };
                format!("now {sign}{} {unit}", offset.amount)
            }
            _ => self.spec.clone(),
        }
    }

    /// The offset that the printed text does not show.
    pub(crate) fn hidden_offset(&self) -> Option<(i64, &'static str)> {
        match &self.expected {
            Expected::Offset(offset) if self.spec != "now" => self
                .options
                .expected_offset
                .and(self.options.expected_offset_unit.as_ref())
                .map(|_| (offset.amount, unit_name(offset.unit))),
            _ => None,
        }
    }

    pub(crate) fn holds(&self, subject: &Subject<'_>, context: &MatchContext) -> bool {
        self.sides(subject, context)
            .is_some_and(|(expected, actual)| actual.cmp(&expected) == self.relation.wants())
    }

    /// d / (d + 730 days), where d is the time between both dates.
    pub(crate) fn distance(&self, subject: &Subject<'_>, context: &MatchContext) -> f64 {
        let Some((expected, actual)) = self.sides(subject, context) else {
            return 1.0;
        };
        let days = expected.duration_until(actual).as_secs_f64().abs() / 86_400.0;
        days / (days + 730.0)
    }

    /// Both dates on one time line: of instants when the expected date has a zone, else of local times.
    fn sides(
        &self,
        subject: &Subject<'_>,
        context: &MatchContext,
    ) -> Option<(Timestamp, Timestamp)> {
        let actual = self.actual(subject.as_text()?)?;
        let zone = context.now.time_zone();
        let expected = match &self.expected {
            Expected::Offset(offset) => self.shifted(*offset, &context.now)?.timestamp(),
            Expected::Zoned(zoned) => zoned.timestamp(),
            Expected::Local(local) => {
                let actual = match actual {
                    Actual::Zoned(zoned) => zoned.datetime(),
                    Actual::Local(local) => local,
                };
                return Some((
                    instant(*local, &TimeZone::UTC)?,
                    instant(actual, &TimeZone::UTC)?,
                ));
            }
            Expected::Unreadable => return None,
        };
        let actual = match actual {
            Actual::Zoned(zoned) => zoned.timestamp(),
            Actual::Local(local) => instant(local, zone)?,
        };
        Some((expected, actual))
    }

    fn actual(&self, text: &str) -> Option<Actual> {
        let parsed = match &self.format {
            Some(format) => format.parse_date(text).ok()?,
            None => parse_lenient(text).ok().or_else(|| year_beyond_all(text))?,
        };
        Some(match parsed {
            ParsedDate::Zoned(zoned) => Actual::Zoned(truncated(zoned, self.truncate_actual)?),
            ParsedDate::Local(local) => Actual::Local(local),
            ParsedDate::Date(date) => Actual::Local(date.to_datetime(Time::midnight())),
        })
    }

    fn shifted(&self, offset: DateOffset, now: &Zoned) -> Option<Zoned> {
        if self.options.apply_truncation_last {
            truncated(offset.apply(now).ok()?, self.truncate_expected)
        } else {
            offset
                .apply(&truncated(now.clone(), self.truncate_expected)?)
                .ok()
        }
    }
}

fn truncated(date: Zoned, truncation: Option<Truncation>) -> Option<Zoned> {
    match truncation {
        Some(truncation) => truncation.apply(&date).ok(),
        None => Some(date),
    }
}

fn instant(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_zoned(local)
        .compatible()
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// A year of more digits than dates have here, as Java reads it: `20210203` lies in a far future, near the end of what
/// an instant can be.
fn year_beyond_all(text: &str) -> Option<ParsedDate> {
    let (end, digits) = match text.strip_prefix('-') {
        Some(digits) => (date(-9999, 2, 1), digits),
        None => (date(9999, 12, 1), text.strip_prefix('+').unwrap_or(text)),
    };
    let is_year = (5..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_year.then_some(ParsedDate::Date(end))
}

fn canonical(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace('_', " ")
}

/// `now`, or an amount and a unit, with or without `now` in front.
fn is_offset(spec: &str) -> bool {
    let lower = spec.to_ascii_lowercase();
    if lower == "now" {
        return true;
    }
    let shift = lower.replace("now ", "");
    let Some((amount, unit)) = shift.split_once(' ') else {
        return false;
    };
    let amount = amount.strip_prefix(['+', '-']).unwrap_or(amount);
    !amount.is_empty()
        && amount.bytes().all(|byte| byte.is_ascii_digit())
        && !unit.is_empty()
        && unit.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn unit_name(unit: DateUnit) -> &'static str {
    match unit {
        DateUnit::Seconds => "seconds",
        DateUnit::Minutes => "minutes",
        DateUnit::Hours => "hours",
        DateUnit::Days => "days",
        DateUnit::Weeks => "weeks",
        DateUnit::Months => "months",
        DateUnit::Years => "years",
    }
}
