//! Numbers, in the forms that Java 17 gives them.

use efsm_javatext::number::{Argument, DecimalPattern, Number, Rounding, string_format};
use serde_json::Value;

/// What `DecimalFormat` and `String.format` of Java 17 answered, one case a line; one without `result` is refused.
const RECORDED: &str = include_str!("../recorded/number.jsonl");

fn argument(value: &Value) -> Argument {
    match value {
        Value::Bool(boolean) => Argument::Boolean(*boolean),
        Value::Number(number) => Argument::Number(match number.as_i64() {
            Some(integer) => integer.into(),
            None => number.as_f64().unwrap_or(f64::NAN).into(),
        }),
        Value::String(text) => Argument::Text(text.clone()),
        _ => Argument::Null,
    }
}

fn answer(case: &Value) -> Option<String> {
    let pattern = case["pattern"].as_str()?;
    let arguments: Vec<Argument> = case["arguments"].as_array()?.iter().map(argument).collect();
    match (case["op"].as_str()?, arguments.first()) {
        ("decimal", Some(Argument::Number(number))) => {
            Some(DecimalPattern::parse(pattern).ok()?.format(*number))
        }
        ("format", _) => string_format(pattern, &arguments).ok(),
        _ => None,
    }
}

#[test]
fn answers_are_those_of_java() {
    let cases: Vec<Value> = RECORDED
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let differing: Vec<String> = cases
        .iter()
        .filter(|case| answer(case).as_deref() != case["result"].as_str())
        .map(|case| format!("{case}\n  answered {:?}", answer(case)))
        .collect();
    assert!(cases.len() > 300, "the recording is whole");
    assert!(
        differing.is_empty(),
        "{} of {} differ:\n{}",
        differing.len(),
        cases.len(),
        differing.join("\n")
    );
}

fn check(pattern: &str, number: impl Into<Number>, shown: &str) {
    let pattern = DecimalPattern::parse(pattern).expect("the pattern is well-formed");
    assert_eq!(pattern.format(number.into()), shown, "{}", pattern.as_str());
}

#[test]
fn digits_and_grouping_follow_the_pattern() {
    check("#,##0.00", -1234.567, "-1,234.57");
    check("#.##", 0.001, "0");
    check(".00", 0.5, ".50");
    check("00000", -42_i64, "-00042");
    check("0,000", 9_i64, "0,009");
    check("#,####.0", 123_456_789_i64, "1,2345,6789.0");
    check("#.", 0_i64, "0.");
    check("", 1_234_567.891_234, "1,234,567.891234");
    check("#", -0.2, "-0");
}

#[test]
fn ties_are_decided_by_the_exact_double() {
    check("0.00", 1.005, "1.00");
    check("0.00", 0.125, "0.12");
    check("0.0", 0.25, "0.2");
    check("0", 2.5, "2");
    let up = DecimalPattern::parse("0.00")
        .unwrap()
        .with_rounding(Rounding::HalfUp);
    assert_eq!(up.format(0.125.into()), "0.13");
    assert_eq!(up.format(1.005.into()), "1.00");
    let down = DecimalPattern::parse("0")
        .unwrap()
        .with_rounding(Rounding::Floor);
    assert_eq!(
        (down.format((-1.2).into()), down.format(1.8.into())),
        ("-2".into(), "1".into())
    );
}

#[test]
fn exponents_may_be_engineering_ones() {
    check("0.###E0", 0_i64, "0E0");
    check("0.###E00", 0.00012, "1.2E-04");
    check("00.##E0", 12_345_i64, "12.34E3");
    check("##0.##E0", 0.000_123_45, "123.45E-6");
    check("#E0", 12_345_i64, ".1E5");
}

#[test]
fn affixes_surround_the_digits() {
    check("#,##0.00;(#,##0.00)", -1234.5, "(1,234.50)");
    check("¤#,##0.00", -1234.5, "-$1,234.50");
    check("¤¤ 0.0", 1.5, "USD 1.5");
    check("0.0%", 0.1234, "12.3%");
    check("0.0‰", 0.1234, "123.4‰");
    check("'#'0 'it''s'", 12_i64, "#12 it's");
    check("abc", 12_i64, "abc12");
    assert_eq!(DecimalPattern::currency().format(3_i64.into()), "$3.00");
    assert_eq!(DecimalPattern::percent().format(0.5.into()), "50%");
    assert_eq!(DecimalPattern::integer().format(1234.5.into()), "1,234");
    assert_eq!(
        DecimalPattern::general()
            .with_grouping(false)
            .format(1234.5678.into()),
        "1234.568"
    );
}

#[test]
fn malformed_patterns_are_refused() {
    for pattern in [
        "0#", "0.#0", "#,", "0.0.0", "0E", "0.0%%", "'0", "x;y", "0;;",
    ] {
        assert!(DecimalPattern::parse(pattern).is_err(), "{pattern}");
    }
}

fn check_format(format: &str, arguments: &[Argument], shown: &str) {
    assert_eq!(
        string_format(format, arguments).as_deref(),
        Ok(shown),
        "{format}"
    );
}

fn integer(value: i64) -> Argument {
    Argument::Number(value.into())
}

fn float(value: f64) -> Argument {
    Argument::Number(value.into())
}

#[test]
fn numbers_follow_their_conversion_and_flags() {
    check_format(
        "%d|%5d|%-5d|%05d|%,d",
        &[
            integer(7),
            integer(7),
            integer(7),
            integer(-7),
            integer(1_234_567),
        ],
        "7|    7|7    |-0007|1,234,567",
    );
    check_format(
        "%+d|% d|%(d",
        &[integer(1), integer(1), integer(-1)],
        "+1| 1|(1)",
    );
    check_format(
        "%x|%X|%#x|%o",
        &[integer(255), integer(255), integer(255), integer(8)],
        "ff|FF|0xff|10",
    );
    check_format(
        "%x %x",
        &[integer(-1), integer(-5_000_000_000)],
        "ffffffff fffffffed5fa0e00",
    );
    check_format(
        "%.2f|%8.3f|%.0f|%,.2f",
        &[float(1.005), float(-2.5), float(2.5), float(12_345.678)],
        "1.01|  -2.500|3|12,345.68",
    );
    check_format(
        "%e|%.2E|%g|%g",
        &[
            float(12_345.678),
            float(0.000_12),
            float(0.000_1),
            float(1e10),
        ],
        "1.234568e+04|1.20E-04|0.000100000|1.00000e+10",
    );
    check_format(
        "%f|%5.1f",
        &[float(f64::NAN), float(f64::NEG_INFINITY)],
        "NaN|-Infinity",
    );
    check_format("%.1f", &[integer(5)], "5.0");
}

#[test]
fn text_booleans_and_characters_are_shown() {
    check_format(
        "%s|%10s|%-6s|%.2s|%S",
        &[
            Argument::Text("abc".into()),
            Argument::Null,
            Argument::Boolean(true),
            Argument::Text("abc".into()),
            Argument::Text("abc".into()),
        ],
        "abc|      null|true  |ab|ABC",
    );
    check_format("%s %s", &[float(1e10), integer(3)], "1.0E10 3");
    check_format(
        "%b %b %B",
        &[
            Argument::Null,
            Argument::Text(String::new()),
            Argument::Boolean(true),
        ],
        "false true TRUE",
    );
    check_format("%c%c", &[integer(65), integer(128_512)], "A😀");
    check_format("%h", &[Argument::Text("hello".into())], "5e918d2");
    check_format("100%%%n", &[], "100%\n");
}

#[test]
fn arguments_are_chosen_by_index() {
    let arguments = [integer(1), integer(2)];
    check_format("%2$d %1$d %d %<d %d", &arguments, "2 1 1 1 2");
}

#[test]
fn dates_are_shown_by_letter() {
    let date = jiff::Timestamp::from_millisecond(1_700_000_000_123)
        .unwrap()
        .to_zoned(jiff::tz::TimeZone::UTC);
    check_format(
        "%tF %<tT.%<tL %<tp %<tB %<tj %<ts",
        &[Argument::Date(date)],
        "2023-11-14 22:13:20.123 pm November 318 1700000000",
    );
}

#[test]
fn what_java_refuses_is_refused() {
    for (format, argument) in [
        ("%", None),
        ("%y", Some(integer(1))),
        ("%d", None),
        ("%d", Some(float(1.0))),
        ("%d", Some(Argument::Text("1".into()))),
        ("%-d", Some(integer(1))),
        ("%--5d", Some(integer(1))),
        ("%.2d", Some(integer(1))),
        ("%+s", Some(integer(1))),
        ("%5n", None),
        ("%c", Some(Argument::Text("a".into()))),
        ("%tF", Some(Argument::Text("a".into()))),
        ("%0$d", Some(integer(1))),
        ("%99999d", Some(integer(1))),
    ] {
        let arguments: Vec<_> = argument.into_iter().collect();
        assert!(string_format(format, &arguments).is_err(), "{format}");
    }
}
