//! The English names of months, days and time zones.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::tz::{Offset, TimeZone};

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// From Monday.
pub(super) const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// The name cut to three letters: `Jan`, `Mon`.
pub(super) fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

/// What `java.util.TimeZone.getDisplayName` calls the zones: the short and long names of standard and of summer
/// time, and the zones that are called so, in the order of the Common Locale Data Repository's identifiers.
const ZONES: &str = include_str!("zones.txt");

#[derive(Debug, Clone, Copy)]
struct ZoneNames {
    short: [&'static str; 2],
    long: [&'static str; 2],
}

static BY_ZONE: LazyLock<HashMap<&'static str, ZoneNames>> = LazyLock::new(|| {
    let mut by_zone = HashMap::new();
    for (names, zones) in lines() {
        by_zone.extend(zones.map(|zone| (zone, names)));
    }
    by_zone
});

/// Names of zones, longest first, each with the zone that it is read as.
static BY_NAME: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let mut by_name: HashMap<&'static str, &'static str> = HashMap::new();
    for (names, mut zones) in lines() {
        let Some(first) = zones.next() else { continue };
        for name in names.short.into_iter().chain(names.long) {
            by_name.entry(name).or_insert(first);
        }
    }
    // Several zones are called so; these are the ones that are meant.
    for zone in [
        "UTC",
        "GMT",
        "Asia/Kolkata",
        "Europe/Lisbon",
        "Europe/Athens",
        "Europe/Paris",
        "Europe/London",
        "America/Halifax",
        "America/Denver",
        "America/Chicago",
        "America/New_York",
        "America/Los_Angeles",
    ] {
        if let Some(names) = BY_ZONE.get(zone) {
            by_name.extend(
                names
                    .short
                    .into_iter()
                    .chain(names.long)
                    .map(|name| (name, zone)),
            );
        }
    }
    // London's winter is Greenwich's.
    by_name.extend(
        BY_ZONE
            .get("GMT")
            .into_iter()
            .flat_map(|names| [(names.short[0], "GMT"), (names.long[0], "GMT")]),
    );
    let mut by_name: Vec<_> = by_name.into_iter().collect();
    by_name.sort_by_key(|(name, _)| (std::cmp::Reverse(name.len()), *name));
    by_name
});

fn lines() -> impl Iterator<Item = (ZoneNames, impl Iterator<Item = &'static str>)> {
    ZONES.lines().filter_map(|line| {
        let mut parts = line.split('|');
        let mut next = || parts.next();
        let names = ZoneNames {
            short: [next()?, next()?],
            long: [next()?, next()?],
        };
        Some((names, next()?.split(' ')))
    })
}

/// The name of a zone while summer time is or is not in force; `None` when it has none but its offset.
pub(super) fn zone_name(zone: &TimeZone, summer: bool, long: bool) -> Option<&'static str> {
    let names = BY_ZONE.get(zone.iana_name()?)?;
    let names = if long { names.long } else { names.short };
    Some(names[usize::from(summer)])
}

/// The zone whose name `text` starts with, and the length of that name.
pub(super) fn zone_at_start(text: &str) -> Option<(TimeZone, usize)> {
    let (name, zone) = BY_NAME.iter().find(|(name, _)| text.starts_with(name))?;
    Some((TimeZone::get(zone).ok()?, name.len()))
}

/// The zone whose identifier, such as `Europe/Paris`, `UTC`, `GMT+2` or `+02:00`, `text` starts with.
pub(super) fn zone_id_at_start(text: &str) -> Option<(TimeZone, usize)> {
    let prefix = ["UTC", "GMT", "UT", ""]
        .into_iter()
        .find(|prefix| text.starts_with(prefix))?;
    if let Some((offset, length)) = super::zone_offset::offset_at_start(&text[prefix.len()..]) {
        return Some((TimeZone::fixed(offset), prefix.len() + length));
    }
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || "/_+-".contains(c)))
        .unwrap_or(text.len());
    let mut candidate = &text[..end];
    while !candidate.is_empty() {
        if candidate == "Z" {
            return Some((TimeZone::fixed(Offset::UTC), 1));
        }
        if let Ok(zone) = TimeZone::get(candidate) {
            return Some((zone, candidate.len()));
        }
        let shorter = candidate.char_indices().next_back().map_or(0, |(at, _)| at);
        candidate = &candidate[..shorter];
    }
    None
}
