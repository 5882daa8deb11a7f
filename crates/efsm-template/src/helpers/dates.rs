//! Dates: the present, parsed ones, moved and truncated ones.

use efsm_javatext::date::parse_lenient;
use efsm_javatext::{DateOffset, DatePattern, ParsedDate, Truncation};
use jiff::Zoned;
use jiff::tz::{Offset, TimeZone};

use crate::Value;
use crate::render::{Call, Failure, Outcome, printed_error, refuse};
use crate::value::Date;

/// `{{now format='yyyy-MM-dd' offset='3 days' timezone='Europe/Berlin'}}`.
pub(super) fn now(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let date = present(call)?;
    shown(call, &date)
}

/// `{{date value format= offset=}}`: a given date keeps its own zone.
pub(super) fn date(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let date = match &call.context {
        Value::Date(date) => date.as_ref().clone(),
        _ => present(call)?,
    };
    shown(call, &date)
}

fn present(call: &Call<'_, '_>) -> Result<Date, Failure> {
    let date = Date::new(call.renderer.env.now());
    match call.hash_string("timezone")? {
        None => Ok(date),
        Some(name) => match zone(&name) {
            Some(zone) => Ok(date.in_zone(zone)),
            None => refuse(format!("Unknown time-zone ID: {name}")),
        },
    }
}

/// The date moved by `offset=` and shown in `format=`.
fn shown(call: &Call<'_, '_>, date: &Date) -> Result<Outcome, Failure> {
    let mut at = date.zoned().clone();
    if let Some(offset) = call.hash_string("offset")? {
        // Moved in UTC, as the mock server's Java does: a day is 24 hours there.
        let moved = DateOffset::parse(&offset)
            .and_then(|offset| offset.apply(&at.with_time_zone(TimeZone::UTC)));
        match moved {
            Ok(moved) => at = moved.with_time_zone(at.time_zone().clone()),
            Err(error) => return refuse(error.to_string()),
        }
    }
    let mut moved = Date::new(at);
    if let Some(zone) = date.given_zone() {
        moved = moved.in_zone(zone);
    }
    if let Some(format) = call.hash_string("format")? {
        moved = match moved.with_format(&format) {
            Ok(date) => date,
            Err(error) => return refuse(error.to_string()),
        };
    }
    Ok(moved.into())
}

/// `{{parseDate text format='dd/MM/yyyy'}}`; nothing when the text is no such date.
pub(super) fn parse_date(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let text = call.context_text()?;
    let parsed = match call.hash_string("format")? {
        None => zoned_date(&text),
        Some(format) if is_number_format(&format) => {
            return match number_date(&text, &format) {
                Some(date) => Ok(utc(call, date)),
                None => refuse(format!("`{text}` is not a whole number")),
            };
        }
        Some(format) => match DatePattern::parse(&format) {
            Ok(pattern) => pattern.parse_date(&text).ok(),
            Err(error) => return refuse(error.to_string()),
        },
    };
    Ok(match parsed {
        None => Outcome::Value(Value::Null),
        Some(ParsedDate::Zoned(zoned)) => Date::new(zoned.clone())
            .in_zone(zoned.time_zone().clone())
            .into(),
        Some(local) => match local.to_zoned(&TimeZone::UTC) {
            Ok(zoned) => utc(call, zoned),
            Err(error) => return refuse(error.to_string()),
        },
    })
}

fn utc(_: &Call<'_, '_>, zoned: Zoned) -> Outcome {
    Date::new(zoned).in_zone(TimeZone::UTC).into()
}

fn is_number_format(format: &str) -> bool {
    format.eq_ignore_ascii_case("unix") || format.eq_ignore_ascii_case("epoch")
}

fn number_date(text: &str, format: &str) -> Option<Zoned> {
    let number: i64 = text.parse().ok()?;
    let millis = if format.eq_ignore_ascii_case("unix") {
        number.checked_mul(1000)?
    } else {
        number
    };
    let timestamp = jiff::Timestamp::from_millisecond(millis).ok()?;
    Some(timestamp.to_zoned(TimeZone::UTC))
}

/// Without a format only texts that name their zone are dates: ISO 8601 and the three of HTTP.
fn zoned_date(text: &str) -> Option<ParsedDate> {
    match parse_lenient(text).ok()? {
        zoned @ ParsedDate::Zoned(_) => Some(zoned),
        // `Tue Mar  5 14:07:09 2024`, which is UTC by definition.
        ParsedDate::Local(local) if text.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            local.to_zoned(TimeZone::UTC).ok().map(ParsedDate::Zoned)
        }
        ParsedDate::Local(_) | ParsedDate::Date(_) => None,
    }
}

/// `{{truncateDate date 'first day of month'}}`.
pub(super) fn truncate_date(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let Some(truncation) = call.params.first().cloned() else {
        return Ok(printed_error(
            "Truncation type must be specified as the first parameter to truncateDate",
        ));
    };
    let Value::Date(date) = call.context.clone() else {
        return Ok(printed_error(
            "A date object must be passed to the truncateDate helper",
        ));
    };
    let name = call.text(&truncation)?;
    let zone = date.given_zone();
    let at = match &zone {
        Some(_) => date.zoned().clone(),
        None => date.zoned().with_time_zone(TimeZone::UTC),
    };
    match Truncation::parse(&name).and_then(|truncation| truncation.apply(&at)) {
        Ok(truncated) => {
            let system = date.zoned().time_zone().clone();
            let truncated = Date::new(truncated.with_time_zone(system));
            Ok(match zone {
                Some(zone) => truncated.in_zone(zone),
                None => truncated,
            }
            .into())
        }
        Err(error) => refuse(error.to_string()),
    }
}

/// A zone as `ZoneId.of` reads it: a region, `Z`, `UTC`, an offset, or `GMT` and `UTC` with an offset.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    if matches!(name, "Z" | "UTC" | "GMT" | "UT") {
        return Some(TimeZone::UTC);
    }
    let offset = ["UTC", "GMT", "UT"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .filter(|rest| rest.starts_with(['+', '-']))
        .unwrap_or(name);
    if let Some(sign) = offset.chars().next().filter(|c| matches!(c, '+' | '-')) {
        let digits = offset[1..].replace(':', "");
        let split = digits.len().min(2);
        let (hours, rest) = digits.split_at_checked(split)?;
        let (minutes, seconds) = rest.split_at_checked(rest.len().min(2))?;
        let part = |text: &str| -> Option<i32> {
            if text.is_empty() {
                return Some(0);
            }
            text.bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| text.parse().ok())
                .flatten()
        };
        if hours.is_empty() {
            return None;
        }
        let (hours, minutes, seconds) = (part(hours)?, part(minutes)?, part(seconds)?);
        if hours > 18 || minutes > 59 || seconds > 59 {
            return None;
        }
        let total = hours * 3600 + minutes * 60 + seconds;
        let total = if sign == '-' { -total } else { total };
        return Offset::from_seconds(total).ok().map(TimeZone::fixed);
    }
    TimeZone::get(name).ok()
}
