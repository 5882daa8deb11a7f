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

use std::borrow::Cow;
use std::fmt;
use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json, json};

use crate::engine::{Args, Positional, RowSet, Value, ValueRef};

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
        ValueRef::Integer(n) => {
            write_integer(out, *n);
            Ok(())
        }
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

/// As `write!` would, in less time.
pub(crate) fn write_integer(out: &mut Vec<u8>, n: impl serde::Serialize) {
    // Neither an integer nor a vector can fail.
    let _ = serde_json::to_writer(out, &n);
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
    let names = unique_names(
        rows.columns
            .iter()
            .map(|column| Cow::Borrowed(&*column.name)),
    );
    rows.rows
        .iter()
        .map(|row| {
            let fields: Map<String, Json> = names
                .iter()
                .map(ToString::to_string)
                .zip(row.iter().map(to_json))
                .collect();
            Json::Object(fields)
        })
        .collect()
}

/// Names by which no value hides another: a name that comes again has `:1`, `:2` behind it.
pub(crate) fn unique_names<'n>(names: impl IntoIterator<Item = Cow<'n, str>>) -> Vec<Cow<'n, str>> {
    let mut unique: Vec<Cow<'n, str>> = Vec::new();
    for name in names {
        let mut candidate = name.clone();
        let mut count = 0;
        while unique.contains(&candidate) {
            count += 1;
            candidate = Cow::Owned(format!("{name}:{count}"));
        }
        unique.push(candidate);
    }
    unique
}

/// Reads a value, or says why it is none.
pub fn from_json(json: Json) -> Result<Value, String> {
    Given::deserialize(json).map_or_else(|e| Err(e.to_string()), |given| given.0)
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

/// A value as it was given, or why it is none: the rest of the document is read all the same.
pub(crate) struct Given(pub(crate) Result<Value, String>);

/// A statement's parameters as they were given: an array by position, an object by name (with or without its prefix).
#[derive(Debug)]
pub(crate) struct GivenArgs(pub(crate) Result<Args, String>);

impl Default for Given {
    fn default() -> Self {
        Self(Ok(Value::Null))
    }
}

impl Default for GivenArgs {
    fn default() -> Self {
        Self(Ok(Args::NONE))
    }
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GivenVisitor)
    }
}

struct GivenVisitor;

impl<'de> Visitor<'de> for GivenVisitor {
    type Value = Given;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Given, E> {
        Ok(Given(Ok(Value::Null)))
    }

    fn visit_bool<E>(self, is: bool) -> Result<Given, E> {
        Ok(Given(Ok(Value::Integer(i64::from(is)))))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Given, E> {
        Ok(Given(Ok(Value::Integer(n))))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Given, E> {
        Ok(Given(i64::try_from(n).map(Value::Integer).map_err(|_| {
            format!(
                "the integer {n} does not fit 64 bits with a sign: send it as text or as a real"
            )
        })))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Given, E> {
        Ok(Given(Ok(Value::Real(x))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Given, E> {
        Ok(Given(Ok(Value::Text(text.to_owned()))))
    }

    fn visit_string<E>(self, text: String) -> Result<Given, E> {
        Ok(Given(Ok(Value::Text(text))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Given, A::Error> {
        IgnoredAny.visit_seq(seq)?;
        let problem = "an array is no value: send it as text (JSON functions read that), or a blob as \
                       {\"$blob\": base64}";
        Ok(Given(Err(problem.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Given, A::Error> {
        Map::deserialize(MapAccessDeserializer::new(map)).map(|object| Given(tagged(object)))
    }
}

impl<'de> Deserialize<'de> for GivenArgs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GivenArgsVisitor)
    }
}

struct GivenArgsVisitor;

impl GivenArgsVisitor {
    fn neither() -> GivenArgs {
        let problem = "params must be an array (by position) or an object (by name)";
        GivenArgs(Err(problem.to_owned()))
    }
}

impl<'de> Visitor<'de> for GivenArgsVisitor {
    type Value = GivenArgs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("parameters")
    }

    fn visit_unit<E>(self) -> Result<GivenArgs, E> {
        Ok(GivenArgs::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<GivenArgs, E> {
        Ok(Self::neither())
    }

    fn visit_i64<E>(self, _: i64) -> Result<GivenArgs, E> {
        Ok(Self::neither())
    }

    fn visit_u64<E>(self, _: u64) -> Result<GivenArgs, E> {
        Ok(Self::neither())
    }

    fn visit_f64<E>(self, _: f64) -> Result<GivenArgs, E> {
        Ok(Self::neither())
    }

    fn visit_str<E>(self, _: &str) -> Result<GivenArgs, E> {
        Ok(Self::neither())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<GivenArgs, A::Error> {
        let mut positional = Positional::new();
        while let Some(Given(value)) = seq.next_element()? {
            match value {
                Ok(value) => positional.push(value),
                Err(problem) => {
                    let problem = format!("params[{}]: {problem}", positional.len());
                    while seq.next_element::<IgnoredAny>()?.is_some() {}
                    return Ok(GivenArgs(Err(problem)));
                }
            }
        }
        Ok(GivenArgs(Ok(Args {
            positional,
            named: Vec::new(),
        })))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<GivenArgs, A::Error> {
        // By way of a map, because of two of one name the last counts.
        let object: Map<String, Json> = Map::deserialize(MapAccessDeserializer::new(map))?;
        let named = object.into_iter().map(|(name, value)| {
            let value = from_json(value).map_err(|problem| format!("params.{name}: {problem}"))?;
            Ok((name, value))
        });
        Ok(GivenArgs(named.collect::<Result<_, String>>().map(
            |named| Args {
                positional: Positional::new(),
                named,
            },
        )))
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
        for (params, place) in [
            ("[1, [2, [3]], 4]", "params[1]"),
            (r#"{"a": 1, "b": {"$int": 1}}"#, "params.b"),
        ] {
            let given: GivenArgs = serde_json::from_str(params).unwrap();
            assert_eq!(given.0.unwrap_err().split(':').next(), Some(place));
        }
    }

    #[test]
    fn columns_of_one_name_do_not_hide_each_other() {
        let names = unique_names(["a", "b", "a", "a", "a:1"].map(Cow::Borrowed));
        assert_eq!(names, ["a", "b", "a:1", "a:2", "a:1:1"]);
    }
}
