//! From a date to text.

use std::fmt::Write;

use jiff::civil::{Date, date};
use jiff::tz::Offset;
use jiff::{SpanRound, Unit, Zoned};

use super::names::{self, DAYS, MONTHS};
use super::pattern::{Dialect, Field, Item};

/// Writes a date by items.
pub(super) fn format(items: &[Item], dialect: Dialect, zoned: &Zoned, out: &mut String) {
    for item in items {
        match item {
            Item::Literal(text) => out.push_str(text),
            Item::Optional(inner) => format(inner, dialect, zoned, out),
            Item::Field(field) => {
                let shown = match dialect {
                    Dialect::SimpleDateFormat => simple(*field, zoned),
                    Dialect::DateTimeFormatter => standard(*field, zoned),
                };
                let missing = field.pad.saturating_sub(shown.chars().count());
                out.extend(std::iter::repeat_n(' ', missing));
                out.push_str(&shown);
            }
        }
    }
}

fn padded(number: i64, width: usize) -> String {
    format!("{number:0width$}")
}

fn name(names: &[&str], index: i8, count: usize) -> String {
    let name = names
        .get(usize::try_from(index).unwrap_or(0))
        .copied()
        .unwrap_or("");
    match count {
        4 => name,
        5 => name.get(..1).unwrap_or(name),
        _ => names::short(name),
    }
    .to_owned()
}

fn simple(field: Field, zoned: &Zoned) -> String {
    let Field { letter, count, .. } = field;
    let year = |year: i64| {
        if count == 2 {
            padded(year.rem_euclid(100), 2)
        } else {
            padded(year, count)
        }
    };
    match letter {
        'G' => if zoned.year() > 0 { "AD" } else { "BC" }.to_owned(),
        'y' => year(year_of_era(zoned.date())),
        'Y' => year(week_of_year(zoned.date()).0),
        'M' | 'L' if count >= 3 => name(&MONTHS, zoned.month() - 1, count.min(4)),
        'E' => name(&DAYS, zoned.weekday().to_monday_zero_offset(), count.min(4)),
        'F' => padded(i64::from((zoned.day() - 1) / 7 + 1), count),
        'u' => padded(i64::from(zoned.weekday().to_monday_one_offset()), count),
        'S' => padded(i64::from(zoned.millisecond()), count),
        'z' => zone(zoned, count >= 4, "GMT"),
        'Z' => offset(zoned.offset(), "+HHMM"),
        'X' if zoned.offset() == Offset::UTC => "Z".to_owned(),
        'X' => offset(zoned.offset(), ["+HH", "+HHMM", "+HH:MM"][count - 1]),
        'a' => half_of_day(zoned).to_owned(),
        _ => padded(number(letter, zoned), count),
    }
}

fn standard(field: Field, zoned: &Zoned) -> String {
    let Field { letter, count, .. } = field;
    let year = |year: i64| match count {
        2 => padded(year.rem_euclid(100), 2),
        // The sign shows that there are more digits than the pattern has.
        4.. if year >= 10_i64.pow(u32::try_from(count).unwrap_or(18).min(18)) => format!("+{year}"),
        _ if year < 0 => format!("-{}", padded(-year, count)),
        _ => padded(year, count),
    };
    let quarter = (zoned.month() - 1) / 3;
    match (letter, count) {
        ('G', 4) => if zoned.year() > 0 {
            "Anno Domini"
        } else {
            "Before Christ"
        }
        .to_owned(),
        ('G', 5) => if zoned.year() > 0 { "A" } else { "B" }.to_owned(),
        ('G', _) => if zoned.year() > 0 { "AD" } else { "BC" }.to_owned(),
        ('y', _) => year(year_of_era(zoned.date())),
        ('u', _) => year(i64::from(zoned.year())),
        ('Y', _) => year(week_of_year(zoned.date()).0),
        ('M' | 'L', 3..) => name(&MONTHS, zoned.month() - 1, count),
        ('Q' | 'q', 3) => format!("Q{}", quarter + 1),
        ('Q' | 'q', 4) => ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"]
            [quarter as usize]
            .to_owned(),
        ('Q' | 'q', 5) => (quarter + 1).to_string(),
        ('E', _) | ('e' | 'c', 3..) => name(&DAYS, zoned.weekday().to_monday_zero_offset(), count),
        ('F', _) => ((zoned.day() - 1) % 7 + 1).to_string(),
        ('S', _) => padded(i64::from(zoned.subsec_nanosecond()), 9)[..count].to_owned(),
        ('a', _) => half_of_day(zoned).to_owned(),
        ('B', _) => part_of_day(zoned, count == 5).to_owned(),
        ('z', _) => zone(zoned, count == 4, ""),
        ('V', _) => zone_id(zoned),
        ('O', 1) => localized_offset(zoned.offset(), true),
        ('O', _) | ('Z', 4) => localized_offset(zoned.offset(), false),
        ('X', _) | ('Z', 5) if zoned.offset() == Offset::UTC => "Z".to_owned(),
        ('Z', 5) => offset(zoned.offset(), "+HH:MM:ss"),
        ('Z', _) => offset(zoned.offset(), "+HHMM"),
        ('X' | 'x', _) => {
            let forms = ["+HHmm", "+HHMM", "+HH:MM", "+HHMMss", "+HH:MM:ss"];
            offset(zoned.offset(), forms[count - 1])
        }
        _ => padded(number(letter, zoned), count),
    }
}

/// The fields that are the same number in both dialects, or known to one alone.
fn number(letter: char, zoned: &Zoned) -> i64 {
    let time = zoned.time();
    let hour = i64::from(zoned.hour());
    let day = zoned.date();
    let nano_of_day = time
        .since(jiff::civil::Time::midnight())
        .map_or(0, |since| {
            let nanoseconds = since.round(SpanRound::new().largest(Unit::Nanosecond));
            nanoseconds.map_or(0, |span| span.get_nanoseconds())
        });
    match letter {
        'M' | 'L' => i64::from(zoned.month()),
        'Q' | 'q' => i64::from((zoned.month() - 1) / 3 + 1),
        'w' => week_of_year(day).1,
        'W' => (i64::from(day.day()) - 1 + sunday_offset(day.first_of_month())) / 7 + 1,
        'D' => i64::from(day.day_of_year()),
        'd' => i64::from(day.day()),
        'e' | 'c' => i64::from(zoned.weekday().to_sunday_zero_offset()) + 1,
        'H' => hour,
        'k' => (hour + 23) % 24 + 1,
        'K' => hour % 12,
        'h' => (hour + 11) % 12 + 1,
        'm' => i64::from(zoned.minute()),
        's' => i64::from(zoned.second()),
        'A' => nano_of_day / 1_000_000,
        'n' => i64::from(zoned.subsec_nanosecond()),
        'N' => nano_of_day,
        'g' => day_number(day),
        _ => 0,
    }
}

/// Days since 17 November 1858, the start of the modified Julian day count.
fn day_number(day: Date) -> i64 {
    day.since(date(1858, 11, 17))
        .map_or(0, |span| i64::from(span.get_days()))
}

fn year_of_era(day: Date) -> i64 {
    let year = i64::from(day.year());
    if year > 0 { year } else { 1 - year }
}

/// The days from the Sunday before to this day.
fn sunday_offset(day: Date) -> i64 {
    i64::from(day.weekday().to_sunday_zero_offset())
}

/// The week by the calendar of the United States, and the year that it belongs to: weeks start on Sunday, and
/// the first has 1 January in it.
pub(super) fn week_of_year(day: Date) -> (i64, i64) {
    let year = i64::from(day.year());
    let week = (i64::from(day.day_of_year()) - 1 + sunday_offset(day.first_of_year())) / 7 + 1;
    let days_left = i64::from(day.days_in_year()) - i64::from(day.day_of_year());
    if days_left < 6 - sunday_offset(day) {
        (year + 1, 1)
    } else {
        (year, week)
    }
}

fn half_of_day(zoned: &Zoned) -> &'static str {
    if zoned.hour() < 12 { "AM" } else { "PM" }
}

fn part_of_day(zoned: &Zoned, narrow: bool) -> &'static str {
    match (zoned.hour(), zoned.minute(), narrow) {
        (0, 0, false) => "midnight",
        (0, 0, true) => "mi",
        (12, 0, false) => "noon",
        (12, 0, true) => "n",
        (6..=11, ..) => "in the morning",
        (12..=17, ..) => "in the afternoon",
        (18..=20, ..) => "in the evening",
        _ => "at night",
    }
}

fn is_fixed(zoned: &Zoned) -> bool {
    zoned.time_zone().iana_name().is_none()
}

/// The zone's name; where it is an offset alone, that offset behind `prefix`.
fn zone(zoned: &Zoned, long: bool, prefix: &str) -> String {
    let info = zoned.time_zone().to_offset_info(zoned.timestamp());
    if let Some(name) = names::zone_name(zoned.time_zone(), info.dst().is_dst(), long) {
        return name.to_owned();
    }
    match zoned.offset() {
        Offset::UTC if is_fixed(zoned) && prefix.is_empty() => "Z".to_owned(),
        Offset::UTC if is_fixed(zoned) => prefix.to_owned(),
        _ if is_fixed(zoned) => format!("{prefix}{}", offset(zoned.offset(), "+HH:MM")),
        _ => info.abbreviation().to_owned(),
    }
}

fn zone_id(zoned: &Zoned) -> String {
    match zoned.time_zone().iana_name() {
        Some(id) => id.to_owned(),
        None if zoned.offset() == Offset::UTC => "Z".to_owned(),
        None => offset(zoned.offset(), "+HH:MM:ss"),
    }
}

/// Small letters of the form are left out when they are zero.
fn offset(offset: Offset, form: &str) -> String {
    let seconds = offset.seconds();
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    let rest = seconds.abs() % 60;
    let mut out = String::from(if seconds < 0 { "-" } else { "+" });
    let colon = if form.contains(':') { ":" } else { "" };
    let _ = write!(out, "{hours:02}");
    if form.contains("MM") || (form.contains("mm") && minutes != 0) {
        let _ = write!(out, "{colon}{minutes:02}");
    }
    if form.contains("ss") && rest != 0 {
        let _ = write!(out, "{colon}{rest:02}");
    }
    out
}

fn localized_offset(offset: Offset, short: bool) -> String {
    let seconds = offset.seconds();
    if seconds == 0 {
        return "GMT".to_owned();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes, rest) = (
        seconds.abs() / 3600,
        seconds.abs() / 60 % 60,
        seconds.abs() % 60,
    );
    let mut out = if short {
        format!("GMT{sign}{hours}")
    } else {
        format!("GMT{sign}{hours:02}:{minutes:02}")
    };
    if short && (minutes != 0 || rest != 0) {
        let _ = write!(out, ":{minutes:02}");
    }
    if rest != 0 {
        let _ = write!(out, ":{rest:02}");
    }
    out
}
