use efsm_matchers::{MatchContext, Subject};
use serde_json::{Value, json};

use crate::{check, matcher};

#[track_caller]
fn compare(expected: &str, options: &Value, actual: &str, relations: [bool; 3]) {
    for (operator, holds) in ["before", "equalToDateTime", "after"]
        .into_iter()
        .zip(relations)
    {
        let mut pattern = json!({ operator: expected });
        for (key, option) in options.as_object().expect("an object of options") {
            pattern[key] = option.clone();
        }
        let value = [Some(actual)];
        let (accepted, refused): (&[_], &[_]) = if holds {
            (&value, &[None])
        } else {
            (&[], &value)
        };
        check(&pattern, accepted, refused);
    }
}

const BEFORE: [bool; 3] = [true, false, false];
const EQUAL: [bool; 3] = [false, true, false];
const AFTER: [bool; 3] = [false, false, true];
const NEVER: [bool; 3] = [false; 3];

#[test]
fn dates_with_and_without_zones() {
    let zoned = "2021-06-15T10:00:00Z";
    let none = json!({});
    compare(zoned, &none, "2020-01-01T00:00:00Z", BEFORE);
    compare(zoned, &none, "2021-06-15T12:00:00+02:00", EQUAL);
    compare(zoned, &none, "2021-06-15T10:00:00.000001Z", AFTER);
    compare(zoned, &none, "2021-06-15", BEFORE);
    compare(zoned, &none, "2021-06-15T10:00", EQUAL);
    compare(zoned, &none, "Tue, 15 Jun 2021 11:00:00 GMT", AFTER);
    compare(zoned, &none, "Tuesday, 15-Jun-21 10:00:00 GMT", EQUAL);
    compare(zoned, &none, "Tue Jun 15 09:00:00 2021", BEFORE);
    // Digits alone are a year.
    for year in ["7", "-1", "02020", "2021"] {
        compare(zoned, &none, year, BEFORE);
    }
    compare("2021-01-01", &none, "02021", EQUAL);
    compare(zoned, &none, "20210203", AFTER);
    compare(zoned, &none, "1234567890", NEVER);
    compare(zoned, &none, "nonsense", NEVER);
    compare(zoned, &none, "", NEVER);
    compare("nonsense", &none, zoned, NEVER);
    // Without a zone on the expected side the local times are compared.
    compare(
        "2021-06-15T10:00:00",
        &none,
        "2021-06-15T10:00:00+02:00",
        EQUAL,
    );
    compare("2021-06-15", &none, "2021-06-15T00:00:01", AFTER);
}

#[test]
fn a_date_without_a_zone_is_taken_in_the_zone_of_the_clock() {
    let after = matcher(&json!({"after": "2021-06-15T10:00:00Z"}));
    let at = |now: &str| MatchContext::new(now.parse().expect("a constant date"));
    let local = Subject::text("2021-06-15T11:00:00");
    assert!(after.is_match(&local, &at("2024-05-31T12:00:00Z[UTC]")));
    assert!(!after.is_match(&local, &at("2024-05-31T12:00:00+02:00[Europe/Paris]")));
}

#[test]
fn now_is_the_clock_of_the_context() {
    let none = json!({});
    compare("now", &none, "2024-05-31T12:00:00Z", EQUAL);
    compare("NOW", &none, "2024-05-31T11:59:59Z", BEFORE);
    compare("now +3 days", &none, "2024-06-03T12:00:00Z", EQUAL);
    compare("now -2 hours", &none, "2024-05-31T10:00:00Z", EQUAL);
    compare("3 months", &none, "2024-08-31T12:00:00Z", EQUAL);
    compare("Now +1 Years", &none, "2025-05-31T12:00:01Z", AFTER);
    compare("now+3 days", &none, "2024-06-03T12:00:00Z", NEVER);
    let offset = json!({"expectedOffset": -3, "expectedOffsetUnit": "days"});
    compare("now", &offset, "2024-05-28T12:00:00Z", EQUAL);
    compare("now +1 years", &offset, "2024-05-28T12:00:00Z", EQUAL);
    // An offset needs its unit, and a fixed date takes none.
    compare(
        "now",
        &json!({"expectedOffset": 3}),
        "2024-05-31T12:00:00Z",
        EQUAL,
    );
    compare(
        "2021-06-15T10:00:00Z",
        &offset,
        "2021-06-15T10:00:00Z",
        EQUAL,
    );
}

#[test]
fn actual_format() {
    compare(
        "2022-06-15T10:00:00Z",
        &json!({"actualFormat": "unix"}),
        "1655287200",
        EQUAL,
    );
    compare(
        "2022-06-15T10:00:00",
        &json!({"actualFormat": "unix"}),
        "1655287200",
        EQUAL,
    );
    compare(
        "2022-06-15T10:00:00Z",
        &json!({"actualFormat": "epoch"}),
        "1655287200001",
        AFTER,
    );
    compare(
        "2022-06-15T10:00:00Z",
        &json!({"actualFormat": "epoch"}),
        "2022-06-15T10:00:00Z",
        NEVER,
    );
}

#[test]
fn truncations() {
    for (truncation, result) in [
        ("first second of minute", "2021-06-15T10:11:00Z"),
        ("first minute of hour", "2021-06-15T10:00:00Z"),
        ("first hour of day", "2021-06-15T00:00:00Z"),
        ("first day of month", "2021-06-01T00:00:00Z"),
        ("first day of next month", "2021-07-01T00:00:00Z"),
        ("last day of month", "2021-06-30T00:00:00Z"),
        ("first day of year", "2021-01-01T00:00:00Z"),
        ("first day of next year", "2022-01-01T00:00:00Z"),
        ("LAST_DAY_OF_YEAR", "2021-12-31T00:00:00Z"),
    ] {
        let options = json!({ "truncateActual": truncation });
        compare(result, &options, "2021-06-15T10:11:12Z", EQUAL);
    }
    // Neither a fixed expected date nor an actual date without a zone is truncated.
    let month =
        json!({"truncateExpected": "first day of month", "truncateActual": "first day of month"});
    compare(
        "2021-06-15T10:00:00Z",
        &month,
        "2021-06-15T10:00:00Z",
        BEFORE,
    );
    compare("2021-06-15T10:00:00", &month, "2021-06-15T10:00:00", EQUAL);
    compare("now", &month, "2024-05-20T00:00:00Z", EQUAL);
    // The offset is added to the truncated date, or the other way round.
    let shifted = |last: bool| {
        json!({
            "truncateExpected": "first day of month", "applyTruncationLast": last,
            "expectedOffset": 15, "expectedOffsetUnit": "days"
        })
    };
    compare("now", &shifted(false), "2024-05-16T00:00:00Z", EQUAL);
    compare("now", &shifted(true), "2024-06-01T00:00:00Z", EQUAL);
}
