//! Exact decimal numbers, for `multipleOf`.

use serde_json::{Number, Value};

/// `digits` divided by ten to the `places`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) digits: i128,
    pub(crate) places: u32,
}

/// More places than any schema means; a power of ten that an `i128` holds with room to multiply.
const MOST_PLACES: u32 = 15;

impl Decimal {
    /// The number as it is written; `None` for what is too long or too small.
    pub(crate) fn of(number: &Number) -> Option<Self> {
        let text = number.to_string();
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let places = fraction.len() as i32 - exponent;
        if places >= 0 {
            let places = u32::try_from(places)
                .ok()
                .filter(|places| *places <= MOST_PLACES)?;
            return Some(Self { digits, places });
        }
        let factor = 10_i128.checked_pow(places.unsigned_abs().min(40))?;
        Some(Self {
            digits: digits.checked_mul(factor)?,
            places: 0,
        })
    }

    /// The digits of this number when it has that many places.
    pub(crate) fn at(self, places: u32) -> Option<i128> {
        self.digits
            .checked_mul(10_i128.checked_pow(places.checked_sub(self.places)?)?)
    }

    pub(crate) fn is_multiple_of(self, of: Self) -> bool {
        let places = self.places.max(of.places);
        match (self.at(places), of.at(places)) {
            (Some(value), Some(step)) if step != 0 => value % step == 0,
            _ => false,
        }
    }

    /// The smallest number that both divide.
    pub(crate) fn common_multiple(self, other: Self) -> Option<Self> {
        let places = self.places.max(other.places);
        let (a, b) = (self.at(places)?.abs(), other.at(places)?.abs());
        let (mut high, mut low) = (a, b);
        while low != 0 {
            (high, low) = (low, high % low);
        }
        let digits = (a.checked_div(high)?).checked_mul(b)?;
        Some(Self { digits, places })
    }

    /// The number in JSON, whole ones without a point.
    pub(crate) fn value(self) -> Option<Value> {
        let scale = 10_i128.checked_pow(self.places)?;
        if self.digits % scale == 0 {
            let whole = self.digits / scale;
            return i64::try_from(whole)
                .map(Value::from)
                .or_else(|_| u64::try_from(whole).map(Value::from))
                .ok();
        }
        let (sign, size) = (
            if self.digits < 0 { "-" } else { "" },
            self.digits.unsigned_abs(),
        );
        let (whole, part) = (size / scale.unsigned_abs(), size % scale.unsigned_abs());
        let text = format!("{sign}{whole}.{part:0width$}", width = self.places as usize);
        text.parse()
            .ok()
            .and_then(Number::from_f64)
            .map(Value::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn decimal(value: &Value) -> Decimal {
        Decimal::of(value.as_number().expect("a number")).expect("a decimal")
    }

    #[test]
    fn multiples_are_exact() {
        assert!(decimal(&json!(0.07)).is_multiple_of(decimal(&json!(0.01))));
        assert!(!decimal(&json!(0.075)).is_multiple_of(decimal(&json!(0.01))));
        assert!(decimal(&json!(1e3)).is_multiple_of(decimal(&json!(8))));
        assert!(!decimal(&json!(1)).is_multiple_of(decimal(&json!(0))));
        let common = decimal(&json!(0.4)).common_multiple(decimal(&json!(6)));
        assert_eq!(common.and_then(Decimal::value), Some(json!(6)));
    }

    #[test]
    fn numbers_are_written_as_they_are() {
        assert_eq!(
            Decimal {
                digits: -7,
                places: 2
            }
            .value(),
            Some(json!(-0.07))
        );
        assert_eq!(
            Decimal {
                digits: 300,
                places: 2
            }
            .value(),
            Some(json!(3))
        );
        assert_eq!(
            Decimal::of(&Number::from_f64(1e-300).expect("finite")),
            None
        );
    }
}
