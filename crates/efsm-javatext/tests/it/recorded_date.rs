//! What Java 17 itself answered, one case a line: `simple` is written by `SimpleDateFormat`, `standard` by
//! `DateTimeFormatter`, `read` by the latter, and `lenient` by the parsers of WireMock 3.13.2 in their order. What was
//! read is `Z` and the millisecond, `L` and the local time, or `D` and the day. A line without `result` is one that
//! Java refused.

use efsm_javatext::date::{DatePattern, Dialect, ParsedDate, parse_lenient};
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde_json::Value;

const CASES: &str = include_str!("../recorded/date.jsonl");

fn shown(date: ParsedDate) -> String {
    match date {
        ParsedDate::Zoned(zoned) => format!("Z {}", zoned.timestamp().as_millisecond()),
        ParsedDate::Local(local) => format!("L {local}"),
        ParsedDate::Date(date) => format!("D {date}"),
    }
}

fn answer(case: &Value) -> Option<String> {
    let text = case["text"].as_str();
    let dialect = match case["op"].as_str()? {
        "lenient" => return parse_lenient(text?).ok().map(shown),
        "simple" => Dialect::SimpleDateFormat,
        _ => Dialect::DateTimeFormatter,
    };
    let pattern = DatePattern::in_dialect(case["pattern"].as_str()?, dialect).ok()?;
    if let Some(text) = text {
        return pattern.parse_date(text).ok().map(shown);
    }
    let zone = match case["zone"].as_str()? {
        "+02:00" | "GMT+02:00" => TimeZone::fixed(offset(2)),
        name => TimeZone::get(name).ok()?,
    };
    Some(
        pattern.format(
            &Timestamp::from_millisecond(case["at"].as_i64()?)
                .ok()?
                .to_zoned(zone),
        ),
    )
}

#[test]
fn answers_are_those_of_java() {
    let cases: Vec<Value> = CASES
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let differing: Vec<String> = cases
        .iter()
        .filter(|case| answer(case).as_deref() != case["result"].as_str())
        .map(|case| format!("{case}\n  answered {:?}", answer(case)))
        .collect();
    assert!(cases.len() > 600, "the recording is whole");
    assert!(
        differing.is_empty(),
        "{} of {} differ:\n{}",
        differing.len(),
        cases.len(),
        differing.join("\n")
    );
}
