//! The five built-in scalars: what they take and what they give (section 3.5). Custom scalars take everything.

use serde_json::{Map, Number, Value as Json};

use crate::syntax::ast::{Value, ValueKind};

/// Whether a literal can stand where the scalar is expected.
pub(crate) fn check_literal(scalar: &str, value: &Value) -> Result<(), String> {
    let is_fine = match (scalar, &value.kind) {
        ("Int", ValueKind::Int(text)) => {
            return text.parse::<i32>().map(drop).map_err(|_| too_large(value));
        }
        ("Float", ValueKind::Int(text) | ValueKind::Float(text)) => {
            text.parse::<f64>().is_ok_and(f64::is_finite)
        }
        ("String", ValueKind::String(_))
        | ("Boolean", ValueKind::Boolean(_))
        | ("ID", ValueKind::String(_) | ValueKind::Int(_)) => true,
        (name, _) => !is_builtin(name),
    };
    if is_fine {
        Ok(())
    } else {
        Err(refusal(scalar, value))
    }
}

/// A value of `variables`, or of an override, as the scalar takes it in.
pub(crate) fn coerce(scalar: &str, value: &Json) -> Result<Json, String> {
    match (scalar, value) {
        ("Int", Json::Number(number)) => match whole(number) {
            Some(n) if i32::try_from(n).is_ok() => Ok(n.into()),
            Some(_) => Err(too_large(value)),
            None => Err(refusal(scalar, value)),
        },
        ("Float", Json::Number(_)) | ("String", Json::String(_)) | ("Boolean", Json::Bool(_)) => {
            Ok(value.clone())
        }
        ("ID", Json::String(text)) => Ok(text.as_str().into()),
        ("ID", Json::Number(number)) if whole(number).is_some() => {
            Ok(whole(number).unwrap_or_default().to_string().into())
        }
        (name, _) if !is_builtin(name) => Ok(value.clone()),
        _ => Err(refusal(scalar, value)),
    }
}

/// A value as the scalar gives it out; wider than [`coerce`], as resolvers are trusted more than clients.
pub(crate) fn serialize(scalar: &str, value: &Json) -> Result<Json, String> {
    match (scalar, value) {
        ("Int", Json::Bool(b)) => Ok(i64::from(*b).into()),
        ("Float", Json::Bool(b)) => Ok(f64::from(u8::from(*b)).into()),
        ("String" | "ID", Json::Number(number)) => Ok(number.to_string().into()),
        ("String", Json::Bool(b)) => Ok(b.to_string().into()),
        ("Boolean", Json::Number(number)) => Ok((number.as_f64() != Some(0.0)).into()),
        ("Int" | "Float", Json::String(text)) => match text.parse::<Number>() {
            Ok(number) => coerce(scalar, &number.into()),
            Err(_) => Err(refusal(scalar, value)),
        },
        _ => coerce(scalar, value),
    }
}

/// A literal as JSON; variables are filled in by `variable`, which says `None` for one that has no value.
pub(crate) fn literal(value: &Value, variable: &dyn Fn(&str) -> Option<Json>) -> Json {
    match &value.kind {
        ValueKind::Variable(name) => variable(name).unwrap_or(Json::Null),
        ValueKind::Int(text) | ValueKind::Float(text) => number(text),
        ValueKind::String(text) => text.as_str().into(),
        ValueKind::Boolean(value) => (*value).into(),
        ValueKind::Null => Json::Null,
        ValueKind::Enum(name) => (&**name).into(),
        ValueKind::List(items) => items.iter().map(|item| literal(item, variable)).collect(),
        ValueKind::Object(fields) => {
            let fields = fields.iter();
            let fields =
                fields.map(|(name, value)| (name.name.to_string(), literal(value, variable)));
            fields.collect::<Map<_, _>>().into()
        }
    }
}

/// A number that JSON cannot hold stays as the text that it was.
pub(crate) fn number(text: &str) -> Json {
    serde_json::from_str::<Number>(text).map_or_else(|_| text.into(), Json::Number)
}

pub(crate) fn is_builtin(name: &str) -> bool {
    matches!(name, "Int" | "Float" | "String" | "Boolean" | "ID")
}

/// `3` and `3.0` are whole.
fn whole(number: &Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        (float.fract() == 0.0 && float.abs() < EXACT).then_some(float as i64)
    })
}

fn too_large(value: &impl std::fmt::Display) -> String {
    format!("Int cannot represent non 32-bit signed integer value: {value}")
}

fn refusal(scalar: &str, value: &impl std::fmt::Display) -> String {
    let what = match scalar {
        "Int" => "non-integer",
        "Float" => "non numeric",
        "String" => "a non string",
        "Boolean" => "a non boolean",
        _ => "a non-string and non-integer",
    };
    format!("{scalar} cannot represent {what} value: {value}")
}
