use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use super::pattern::{self, Dialect, Item};
use super::resolve::Fields;
use super::{DateError, ParsedDate, names, parse, zone_offset};

fn items(format: &str) -> Vec<Item> {
    pattern::items(format, Dialect::DateTimeFormatter).expect("the format is well-formed")
}

static ISO_MOMENT: LazyLock<Vec<Item>> = LazyLock::new(|| items("yyyy-MM-dd HH:mm[:ss]"));
static ISO_DAY: LazyLock<Vec<Item>> = LazyLock::new(|| items("yyyy[-MM[-dd]]"));

/// RFC 1123, RFC 1036, and C's `asctime` with days of two digits and of one; whether they are in Greenwich time
/// without having a zone.
static OTHERS: LazyLock<[(Vec<Item>, bool); 5]> = LazyLock::new(|| {
    [
        (items("[EEE, ]d MMM yyyy HH:mm[:ss] 'GMT'"), true),
        (items("[EEE, ]d MMM yyyy HH:mm[:ss] Z"), false),
        (items("EEEE, dd-MMM-yy HH:mm:ss zzz"), false),
        (items("EEE MMM dd HH:mm:ss yyyy"), true),
        (items("EEE MMM  d HH:mm:ss yyyy"), true),
    ]
});

/// Reads a date whose format is not named, as WireMock does: ISO 8601 (with an offset and a zone in brackets, with
/// neither, a day, a month, or a year of any number of digits), RFC 1123, RFC 1036 and `asctime`.
pub fn parse_lenient(text: &str) -> Result<ParsedDate, DateError> {
    let date = iso(text).or_else(|| {
        OTHERS.iter().find_map(|(items, greenwich)| {
            let mut fields = fields(items, text)?;
            if *greenwich {
                fields.zone = Some(TimeZone::fixed(Offset::UTC));
            }
            fields.resolve(false).ok()
        })
    });
    date.ok_or_else(|| DateError::Unrecognised {
        text: text.to_owned(),
    })
}

fn fields(items: &[Item], text: &str) -> Option<Fields> {
    parse::parse(items, Dialect::DateTimeFormatter, text).ok()
}

/// A year as Java's `Year` reads it leniently: `7`, `02021`, `-1`.
fn year(text: &str) -> Option<i16> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_year = matches!(digits.len(), 1..=9) && digits.bytes().all(|b| b.is_ascii_digit());
    is_year.then(|| text.parse().ok()).flatten()
}

fn iso(text: &str) -> Option<ParsedDate> {
    let Some((day, rest)) = text.split_once(['T', 't']) else {
        return match year(text) {
            Some(year) => Date::new(year, 1, 1).ok().map(ParsedDate::Date),
            None => fields(&ISO_DAY, text)?.resolve(true).ok(),
        };
    };
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.')))
        .unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(end);
    let (clock, nanosecond) = match clock.split_once('.') {
        Some((clock, fraction))
            if matches!(fraction.len(), 1..=9) && clock.len() == "00:00:00".len() =>
        {
            (clock, format!("{fraction:0<9}").parse().ok()?)
        }
        Some(_) => return None,
        None => (clock, 0),
    };
    let mut fields = fields(&ISO_MOMENT, &format!("{day} {clock}"))?;
    fields.set('n', nanosecond).ok()?;
    let ParsedDate::Local(local) = fields.resolve(true).ok()? else {
        return None;
    };
    if zone.is_empty() {
        return Some(ParsedDate::Local(local));
    }
    let (offset, length) = zone_offset::iso_offset_at_start(zone)?;
    let moment = local.to_zoned(TimeZone::fixed(offset)).ok()?;
    match &zone[length..] {
        "" => Some(ParsedDate::Zoned(moment)),
        region => {
            let id = region.strip_prefix('[')?.strip_suffix(']')?;
            let (zone, length) = names::zone_id_at_start(id)?;
            (length == id.len()).then(|| ParsedDate::Zoned(moment.with_time_zone(zone)))
        }
    }
}
