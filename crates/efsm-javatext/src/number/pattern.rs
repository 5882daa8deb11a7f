use std::iter::Peekable;

use super::decimal::push_digits;
use super::{Decimal, FormatError, Number, Rounding};

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

/// The counts that Java derives the numeric settings from.
#[derive(Default)]
struct Counts {
    left: usize,
    zero: usize,
    right: usize,
    grouping: Option<usize>,
    point: Option<usize>,
    exponent: Option<usize>,
}

impl Counts {
    fn total(&self) -> usize {
        self.left + self.zero + self.right
    }
}

struct Reader<'p> {
    source: &'p str,
    chars: Peekable<std::iter::Enumerate<std::str::Chars<'p>>>,
    counts: Counts,
    multiplier: i64,
}

impl<'p> Reader<'p> {
    fn new(source: &'p str) -> Self {
        Self {
            source,
            chars: source.chars().enumerate().peekable(),
            counts: Counts::default(),
            multiplier: 1,
        }
    }

    fn refuse<T>(&self, position: usize, reason: &str) -> Result<T, FormatError> {
        Err(FormatError::Pattern {
            pattern: self.source.to_owned(),
            position,
            reason: reason.to_owned(),
        })
    }

    fn read(mut self) -> Result<DecimalPattern, FormatError> {
        let (positive, separated) = self.part(true)?;
        let multiplier = self.multiplier;
        let negative = if separated {
            self.multiplier = 1;
            Some(self.part(false)?.0)
        } else {
            None
        };
        let negative = negative
            .filter(|negative| *negative != positive)
            .unwrap_or_else(|| Affixes {
                prefix: format!("-{}", positive.prefix),
                suffix: positive.suffix.clone(),
            });
        let end = self.source.chars().count();
        let mut counts = std::mem::take(&mut self.counts);
        if let Some(point) = counts.point
            && counts.zero == 0
            && counts.left > 0
        {
            let integer = point.max(1);
            counts.right = counts.left - integer;
            counts.left = integer - 1;
            counts.zero = 1;
        }
        let misplaced = counts
            .point
            .is_some_and(|point| point < counts.left || point > counts.left + counts.zero);
        if misplaced || (counts.point.is_none() && counts.right > 0) {
            return self.refuse(
                end,
                "the digits `0` must stand next to the point, the digits `#` outside of them",
            );
        }
        if counts.grouping == Some(0) {
            return self.refuse(end, "no digit follows the last grouping comma");
        }
        if counts.total() > MAX_DIGITS {
            return self.refuse(end, "it has more than 400 digits");
        }
        let total = counts.total();
        let min_integer = counts.point.unwrap_or(total) - counts.left;
        let empty = self.source.is_empty();
        Ok(DecimalPattern {
            source: self.source.to_owned(),
            positive,
            negative,
            multiplier,
            min_integer,
            max_integer: if counts.exponent.is_some() {
                counts.left + min_integer
            } else {
                MAX_DIGITS
            },
            min_fraction: counts
                .point
                .map_or(0, |point| (counts.left + counts.zero).saturating_sub(point)),
            max_fraction: counts
                .point
                .map_or(if empty { 340 } else { 0 }, |point| total - point),
            grouping: counts.grouping.unwrap_or(if empty { 3 } else { 0 }),
            always_point: counts
                .point
                .is_some_and(|point| point == 0 || point == total),
            exponent: counts.exponent,
            rounding: Rounding::HalfEven,
        })
    }

    /// One of the two subpatterns, and whether a `;` ended it.
    fn part(&mut self, counted: bool) -> Result<(Affixes, bool), FormatError> {
        let mut affixes = Affixes::default();
        let mut digits_seen = false;
        while let Some(&(position, c)) = self.chars.peek() {
            if matches!(c, '#' | '0' | ',' | '.') {
                digits_seen = true;
                self.digits(counted)?;
                continue;
            }
            self.chars.next();
            let affix = if digits_seen {
                &mut affixes.suffix
            } else {
                &mut affixes.prefix
            };
            match c {
                '\'' => {
                    if self.chars.next_if(|(_, next)| *next == '\'').is_some() {
                        affix.push('\'');
                    } else {
                        Self::quoted(&mut self.chars, affix)
                            .ok_or(())
                            .or_else(|()| self.refuse(position, "the quote is not closed"))?;
                    }
                }
                ';' if counted && digits_seen => return Ok((affixes, true)),
                ';' => {
                    return self.refuse(
                        position,
                        "`;` stands between two patterns only; quote it as `';'`",
                    );
                }
                '¤' if self.chars.next_if(|(_, next)| *next == '¤').is_some() => {
                    affix.push_str("USD");
                }
                '¤' => affix.push('$'),
                '%' | '‰' => {
                    affix.push(c);
                    if self.multiplier != 1 {
                        return self
                            .refuse(position, "there can be one percent or per mille sign only");
                    }
                    self.multiplier = if c == '%' { 100 } else { 1000 };
                }
                c => affix.push(c),
            }
        }
        Ok((affixes, false))
    }

    fn quoted(
        chars: &mut Peekable<impl Iterator<Item = (usize, char)>>,
        affix: &mut String,
    ) -> Option<()> {
        loop {
            match chars.next()?.1 {
                '\'' if chars.next_if(|(_, next)| *next == '\'').is_some() => affix.push('\''),
                '\'' => return Some(()),
                c => affix.push(c),
            }
        }
    }

    fn digits(&mut self, counted: bool) -> Result<(), FormatError> {
        while let Some(&(position, c)) = self.chars.peek() {
            let counts = &mut self.counts;
            match c {
                '#' | '0' | ',' | '.' | 'E' if !counted => {}
                '#' | '0' => {
                    match (c, counts.zero, counts.right) {
                        ('#', 0, _) => counts.left += 1,
                        ('#', ..) => counts.right += 1,
                        (_, _, 0) => counts.zero += 1,
                        _ => return self.refuse(position, "`0` cannot follow `#` there"),
                    }
                    if counts.point.is_none() {
                        counts.grouping = counts.grouping.map(|size| size + 1);
                    }
                }
                ',' => counts.grouping = Some(0),
                '.' if counts.point.is_some() => {
                    return self.refuse(position, "there can be one point only");
                }
                '.' => counts.point = Some(counts.total()),
                'E' => {
                    self.chars.next();
                    let mut zeros = 0;
                    while self.chars.next_if(|(_, next)| *next == '0').is_some() {
                        zeros += 1;
                    }
                    if self.counts.exponent.is_some()
                        || zeros == 0
                        || self.counts.left + self.counts.zero == 0
                    {
                        return self
                            .refuse(position, "an exponent is written `E0`, once, after digits");
                    }
                    self.counts.exponent = Some(zeros);
                    return Ok(());
                }
                _ => return Ok(()),
            }
            self.chars.next();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, number: impl Into<Number>, shown: &str) {
        let pattern = DecimalPattern::parse(pattern).unwrap();
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
}
