//! Conditions: as blocks they choose a body, elsewhere they print `true`, `false`, or `yes=` and `no=`.

use std::cmp::Ordering;

use crate::Value;
use crate::render::{Call, Failure, Outcome, refuse};

pub(super) fn eq(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let result = equal(call);
    Ok(answer(call, result))
}

pub(super) fn neq(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let result = !equal(call);
    Ok(answer(call, result))
}

pub(super) fn gt(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    ordered(call, Ordering::is_gt)
}

pub(super) fn gte(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    ordered(call, Ordering::is_ge)
}

pub(super) fn lt(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    ordered(call, Ordering::is_lt)
}

pub(super) fn lte(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    ordered(call, Ordering::is_le)
}

pub(super) fn and(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let result = !call.context.is_falsy() && !call.params.iter().any(Value::is_falsy);
    Ok(answer(call, result))
}

pub(super) fn or(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let result = !call.context.is_falsy() || !call.params.iter().all(Value::is_falsy);
    Ok(answer(call, result))
}

pub(super) fn not(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let result = call.context.is_falsy();
    Ok(answer(call, result))
}

fn equal(call: &Call<'_, '_>) -> bool {
    call.context
        .equals(call.params.first().unwrap_or(&Value::Null))
}

fn ordered(call: &mut Call<'_, '_>, holds: fn(Ordering) -> bool) -> Result<Outcome, Failure> {
    let right = call.params.first().unwrap_or(&Value::Null).clone();
    let left = call.context.clone();
    for side in [&left, &right] {
        if !side.is_comparable() {
            let shown = call.text(side)?;
            return refuse(format!("Not a comparable: {shown}"));
        }
    }
    match left.compare(&right) {
        Some(ordering) => {
            let result = holds(ordering);
            Ok(answer(call, result))
        }
        None => refuse(format!(
            "{} and {} have no order; compare values of one kind",
            crate::render::kind(&left),
            crate::render::kind(&right)
        )),
    }
}

fn answer(call: &Call<'_, '_>, result: bool) -> Outcome {
    if call.is_block() {
        return if result {
            Outcome::Body
        } else {
            Outcome::Inverse
        };
    }
    let wanted = if result { "yes" } else { "no" };
    Outcome::Value(call.hash(wanted).cloned().unwrap_or(Value::Bool(result)))
}
