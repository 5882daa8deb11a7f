//! Arithmetic.

use efsm_javatext::number::double_to_string;

use crate::Value;
use crate::render::{Call, Failure, Outcome, kind, printed_error, refuse};
use crate::value::Decimal;

pub(super) fn is_even(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    parity(call, |even| even.then_some((0, "even")))
}

pub(super) fn is_odd(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    parity(call, |even| (!even).then_some((0, "odd")))
}

pub(super) fn stripes(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    parity(call, |even| {
        Some(if even { (0, "even") } else { (1, "odd") })
    })
}

/// Prints the argument that `choose` names, or the word beside it when that is missing.
fn parity(
    call: &mut Call<'_, '_>,
    choose: impl FnOnce(bool) -> Option<(usize, &'static str)>,
) -> Result<Outcome, Failure> {
    let Some(number) = call.context.as_f64() else {
        return Ok(Outcome::Value(Value::Null));
    };
    let Some((index, word)) = choose((number as i64) % 2 == 0) else {
        return Ok(Outcome::Value(Value::Null));
    };
    match call.param(index) {
        Some(Value::Text(shown)) => Ok(Value::Text(shown.clone()).into()),
        Some(other) => refuse(format!(
            "what to print must be a text, but is {}",
            kind(other)
        )),
        None => Ok(word.into()),
    }
}

/// `{{math 3 '+' 4}}` with `+ - * x / %`.
pub(super) fn math(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.params.len() != 2 {
        return Ok(printed_error(
            "All maths functions require two operands and an operator as parameters e.g. 3 '+' 2",
        ));
    }
    let (left, operator, right) = (
        call.context.clone(),
        call.params[0].clone(),
        call.params[1].clone(),
    );
    if left.is_null() || operator.is_null() || right.is_null() {
        return refuse("an operand or the operator has no value");
    }
    let operator = call.text(&operator)?;
    let (left, right) = (operand(call, &left)?, operand(call, &right)?);
    let exact = match &*operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" | "x" => left.checked_mul(right),
        "/" | "%" if right.is_zero() => return refuse("/ by zero"),
        "/" => left.checked_div(right),
        "%" => left.checked_rem(right),
        _ => {
            return Ok(printed_error(format!(
                "{operator} is not a valid mathematical operator"
            )));
        }
    };
    let Some(exact) = exact else {
        // More than 38 digits: as near as a double gets.
        let (left, right) = (left.to_f64(), right.to_f64());
        return Ok(Outcome::Value(Value::Float(match &*operator {
            "+" => left + right,
            "-" => left - right,
            "/" => left / right,
            "%" => left % right,
            _ => left * right,
        })));
    };
    Ok(Outcome::Value(match exact.wrapping_i64() {
        Some(int) => Value::Int(int),
        None => Value::Float(exact.to_f64()),
    }))
}

/// A number, or a text that is one; anything else counts as zero.
fn operand(call: &mut Call<'_, '_>, value: &Value) -> Result<Decimal, Failure> {
    let parsed = match value {
        Value::Int(int) => Some(Decimal::new(i128::from(*int), 0)),
        Value::Decimal(decimal) => Some(**decimal),
        Value::Float(float) => {
            // Through the digits that Java prints, so that 0.1 is not 0.1000000000000000055.
            Decimal::parse(&double_to_string(*float))
        }
        other => Decimal::parse(&call.text(other)?),
    };
    Ok(parsed.unwrap_or(Decimal::new(0, 0)))
}

/// `{{range 1 5}}`: both ends included.
pub(super) fn range(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let lower = call.context.clone();
    let upper = call.params.first().cloned().unwrap_or_default();
    let (Some(lower), Some(upper)) = (whole(&lower)?, whole(&upper)?) else {
        return Ok(printed_error(
            "The range helper requires both lower and upper bounds as integer parameters",
        ));
    };
    if upper < lower - 1 {
        return refuse(format!(
            "the range from {lower} to {upper} has a negative length"
        ));
    }
    let count = usize::try_from(upper - lower + 1).unwrap_or(usize::MAX);
    call.renderer
        .reserve(count.saturating_mul(size_of::<Value>()))?;
    Ok(Outcome::Value(Value::list(
        (lower..=upper).map(Value::Int).collect(),
    )?))
}

/// A whole number of 32 bits from a number, whose fraction is dropped, or from a text; `None` from
/// anything else.
pub(super) fn whole(value: &Value) -> Result<Option<i64>, Failure> {
    let int = match value {
        Value::Int(int) => *int,
        Value::Float(float) => *float as i64,
        Value::Decimal(decimal) => decimal.to_f64() as i64,
        Value::Text(text) => match text.parse::<i32>() {
            Ok(int) => i64::from(int),
            Err(_) => return refuse(format!("`{text}` is not a whole number")),
        },
        _ => return Ok(None),
    };
    Ok(Some(int.clamp(i64::from(i32::MIN), i64::from(i32::MAX))))
}
