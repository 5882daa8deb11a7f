//! Chance.

use super::numbers::whole;
use crate::Value;
use crate::render::{Call, Failure, Outcome, kind, printed_error, refuse};

/// `{{randomValue length=8 type='ALPHANUMERIC' uppercase=true}}`.
pub(super) fn random_value(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let length = call.hash_int("length")?.unwrap_or(36);
    let uppercase = call.hash_bool("uppercase")?.unwrap_or(false);
    let Ok(length) = usize::try_from(length) else {
        return refuse(format!(
            "Requested random string length {length} is less than 0."
        ));
    };
    let kind = call.hash_string("type")?;
    let alphabet: Vec<char> = match kind.as_deref() {
        Some("UUID") => {
            let uuid = uuid(call);
            return Ok(if uppercase { uuid.to_uppercase() } else { uuid }.into());
        }
        None | Some("ALPHANUMERIC") => ('0'..='9').chain('A'..='Z').chain('a'..='z').collect(),
        Some("ALPHABETIC") => ('A'..='Z').chain('a'..='z').collect(),
        Some("NUMERIC") => ('0'..='9').collect(),
        Some("HEXADECIMAL") => ('A'..='F').chain('0'..='9').collect(),
        Some("ALPHANUMERIC_AND_SYMBOLS") => ('!'..='}').collect(),
        Some(_) => (' '..='~').collect(),
    };
    call.renderer.reserve(length)?;
    let text: String = (0..length)
        .map(|_| {
            let character = alphabet[below(call, alphabet.len() as u64) as usize];
            if uppercase {
                character.to_ascii_uppercase()
            } else {
                character.to_ascii_lowercase()
            }
        })
        .collect();
    Ok(text.into())
}

/// A random UUID (RFC 9562, version 4).
fn uuid(call: &Call<'_, '_>) -> String {
    let (high, low) = (
        call.renderer.env.random_u64(),
        call.renderer.env.random_u64(),
    );
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// A number in `0..bound`.
fn below(call: &Call<'_, '_>, bound: u64) -> u64 {
    ((u128::from(call.renderer.env.random_u64()) * u128::from(bound)) >> 64) as u64
}

/// `{{randomInt lower=1 upper=10}}`: the upper bound is not included.
pub(super) fn random_int(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let bound = |name: &str, default: i32| -> Result<i64, Failure> {
        let Some(value) = call.hash(name) else {
            return Ok(i64::from(default));
        };
        match whole(value)? {
            Some(int) => Ok(int),
            None => refuse(format!("`{name}` must be a number, but is {}", kind(value))),
        }
    };
    let lower = bound("lower", i32::MIN)?;
    let upper = bound("upper", i32::MAX)?;
    if lower >= upper {
        return refuse("bound must be greater than origin");
    }
    Ok((lower + below(call, (upper - lower) as u64) as i64).into())
}

/// `{{randomDecimal lower=-1.5 upper=3}}`.
pub(super) fn random_decimal(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let bound = |call: &mut Call<'_, '_>, name: &str, default: f64| -> Result<f64, Failure> {
        let Some(value) = call.hash(name).cloned() else {
            return Ok(default);
        };
        if let Some(float) = value.as_f64() {
            return Ok(float);
        }
        let text = call.text(&value)?;
        match text.trim().parse() {
            Ok(float) => Ok(float),
            Err(_) => refuse(format!("`{text}` is not a number")),
        }
    };
    let lower = bound(call, "lower", f64::from_bits(1))?;
    let upper = bound(call, "upper", f64::MAX)?;
    if !(lower < upper && upper.is_finite() && lower.is_finite()) {
        return refuse("bound must be greater than origin");
    }
    let unit = (call.renderer.env.random_u64() >> 11) as f64 / (1u64 << 53) as f64;
    // Halved, so that the distance between the bounds cannot overflow.
    let at = (lower / 2.0 + unit * (upper / 2.0 - lower / 2.0)) * 2.0;
    Ok(Value::Float(if at < upper { at.max(lower) } else { lower }).into())
}

/// `{{pickRandom 'a' 'b' 'c'}}` or `{{pickRandom list}}`; `count=` gives a list without repetition.
pub(super) fn pick_random(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let mut items: Vec<Value> = match &call.context {
        Value::Null => {
            return Ok(printed_error(
                "Must specify either a single list argument or a set of single value arguments.",
            ));
        }
        Value::List(list) => list.items().to_vec(),
        single => {
            let mut items = vec![single.clone()];
            items.extend(call.params.iter().cloned());
            items
        }
    };
    let count = call.hash_int("count")?.unwrap_or(0);
    if items.is_empty() && count <= 0 {
        return refuse("there is nothing to pick from");
    }
    if count <= 0 {
        let index = below(call, items.len() as u64) as usize;
        return Ok(Outcome::Value(Value::Text(call.text(&items[index])?)));
    }
    let count = usize::try_from(count)
        .unwrap_or(usize::MAX)
        .min(items.len());
    // The first `count` places of a shuffle (Fisher and Yates).
    for place in 0..count {
        let other = place + below(call, (items.len() - place) as u64) as usize;
        items.swap(place, other);
    }
    items.truncate(count);
    Ok(Outcome::Value(Value::list(items)?))
}
