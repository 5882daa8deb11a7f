use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::{FormatError, Number};

/// The exponents that are read: beyond them a number is refused rather than computed with.
const MAX_EXPONENT: i64 = 1_000_000;

/// How a digit that has no place is rounded away (`java.math.RoundingMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearest, a tie away from zero.
    HalfUp,
    /// To the nearest, a tie towards zero.
    HalfDown,
    /// To the nearest, a tie to the even neighbour.
    HalfEven,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Towards positive infinity.
    Ceiling,
    /// Towards negative infinity.
    Floor,
}

impl Rounding {
    /// Reads the name of a `RoundingMode`, such as `half_up` or `HALF_UP`.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "HALF_UP" => Self::HalfUp,
            "HALF_DOWN" => Self::HalfDown,
            "HALF_EVEN" => Self::HalfEven,
            "UP" => Self::Up,
            "DOWN" => Self::Down,
            "CEILING" => Self::Ceiling,
            "FLOOR" => Self::Floor,
            _ => return None,
        })
    }

    fn rounds_up(self, negative: bool, last_kept: u8, dropped: &[u8]) -> bool {
        let Some((first, rest)) = dropped.split_first() else {
            return false;
        };
        let rest_is_zero = rest.iter().all(|digit| *digit == 0);
        if *first == 0 && rest_is_zero {
            return false;
        }
        let against_half = first.cmp(&5).then(if rest_is_zero {
            Ordering::Equal
        } else {
            Ordering::Greater
        });
        match (self, against_half) {
            (Self::Up, _)
            | (Self::HalfUp | Self::HalfDown | Self::HalfEven, Ordering::Greater)
            | (Self::HalfUp, Ordering::Equal) => true,
            (Self::Ceiling, _) => !negative,
            (Self::Floor, _) => negative,
            (Self::HalfEven, Ordering::Equal) => last_kept % 2 == 1,
            _ => false,
        }
    }
}

/// An exact decimal number, shown and compared as `java.math.BigDecimal`.
///
/// [`PartialEq`] and [`Ord`] are `compareTo`: `1.0` equals `1.00`. [`fmt::Display`] is `toString`,
/// which keeps the difference.
#[derive(Debug, Clone)]
pub struct Decimal {
    negative: bool,
    /// Most significant first, without leading zeros; one zero for zero.
    digits: Vec<u8>,
    /// Digits behind the point; negative when zeros are left out before it.
    scale: i64,
}

impl Decimal {
    fn new(negative: bool, mut digits: Vec<u8>, scale: i64) -> Self {
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        digits.drain(..zeros.min(digits.len().saturating_sub(1)));
        if digits.is_empty() {
            digits.push(0);
        }
        let negative = negative && digits != [0];
        Self {
            negative,
            digits,
            scale,
        }
    }

    /// `BigDecimal.valueOf(double)`: the shortest decimal that reads back as this number.
    /// `None` for infinities and NaN.
    pub fn from_shortest(float: f64) -> Option<Self> {
        double_to_string(float).parse().ok()
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.digits == [0]
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// The digits of the integer part and of the fraction, without sign.
    pub(crate) fn parts(&self) -> (Vec<u8>, Vec<u8>) {
        if self.is_zero() {
            return (vec![0], vec![0; usize::try_from(self.scale).unwrap_or(0)]);
        }
        let mut digits = self.digits.clone();
        let Ok(scale) = usize::try_from(self.scale) else {
            digits.resize(digits.len() + usize::try_from(-self.scale).unwrap_or(0), 0);
            return (digits, Vec::new());
        };
        if digits.len() <= scale {
            let mut fraction = vec![0; scale - digits.len()];
            fraction.append(&mut digits);
            return (vec![0], fraction);
        }
        let fraction = digits.split_off(digits.len() - scale);
        (digits, fraction)
    }

    /// The exponent of the first digit: 2 for 100 to 999.
    pub(crate) fn exponent(&self) -> i64 {
        self.digits.len() as i64 - 1 - self.scale
    }

    /// Multiplied by a power of ten.
    #[must_use]
    pub(crate) fn shifted(mut self, power: i64) -> Self {
        self.scale -= power;
        self
    }

    /// Without its sign.
    #[must_use]
    pub(crate) fn abs(mut self) -> Self {
        self.negative = false;
        self
    }

    /// With at most `scale` digits behind the point.
    #[must_use]
    pub fn rounded(&self, scale: i64, rounding: Rounding) -> Self {
        if self.scale <= scale {
            return self.clone();
        }
        let dropped = usize::try_from(self.scale - scale).unwrap_or(usize::MAX);
        let mut kept = self.digits.clone();
        let tail = if dropped > kept.len() {
            let tail = if self.is_zero() { vec![0] } else { vec![0, 1] };
            kept = vec![0];
            tail
        } else {
            kept.split_off(kept.len() - dropped)
        };
        let last = kept.last().copied().unwrap_or(0);
        if rounding.rounds_up(self.negative, last, &tail) {
            increment(&mut kept);
        }
        Self::new(self.negative, kept, scale)
    }

    /// `toPlainString`: never an exponent.
    pub fn to_plain_string(&self) -> String {
        let (integer, fraction) = self.parts();
        let mut out = String::from(if self.negative { "-" } else { "" });
        push_digits(&mut out, &integer);
        if !fraction.is_empty() {
            out.push('.');
            push_digits(&mut out, &fraction);
        }
        out
    }
}

fn increment(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
}

pub(crate) fn push_digits(out: &mut String, digits: &[u8]) {
    out.extend(digits.iter().map(|digit| char::from(b'0' + digit)));
}

impl From<Number> for Option<Decimal> {
    fn from(number: Number) -> Self {
        match number {
            Number::Integer(integer) => integer.to_string().parse().ok(),
            Number::Float(float) => Decimal::from_shortest(float),
        }
    }
}

impl FromStr for Decimal {
    type Err = FormatError;

    /// Reads what `new BigDecimal(String)` reads, exponents up to a million.
    fn from_str(text: &str) -> Result<Self, FormatError> {
        let refuse = || FormatError::Number {
            text: text.to_owned(),
        };
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().map_err(|_| refuse())?),
            None => (unsigned, 0_i64),
        };
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = integer
            .bytes()
            .chain(fraction.bytes())
            .map(|b| b.wrapping_sub(b'0'))
            .collect();
        if digits.is_empty()
            || digits.iter().any(|digit| *digit > 9)
            || exponent.abs() > MAX_EXPONENT
        {
            return Err(refuse());
        }
        Ok(Self::new(
            negative,
            digits,
            fraction.len() as i64 - exponent,
        ))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale >= 0 && self.exponent() >= -6 {
            return f.write_str(&self.to_plain_string());
        }
        let mut out = String::from(if self.negative { "-" } else { "" });
        push_digits(&mut out, &self.digits[..1]);
        if self.digits.len() > 1 {
            out.push('.');
            push_digits(&mut out, &self.digits[1..]);
        }
        f.write_str(&out)?;
        match self.exponent() {
            0 => Ok(()),
            exponent => write!(f, "E{exponent:+}"),
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |decimal: &Self| match (decimal.is_zero(), decimal.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let magnitude = || {
            self.exponent().cmp(&other.exponent()).then_with(|| {
                let length = self.digits.len().max(other.digits.len());
                let padded = |digits: &[u8], at: usize| digits.get(at).copied().unwrap_or(0);
                (0..length)
                    .map(|at| padded(&self.digits, at).cmp(&padded(&other.digits, at)))
                    .find(|ordering| ordering.is_ne())
                    .unwrap_or(Ordering::Equal)
            })
        };
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            0 => Ordering::Equal,
            1 => magnitude(),
            _ => magnitude().reverse(),
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

/// `Double.toString`: `1.0`, `0.001`, `1.0E-4`, `1.0E7`, `NaN`, `Infinity`.
pub fn double_to_string(float: f64) -> String {
    if float.is_nan() {
        return "NaN".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let magnitude = float.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{float:?}");
    }
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let point = if mantissa.contains('.') { "" } else { ".0" };
    format!("{mantissa}{point}E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn text_of_a_decimal_is_that_of_big_decimal() {
        for (text, shown) in [
            ("1.0E10", "1.0E+10"),
            ("100", "100"),
            ("1e2", "1E+2"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1E-7"),
            ("-0.00", "0.00"),
            ("0e3", "0E+3"),
            ("+12.50", "12.50"),
            (".5", "0.5"),
        ] {
            assert_eq!(decimal(text).to_string(), shown, "{text}");
        }
        for text in ["", "-", ".", "1e", "0x1", "1 ", "NaN", "1e99999999999"] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }

    #[test]
    fn decimals_compare_by_value() {
        assert_eq!(decimal("1.0"), decimal("1.00"));
        assert_eq!(decimal("0E5"), decimal("-0.0"));
        assert!(decimal("9.99e999999") > decimal("123"));
        assert!(decimal("-2") < decimal("-1.5"));
        assert!(decimal("0.1") < decimal("0.11"));
    }

    #[test]
    fn rounding_follows_its_mode() {
        let cases = [
            ("2.5", Rounding::HalfEven, "2"),
            ("3.5", Rounding::HalfEven, "4"),
            ("2.5", Rounding::HalfUp, "3"),
            ("2.5", Rounding::HalfDown, "2"),
            ("2.51", Rounding::HalfDown, "3"),
            ("-2.1", Rounding::Up, "-3"),
            ("-2.9", Rounding::Down, "-2"),
            ("-2.1", Rounding::Floor, "-3"),
            ("-2.9", Rounding::Ceiling, "-2"),
            ("99.99", Rounding::HalfUp, "100"),
            ("0.004", Rounding::HalfUp, "0"),
            ("0.004", Rounding::Up, "1"),
        ];
        for (text, mode, rounded) in cases {
            assert_eq!(
                decimal(text).rounded(0, mode).to_plain_string(),
                rounded,
                "{text} {mode:?}"
            );
        }
    }

    #[test]
    fn doubles_are_written_as_java_writes_them() {
        for (float, text) in [
            (1.0, "1.0"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (1e7, "1.0E7"),
            (9_999_999.5, "9999999.5"),
            (1.234_56e20, "1.23456E20"),
            (-0.0, "-0.0"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(double_to_string(float), text);
        }
    }
}
