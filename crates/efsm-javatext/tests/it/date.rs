use efsm_javatext::date::{DatePattern, DateUnit, Dialect, parse_lenient};
use efsm_javatext::{DateError, DateOffset, ParsedDate, Truncation};
use jiff::civil::{date, datetime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use proptest::prelude::*;

fn at(text: &str) -> Zoned {
    text.parse().expect("the date is well-formed")
}

#[test]
fn a_pattern_is_written_simply_and_read_by_the_standard() {
    let moment = at("2024-05-31T12:30:05.123456+02:00[Europe/Paris]");
    let pattern = DatePattern::parse("yyyy-MM-dd'T'HH:mm:ss.SSSXXX").unwrap();
    assert_eq!(pattern.format(&moment), "2024-05-31T12:30:05.123+02:00");
    let ParsedDate::Zoned(read) = pattern.parse_date("2024-05-31T12:30:05.123+02:00").unwrap()
    else {
        panic!()
    };
    assert_eq!(
        read.timestamp().as_millisecond(),
        moment.timestamp().as_millisecond()
    );
    // Milliseconds padded to six digits when written, microseconds when read.
    let pattern = DatePattern::parse("yyyy-MM-dd HH:mm:ss.SSSSSS").unwrap();
    assert_eq!(pattern.format(&moment), "2024-05-31 12:30:05.000123");
    assert_eq!(
        pattern.parse_date("2024-05-31 12:30:05.000123").unwrap(),
        ParsedDate::Local(datetime(2024, 5, 31, 12, 30, 5, 123_000))
    );
}

#[test]
fn what_one_dialect_does_not_know_the_other_does() {
    let moment = at("2024-05-31T12:30:05Z[UTC]");
    assert_eq!(
        DatePattern::parse("QQQ uuuu VV").unwrap().format(&moment),
        "Q2 2024 UTC"
    );
    assert_eq!(
        DatePattern::parse("yyyy-MM-ddZZZZZZ")
            .unwrap()
            .format(&moment),
        "2024-05-31+0000"
    );
    let read = DatePattern::parse("ddd/MM/yyyy")
        .unwrap()
        .parse_date("31/05/2024")
        .unwrap();
    assert_eq!(read, ParsedDate::Date(date(2024, 5, 31)));
}

#[test]
fn epoch_and_unix_are_numbers() {
    let moment = Timestamp::from_millisecond(1_700_000_000_123)
        .unwrap()
        .to_zoned(TimeZone::UTC);
    assert_eq!(
        DatePattern::parse("epoch").unwrap().format(&moment),
        "1700000000123"
    );
    assert_eq!(
        DatePattern::parse("Unix").unwrap().format(&moment),
        "1700000000"
    );
    let read = DatePattern::parse("epoch")
        .unwrap()
        .parse_date("1700000000123")
        .unwrap();
    assert_eq!(read, ParsedDate::Zoned(moment));
    assert!(
        DatePattern::parse("unix")
            .unwrap()
            .parse_date("soon")
            .is_err()
    );
}

#[test]
fn a_date_has_as_much_as_its_text() {
    let read = |pattern: &str, text: &str| {
        DatePattern::parse(pattern)
            .unwrap()
            .parse_date(text)
            .unwrap()
    };
    assert_eq!(read("yyyy", "2024"), ParsedDate::Date(date(2024, 1, 1)));
    assert_eq!(
        read("MM/yyyy", "05/2024"),
        ParsedDate::Date(date(2024, 5, 1))
    );
    assert_eq!(
        read("d MMM yy", "1 Jun 24"),
        ParsedDate::Date(date(2024, 6, 1))
    );
    assert_eq!(
        read("yyyyMMddHHmm", "202405311230"),
        ParsedDate::Local(datetime(2024, 5, 31, 12, 30, 0, 0))
    );
    assert_eq!(
        read("yyyy-MM-dd hh a", "2024-05-31 12 AM"),
        ParsedDate::Local(datetime(2024, 5, 31, 0, 0, 0, 0))
    );
    let ParsedDate::Zoned(zoned) = read("yyyy-MM-dd HH:mm zzz", "2024-05-31 12:30 PST") else {
        panic!()
    };
    assert_eq!(zoned.time_zone().iana_name(), Some("America/Los_Angeles"));
    let midnight = ParsedDate::Date(date(2024, 5, 31))
        .to_zoned(&TimeZone::UTC)
        .unwrap();
    assert_eq!(midnight, at("2024-05-31T00:00:00Z[UTC]"));
}

#[test]
fn refusals_say_what_was_expected() {
    let read = |pattern: &str, text: &str| {
        DatePattern::parse(pattern)
            .unwrap()
            .parse_date(text)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        read("yyyy-MM-dd", "2024/05/31"),
        "`2024/05/31` does not follow the date pattern `yyyy-MM-dd`: `-` was expected at position 4"
    );
    assert!(read("yyyy-MM-dd", "2024-13-01").ends_with("13 is no value for `M`"));
    assert!(read("yyyy-MM-dd", "2024-05-31Z").ends_with("`Z` is left over at its end"));
    assert!(
        read("EEE yyyy-MM-dd", "Mon 2024-05-31").ends_with("its `E` is 1, but 2024-05-31 has 5")
    );
    assert!(read("HH:mm", "12:30").ends_with("it has no year"));
    for (pattern, dialect, position) in [
        ("yyyy-b", Dialect::SimpleDateFormat, 5),
        ("XXXX", Dialect::SimpleDateFormat, 0),
        ("'open", Dialect::SimpleDateFormat, 0),
        ("HHH", Dialect::DateTimeFormatter, 0),
        ("yyyy]", Dialect::DateTimeFormatter, 4),
        ("yyyy{", Dialect::DateTimeFormatter, 4),
    ] {
        match DatePattern::in_dialect(pattern, dialect) {
            Err(DateError::Pattern { position: at, .. }) => assert_eq!(at, position, "{pattern}"),
            other => panic!("{pattern}: {other:?}"),
        }
    }
}

#[test]
fn a_padded_field_of_blanks_is_refused() {
    let pattern = DatePattern::parse("ppQ").unwrap();
    for text in ["   ", "  ", " 1 ", ""] {
        assert!(pattern.parse_date(text).is_err(), "{text:?}");
    }
}

#[test]
fn http_dates_and_iso_dates_need_no_format() {
    let moment = at("2024-05-31T12:30:00Z[UTC]").timestamp();
    for text in [
        "2024-05-31T12:30:00Z",
        "2024-05-31T14:30:00+02:00[Europe/Paris]",
        "Fri, 31 May 2024 12:30:00 GMT",
        "Fri, 31 May 2024 14:30 +0200",
        "Friday, 31-May-24 12:30:00 GMT",
        "Fri May 31 12:30:00 2024",
    ] {
        let ParsedDate::Zoned(zoned) = parse_lenient(text).unwrap() else {
            panic!("{text}")
        };
        assert_eq!(zoned.timestamp(), moment, "{text}");
    }
    assert_eq!(
        parse_lenient("2024-05-31T12:30").unwrap(),
        ParsedDate::Local(datetime(2024, 5, 31, 12, 30, 0, 0))
    );
    assert_eq!(
        parse_lenient("2024-05").unwrap(),
        ParsedDate::Date(date(2024, 5, 1))
    );
    for (text, year) in [("7", 7), ("02021", 2021), ("-1", -1), ("+12", 12)] {
        assert_eq!(
            parse_lenient(text).unwrap(),
            ParsedDate::Date(date(year, 1, 1))
        );
    }
    for text in [
        "",
        "20210203",
        "soon",
        "2024-02-30",
        "31.05.2024",
        "2024-05-31 12:30",
        "Mon, 31 May 2024 12:30:00 GMT",
    ] {
        assert!(
            matches!(parse_lenient(text), Err(DateError::Unrecognised { .. })),
            "{text}"
        );
    }
}

#[test]
fn unnamed_formats_are_those_of_wiremock() {
    for (text, expected) in [
        ("2022-06-15T10:00:00Z", "2022-06-15T10:00:00Z"),
        ("2022-06-15T10:00:00z", "2022-06-15T10:00:00Z"),
        ("2022-06-15T10:00Z", "2022-06-15T10:00:00Z"),
        ("2022-06-15T10:00:00.5Z", "2022-06-15T10:00:00.5Z"),
        ("2022-06-15T10:00:00+01:00", "2022-06-15T09:00:00Z"),
        ("2022-06-15T10:00:00+01", "2022-06-15T09:00:00Z"),
        ("2022-06-15T10:00:00+01:00:30", "2022-06-15T08:59:30Z"),
        (
            "2022-06-15T10:00:00+02:00[Europe/Paris]",
            "2022-06-15T08:00:00Z",
        ),
        ("2022-06-15T10:00:00", "2022-06-15T10:00:00"),
        ("2022-06-15T10:00", "2022-06-15T10:00:00"),
        ("2022-06-15", "2022-06-15"),
        ("2022-06", "2022-06-01"),
        ("2022", "2022-01-01"),
        ("Wed, 15 Jun 2022 10:00:00 GMT", "2022-06-15T10:00:00Z"),
        ("15 Jun 2022 10:00:00 GMT", "2022-06-15T10:00:00Z"),
        ("Wed, 5 Jan 2022 10:00:00 +0100", "2022-01-05T09:00:00Z"),
        ("Wednesday, 05-Jan-22 10:00:00 GMT", "2022-01-05T10:00:00Z"),
        ("Wed Jan 05 10:00:00 2022", "2022-01-05T10:00:00Z"),
        ("Wed Jan  5 10:00:00 2022", "2022-01-05T10:00:00Z"),
        ("2022-06-15T10:00+01", "2022-06-15T09:00:00Z"),
    ] {
        let found = match parse_lenient(text) {
            Ok(ParsedDate::Zoned(zoned)) => zoned.timestamp().to_string(),
            Ok(ParsedDate::Local(local)) => local.to_string(),
            Ok(ParsedDate::Date(date)) => date.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{text}");
    }
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
        "2022-06-15T10:00:00+1",
        "2022-06-15T10:00:00Z ",
        "2022-06-15T10",
    ] {
        assert!(parse_lenient(text).is_err(), "{text}");
    }
}

#[test]
fn an_offset_moves_by_calendar_units() {
    let moved = |offset: &str, from: &str| {
        DateOffset::parse(offset)
            .unwrap()
            .apply(&at(from))
            .unwrap()
            .to_string()
    };
    let from = "2024-01-31T12:30:00+01:00[Europe/Paris]";
    assert_eq!(
        moved("1 months", from),
        "2024-02-29T12:30:00+01:00[Europe/Paris]"
    );
    assert_eq!(
        moved("now -1 years", from),
        "2023-01-31T12:30:00+01:00[Europe/Paris]"
    );
    assert_eq!(
        moved("now +3 days", from),
        "2024-02-03T12:30:00+01:00[Europe/Paris]"
    );
    assert_eq!(
        moved("2 weeks", from),
        "2024-02-14T12:30:00+01:00[Europe/Paris]"
    );
    assert_eq!(
        moved("+90 SECONDS", from),
        "2024-01-31T12:31:30+01:00[Europe/Paris]"
    );
    assert_eq!(moved("now", from), from);
    // The day after the clocks change is a day later by the clock on the wall.
    assert_eq!(
        moved("1 days", "2024-03-30T12:30:00+01:00[Europe/Paris]"),
        "2024-03-31T12:30:00+02:00[Europe/Paris]"
    );
    for text in [
        "",
        "3",
        "days",
        "x days",
        "3 fortnights",
        "3 days ago",
        "now now",
        "9223372036854775808 days",
    ] {
        assert!(
            matches!(DateOffset::parse(text), Err(DateError::Offset { .. })),
            "{text}"
        );
    }
    let far = DateOffset {
        amount: i64::MAX,
        unit: DateUnit::Years,
    };
    assert!(matches!(far.apply(&at(from)), Err(DateError::Range { .. })));
    assert_eq!(
        DateOffset::parse("-3 hour").unwrap().to_string(),
        "-3 hours"
    );
}

#[test]
fn a_truncation_goes_to_the_edge_of_its_unit() {
    let truncated = |name: &str| {
        let moment = at("2024-05-31T12:30:45.5+02:00[Europe/Paris]");
        Truncation::parse(name)
            .unwrap()
            .apply(&moment)
            .unwrap()
            .datetime()
            .to_string()
    };
    for (name, expected) in [
        ("first second of minute", "2024-05-31T12:30:00"),
        ("first minute of hour", "2024-05-31T12:00:00"),
        ("first hour of day", "2024-05-31T00:00:00"),
        ("first day of month", "2024-05-01T00:00:00"),
        ("FIRST_DAY_OF_NEXT_MONTH", "2024-06-01T00:00:00"),
        ("last day of month", "2024-05-31T00:00:00"),
        ("first day of year", "2024-01-01T00:00:00"),
        ("first day of next year", "2025-01-01T00:00:00"),
        ("last day of year", "2024-12-31T00:00:00"),
    ] {
        assert_eq!(truncated(name), expected, "{name}");
        let truncation = Truncation::parse(name).unwrap();
        assert_eq!(
            Truncation::parse(&truncation.to_string()).unwrap(),
            truncation
        );
    }
    let unknown = Truncation::parse("middle of the night")
        .unwrap_err()
        .to_string();
    assert!(unknown.contains("`first day of next month`"), "{unknown}");
}

proptest! {
    #[test]
    fn what_is_written_in_full_is_read_back(second in -60_000_000_000_i64..250_000_000_000, millisecond in 0_i64..1000, zone in prop::sample::select(vec!["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata"])) {
        let moment = Timestamp::from_millisecond(second * 1000 + millisecond).unwrap().to_zoned(TimeZone::get(zone).unwrap());
        prop_assume!((1..=9999).contains(&moment.year()) && moment.offset().seconds() % 60 == 0);
        for pattern in ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "EEE, dd MMM uuuu HH:mm:ss.SSS xx", "uuuuDDDHHmmssSSS VV xxx"] {
            let pattern = DatePattern::in_dialect(pattern, Dialect::DateTimeFormatter).unwrap();
            let text = pattern.format(&moment);
            let ParsedDate::Zoned(read) = pattern.parse_date(&text).unwrap() else { panic!("{text}") };
            prop_assert_eq!(read.timestamp(), moment.timestamp(), "{}", text);
        }
    }

    #[test]
    fn random_patterns_and_texts_never_panic(pattern in "[GuyDMLdQYwWEecFaBhKkHmsSAnNVzOXxZpv'\\[\\] -]{0,12}|\\PC{0,6}", text in "\\PC{0,12}|[0-9+: ZTa-z-]{0,16}") {
        let moment = at("2024-05-31T12:30:45.5+02:00[Europe/Paris]");
        let _ = parse_lenient(&text);
        if let Ok(pattern) = DatePattern::parse(&pattern) {
            let _ = pattern.parse_date(&pattern.format(&moment));
            let _ = pattern.parse_date(&text);
        }
        for dialect in [Dialect::SimpleDateFormat, Dialect::DateTimeFormatter] {
            if let Ok(pattern) = DatePattern::in_dialect(&pattern, dialect) {
                let _ = pattern.parse_date(&pattern.format(&moment));
                let _ = pattern.parse_date(&text);
            }
        }
    }
}
