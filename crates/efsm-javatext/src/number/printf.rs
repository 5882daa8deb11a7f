//! `java.util.Formatter`, which `String.format` uses.

use jiff::Zoned;

use super::decimal::push_digits;
use super::{Decimal, FormatError, Number, Rounding};

mod clock;

/// The widest field and the longest fraction; Java's own bound is the range of `int`.
const MAX_WIDTH: usize = 10_000;

/// An argument of [`string_format`].
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    Date(Zoned),
}

impl std::fmt::Display for Argument {
    /// `String.valueOf`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(boolean) => boolean.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Date(date) => f.write_str(&date.strftime("%a %b %d %H:%M:%S %Z %Y").to_string()),
        }
    }
}

/// `java.lang.String.format` with `Locale.US`: `%s %S %d %,d %05d %x %o %c %b %h %e %f %g %a %t.. %n %%`,
/// with `1$` and `<` indices, the flags `- # + space 0 , (`, a width and a precision. `%n` is `\n`.
///
/// Two departures from Java: `%a` is refused, and `%e %f %g` and `%t` take whole numbers of any size, because
/// JSON does not tell `5` from `5.0`, nor an `int` from a `long`.
pub fn string_format(format: &str, arguments: &[Argument]) -> Result<String, FormatError> {
    let chars: Vec<char> = format.chars().collect();
    let mut out = String::new();
    let (mut at, mut ordinary, mut last) = (0, 0, None);
    while let Some(&c) = chars.get(at) {
        if c != '%' {
            out.push(c);
            at += 1;
            continue;
        }
        let (specifier, end) = Specifier::read(format, &chars, at)?;
        at = end;
        if matches!(specifier.conversion, 'n' | '%') {
            out.push_str(&specifier.fixed()?);
            continue;
        }
        let index = match specifier.index {
            Index::Ordinary => {
                ordinary += 1;
                Some(ordinary - 1)
            }
            Index::Previous => last,
            Index::Explicit(index) => index.checked_sub(1),
        };
        let argument = index.and_then(|index| arguments.get(index));
        let Some(argument) = argument else {
            return Err(specifier.misfit("a missing argument"));
        };
        last = index;
        out.push_str(&specifier.show(argument)?);
    }
    Ok(out)
}

#[derive(Clone, Copy)]
enum Index {
    Ordinary,
    Previous,
    Explicit(usize),
}

#[derive(Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // The seven flags of Java's format specifiers.
struct Flags {
    left: bool,
    alternate: bool,
    plus: bool,
    space: bool,
    zero: bool,
    group: bool,
    parentheses: bool,
}

struct Specifier<'f> {
    format: &'f str,
    text: String,
    index: Index,
    flags: Flags,
    width: Option<usize>,
    precision: Option<usize>,
    conversion: char,
    upper: bool,
    /// The letter after `t`.
    clock: char,
}

impl<'f> Specifier<'f> {
    fn read(format: &'f str, chars: &[char], start: usize) -> Result<(Self, usize), FormatError> {
        let refuse = |end: usize, reason: &str| {
            let text = chars[start..end.min(chars.len())].iter().collect();
            Err(FormatError::Specifier {
                format: format.to_owned(),
                specifier: text,
                reason: reason.to_owned(),
            })
        };
        let number = |from: usize| -> (Option<usize>, usize) {
            let digits: String = chars[from..]
                .iter()
                .take_while(|c| c.is_ascii_digit())
                .collect();
            (digits.parse().ok(), from + digits.len())
        };
        let mut at = start + 1;
        let mut index = Index::Ordinary;
        if let (Some(explicit), end) = number(at)
            && chars.get(end) == Some(&'$')
            && chars[at] != '0'
        {
            index = Index::Explicit(explicit);
            at = end + 1;
        } else if chars.get(at) == Some(&'<') {
            index = Index::Previous;
            at += 1;
        }
        let mut flags = Flags::default();
        loop {
            let flag = match chars.get(at) {
                Some('-') => &mut flags.left,
                Some('#') => &mut flags.alternate,
                Some('+') => &mut flags.plus,
                Some(' ') => &mut flags.space,
                Some('0') => &mut flags.zero,
                Some(',') => &mut flags.group,
                Some('(') => &mut flags.parentheses,
                _ => break,
            };
            if std::mem::replace(flag, true) {
                return refuse(at + 1, "a flag is given twice");
            }
            at += 1;
        }
        let (width, end) = number(at);
        at = end;
        let mut precision = None;
        if chars.get(at) == Some(&'.') {
            let (digits, end) = number(at + 1);
            if digits.is_none() {
                return refuse(end + 1, "a number must follow the point");
            }
            (precision, at) = (digits, end);
        }
        let Some(&letter) = chars.get(at) else {
            return refuse(at, "it is cut off");
        };
        at += 1;
        let mut clock = ' ';
        if matches!(letter, 't' | 'T') {
            let Some(&suffix) = chars.get(at) else {
                return refuse(at, "a letter must follow `%t`");
            };
            clock = suffix;
            at += 1;
        }
        if width.max(precision).is_some_and(|size| size > MAX_WIDTH) {
            return refuse(at, "the width or precision is above 10000");
        }
        let upper = matches!(letter, 'B' | 'H' | 'S' | 'C' | 'X' | 'E' | 'G' | 'A' | 'T');
        let conversion = if upper {
            letter.to_ascii_lowercase()
        } else {
            letter
        };
        if !matches!(
            conversion,
            'b' | 'h' | 's' | 'c' | 'd' | 'o' | 'x' | 'e' | 'f' | 'g' | 'a' | 't' | 'n' | '%'
        ) {
            return refuse(at, "the conversion is unknown");
        }
        let text = chars[start..at].iter().collect();
        let specifier = Self {
            format,
            text,
            index,
            flags,
            width,
            precision,
            conversion,
            upper,
            clock,
        };
        specifier.check()?;
        Ok((specifier, at))
    }

    fn refuse<T>(&self, reason: &str) -> Result<T, FormatError> {
        Err(FormatError::Specifier {
            format: self.format.to_owned(),
            specifier: self.text.clone(),
            reason: reason.to_owned(),
        })
    }

    fn misfit(&self, argument: &str) -> FormatError {
        FormatError::Argument {
            format: self.format.to_owned(),
            specifier: self.text.clone(),
            argument: argument.to_owned(),
        }
    }

    fn check(&self) -> Result<(), FormatError> {
        let flags = &self.flags;
        if (flags.left || flags.zero) && self.width.is_none() && self.conversion != 'n' {
            return self.refuse("the flags `-` and `0` need a width");
        }
        if (flags.left && flags.zero) || (flags.plus && flags.space) {
            return self.refuse("`-` with `0`, and `+` with a space, contradict each other");
        }
        let signs = flags.plus || flags.space || flags.parentheses;
        let numeric = signs || flags.zero || flags.group;
        match self.conversion {
            'b' | 'c' | 't' if numeric || flags.alternate => {
                self.refuse("the flags do not fit the conversion")
            }
            'h' | 's' if numeric => self.refuse("the flags do not fit the conversion"),
            's' if flags.alternate => self.refuse("`#` is for arguments that format themselves"),
            'h' if flags.alternate => self.refuse("`#` does not fit `h`"),
            'c' | 't' | 'd' | 'o' | 'x' if self.precision.is_some() => {
                self.refuse("the conversion takes no precision")
            }
            'd' if flags.alternate => self.refuse("`#` does not fit `d`"),
            'o' | 'x' if flags.group || signs => self.refuse("the flags do not fit the conversion"),
            'e' if flags.group => self.refuse("`,` does not fit `e`"),
            'g' if flags.alternate => self.refuse("`#` does not fit `g`"),
            'a' if flags.group || flags.parentheses => self.refuse("the flags do not fit `a`"),
            'n' if self.width.is_some() => self.refuse("`%n` takes no width"),
            'n' | '%' if matches!(self.index, Index::Previous) => {
                self.refuse("it takes no argument")
            }
            'n' if numeric || flags.alternate || flags.left => self.refuse("`%n` takes no flags"),
            '%' if numeric || flags.alternate => self.refuse("`%%` takes no such flag"),
            'n' | '%' if self.precision.is_some() => self.refuse("it takes no precision"),
            _ => Ok(()),
        }
    }

    fn fixed(&self) -> Result<String, FormatError> {
        match self.conversion {
            'n' => Ok("\n".to_owned()),
            _ if self.flags.left && self.width.is_none() => {
                self.refuse("the flag `-` needs a width")
            }
            _ => Ok(self.padded("%".to_owned())),
        }
    }

    fn padded(&self, text: String) -> String {
        let missing = self
            .width
            .unwrap_or(0)
            .saturating_sub(text.encode_utf16().count());
        let spaces = " ".repeat(missing);
        if self.flags.left {
            text + &spaces
        } else {
            spaces + &text
        }
    }

    fn show(&self, argument: &Argument) -> Result<String, FormatError> {
        let shown = match (self.conversion, argument) {
            ('b', Argument::Boolean(boolean)) => self.cut(&boolean.to_string()),
            ('b', argument) => self.cut(if *argument == Argument::Null {
                "false"
            } else {
                "true"
            }),
            ('s' | 'c' | 'd' | 'o' | 'x' | 'e' | 'f' | 'g' | 'a' | 'h' | 't', Argument::Null) => {
                self.cut("null")
            }
            ('s', argument) => self.cut(&argument.to_string()),
            ('h', argument) => self.cut(&format!("{:x}", hash(argument))),
            ('c', Argument::Number(Number::Integer(code))) => u32::try_from(*code)
                .ok()
                .and_then(char::from_u32)
                .map(String::from)
                .ok_or_else(|| self.misfit(&format!("the code point {code}")))?,
            ('d' | 'o' | 'x', Argument::Number(Number::Integer(integer))) => self.integer(*integer),
            ('e' | 'f' | 'g' | 'a', Argument::Number(Number::Float(float))) => {
                self.float(*float)?
            }
            // What JSON writes as `5` is a whole number, which `%f` of Java refuses; a template cannot say
            // `5.0`, so the whole number is taken for a double here.
            ('e' | 'f' | 'g' | 'a', Argument::Number(Number::Integer(integer))) => {
                self.float(*integer as f64)?
            }
            ('t', Argument::Date(date)) => self.clock(date)?,
            ('t', Argument::Number(Number::Integer(millisecond))) => {
                let date = i64::try_from(*millisecond)
                    .ok()
                    .and_then(|millisecond| jiff::Timestamp::from_millisecond(millisecond).ok())
                    .ok_or_else(|| self.misfit(&argument.to_string()))?;
                self.clock(&date.to_zoned(jiff::tz::TimeZone::UTC))?
            }
            _ => return Err(self.misfit(&describe(argument))),
        };
        let shown = self.padded(shown);
        Ok(if self.upper {
            shown.to_uppercase()
        } else {
            shown
        })
    }

    fn clock(&self, date: &Zoned) -> Result<String, FormatError> {
        clock::show(self.clock, date)
            .ok_or(())
            .or_else(|()| self.refuse("the letter after `%t` is unknown"))
    }

    fn cut(&self, text: &str) -> String {
        text.chars()
            .take(self.precision.unwrap_or(usize::MAX))
            .collect()
    }

    fn integer(&self, integer: i128) -> String {
        let flags = &self.flags;
        if self.conversion == 'd' {
            let mut digits = integer.unsigned_abs().to_string();
            if flags.group {
                digits = grouped(&digits);
            }
            return self.signed(integer < 0, &digits, flags.zero);
        }
        // A JSON number has no width of its own: 32 bits when it fits, as Java's parsers choose.
        let bits = match (i32::try_from(integer), i64::try_from(integer)) {
            (Ok(int), _) => u128::from(int.cast_unsigned()),
            (_, Ok(long)) => u128::from(long.cast_unsigned()),
            _ => integer.unsigned_abs(),
        };
        let (prefix, digits) = if self.conversion == 'o' {
            ("0", format!("{bits:o}"))
        } else {
            ("0x", format!("{bits:x}"))
        };
        let prefix = if flags.alternate { prefix } else { "" };
        let missing = if flags.zero {
            self.width.unwrap_or(0)
        } else {
            0
        };
        let zeros = "0".repeat(missing.saturating_sub(prefix.len() + digits.len()));
        format!("{prefix}{zeros}{digits}")
    }

    /// The sign by the flags, and zeros up to the width.
    fn signed(&self, negative: bool, digits: &str, zero_padded: bool) -> String {
        let flags = &self.flags;
        let (before, after) = match (negative, flags.parentheses) {
            (true, true) => ("(", ")"),
            (true, false) => ("-", ""),
            (false, _) if flags.plus => ("+", ""),
            (false, _) if flags.space => (" ", ""),
            (false, _) => ("", ""),
        };
        let missing = if zero_padded {
            self.width.unwrap_or(0)
        } else {
            0
        };
        let zeros = "0".repeat(missing.saturating_sub(before.len() + digits.len() + after.len()));
        format!("{before}{zeros}{digits}{after}")
    }

    fn float(&self, float: f64) -> Result<String, FormatError> {
        let negative = float.is_sign_negative() && !float.is_nan();
        let Some(decimal) = Decimal::from_shortest(float.abs()) else {
            let text = if float.is_nan() { "NaN" } else { "Infinity" };
            return Ok(if float.is_nan() {
                text.to_owned()
            } else {
                self.signed(negative, text, false)
            });
        };
        let precision = self.precision.unwrap_or(6);
        let digits = match self.conversion {
            'f' => self.fixed_point(&decimal, precision),
            'e' => self.exponential(&decimal, precision),
            'a' => {
                return self
                    .refuse("hexadecimal floating point is not supported; use `%e` or `%f`");
            }
            _ => {
                let precision = precision.max(1);
                let rounded = significant(&decimal, precision);
                if rounded.is_zero() || (-4..precision as i64).contains(&rounded.exponent()) {
                    let before = if rounded.is_zero() {
                        0
                    } else {
                        rounded.exponent()
                    };
                    let fraction = usize::try_from(precision as i64 - 1 - before).unwrap_or(0);
                    self.fixed_point(&decimal, fraction)
                } else {
                    self.exponential(&decimal, precision - 1)
                }
            }
        };
        Ok(self.signed(negative, &digits, self.flags.zero))
    }

    fn fixed_point(&self, decimal: &Decimal, precision: usize) -> String {
        let (integer, mut fraction) = decimal.rounded(precision as i64, Rounding::HalfUp).parts();
        fraction.resize(precision, 0);
        let mut out = String::new();
        push_digits(&mut out, &integer);
        if self.flags.group {
            out = grouped(&out);
        }
        self.with_fraction(out, &fraction)
    }

    fn exponential(&self, decimal: &Decimal, precision: usize) -> String {
        let rounded = significant(decimal, precision + 1);
        let exponent = if rounded.is_zero() {
            0
        } else {
            rounded.exponent()
        };
        let (integer, mut fraction) = if rounded.is_zero() {
            (vec![0], Vec::new())
        } else {
            rounded.shifted(-exponent).parts()
        };
        fraction.resize(precision, 0);
        let mut out = String::new();
        push_digits(&mut out, &integer);
        let mantissa = self.with_fraction(out, &fraction);
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    }

    fn with_fraction(&self, mut integer: String, fraction: &[u8]) -> String {
        if !fraction.is_empty() || self.flags.alternate {
            integer.push('.');
        }
        push_digits(&mut integer, fraction);
        integer
    }
}

fn significant(decimal: &Decimal, digits: usize) -> Decimal {
    if decimal.is_zero() {
        return decimal.clone();
    }
    decimal.rounded(digits as i64 - 1 - decimal.exponent(), Rounding::HalfUp)
}

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `Object.hashCode` of the Java value that the argument would be.
fn hash(argument: &Argument) -> u32 {
    let long = |value: u64| (value ^ (value >> 32)) as u32;
    match argument {
        Argument::Null => 0,
        Argument::Boolean(boolean) => {
            if *boolean {
                1231
            } else {
                1237
            }
        }
        Argument::Number(Number::Integer(integer)) => match i32::try_from(*integer) {
            Ok(int) => int.cast_unsigned(),
            Err(_) => long(*integer as u64),
        },
        Argument::Number(Number::Float(float)) => long(float.to_bits()),
        Argument::Text(text) => text.encode_utf16().fold(0_u32, |hash, unit| {
            hash.wrapping_mul(31).wrapping_add(u32::from(unit))
        }),
        Argument::Date(date) => long(date.timestamp().as_millisecond().cast_unsigned()),
    }
}

fn describe(argument: &Argument) -> String {
    let kind = match argument {
        Argument::Null => "null",
        Argument::Boolean(_) => "the boolean",
        Argument::Number(Number::Integer(_)) => "the whole number",
        Argument::Number(Number::Float(_)) => "the floating-point number",
        Argument::Text(_) => "the text",
        Argument::Date(_) => "the date",
    };
    format!("{kind} `{argument}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, arguments: &[Argument], shown: &str) {
        assert_eq!(string_format(format, arguments).unwrap(), shown, "{format}");
    }

    fn integer(value: i64) -> Argument {
        Argument::Number(value.into())
    }

    fn float(value: f64) -> Argument {
        Argument::Number(value.into())
    }

    #[test]
    fn numbers_follow_their_conversion_and_flags() {
        check(
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
        check(
            "%+d|% d|%(d",
            &[integer(1), integer(1), integer(-1)],
            "+1| 1|(1)",
        );
        check(
            "%x|%X|%#x|%o",
            &[integer(255), integer(255), integer(255), integer(8)],
            "ff|FF|0xff|10",
        );
        check(
            "%x %x",
            &[integer(-1), integer(-5_000_000_000)],
            "ffffffff fffffffed5fa0e00",
        );
        check(
            "%.2f|%8.3f|%.0f|%,.2f",
            &[float(1.005), float(-2.5), float(2.5), float(12_345.678)],
            "1.01|  -2.500|3|12,345.68",
        );
        check(
            "%e|%.2E|%g|%g",
            &[
                float(12_345.678),
                float(0.000_12),
                float(0.000_1),
                float(1e10),
            ],
            "1.234568e+04|1.20E-04|0.000100000|1.00000e+10",
        );
        check(
            "%f|%5.1f",
            &[float(f64::NAN), float(f64::NEG_INFINITY)],
            "NaN|-Infinity",
        );
        check("%.1f", &[integer(5)], "5.0");
    }

    #[test]
    fn text_booleans_and_characters_are_shown() {
        check(
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
        check("%s %s", &[float(1e10), integer(3)], "1.0E10 3");
        check(
            "%b %b %B",
            &[
                Argument::Null,
                Argument::Text(String::new()),
                Argument::Boolean(true),
            ],
            "false true TRUE",
        );
        check("%c%c", &[integer(65), integer(128_512)], "A😀");
        check("%h", &[Argument::Text("hello".into())], "5e918d2");
        check("100%%%n", &[], "100%\n");
    }

    #[test]
    fn arguments_are_chosen_by_index() {
        let arguments = [integer(1), integer(2)];
        check("%2$d %1$d %d %<d %d", &arguments, "2 1 1 1 2");
    }

    #[test]
    fn dates_are_shown_by_letter() {
        let date = jiff::Timestamp::from_millisecond(1_700_000_000_123)
            .unwrap()
            .to_zoned(jiff::tz::TimeZone::UTC);
        check(
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
}
