//! Java's formats: `String.format`, `NumberFormat`, and the styles of `DateTimeFormatter`.

use efsm_javatext::number::Rounding;
use efsm_javatext::{Argument, DatePattern, DecimalPattern, Number};
use jiff::tz::TimeZone;

use super::dates::zone;
use super::texts::on_text;
use crate::Value;
use crate::render::{Call, Failure, Outcome, kind, refuse};

/// The widest field that a format string can ask for.
const WIDEST_FIELD: usize = 10_000;

/// `{{stringFormat '%s has %d' name count}}`.
pub(super) fn string_format(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    on_text(call, |call, format| {
        // A date is a date for `%tY` and its own text for `%s`.
        let wants_dates = ["%t", "%T", "$t", "$T"]
            .iter()
            .any(|mark| format.contains(mark));
        let mut arguments = Vec::with_capacity(call.params.len());
        let mut longest = 0;
        for value in call.params.clone() {
            let argument = match value {
                Value::Null => Argument::Null,
                Value::Bool(bool) => Argument::Boolean(bool),
                Value::Int(int) => Argument::Number(Number::from(int)),
                Value::Float(float) => Argument::Number(Number::from(float)),
                Value::Decimal(decimal) => Argument::Number(Number::from(decimal.to_f64())),
                Value::Date(date) if wants_dates => Argument::Date(date.zoned().clone()),
                other => Argument::Text(call.text(&other)?.as_ref().to_owned()),
            };
            if let Argument::Text(text) = &argument {
                longest = longest.max(text.len());
            }
            arguments.push(argument);
        }
        let fields = format.matches('%').count();
        let most = fields.saturating_mul(longest.max(WIDEST_FIELD));
        call.renderer.reserve(most.saturating_add(format.len()))?;
        match efsm_javatext::string_format(format, &arguments) {
            Ok(text) => Ok(text.into()),
            Err(error) => refuse(error.to_string()),
        }
    })
}

/// `{{numberFormat 1234.5 'currency'}}`: a style or a pattern of `DecimalFormat`, a locale, and the setters
/// of `NumberFormat` by name.
pub(super) fn number_format(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let number = match &call.context {
        Value::Int(int) => Number::from(*int),
        Value::Float(float) => Number::from(*float),
        Value::Decimal(decimal) => Number::from(decimal.to_f64()),
        _ => {
            let instead = call.param(0).cloned();
            return Ok(Outcome::Value(match instead {
                Some(value) => Value::Text(call.text(&value)?),
                None => Value::Null,
            }));
        }
    };
    let style = match call.param(0) {
        None => "default",
        Some(Value::Text(style)) => style,
        Some(other) => return refuse(format!("found {}, expected 'string'", kind(other))),
    };
    let mut pattern = match style.trim().to_ascii_lowercase().as_str() {
        "default" => DecimalPattern::general(),
        "integer" => DecimalPattern::integer(),
        "currency" => DecimalPattern::currency(),
        "percent" => DecimalPattern::percent(),
        _ => match DecimalPattern::parse(style) {
            Ok(pattern) => pattern,
            Err(error) => return refuse(error.to_string()),
        },
    };
    let symbols = match call.param(1) {
        None => Symbols::US,
        Some(Value::Text(locale)) => Symbols::of(locale, style)?,
        Some(other) => return refuse(format!("the locale must be a text, but is {}", kind(other))),
    };
    if let Some(used) = call.hash_bool("groupingUsed")? {
        pattern = pattern.with_grouping(used);
    }
    let digits = |name: &str, otherwise: usize| -> Result<usize, Failure> {
        let int = call.hash_int(name)?;
        Ok(int.map_or(otherwise, |int| usize::try_from(int).unwrap_or(0)))
    };
    let written = Digits::of(pattern.as_str());
    let max = digits("maximumFractionDigits", written.max_fraction)?;
    let min = digits("minimumFractionDigits", written.min_fraction.min(max))?;
    let integer_max = digits("maximumIntegerDigits", usize::MAX)?;
    let integer_min = digits("minimumIntegerDigits", written.min_integer.min(integer_max))?;
    if call
        .hash
        .iter()
        .any(|(key, _)| key.ends_with("FractionDigits"))
    {
        pattern = pattern.with_fraction_digits(min, max);
    }
    if call
        .hash
        .iter()
        .any(|(key, _)| key.ends_with("IntegerDigits"))
    {
        pattern = pattern.with_integer_digits(integer_min, integer_max);
    }
    if let Some(name) = call.hash_string("roundingMode")? {
        match Rounding::parse(name.trim()) {
            Some(rounding) => pattern = pattern.with_rounding(rounding),
            None => return refuse(format!("`{name}` is no rounding mode")),
        }
    }
    Ok(symbols.apply(&pattern.format(number)).into())
}

/// How many digits a pattern of `DecimalFormat` asks for.
struct Digits {
    min_integer: usize,
    min_fraction: usize,
    max_fraction: usize,
}

impl Digits {
    fn of(pattern: &str) -> Self {
        let positive = pattern.split(';').next().unwrap_or(pattern);
        let (integer, fraction) = positive.split_once('.').unwrap_or((positive, ""));
        let count = |text: &str, digits: &[char]| text.matches(digits).count();
        Self {
            min_integer: count(integer, &['0']),
            min_fraction: count(fraction, &['0']),
            max_fraction: count(fraction, &['0', '#']),
        }
    }
}

/// What separates the digits of a number in a locale.
struct Symbols {
    group: char,
    point: char,
}

impl Symbols {
    const US: Self = Self {
        group: ',',
        point: '.',
    };

    fn of(locale: &str, style: &str) -> Result<Self, Failure> {
        let language = locale.split(['_', '-']).next().unwrap_or(locale);
        let (group, point) = match (language, locale) {
            ("en" | "ja" | "zh" | "ko" | "th" | "he", _) | (_, "es_MX" | "es-MX") => (',', '.'),
            (_, "de_CH" | "de-CH") => ('\u{2019}', '.'),
            ("de" | "es" | "it" | "nl" | "id" | "tr" | "da" | "el", _) | (_, "pt_BR" | "pt-BR") => {
                ('.', ',')
            }
            ("pt" | "pl" | "ru" | "cs" | "sv" | "fi" | "nb" | "no" | "uk" | "hu", _) => {
                ('\u{a0}', ',')
            }
            ("fr", _) => ('\u{202f}', ','),
            _ => {
                return refuse(format!(
                    "the locale `{locale}` is not known here; use a pattern"
                ));
            }
        };
        if language != "en" && style.trim().eq_ignore_ascii_case("currency") {
            return refuse(format!(
                "amounts of money of the locale `{locale}` are not known here; use a pattern such as '#,##0.00 €'"
            ));
        }
        Ok(Self { group, point })
    }

    fn apply(&self, text: &str) -> String {
        text.chars()
            .map(|character| match character {
                ',' => self.group,
                '.' => self.point,
                other => other,
            })
            .collect()
    }
}

/// `{{dateFormat date 'full'}}`: a style or a pattern of `DateTimeFormatter`, `time=` a style, `tz=` a zone.
pub(super) fn date_format(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.context.is_falsy() {
        return on_text(call, |_, _| Ok("".into()));
    }
    let Value::Date(date) = call.context.clone() else {
        let (kind, shown) = (kind(&call.context), call.context_text()?);
        return refuse(format!(
            "found {kind} with value '{shown}', but expected a date, such as parseDate gives"
        ));
    };
    let format = match call.param(0) {
        Some(Value::Text(format)) => format.clone(),
        Some(other) => return refuse(format!("the format must be a text, but is {}", kind(other))),
        None => call
            .hash_string("format")?
            .unwrap_or_else(|| "medium".into()),
    };
    let locale = match call.param(1).cloned() {
        Some(locale) => Some(call.text(&locale)?),
        None => call.hash_text("locale")?,
    };
    if let Some(locale) = locale.filter(|locale| !locale.is_empty() && !locale.starts_with("en")) {
        return refuse(format!(
            "names of days and months are known in English only, not in `{locale}`"
        ));
    }
    let pattern = match (date_style(&format), call.hash_text("time")?) {
        (None, _) => format.as_ref().to_owned(),
        (Some(day), None) => day.to_owned(),
        (Some(day), Some(time)) => match time_style(&time) {
            None => day.to_owned(),
            Some(time) if matches!(&*format, "full" | "long") && day.contains("MMMM") => {
                let joint = if &*format == "full" { "' at '" } else { "', '" };
                format!("{day}{joint}{time}")
            }
            Some(time) => format!("{day}', '{time}"),
        },
    };
    let shown_in = match call.hash_text("tz")? {
        // `TimeZone.getTimeZone` takes what it does not know for GMT.
        Some(name) => zone(&name).unwrap_or(TimeZone::UTC),
        None => call.renderer.env.now().time_zone().clone(),
    };
    let pattern = match DatePattern::parse(&pattern) {
        Ok(pattern) => pattern,
        Err(error) => return refuse(error.to_string()),
    };
    Ok(pattern
        .format(&date.zoned().with_time_zone(shown_in))
        .into())
}

fn date_style(name: &str) -> Option<&'static str> {
    Some(match name {
        "full" => "EEEE, MMMM d, y",
        "long" => "MMMM d, y",
        "medium" => "MMM d, y",
        "short" => "M/d/yy",
        _ => return None,
    })
}

fn time_style(name: &str) -> Option<&'static str> {
    Some(match name {
        "full" => "h:mm:ss a zzzz",
        "long" => "h:mm:ss a z",
        "medium" => "h:mm:ss a",
        "short" => "h:mm a",
        _ => return None,
    })
}
