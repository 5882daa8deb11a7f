//! Text as Java prints and compares it.

use crate::limits::DISTANCE_CELLS;

/// How unlike two texts are: Levenshtein's edits divided by the longer length, 0.0 for equal texts.
///
/// Very long texts are measured on their beginnings, so that a near miss on megabytes of body stays cheap.
pub(crate) fn text_distance(expected: &str, actual: &str) -> f64 {
    if expected == actual {
        return 0.0;
    }
    let left = expected.chars().count();
    let right = actual.chars().count();
    let longer = left.max(right);
    let edits = if left.saturating_mul(right) <= DISTANCE_CELLS {
        strsim::levenshtein(expected, actual)
    } else {
        let side = 2000;
        let head = |text: &str| text.chars().take(side).collect::<String>();
        let measured = left.min(right).min(side);
        let on_heads = strsim::levenshtein(&head(expected), &head(actual)).min(longer);
        let share = on_heads as f64 / measured.max(1) as f64;
        let common = left.min(right) as f64;
        return ((longer as f64 - common + share.min(1.0) * common) / longer as f64).min(1.0);
    };
    edits as f64 / longer as f64
}

/// `Double.toString` of Java: `1000.0`, `1.5`, `1.0E10`.
pub(crate) fn java_double(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    let magnitude = number.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{number:?}");
    }
    let shortest = format!("{number:E}");
    match shortest.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => shortest,
    }
}

/// `String.valueOf` of a JSON number as Java's parsers hold it.
pub(crate) fn java_number(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => java_double(float),
        _ => number.to_string(),
    }
}

/// `NumberFormat.getInstance()` in an English locale: grouped, at most three decimals, half to even.
pub(crate) fn grouped_number(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    let fixed = format!("{:.3}", number.abs());
    let (whole, decimals) = fixed.split_once('.').unwrap_or((&fixed, ""));
    let mut text = String::new();
    if number.is_sign_negative() {
        text.push('-');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    let decimals = decimals.trim_end_matches('0');
    if !decimals.is_empty() {
        text.push('.');
        text.push_str(decimals);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_the_share_of_edits() {
        let cases: &[(&str, &str, f64)] = &[
            ("abc", "abd", 1.0 / 3.0),
            ("abc", "abc", 0.0),
            ("", "", 0.0),
            ("", "abcd", 1.0),
            ("kitten", "sitting", 3.0 / 7.0),
        ];
        for (left, right, distance) in cases {
            assert!(
                (text_distance(left, right) - distance).abs() < 1e-9,
                "{left} {right}"
            );
        }
    }

    #[test]
    fn distance_of_long_texts_stays_within_its_bounds() {
        let long = "a".repeat(300_000);
        let other = "b".repeat(290_000);
        assert!((text_distance(&long, &other) - 1.0).abs() < 1e-9);
        let near = text_distance(&long, &"a".repeat(290_000));
        assert!(near > 0.0 && near < 0.1, "{near}");
    }

    #[test]
    fn numbers_are_printed_as_java_prints_them() {
        let doubles = [
            (1000.0, "1000.0"),
            (1.5, "1.5"),
            (1e10, "1.0E10"),
            (1.25e-5, "1.25E-5"),
            (0.0, "0.0"),
            (1e7, "1.0E7"),
            (0.001, "0.001"),
            (-2.5, "-2.5"),
        ];
        for (number, text) in doubles {
            assert_eq!(java_double(number), text);
        }
        let grouped = [
            (100_000_000.0, "100,000,000"),
            (1.0 / 3.0, "0.333"),
            (2.0, "2"),
            (-1234.5, "-1,234.5"),
            (999.0, "999"),
        ];
        for (number, text) in grouped {
            assert_eq!(grouped_number(number), text);
        }
    }
}
