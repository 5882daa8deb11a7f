//! Numbers: ranges, `multipleOf`, and what the name says.

use serde_json::{Number, Value};

use super::parts::Parts;
use crate::decimal::Decimal;
use crate::fake::Meaning;
use crate::random::Random;

/// The range of a number without bounds: as Prism's, small and not 0.
const USUAL: (f64, f64) = (1.0, 1_000.0);

/// A range of more numbers than this is no choice of anybody's.
const WIDE: i128 = 1_000_000_000;

struct Range {
    low: Option<(f64, bool)>,
    high: Option<(f64, bool)>,
    /// The bounds as whole numbers, when they are; floats cannot tell the large ones apart.
    whole: (Option<i128>, Option<i128>),
}

/// A whole number; `None` when there is none.
pub(super) fn integer(
    parts: &Parts<'_>,
    meaning: Option<Meaning>,
    random: &mut Random,
) -> Option<Value> {
    let range = Range::of(parts);
    let step = match multiple(parts)? {
        Some(step) => step
            .common_multiple(Decimal {
                digits: 1,
                places: 0,
            })?
            .digits
            .abs(),
        None => 1,
    };
    let (low, high) = range.whole;
    let (first, last) = (
        low.map(|low| up(low, step)),
        high.map(|high| down(high, step)),
    );
    if let (Some(first), Some(last)) = (first, last)
        && first > last
    {
        return None;
    }
    let fits =
        |value: i128| low.is_none_or(|low| value >= low) && high.is_none_or(|high| value <= high);
    if let Some(value) = meaning
        .and_then(|meaning| meaning.integer(random))
        .map(i128::from)
        && fits(value)
        && value % step == 0
    {
        return whole(value);
    }
    let (from, to) = window(first, last, step);
    whole(from + step * random.between(0, (to - from) / step))
}

/// Any number; `None` when there is none.
pub(super) fn number(
    parts: &Parts<'_>,
    meaning: Option<Meaning>,
    random: &mut Random,
) -> Option<Value> {
    let range = Range::of(parts);
    if let Some(step) = multiple(parts)? {
        let size = step.digits.abs();
        let scaled = |bound: Option<(f64, bool)>, up: bool| {
            let (bound, open) = bound?;
            let exact = Number::from_f64(bound).as_ref().and_then(Decimal::of);
            // In the step's own places, outwards of what is between them.
            let factor = 10_f64.powi(step.places as i32);
            let inner = match exact.and_then(|exact| exact.at(step.places)) {
                Some(digits) if open => {
                    if up {
                        digits + 1
                    } else {
                        digits - 1
                    }
                }
                Some(digits) => digits,
                None if up => (bound * factor).ceil() as i128,
                None => (bound * factor).floor() as i128,
            };
            Some(inner)
        };
        let first = scaled(range.low, true).map(|low| self::up(low, size));
        let last = scaled(range.high, false).map(|high| down(high, size));
        if let (Some(first), Some(last)) = (first, last)
            && first > last
        {
            return None;
        }
        let (from, to) = window(first, last, size);
        let digits = from + size * random.between(0, (to - from) / size);
        return Decimal {
            digits,
            places: step.places,
        }
        .value();
    }
    if let Some(value) = meaning.and_then(|meaning| meaning.number(random))
        && range.holds(value)
    {
        return float(value);
    }
    let (low, high) = range.drawn_from();
    if low > high {
        return None;
    }
    let drawn = low + (high - low) * random.unit();
    let rounded = (drawn * 100.0).round() / 100.0;
    [rounded, drawn, f64::midpoint(low, high), low, high]
        .into_iter()
        .find(|value| value.is_finite() && range.holds(*value))
        .and_then(float)
}

impl Range {
    fn of(parts: &Parts<'_>) -> Self {
        let mut range = Self {
            low: None,
            high: None,
            whole: (None, None),
        };
        for part in &parts.all {
            let flag = |key: &str| part.get(key) == Some(&Value::Bool(true));
            for (key, open) in [
                ("minimum", flag("exclusiveMinimum")),
                ("exclusiveMinimum", true),
            ] {
                if let Some(number) = part.get(key).and_then(Value::as_number) {
                    range.raise(number, open);
                }
            }
            for (key, open) in [
                ("maximum", flag("exclusiveMaximum")),
                ("exclusiveMaximum", true),
            ] {
                if let Some(number) = part.get(key).and_then(Value::as_number) {
                    range.lower(number, open);
                }
            }
        }
        range
    }

    fn raise(&mut self, number: &Number, open: bool) {
        let float = number.as_f64().unwrap_or(f64::MIN);
        if self
            .low
            .is_none_or(|(low, _)| float > low || (float >= low && open))
        {
            self.low = Some((float, open));
        }
        let least = match as_whole(number) {
            Some(exact) => exact + i128::from(open),
            None => float.ceil() as i128 + i128::from(open && float.fract() == 0.0),
        };
        self.whole.0 = Some(self.whole.0.map_or(least, |low| low.max(least)));
    }

    fn lower(&mut self, number: &Number, open: bool) {
        let float = number.as_f64().unwrap_or(f64::MAX);
        if self
            .high
            .is_none_or(|(high, _)| float < high || (float <= high && open))
        {
            self.high = Some((float, open));
        }
        let most = match as_whole(number) {
            Some(exact) => exact - i128::from(open),
            None => float.floor() as i128 - i128::from(open && float.fract() == 0.0),
        };
        self.whole.1 = Some(self.whole.1.map_or(most, |high| high.min(most)));
    }

    fn holds(&self, value: f64) -> bool {
        self.low
            .is_none_or(|(low, open)| value > low || (value >= low && !open))
            && self
                .high
                .is_none_or(|(high, open)| value < high || (value <= high && !open))
    }

    /// The ends to draw between: bounds, and the usual size where there is none.
    fn drawn_from(&self) -> (f64, f64) {
        match (self.low, self.high) {
            (None, None) => USUAL,
            (Some((low, _)), None) => (
                low,
                if low < USUAL.1 {
                    USUAL.1
                } else {
                    low + low.abs().max(1.0)
                },
            ),
            (None, Some((high, _))) => (
                if high > USUAL.0 {
                    USUAL.0
                } else {
                    high - high.abs().max(1.0)
                },
                high,
            ),
            (Some((low, _)), Some((high, _))) if high - low > WIDE as f64 => {
                if low <= USUAL.0 && high >= USUAL.1 {
                    USUAL
                } else if high < USUAL.0 {
                    (high - USUAL.1, high)
                } else {
                    (low, low + USUAL.1)
                }
            }
            (Some((low, _)), Some((high, _))) => (low, high),
        }
    }
}

/// The common multiple of all `multipleOf`; the outer `None` when there is none that numbers can hold.
#[expect(
    clippy::option_option,
    reason = "no `multipleOf` at all and no common one are different answers"
)]
fn multiple(parts: &Parts<'_>) -> Option<Option<Decimal>> {
    let mut common: Option<Decimal> = None;
    for step in parts.each("multipleOf").filter_map(Value::as_number) {
        let step = Decimal::of(step).filter(|step| step.digits > 0)?;
        common = Some(match common {
            Some(known) => known.common_multiple(step)?,
            None => step,
        });
    }
    Some(common)
}

fn as_whole(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

/// The first multiple from `low` up.
fn up(low: i128, step: i128) -> i128 {
    let rest = low.rem_euclid(step);
    if rest == 0 {
        low
    } else {
        low.saturating_add(step - rest)
    }
}

/// The last multiple down from `high`.
fn down(high: i128, step: i128) -> i128 {
    high.saturating_sub(high.rem_euclid(step))
}

/// The multiples to draw from, between bounds that may be missing, with about a thousand of them.
fn window(first: Option<i128>, last: Option<i128>, step: i128) -> (i128, i128) {
    let many = step.saturating_mul(1_000);
    match (first, last) {
        // Bounds of a format rather than of an idea: numbers of the usual size, where they are within.
        (Some(first), Some(last)) if last.saturating_sub(first) / step > WIDE => {
            if first <= step && last >= many {
                (step, many)
            } else if last < step {
                (last.saturating_sub(many), last)
            } else {
                (first, first.saturating_add(many))
            }
        }
        (Some(first), Some(last)) => (first, last),
        (Some(first), None) => (first, first.max(0).saturating_add(many - step).max(first)),
        (None, Some(last)) if last >= step => (step, last.min(many)),
        (None, Some(last)) => (last.saturating_sub(many), last),
        (None, None) => (step, many),
    }
}

fn whole(value: i128) -> Option<Value> {
    i64::try_from(value)
        .map(Value::from)
        .or_else(|_| u64::try_from(value).map(Value::from))
        .ok()
        .or_else(|| float(value as f64))
}

fn float(value: f64) -> Option<Value> {
    Number::from_f64(value).map(Value::Number)
}
