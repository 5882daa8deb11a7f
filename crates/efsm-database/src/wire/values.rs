//! How values travel as JSON without loss.
//!
//! | value | JSON |
//! | --- | --- |
//! | null | `null` |
//! | integer from -(2^53 - 1) to 2^53 - 1 | number without a point |
//! | any other integer | `{"$int": "9223372036854775807"}`; on request as number or string |
//! | real | number with a point or an exponent, which reads back as the same one |
//! | infinite real | `{"$real": "Infinity"}`, `{"$real": "-Infinity"}` |
//! | text | string; bytes that are not UTF-8 come as U+FFFD |
//! | blob | `{"$blob": "base64"}` |
//!
//! Parameters are read by the same rule, and `true` and `false` as 1 and 0. A number without a point that does not
//! fit 64 bits is refused up to 2^64 and a real beyond, where JSON has no integers for us.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Number, Value as Json, json};

use crate::engine::{Args, RowSet, Value, ValueRef};

/// Integers beyond this are not numbers in JavaScript.
const LARGEST_EXACT: u64 = (1 << 53) - 1;

/// How integers beyond 2^53 - 1 are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LargeIntegers {
    /// `{"$int": "..."}`.
    #[default]
    Tagged,
    /// As a number, for clients whose numbers are exact.
    Number,
    /// As a string, for clients that know the column.
    String,
}

/// Writes a value.
pub fn write(out: &mut Vec<u8>, value: &ValueRef<'_>, large: LargeIntegers) {
    // Writing into memory does not fail.
    let _ = match value {
        ValueRef::Null => out.write_all(b"null"),
        ValueRef::Integer(n) if n.unsigned_abs() > LARGEST_EXACT => match large {
            LargeIntegers::Tagged => write!(out, "{{\"$int\":\"{n}\"}}"),
            LargeIntegers::Number => write!(out, "{n}"),
            LargeIntegers::String => write!(out, "\"{n}\""),
        },
        ValueRef::Integer(n) => write!(out, "{n}"),
        ValueRef::Real(x) if x.is_infinite() => {
            let sign = if *x < 0.0 { "-" } else { "" };
            write!(out, "{{\"$real\":\"{sign}Infinity\"}}")
        }
        // SQL has no NaN; a point or an exponent says that it is a real.
        ValueRef::Real(x) => write!(out, "{x:?}"),
        ValueRef::Text(text) => {
            write_string(out, text);
            Ok(())
        }
        ValueRef::Blob(bytes) => {
            write!(out, "{{\"$blob\":\"{}\"}}", BASE64_STANDARD.encode(bytes))
        }
    };
}

pub(crate) fn write_string(out: &mut Vec<u8>, text: &str) {
    // Neither a string nor a vector can fail.
    let _ = serde_json::to_writer(out, text);
}

/// A value as a JSON document.
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Integer(n) if n.unsigned_abs() > LARGEST_EXACT => json!({"$int": n.to_string()}),
        Value::Integer(n) => json!(n),
        Value::Real(x) => Number::from_f64(*x).map_or_else(
            || json!({"$real": if *x < 0.0 { "-Infinity" } else { "Infinity" }}),
            Json::Number,
        ),
        Value::Text(text) => json!(text),
        Value::Blob(bytes) => json!({"$blob": BASE64_STANDARD.encode(bytes)}),
    }
}

/// The rows of a result as JSON objects, by column name.
pub fn rows_to_json(rows: &RowSet) -> Vec<Json> {
    let names = unique_names(rows.columns.iter().map(|column| column.name.clone()));
    rows.rows
        .iter()
        .map(|row| {
            let fields: Map<String, Json> =
                names.iter().cloned().zip(row.iter().map(to_json)).collect();
            Json::Object(fields)
        })
        .collect()
}

/// Names by which no value hides another: a name that comes again has `:1`, `:2` behind it.
pub(crate) fn unique_names(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for name in names {
        let mut candidate = name.clone();
        let mut count = 0;
        while unique.contains(&candidate) {
            count += 1;
            candidate = format!("{name}:{count}");
        }
        unique.push(candidate);
    }
    unique
}

/// Reads a value, or says why it is none.
pub fn from_json(json: Json) -> Result<Value, String> {
    match json {
        Json::Null => Ok(Value::Null),
        Json::Bool(is) => Ok(Value::Integer(i64::from(is))),
        Json::String(text) => Ok(Value::Text(text)),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(n), ..) => Ok(Value::Integer(n)),
            (None, Some(n), _) => Err(format!(
                "the integer {n} does not fit 64 bits with a sign: send it as text or as a real"
            )),
            (None, None, Some(x)) => Ok(Value::Real(x)),
            _ => Err(format!("the number {number} cannot be read")),
        },
        Json::Object(object) => tagged(object),
        Json::Array(_) => Err(
            "an array is no value: send it as text (JSON functions read that), or a blob as \
             {\"$blob\": base64}"
                .to_owned(),
        ),
    }
}

fn tagged(object: Map<String, Json>) -> Result<Value, String> {
    let mut pairs = object.into_iter();
    let only = (pairs.next(), pairs.next());
    let (Some((tag, Json::String(text))), None) = only else {
        return Err(NO_TAG.to_owned());
    };
    match tag.as_str() {
        "$int" => text
            .parse()
            .map(Value::Integer)
            .map_err(|_| format!("{{\"$int\": {text:?}}} is not an integer of 64 bits")),
        "$blob" => BASE64_STANDARD
            .decode(text.as_bytes())
            .map(Value::Blob)
            .map_err(|e| format!("{{\"$blob\": ..}} is not base64: {e}")),
        "$real" => match text.as_str() {
            "Infinity" => Ok(Value::Real(f64::INFINITY)),
            "-Infinity" => Ok(Value::Real(f64::NEG_INFINITY)),
            _ => Err("{\"$real\": ..} is Infinity or -Infinity".to_owned()),
        },
        _ => Err(NO_TAG.to_owned()),
    }
}

const NO_TAG: &str = "an object is a value only as {\"$int\": \"..\"}, {\"$real\": \"Infinity\"} or \
                      {\"$blob\": \"base64\"}: send JSON documents as text";

/// Reads a statement's parameters: an array by position, an object by name (with or without its prefix).
pub fn args_from_json(params: Option<Json>) -> Result<Args, String> {
    match params {
        None | Some(Json::Null) => Ok(Args::NONE),
        Some(Json::Array(values)) => {
            let values = values.into_iter().enumerate().map(|(at, value)| {
                from_json(value).map_err(|problem| format!("params[{at}]: {problem}"))
            });
            Ok(Args {
                positional: values.collect::<Result<_, _>>()?,
                named: Vec::new(),
            })
        }
        Some(Json::Object(values)) => {
            let values = values.into_iter().map(|(name, value)| {
                let value =
                    from_json(value).map_err(|problem| format!("params.{name}: {problem}"))?;
                Ok((name, value))
            });
            Ok(Args {
                positional: Vec::new(),
                named: values.collect::<Result<_, String>>()?,
            })
        }
        Some(_) => Err("params must be an array (by position) or an object (by name)".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(value: &Value) -> Json {
        let mut out = Vec::new();
        write(&mut out, &value.as_ref(), LargeIntegers::Tagged);
        serde_json::from_slice(&out).unwrap()
    }

    proptest! {
        #[test]
        fn every_value_travels_without_loss(
            value in prop_oneof![
                any::<i64>().prop_map(Value::Integer),
                prop::num::f64::NORMAL.prop_map(Value::Real),
                prop::num::f64::INFINITE.prop_map(Value::Real),
                any::<String>().prop_map(Value::Text),
                any::<Vec<u8>>().prop_map(Value::Blob),
            ]
        ) {
            prop_assert_eq!(from_json(written(&value)), Ok(value.clone()));
            prop_assert_eq!(from_json(to_json(&value)), Ok(value));
        }
    }

    #[test]
    fn reals_and_integers_stay_apart() {
        for (value, text) in [
            (Value::Real(1.0), "1.0"),
            (Value::Real(-0.0), "-0.0"),
            (Value::Real(1e300), "1e300"),
            (Value::Integer(1), "1"),
            (Value::Integer((1 << 53) - 1), "9007199254740991"),
            (Value::Integer(1 << 53), "{\"$int\":\"9007199254740992\"}"),
            (
                Value::Integer(i64::MIN),
                "{\"$int\":\"-9223372036854775808\"}",
            ),
        ] {
            let mut out = Vec::new();
            write(&mut out, &value.as_ref(), LargeIntegers::Tagged);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for bad in [
            json!([1]),
            json!({}),
            json!({"a": 1}),
            json!({"$int": "1.5"}),
            json!({"$int": 5}),
            json!({"$blob": "*"}),
            json!({"$real": "NaN"}),
            json!({"$int": "1", "$blob": ""}),
            json!(u64::MAX),
        ] {
            assert!(from_json(bad.clone()).is_err(), "{bad}");
        }
        assert_eq!(
            args_from_json(Some(json!([1, [2]])))
                .unwrap_err()
                .split(':')
                .next(),
            Some("params[1]")
        );
    }

    #[test]
    fn columns_of_one_name_do_not_hide_each_other() {
        let names = unique_names(["a", "b", "a", "a", "a:1"].map(str::to_owned));
        assert_eq!(names, ["a", "b", "a:1", "a:2", "a:1:1"]);
    }
}
