//! `format`, as `ajv-formats` takes it. A format that is not known forbids nothing.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

/// Whether a value is of a format.
pub fn fits(format: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => text_fits(format, text),
        Value::Number(_) => number_fits(format, value),
        _ => true,
    }
}

fn number_fits(format: &str, value: &Value) -> bool {
    let Some(number) = value.as_f64() else {
        return true;
    };
    match format {
        "int32" => {
            number.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number)
        }
        "int64" => number.fract() == 0.0,
        _ => true,
    }
}

fn text_fits(format: &str, text: &str) -> bool {
    match format {
        "date" => is_date(text),
        "time" => is_time(text, true),
        "iso-time" => is_time(text, false),
        "date-time" => is_date_time(text),
        "iso-date-time" => text
            .split_once(['T', 't', ' '])
            .is_some_and(|(date, time)| is_date(date) && is_time(time, false)),
        "duration" => is_duration(text),
        "uri" => is_uri(text),
        "url" => is_uri(text) && has_scheme(text, &["http", "https", "ftp"]),
        "uri-reference" => is_reference(text),
        "uri-template" => is_template(text),
        "email" => is_email(text),
        "hostname" => is_hostname(text),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "regex" => super::pattern::compile(text).is_some(),
        "uuid" => is_uuid(text),
        "json-pointer" => is_pointer(text),
        "json-pointer-uri-fragment" => text.strip_prefix('#').is_some_and(is_pointer),
        "relative-json-pointer" => is_relative_pointer(text),
        "byte" => is_base64(text),
        _ => true,
    }
}

/// Exactly `length` digits.
fn digits(text: &str, length: usize) -> Option<u32> {
    let is_number = text.len() == length && text.bytes().all(|c| c.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut next = |length| parts.next().and_then(|part| digits(part, length));
    let (Some(year), Some(month), Some(day)) = (next(4), next(2), next(2)) else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// `hh:mm:ss`, a fraction, and a zone, which `needs_zone` asks for.
fn is_time(text: &str, needs_zone: bool) -> bool {
    let zone_at = text.find(['z', 'Z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|c| c.is_ascii_digit()) {
        return false;
    }
    let mut parts = clock.splitn(3, ':');
    let mut next = || parts.next().and_then(|part| digits(part, 2));
    let (Some(hour), Some(minute), Some(second)) = (next(), next(), next()) else {
        return false;
    };
    let is_clock =
        (hour <= 23 && minute <= 59 && second <= 59) || (hour, minute, second) == (23, 59, 60);
    is_clock && is_zone(zone, needs_zone)
}

fn is_zone(zone: &str, is_needed: bool) -> bool {
    match zone {
        "" => !is_needed,
        "z" | "Z" => true,
        _ => {
            let offset = &zone[1..];
            let (hours, minutes) = match offset.split_once(':') {
                Some(parts) => parts,
                None if offset.len() == 4 && offset.is_ascii() => offset.split_at(2),
                None => (offset, "00"),
            };
            digits(hours, 2).is_some_and(|hours| hours <= 24)
                && digits(minutes, 2).is_some_and(|minutes| minutes <= 59)
        }
    }
}

fn is_date_time(text: &str) -> bool {
    text.split_once(['T', 't', ' '])
        .is_some_and(|(date, time)| is_date(date) && is_time(time, true))
}

/// ISO 8601: `P1Y2M3DT4H5M6S`, or `P7W`.
fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else {
        return false;
    };
    if let Some(weeks) = rest.strip_suffix('W') {
        return !weeks.is_empty() && weeks.bytes().all(|c| c.is_ascii_digit());
    }
    let (date, time) = match rest.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (rest, None),
    };
    let is_whole = !rest.is_empty() && time.is_none_or(|time| !time.is_empty());
    is_whole && are_amounts(date, "YMD") && time.is_none_or(|time| are_amounts(time, "HMS"))
}

/// Numbers, each with a unit, the units in the order of `units`.
fn are_amounts(mut text: &str, units: &str) -> bool {
    let mut left = units;
    while !text.is_empty() {
        let length = text.bytes().take_while(u8::is_ascii_digit).count();
        let Some(unit) = text[length..].chars().next() else {
            return false;
        };
        let Some(place) = left.find(unit).filter(|_| length > 0) else {
            return false;
        };
        left = &left[place + 1..];
        text = &text[length + 1..];
    }
    true
}

fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.'));
    is_scheme && !rest.is_empty() && is_reference(rest)
}

fn has_scheme(text: &str, schemes: &[&str]) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        schemes
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
            && !rest.is_empty()
    })
}

/// Characters of a URI (RFC 3986), `%` followed by two digits.
fn is_reference(text: &str) -> bool {
    let mut rest = text.bytes();
    let mut fragments = 0;
    while let Some(c) = rest.next() {
        match c {
            b'%' => {
                let is_escape = (0..2).all(|_| rest.next().is_some_and(|c| c.is_ascii_hexdigit()));
                if !is_escape {
                    return false;
                }
            }
            b'#' => fragments += 1,
            c if c.is_ascii_alphanumeric() => {}
            c if b"-._~:/?[]@!$&'()*+,;=".contains(&c) => {}
            _ => return false,
        }
    }
    fragments <= 1
}

/// RFC 6570: braces in pairs, with something between them.
fn is_template(text: &str) -> bool {
    let mut is_open = false;
    let mut last = ' ';
    for c in text.chars() {
        match c {
            '{' if is_open => return false,
            '{' => is_open = true,
            '}' if !is_open || last == '{' => return false,
            '}' => is_open = false,
            ' ' | '"' | '<' | '>' | '\\' | '^' | '`' => return false,
            _ => {}
        }
        last = c;
    }
    !is_open
}

fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let is_local = local.split('.').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&c))
    });
    is_local && host.contains('.') && host.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || c == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_hostname(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    (1..=253).contains(&text.len()) && text.split('.').all(is_label)
}

fn is_uuid(text: &str) -> bool {
    let text = text
        .get(..9)
        .filter(|s| s.eq_ignore_ascii_case("urn:uuid:"))
        .map_or(text, |_| &text[9..]);
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, length)| {
            part.len() == length && part.bytes().all(|c| c.is_ascii_hexdigit())
        })
}

fn is_pointer(text: &str) -> bool {
    let escapes_hold = text
        .split('~')
        .skip(1)
        .all(|rest| rest.starts_with(['0', '1']));
    (text.is_empty() || text.starts_with('/')) && escapes_hold
}

fn is_relative_pointer(text: &str) -> bool {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(length);
    let is_number = !number.is_empty() && (number == "0" || !number.starts_with('0'));
    is_number && (rest == "#" || is_pointer(rest))
}

fn is_base64(text: &str) -> bool {
    let text: String = text.split_whitespace().collect();
    let body = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_of_their_formats() {
        for (format, good, bad) in [
            (
                "date",
                &["2024-02-29"][..],
                &["2023-02-29", "2024-1-1", ""][..],
            ),
            (
                "date-time",
                &[
                    "2024-01-01T00:00:00Z",
                    "2024-01-01 00:00:00.5+01:00",
                    "2024-01-01T23:59:60Z",
                ],
                &["2024-01-01", "2024-01-01T00:00:00", "2024-01-01T24:00:00Z"],
            ),
            ("time", &["10:00:00Z"], &["10:00:00", "25:00:00Z"]),
            (
                "duration",
                &["P1D", "PT1H30M", "P2W", "P1Y2M3DT4H5M6S"],
                &["P", "1D", "PT", "P1M1Y"],
            ),
            (
                "uri",
                &["http://a.b/c?d#e", "urn:x"],
                &["a.b", "http://a b", "http://%zz"],
            ),
            ("uri-reference", &["/a", "../b", "#c"], &["a b", "#a#b"]),
            ("uri-template", &["/a/{b}"], &["/a/{b", "/a/}"]),
            (
                "email",
                &["a@b.co", "a.b+c@d-e.org"],
                &["a@b", "@b.co", "a..b@c.de"],
            ),
            ("hostname", &["a.b", "x"], &["-a", "a..b", ""]),
            ("ipv4", &["127.0.0.1"], &["1.2.3", "256.1.1.1"]),
            ("ipv6", &["::1"], &["1.2.3.4", "::g"]),
            ("regex", &["^a+$"], &["("]),
            (
                "uuid",
                &["123e4567-e89b-12d3-a456-426614174000"],
                &["123e4567e89b12d3a456426614174000"],
            ),
            ("json-pointer", &["", "/a~1b"], &["a", "/a~2"]),
            ("relative-json-pointer", &["0#", "1/a"], &["01", "-1", "x"]),
            ("byte", &["YQ==", ""], &["YQ=", "$"]),
            ("no-such-format", &["anything"], &[]),
        ] {
            for text in good {
                assert!(fits(format, &json!(text)), "{text:?} is a {format}");
            }
            for text in bad {
                assert!(!fits(format, &json!(text)), "{text:?} is no {format}");
            }
        }
    }

    #[test]
    fn numbers_are_of_their_formats() {
        assert!(fits("int32", &json!(5)));
        assert!(!fits("int32", &json!(3_000_000_000_u64)));
        assert!(!fits("int64", &json!(1.5)));
        assert!(fits("float", &json!(1.5)));
        assert!(fits("date", &json!(5)), "of texts only");
    }
}
