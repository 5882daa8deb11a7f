//! Values as Hrana has them in JSON: `{"type": .., "value": ..}`, integers as text, blobs in base64.

use std::borrow::Cow;
use std::fmt;

use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurposeConfig};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};
use serde_json::value::RawValue;

use crate::engine::{Value, ValueRef};

/// Padding is written; a text without it is read as well.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A value on its way in or out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell(pub Value);

/// A value that is still in the engine's hands, on its way out.
pub(super) struct CellRef<'a>(pub(super) ValueRef<'a>);

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        CellRef(self.0.as_ref()).serialize(serializer)
    }
}

impl Serialize for CellRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Value", 2)?;
        match &self.0 {
            ValueRef::Null => out.serialize_field("type", "null")?,
            ValueRef::Integer(n) => {
                out.serialize_field("type", "integer")?;
                out.serialize_field("value", itoa::Buffer::new().format(*n))?;
            }
            ValueRef::Real(x) => {
                out.serialize_field("type", "float")?;
                if x.is_finite() {
                    out.serialize_field("value", x)?;
                } else {
                    out.serialize_field("value", &infinite(*x))?;
                }
            }
            ValueRef::Text(text) => {
                out.serialize_field("type", "text")?;
                out.serialize_field("value", text)?;
            }
            ValueRef::Blob(bytes) => {
                out.serialize_field("type", "blob")?;
                out.serialize_field("base64", &BASE64.encode(bytes))?;
            }
        }
        out.end()
    }
}

/// JSON has no infinity; a number past the largest real is read as one by JavaScript and Python, where `null`
/// would be no value at all.
fn infinite(x: f64) -> Option<Box<RawValue>> {
    let number = if x < 0.0 { "-1e999" } else { "1e999" };
    RawValue::from_string(number.to_owned()).ok()
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CellVisitor)
    }
}

struct CellVisitor;

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Type,
    Value,
    Base64,
    #[serde(other)]
    Other,
}

#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Null,
    Integer,
    Float,
    Text,
    Blob,
}

/// What stood under `value`, before the type is known to be read.
enum Scalar<'de> {
    Text(Cow<'de, str>),
    Number(f64),
    Other,
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number or null")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(text)))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Number(x))
    }

    // A real that is written without a point is the nearest one.
    fn visit_i64<E>(self, n: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Number(n as f64))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Number(n as f64))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Other)
    }

    fn visit_unit<E>(self) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Scalar<'de>, A::Error> {
        de::IgnoredAny.visit_seq(seq).map(|_| Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Scalar<'de>, A::Error> {
        de::IgnoredAny.visit_map(map).map(|_| Scalar::Other)
    }
}

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value such as {\"type\": \"text\", \"value\": \"..\"}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        let (mut kind, mut value, mut base64) = (None::<Kind>, None::<Scalar<'de>>, None::<String>);
        while let Some(key) = map.next_key()? {
            match key {
                Key::Type => kind = Some(map.next_value()?),
                Key::Value => value = Some(map.next_value()?),
                Key::Base64 => base64 = Some(map.next_value()?),
                Key::Other => drop(map.next_value::<de::IgnoredAny>()?),
            }
        }
        let kind = kind.ok_or_else(|| de::Error::missing_field("type"))?;
        let refused = |problem: &str| Err(de::Error::custom(problem));
        let value = match (kind, value) {
            (Kind::Null, _) => Value::Null,
            (Kind::Blob, _) => {
                let text = base64.ok_or_else(|| de::Error::missing_field("base64"))?;
                let bytes = BASE64.decode(text.trim_end_matches('='));
                Value::Blob(bytes.map_err(|e| de::Error::custom(format!("no base64: {e}")))?)
            }
            (_, None) => return Err(de::Error::missing_field("value")),
            (Kind::Integer, Some(Scalar::Text(text))) => match text.parse() {
                Ok(n) => Value::Integer(n),
                Err(_) => return refused(&format!("{text:?} is not an integer of 64 bits")),
            },
            (Kind::Float, Some(Scalar::Number(x))) => Value::Real(x),
            (Kind::Text, Some(Scalar::Text(text))) => Value::Text(text.into_owned()),
            (Kind::Integer, _) => {
                return refused("the value of an integer must be a string of digits, as in \"42\"");
            }
            (Kind::Float, _) => return refused("the value of a float must be a number"),
            (Kind::Text, _) => return refused("the value of a text must be a string"),
        };
        Ok(Cell(value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> Result<Value, String> {
        serde_json::from_str::<Cell>(json)
            .map(|cell| cell.0)
            .map_err(|e| e.to_string())
    }

    fn written(value: Value) -> String {
        serde_json::to_string(&Cell(value)).unwrap()
    }

    #[test]
    fn values_are_written_as_the_specification_has_them() {
        for (value, json) in [
            (Value::Null, r#"{"type":"null"}"#),
            (
                Value::Integer(i64::MIN),
                r#"{"type":"integer","value":"-9223372036854775808"}"#,
            ),
            (Value::Real(1.0), r#"{"type":"float","value":1.0}"#),
            (
                Value::Real(f64::NEG_INFINITY),
                r#"{"type":"float","value":-1e999}"#,
            ),
            (
                Value::Text("a\"b".to_owned()),
                r#"{"type":"text","value":"a\"b"}"#,
            ),
            (
                Value::Blob(vec![1, 2]),
                r#"{"type":"blob","base64":"AQI="}"#,
            ),
        ] {
            assert_eq!(written(value), json);
        }
    }

    #[test]
    fn values_are_read_in_any_order_with_or_without_padding() {
        for (json, value) in [
            (r#"{"value":"7","type":"integer"}"#, Value::Integer(7)),
            (r#"{"type":"float","value":1}"#, Value::Real(1.0)),
            (r#"{"type":"null","value":null,"more":[1]}"#, Value::Null),
            (r#"{"base64":"AQI","type":"blob"}"#, Value::Blob(vec![1, 2])),
            (
                r#"{"base64":"AQI=","type":"blob"}"#,
                Value::Blob(vec![1, 2]),
            ),
            (r#"{"type":"text","value":"\u00fc"}"#, Value::from("ü")),
        ] {
            assert_eq!(read(json), Ok(value), "{json}");
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for (json, part) in [
            ("{}", "missing field `type`"),
            (r#"{"type":"date","value":"x"}"#, "unknown variant `date`"),
            (r#"{"type":"integer","value":7}"#, "string of digits"),
            (r#"{"type":"integer","value":"7.5"}"#, "64 bits"),
            (
                r#"{"type":"integer","value":"9223372036854775808"}"#,
                "64 bits",
            ),
            (r#"{"type":"float","value":"1"}"#, "must be a number"),
            (r#"{"type":"text","value":{"a":1}}"#, "must be a string"),
            (r#"{"type":"text"}"#, "missing field `value`"),
            (r#"{"type":"blob","base64":"*"}"#, "no base64"),
            ("[1]", "a value such as"),
        ] {
            let refused = read(json).unwrap_err();
            assert!(refused.contains(part), "{json}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn every_finite_value_travels_without_loss(
            value in prop_oneof![
                Just(Value::Null),
                any::<i64>().prop_map(Value::Integer),
                prop::num::f64::NORMAL.prop_map(Value::Real),
                any::<String>().prop_map(Value::Text),
                any::<Vec<u8>>().prop_map(Value::Blob),
            ]
        ) {
            prop_assert_eq!(read(&written(value.clone())), Ok(value));
        }
    }
}
