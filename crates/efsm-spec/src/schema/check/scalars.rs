//! Keywords of numbers and texts.

use serde_json::Value;

use super::{Checker, Part};
use crate::json;
use crate::schema::{formats, words};

/// A keyword, its sign, and whether a number holds to it.
type Bound = (&'static str, &'static str, fn(f64, f64) -> bool);

impl<'a> Checker<'a> {
    pub(super) fn numbers(&mut self, parts: &[&'a Part], value: &Value) {
        let Some(number) = value.as_f64() else { return };
        let bounds: [Bound; 4] = [
            ("maximum", "<=", |number, limit| number <= limit),
            ("minimum", ">=", |number, limit| number >= limit),
            ("exclusiveMaximum", "<", |number, limit| number < limit),
            ("exclusiveMinimum", ">", |number, limit| number > limit),
        ];
        for (keyword, sign, holds) in bounds {
            for limit in given(parts, keyword) {
                let Some(bound) = limit.as_f64() else {
                    continue;
                };
                if !holds(number, bound) {
                    self.fail(keyword, format!("must be {sign} {}", json::number(limit)));
                }
            }
        }
        for factor in given(parts, "multipleOf") {
            if !is_multiple(value, factor) {
                let factor = json::number(factor);
                self.fail("multipleOf", format!("must be multiple of {factor}"));
            }
        }
        self.format(parts, value);
    }

    pub(super) fn strings(&mut self, parts: &[&'a Part], value: &Value) {
        let Value::String(text) = value else { return };
        let length = text.chars().count() as u64;
        for limit in given(parts, "maxLength").filter_map(limit) {
            if length > limit {
                self.fail("maxLength", words::too_many(limit, "characters"));
            }
        }
        for limit in given(parts, "minLength").filter_map(limit) {
            if length < limit {
                self.fail("minLength", words::too_few(limit, "characters"));
            }
        }
        for pattern in given(parts, "pattern").filter_map(Value::as_str) {
            if self.root.patterns.matches(pattern, text) == Some(false) {
                self.fail("pattern", format!("must match pattern \"{pattern}\""));
            }
        }
        self.format(parts, value);
    }

    fn format(&mut self, parts: &[&'a Part], value: &Value) {
        for format in given(parts, "format").filter_map(Value::as_str) {
            if !formats::fits(format, value) {
                self.fail("format", format!("must match format \"{format}\""));
            }
        }
    }
}

/// What the parts give for a keyword.
pub(super) fn given<'a>(
    parts: &[&'a Part],
    keyword: &'static str,
) -> impl Iterator<Item = &'a Value> {
    parts.iter().filter_map(move |part| part.get(keyword))
}

/// A count; JSON may write it with a point.
pub(super) fn limit(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let float = value.as_f64()?;
        (float >= 0.0 && float.fract() == 0.0).then_some(float as u64)
    })
}

fn is_multiple(value: &Value, factor: &Value) -> bool {
    if let (Some(value), Some(factor)) = (value.as_i64(), factor.as_i64()) {
        return factor == 0 || value.checked_rem(factor).is_none_or(|rest| rest == 0);
    }
    let (Some(value), Some(factor)) = (value.as_f64(), factor.as_f64()) else {
        return true;
    };
    if factor == 0.0 {
        return true;
    }
    let quotient = value / factor;
    // Decimal fractions are not exact in binary: 0.3 is a multiple of 0.1.
    quotient.is_finite()
        && (quotient - quotient.round()).abs() <= f64::EPSILON * quotient.abs().max(1.0)
}
