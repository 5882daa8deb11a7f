//! Decimal numbers of arbitrary scale, as `java.math.BigDecimal` keeps and prints them.
//!
//! A mock that reads `12.50` from JSON and prints it must not turn it into `12.5`, which is why a
//! plain float is not enough. The digits are held in 128 bits; what needs more is refused, and the
//! caller falls back to a float.

use std::fmt;

/// `digits` × 10^-`scale`.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    digits: i128,
    scale: i32,
}

/// The greatest power of ten that fits 128 bits.
const MAX_POWER: u32 = 38;

impl Decimal {
    /// `digits` × 10^-`scale`.
    pub fn new(digits: i128, scale: i32) -> Self {
        Self { digits, scale }
    }

    /// Reads what `new BigDecimal(text)` reads, up to 38 digits; surrounding space is refused as there.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => {
                let exponent = &rest[at + 1..];
                let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
                (&rest[..at], exponent.parse::<i32>().ok()?)
            }
            None => (rest, 0),
        };
        let mut digits: i128 = 0;
        let mut scale: i32 = 0;
        let mut seen_point = false;
        let mut seen_digit = false;
        for byte in mantissa.bytes() {
            match byte {
                b'0'..=b'9' => {
                    seen_digit = true;
                    digits = digits
                        .checked_mul(10)?
                        .checked_add(i128::from(byte - b'0'))?;
                    scale = scale.checked_add(i32::from(seen_point))?;
                }
                b'.' if !seen_point => seen_point = true,
                _ => return None,
            }
        }
        seen_digit.then_some(())?;
        Some(Self {
            digits: if negative { -digits } else { digits },
            scale: scale.checked_sub(exponent)?,
        })
    }

    /// How many digits stand after the point; negative for trailing zeros before it.
    pub fn scale(self) -> i32 {
        self.scale
    }

    pub fn to_f64(self) -> f64 {
        // Through text, so that the nearest float is chosen once, as Java does.
        format!("{}e{}", self.digits, -i64::from(self.scale))
            .parse()
            .unwrap_or(f64::NAN)
    }

    /// The value when it has no fraction and fits.
    pub fn to_i64(self) -> Option<i64> {
        (self.scale == 0)
            .then(|| i64::try_from(self.digits).ok())
            .flatten()
    }

    /// The digits when nothing stands after the point, cut to 64 bits as `BigDecimal.longValue` does.
    pub fn wrapping_i64(self) -> Option<i64> {
        (self.scale == 0).then_some(self.digits as i64)
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.aligned(other)?;
        Some(Self::new(left.checked_add(right)?, scale))
    }

    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(Self::new(other.digits.checked_neg()?, other.scale))
    }

    pub fn checked_mul(self, other: Self) -> Option<Self> {
        Some(Self::new(
            self.digits.checked_mul(other.digits)?,
            self.scale.checked_add(other.scale)?,
        ))
    }

    /// The quotient at this number's own scale, halves rounded away from zero; `None` for a zero divisor
    /// or an overflow.
    pub fn checked_div(self, other: Self) -> Option<Self> {
        // result = self / other with the scale of self: digits = self.digits * 10^other.scale / other.digits.
        let (numerator, denominator) = if other.scale >= 0 {
            (
                self.digits.checked_mul(power_of_ten(other.scale)?)?,
                other.digits,
            )
        } else {
            (
                self.digits,
                other
                    .digits
                    .checked_mul(power_of_ten(other.scale.checked_neg()?)?)?,
            )
        };
        let quotient = numerator.checked_div(denominator)?;
        let remainder = numerator.checked_rem(denominator)?;
        let round =
            remainder.unsigned_abs() >= denominator.unsigned_abs().div_ceil(2) && remainder != 0;
        let away = if (numerator < 0) == (denominator < 0) {
            1
        } else {
            -1
        };
        Some(Self::new(
            quotient + if round { away } else { 0 },
            self.scale,
        ))
    }

    pub fn checked_rem(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.aligned(other)?;
        Some(Self::new(left.checked_rem(right)?, scale))
    }

    pub fn is_zero(self) -> bool {
        self.digits == 0
    }

    fn aligned(self, other: Self) -> Option<(i128, i128, i32)> {
        let scale = self.scale.max(other.scale);
        Some((self.at_scale(scale)?, other.at_scale(scale)?, scale))
    }

    fn at_scale(self, scale: i32) -> Option<i128> {
        if self.digits == 0 {
            return Some(0);
        }
        self.digits
            .checked_mul(power_of_ten(scale.checked_sub(self.scale)?)?)
    }
}

fn power_of_ten(exponent: i32) -> Option<i128> {
    let exponent = u32::try_from(exponent).ok()?;
    (exponent <= MAX_POWER).then(|| 10i128.pow(exponent))
}

/// `BigDecimal.toString`: plain as long as the number is not small, scientific otherwise.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits.unsigned_abs().to_string();
        if self.digits < 0 {
            f.write_str("-")?;
        }
        if self.scale == 0 {
            return f.write_str(&digits);
        }
        let count = digits.len() as i64;
        let adjusted = count - 1 - i64::from(self.scale);
        if self.scale > 0 && adjusted >= -6 {
            let point = count - i64::from(self.scale);
            return if point > 0 {
                let (whole, fraction) = digits.split_at(point as usize);
                write!(f, "{whole}.{fraction}")
            } else {
                write!(f, "0.{}{digits}", "0".repeat(-point as usize))
            };
        }
        let (first, rest) = digits.split_at(1);
        f.write_str(first)?;
        if !rest.is_empty() {
            write!(f, ".{rest}")?;
        }
        write!(f, "E{adjusted:+}")
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text} is a decimal"))
    }

    #[test]
    fn text_keeps_its_scale() {
        for (text, shown) in [
            ("2.50", "2.50"),
            ("-0.00", "0.00"),
            ("1e3", "1E+3"),
            ("1.5E-8", "1.5E-8"),
            (".5", "0.5"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1E-7"),
            ("12345678901234567890", "12345678901234567890"),
        ] {
            assert_eq!(decimal(text).to_string(), shown, "{text}");
        }
        for text in ["", "-", ".", "1e", "x", " 1", "1.2.3", "1e99999999999"] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn arithmetic_is_that_of_big_decimals() {
        let shown = |value: Option<Decimal>| value.map(|v| v.to_string());
        let (a, b) = (decimal("7"), decimal("2"));
        assert_eq!(shown(a.checked_div(b)).as_deref(), Some("4"));
        assert_eq!(shown(decimal("-5").checked_div(b)).as_deref(), Some("-3"));
        assert_eq!(
            shown(decimal("1.00").checked_div(decimal("3"))).as_deref(),
            Some("0.33")
        );
        assert_eq!(
            shown(decimal("10").checked_mul(decimal("0.10"))).as_deref(),
            Some("1.00")
        );
        assert_eq!(
            shown(decimal("-7").checked_rem(decimal("4"))).as_deref(),
            Some("-3")
        );
        assert_eq!(shown(a.checked_div(decimal("0"))), None);
    }
}
