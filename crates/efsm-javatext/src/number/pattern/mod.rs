use super::decimal::push_digits;
use super::{Decimal, FormatError, Number, Rounding};

mod reader;

use reader::Reader;

/// More digits than a `double` has in its whole range; Java's own bound is the range of `int`.
const MAX_DIGITS: usize = 400;

/// A compiled `java.text.DecimalFormat` pattern, with the symbols of `Locale.US`.
///
/// `0` and `#` digits, `,` grouping, `.` point, `E0` exponents (engineering ones too), `%`, `‰`, `¤` and
/// `¤¤` for the currency, `'` quotes, and a second pattern after `;` for negative numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecimalPattern {
    source: String,
    positive: Affixes,
    negative: Affixes,
    multiplier: i64,
    min_integer: usize,
    max_integer: usize,
    min_fraction: usize,
    max_fraction: usize,
    grouping: usize,
    always_point: bool,
    /// The least digits of the exponent.
    exponent: Option<usize>,
    rounding: Rounding,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Affixes {
    prefix: String,
    suffix: String,
}

impl DecimalPattern {
    /// Reads a pattern such as `#,##0.00`.
    pub fn parse(pattern: &str) -> Result<Self, FormatError> {
        Reader::new(pattern).read()
    }

    /// `NumberFormat.getInstance`: grouped, at most three digits behind the point.
    pub fn general() -> Self {
        Self::parse("#,##0.###").expect("the pattern is well-formed")
    }

    /// `NumberFormat.getIntegerInstance`.
    pub fn integer() -> Self {
        Self::parse("#,##0").expect("the pattern is well-formed")
    }

    /// `NumberFormat.getPercentInstance`.
    pub fn percent() -> Self {
        Self::parse("#,##0%").expect("the pattern is well-formed")
    }

    /// `NumberFormat.getCurrencyInstance`, in dollars.
    pub fn currency() -> Self {
        Self::parse("¤#,##0.00").expect("the pattern is well-formed")
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// `setRoundingMode`; without it a tie goes to the even neighbour.
    #[must_use]
    pub fn with_rounding(mut self, rounding: Rounding) -> Self {
        self.rounding = rounding;
        self
    }

    /// `setMinimumFractionDigits` and `setMaximumFractionDigits`.
    #[must_use]
    pub fn with_fraction_digits(mut self, min: usize, max: usize) -> Self {
        self.max_fraction = max.max(min).min(MAX_DIGITS);
        self.min_fraction = min.min(MAX_DIGITS);
        self
    }

    /// `setMinimumIntegerDigits` and `setMaximumIntegerDigits`.
    #[must_use]
    pub fn with_integer_digits(mut self, min: usize, max: usize) -> Self {
        self.max_integer = max.max(min).min(MAX_DIGITS);
        self.min_integer = min.min(MAX_DIGITS);
        self
    }

    /// `setGroupingUsed`.
    #[must_use]
    pub fn with_grouping(mut self, grouped: bool) -> Self {
        self.grouping = match (grouped, self.grouping) {
            (false, _) => 0,
            (true, 0) => 3,
            (true, size) => size,
        };
        self
    }

    /// The number in this pattern: `-1234.5` in `#,##0.00` is `-1,234.50`.
    pub fn format(&self, number: Number) -> String {
        let (negative, body) = match number {
            Number::Float(float) if float.is_nan() => return "NaN".to_owned(),
            Number::Float(float) if float.is_infinite() => (float < 0.0, "∞".to_owned()),
            Number::Float(float) => (float.is_sign_negative(), self.body(number)),
            Number::Integer(integer) => (integer < 0, self.body(number)),
        };
        let affixes = if negative {
            &self.negative
        } else {
            &self.positive
        };
        format!("{}{body}{}", affixes.prefix, affixes.suffix)
    }

    fn body(&self, number: Number) -> String {
        let number = match number {
            Number::Float(float) if self.multiplier != 1 => {
                Number::Float(float * self.multiplier as f64)
            }
            Number::Integer(integer) => {
                Number::Integer(integer.saturating_mul(i128::from(self.multiplier)))
            }
            number @ Number::Float(_) => number,
        };
        let Some(decimal) = Option::<Decimal>::from(number).map(Decimal::abs) else {
            return "∞".to_owned();
        };
        match self.exponent {
            Some(least) => self.scientific(number, &decimal, least),
            None => self.plain(number, &decimal),
        }
    }

    /// The shortest decimal of a double may be a tie where the double itself is not: `1.005` lies
    /// below one and a half hundredths, and goes down.
    fn rounded(&self, number: Number, decimal: &Decimal, scale: i64) -> Decimal {
        if let Number::Float(float) = number
            && matches!(
                self.rounding,
                Rounding::HalfUp | Rounding::HalfDown | Rounding::HalfEven
            )
        {
            let up = decimal.rounded(scale, Rounding::HalfUp);
            let down = decimal.rounded(scale, Rounding::HalfDown);
            let exact = format!("{:.1100}", float.abs()).parse::<Decimal>();
            if up != down
                && let Ok(exact) = exact
            {
                return match exact.cmp(decimal) {
                    std::cmp::Ordering::Less => down,
                    std::cmp::Ordering::Greater => up,
                    std::cmp::Ordering::Equal => decimal.rounded(scale, self.rounding),
                };
            }
        }
        let signed = match number {
            Number::Integer(integer) => integer < 0,
            Number::Float(float) => float < 0.0,
        };
        let rounding = match self.rounding {
            Rounding::Ceiling if signed => Rounding::Down,
            Rounding::Floor if signed => Rounding::Up,
            rounding => rounding,
        };
        decimal.rounded(scale, rounding)
    }

    fn plain(&self, number: Number, decimal: &Decimal) -> String {
        let decimal = self.rounded(number, decimal, self.max_fraction as i64);
        let (integer, mut fraction) = decimal.parts();
        let integer = significant(&integer);
        let integer = &integer[integer.len().saturating_sub(self.max_integer)..];
        while fraction.len() > self.min_fraction && fraction.last() == Some(&0) {
            fraction.pop();
        }
        fraction.resize(fraction.len().max(self.min_fraction), 0);

        let mut shown = vec![0; self.min_integer.saturating_sub(integer.len())];
        shown.extend_from_slice(integer);
        if shown.is_empty() && fraction.is_empty() {
            shown.push(0);
        }
        let mut out = String::new();
        for (at, digit) in shown.iter().enumerate() {
            let left = shown.len() - at;
            if at > 0 && self.grouping > 0 && left.is_multiple_of(self.grouping) {
                out.push(',');
            }
            push_digits(&mut out, &[*digit]);
        }
        if self.always_point || !fraction.is_empty() {
            out.push('.');
        }
        push_digits(&mut out, &fraction);
        out
    }

    fn scientific(&self, number: Number, decimal: &Decimal, least: usize) -> String {
        // The digits are 0.d1d2d3 times a power of ten, as Java counts the exponent.
        let significant_digits = (self.max_integer + self.max_fraction) as i64;
        let mut decimal = decimal.clone();
        if significant_digits > 0 && !decimal.is_zero() {
            decimal = self.rounded(
                number,
                &decimal,
                significant_digits - 1 - decimal.exponent(),
            );
        }
        let zero = decimal.is_zero();
        let point = if zero { 0 } else { decimal.exponent() + 1 };
        let (repeat, mut min_integer) = (self.max_integer as i64, self.min_integer as i64);
        let exponent = if repeat > 1 && repeat > min_integer {
            min_integer = 1;
            if point >= 1 {
                (point - 1) / repeat * repeat
            } else {
                (point - repeat) / repeat * repeat
            }
        } else {
            point - min_integer
        };
        let integer = if zero { min_integer } else { point - exponent };
        let least_shown = (min_integer + self.min_fraction as i64).max(integer);

        let scale = point;
        let (_, mut digits) = if zero {
            (vec![], vec![])
        } else {
            decimal.shifted(-scale).parts()
        };
        while digits.last() == Some(&0) {
            digits.pop();
        }
        digits.resize(
            digits.len().max(usize::try_from(least_shown).unwrap_or(0)),
            0,
        );
        let split = usize::try_from(integer).unwrap_or(0).min(digits.len());

        let mut out = String::new();
        push_digits(&mut out, &digits[..split]);
        if self.always_point || split < digits.len() {
            out.push('.');
        }
        push_digits(&mut out, &digits[split..]);
        let exponent = if zero { 0 } else { exponent };
        out.push('E');
        if exponent < 0 {
            out.push('-');
        }
        let digits = exponent.abs().to_string();
        out.push_str(&"0".repeat(least.saturating_sub(digits.len())));
        out.push_str(&digits);
        out
    }
}

fn significant(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    &digits[zeros..]
}
