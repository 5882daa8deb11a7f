//! Dates as WireMock reads them when no format is named.

use efsm_javatext::date::ParsedDate;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

/// Reads ISO 8601 (with a zone, without one, a day, a month or a year), RFC 1123, RFC 1036 and asctime dates.
pub(crate) fn read_date(text: &str) -> Option<ParsedDate> {
    if let Some(date) = iso(text) {
        return Some(date);
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains(' ') {
        return None;
    }
    let utc = |instant: Timestamp| ParsedDate::Zoned(instant.to_zoned(TimeZone::UTC));
    // jiff also reads zone names such as PST in RFC 2822; RFC 1123 as Java reads it has offsets and GMT only.
    let offset_or_gmt = text.ends_with(" GMT")
        || text
            .rsplit(' ')
            .next()
            .is_some_and(|zone| zone.starts_with(['+', '-']));
    if offset_or_gmt && let Ok(zoned) = rfc2822::parse(text) {
        return Some(ParsedDate::Zoned(zoned));
    }
    let gmt = |format: &str, text: &str| -> Option<DateTime> {
        strtime::parse(format, text).ok()?.to_datetime().ok()
    };
    let rfc_1036 = text
        .strip_suffix(" GMT")
        .and_then(|text| gmt("%A, %d-%b-%y %H:%M:%S", text));
    let asctime = || {
        // Two columns for the day: `Jan 05` or `Jan  5`.
        let day = text.get(8..10)?;
        let padded = day.starts_with(' ') || day.bytes().all(|byte| byte.is_ascii_digit());
        padded.then(|| gmt("%a %b %e %H:%M:%S %Y", text)).flatten()
    };
    let local = rfc_1036.or_else(asctime)?;
    local
        .to_zoned(TimeZone::UTC)
        .ok()
        .map(|zoned| utc(zoned.timestamp()))
}

/// `2022-06-15T10:00[:00[.5]]` with or without `Z` or `+01:00[:00]` and `[Europe/Paris]`; shorter forms are local.
fn iso(text: &str) -> Option<ParsedDate> {
    let digits = |part: &str, count: usize| {
        part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    match text.len() {
        4 if digits(text, 4) => {
            return Date::new(text.parse().ok()?, 1, 1)
                .ok()
                .map(ParsedDate::Date);
        }
        7 if text.as_bytes()[4] == b'-' => {
            let (year, month) = text.split_once('-')?;
            let well_formed = digits(year, 4) && digits(month, 2);
            return Date::new(year.parse().ok()?, month.parse().ok()?, 1)
                .ok()
                .filter(|_| well_formed)
                .map(ParsedDate::Date);
        }
        _ => {}
    }
    let (day, rest) = text.split_at_checked(10)?;
    let shape = day.bytes().enumerate().all(|(index, byte)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let day: Date = day.parse().ok().filter(|_| shape)?;
    if rest.is_empty() {
        return Some(ParsedDate::Date(day));
    }
    let rest = rest.strip_prefix(['T', 't'])?;
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.'))
        .unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(end);
    if !digits(clock.get(..2)?, 2) || clock.as_bytes().get(2) != Some(&b':') {
        return None;
    }
    let clock: Time = clock.parse().ok()?;
    let local = day.to_datetime(clock);
    if zone.is_empty() {
        return Some(ParsedDate::Local(local));
    }
    let (offset, name) = match zone.split_once('[') {
        Some((offset, name)) => (offset, Some(name.strip_suffix(']')?)),
        None => (zone, None),
    };
    let instant = at_offset(local, offset)?;
    let zone = match name {
        Some(name) => TimeZone::get(name).ok()?,
        None => instant.1,
    };
    Some(ParsedDate::Zoned(instant.0.to_zoned(zone)))
}

fn at_offset(local: DateTime, offset: &str) -> Option<(Timestamp, TimeZone)> {
    let seconds = if offset.eq_ignore_ascii_case("z") {
        0
    } else {
        let sign = match offset.as_bytes().first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let mut seconds = 0;
        for (part, unit) in offset[1..].split(':').zip([3600, 60, 1, 0]) {
            if unit == 0 || part.len() != 2 {
                return None;
            }
            seconds += part.parse::<u8>().ok().map(i32::from)? * unit;
        }
        sign * seconds
    };
    let zone = TimeZone::fixed(jiff::tz::Offset::from_seconds(seconds).ok()?);
    let instant = local.to_zoned(zone.clone()).ok()?.timestamp();
    Some((instant, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `expected` is an instant, a local time, or empty for what is no date.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = match read_date(text) {
            Some(ParsedDate::Zoned(zoned)) => zoned.timestamp().to_string(),
            Some(ParsedDate::Local(local)) => local.to_string(),
            Some(ParsedDate::Date(date)) => date.to_string(),
            None => String::new(),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn dates_are_read_as_wiremock_reads_them() {
        check("2022-06-15T10:00:00Z", "2022-06-15T10:00:00Z");
        check("2022-06-15T10:00:00z", "2022-06-15T10:00:00Z");
        check("2022-06-15T10:00Z", "2022-06-15T10:00:00Z");
        check("2022-06-15T10:00:00.5Z", "2022-06-15T10:00:00.5Z");
        check("2022-06-15T10:00:00+01:00", "2022-06-15T09:00:00Z");
        check("2022-06-15T10:00:00+01", "2022-06-15T09:00:00Z");
        check("2022-06-15T10:00:00+01:00:30", "2022-06-15T08:59:30Z");
        check(
            "2022-06-15T10:00:00+02:00[Europe/Paris]",
            "2022-06-15T08:00:00Z",
        );
        check("2022-06-15T10:00:00", "2022-06-15T10:00:00");
        check("2022-06-15T10:00", "2022-06-15T10:00:00");
        check("2022-06-15", "2022-06-15");
        check("2022-06", "2022-06-01");
        check("2022", "2022-01-01");
        check("Wed, 15 Jun 2022 10:00:00 GMT", "2022-06-15T10:00:00Z");
        check("15 Jun 2022 10:00:00 GMT", "2022-06-15T10:00:00Z");
        check("Wed, 5 Jan 2022 10:00:00 +0100", "2022-01-05T09:00:00Z");
        check("Wednesday, 05-Jan-22 10:00:00 GMT", "2022-01-05T10:00:00Z");
        check("Wed Jan 05 10:00:00 2022", "2022-01-05T10:00:00Z");
        check("Wed Jan  5 10:00:00 2022", "2022-01-05T10:00:00Z");
    }

    #[test]
    fn other_notations_are_no_dates() {
        for text in [
            "",
            "nonsense",
            "2022-06-15T10:00:00+0100",
            "2022-06-15 10:00:00",
            " 2022-06-15T10:00:00Z",
            "2022-06-15Z",
            "2022-06-15T10:00:00[Europe/Paris]",
            "2022-6-5",
            "2022-06-15T24:00:00Z",
            "2022-06-15T10:00:00,5Z",
            "2022-13-01",
            "Tue, 15 Jun 2022 10:00:00 GMT",
            "Wed, 5 Jan 2022 10:00:00 PST",
            "Wed Jan 5 10:00:00 2022",
            "1655287200",
            "é022-06-15T10:00:00Z",
        ] {
            check(text, "");
        }
    }
}
