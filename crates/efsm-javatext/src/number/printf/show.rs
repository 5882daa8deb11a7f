//! What a specifier makes of its argument.

use jiff::Zoned;

use super::super::decimal::push_digits;
use super::super::{Decimal, FormatError, Number, Rounding};
use super::{Argument, Specifier, clock};

impl Specifier<'_> {
    pub(super) fn show(&self, argument: &Argument) -> Result<String, FormatError> {
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
