//! XMLUnit's placeholders: `${xmlunit.ignore}`, `isNumber`, `isDateTime`, `matchesRegex`.

use efsm_javatext::{DatePattern, JavaRegex, RegexError};

/// Compiled delimiters.
#[derive(Debug, Clone)]
pub(crate) struct Placeholders {
    pattern: JavaRegex,
}

const OPENING: &str = r"\$\{";
const CLOSING: &str = r"\}";

impl Placeholders {
    /// Blank delimiters mean the usual ones, `${` and `}`.
    pub(crate) fn new(opening: Option<&str>, closing: Option<&str>) -> Result<Self, RegexError> {
        let given = |delimiter: Option<&str>| {
            delimiter
                .filter(|text| !text.trim().is_empty())
                .map(str::to_owned)
        };
        let opening = given(opening).unwrap_or_else(|| OPENING.to_owned());
        let closing = given(closing).unwrap_or_else(|| CLOSING.to_owned());
        // Checked alone first, so that an error names what the stub's author wrote.
        JavaRegex::new(&opening)?;
        JavaRegex::new(&closing)?;
        let pattern = JavaRegex::new(&format!(
            r"\s*(?:{opening})\s*xmlunit\.(?<placeholder>.+?)\s*(?:{closing})\s*"
        ))?;
        Ok(Self { pattern })
    }

    /// Whether the expected text is a placeholder that accepts the actual one (`None`: there is none).
    ///
    /// Fails when a placeholder has other text beside it, or its pattern is malformed.
    pub(crate) fn accepts(&self, expected: &str, actual: Option<&str>) -> Result<bool, String> {
        if !expected.contains("xmlunit.") {
            return Ok(false);
        }
        let whole = self
            .pattern
            .whole_captures(expected)
            .map_err(|error| error.to_string())?;
        let Some(captures) = whole else {
            let inside = self
                .pattern
                .find(expected)
                .map_err(|error| error.to_string())?;
            return match inside {
                Some(_) => Err(format!(
                    "a placeholder must be the whole text or attribute value, but `{expected}` has more"
                )),
                None => Ok(false),
            };
        };
        let placeholder = captures
            .name("placeholder")
            .map_or("", |text| text.as_str())
            .trim();
        let (keyword, argument) = match placeholder.split_once('(') {
            Some((keyword, rest)) => {
                let argument = rest.trim_end().strip_suffix(')').unwrap_or(rest);
                (
                    keyword.trim(),
                    Some(argument.trim()).filter(|text| !text.is_empty()),
                )
            }
            None => (placeholder, None),
        };
        let actual = actual.map(str::trim);
        match (keyword, argument, actual) {
            ("ignore", _, _) => Ok(true),
            ("isNumber", _, Some(actual)) => Ok(is_number(actual)),
            ("isDateTime", None, Some(actual)) => Ok(is_date_time(actual)),
            ("isDateTime", Some(pattern), Some(actual)) => DatePattern::parse(pattern)
                .map(|pattern| pattern.parse_date(actual).is_ok())
                .map_err(|error| error.to_string()),
            ("matchesRegex", Some(pattern), Some(actual)) => JavaRegex::new(pattern)
                .and_then(|pattern| pattern.find(actual).map(|found| found.is_some()))
                .map_err(|error| error.to_string()),
            _ => Ok(false),
        }
    }
}

/// `[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?`
fn is_number(text: &str) -> bool {
    let signless = |text: &str| text.strip_prefix(['-', '+']).unwrap_or(text).to_owned();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let mantissa = signless(mantissa);
    let well_formed = match mantissa.split_once('.') {
        Some((whole, decimals)) => (whole.is_empty() || digits(whole)) && digits(decimals),
        None => digits(&mantissa),
    };
    well_formed && exponent.is_none_or(|exponent| digits(&signless(exponent)))
}

/// What Java's lenient date formats accept: a text that starts like an ISO date or like `12/31/24`.
fn is_date_time(text: &str) -> bool {
    ['-', '/'].into_iter().any(|separator| {
        let mut rest = text;
        (0..3).all(|index| {
            if index > 0 {
                match rest.strip_prefix(separator) {
                    Some(after) => rest = after,
                    None => return false,
                }
            }
            let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let found = after.len() < rest.len();
            rest = after;
            found
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_are_recognised() {
        for number in ["1", "-1.5", "+.5", "1e5", "1.5E-3"] {
            assert!(is_number(number), "{number}");
        }
        for other in ["", "1.", "x", "1e", "1.5.6", "--1"] {
            assert!(!is_number(other), "{other}");
        }
        for date in ["2020-01-01", "2020-01-01T00:00:00Z", "1/31/20"] {
            assert!(is_date_time(date), "{date}");
        }
        for other in ["", "x", "2020", "2020-01", "Jan 1, 2020"] {
            assert!(!is_date_time(other), "{other}");
        }
    }
}
