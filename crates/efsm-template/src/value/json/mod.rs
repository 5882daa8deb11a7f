//! JSON in and out, keeping the digits of decimals.

mod read;
mod write;

use std::sync::Arc;

pub(crate) use read::{parse_json, parse_lenient_json};
pub use write::JsonStyle;
pub(crate) use write::{Shown, write_json};

use super::{Decimal, List, ListStyle, Map, Value};

/// Text that is not JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {expected} was expected")]
pub struct JsonError {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub expected: &'static str,
}

impl Value {
    /// A value from `serde_json`'s tree; what is inside lists prints as JSON when `json_lists`.
    pub fn from_json(
        json: &serde_json::Value,
        json_lists: bool,
    ) -> Result<Self, super::ValueError> {
        Ok(match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(bool) => Self::Bool(*bool),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(int) => Self::Int(int),
                None => match number.as_u64() {
                    Some(int) => Self::Decimal(Arc::new(Decimal::new(i128::from(int), 0))),
                    None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
                },
            },
            serde_json::Value::String(text) => Self::from(text.as_str()),
            serde_json::Value::Array(items) => {
                let items = items
                    .iter()
                    .map(|item| Self::from_json(item, json_lists))
                    .collect::<Result<_, _>>()?;
                let style = if json_lists {
                    ListStyle::Json
                } else {
                    ListStyle::Java
                };
                Self::List(Arc::new(List::new(items, style)?))
            }
            serde_json::Value::Object(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| {
                        Ok((Arc::from(key.as_str()), Self::from_json(value, json_lists)?))
                    })
                    .collect::<Result<Vec<_>, super::ValueError>>()?;
                Map::new(entries)?.into()
            }
        })
    }

    /// This value as `serde_json`'s tree.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(bool) => (*bool).into(),
            Self::Int(int) => (*int).into(),
            Self::Float(float) => (*float).into(),
            Self::Decimal(decimal) => decimal.to_f64().into(),
            Self::Text(text) => serde_json::Value::String(text.as_ref().to_owned()),
            Self::List(list) => match (list.style(), list.items()) {
                (ListStyle::First, [single]) => single.to_json(),
                (_, items) => items.iter().map(Self::to_json).collect(),
            },
            Self::Map(map) => map
                .iter()
                .map(|(key, value)| (key.as_ref().to_owned(), value.to_json()))
                .collect(),
            Self::Object(object) => object
                .entries()
                .into_iter()
                .map(|(key, value)| (key.as_ref().to_owned(), value.to_json()))
                .collect(),
            Self::Date(_) | Self::Xml(_) => serde_json::Value::String(self.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{JsonStyle, parse_json, write_json};

    fn rewritten(text: &str, style: JsonStyle) -> String {
        let mut out = String::new();
        write_json(&parse_json(text).unwrap(), style, &mut out).unwrap();
        out
    }

    #[test]
    fn compact_json_comes_back_as_it_was() {
        for text in [
            r#"{"a":1.50,"b":[1,{"c":null}],"d":{},"e":[],"f":"\"\\\n\u0001é"}"#,
            "[12345678901234567890,1E+400,-0.10,true]",
            r#""\u0000""#,
        ] {
            assert_eq!(rewritten(text, JsonStyle::Compact), text);
        }
        assert_eq!(
            rewritten(r#""\ud83d\ude00\/""#, JsonStyle::Compact),
            "\"😀/\""
        );
    }

    #[test]
    fn pretty_json_is_laid_out_as_jackson_does() {
        assert_eq!(
            rewritten(r#"{"a":[1,{"b":null}],"c":{},"d":[]}"#, JsonStyle::Pretty),
            "{\n  \"a\" : [ 1, {\n    \"b\" : null\n  } ],\n  \"c\" : { },\n  \"d\" : [ ]\n}"
        );
        assert_eq!(
            rewritten(r#"{"b":null}"#, JsonStyle::PrettyWithoutNulls),
            "{ }"
        );
    }

    #[test]
    fn errors_say_where() {
        for (text, line, column) in [
            ("", 1, 1),
            ("{\"a\":1,\n \"b\" 2}", 2, 6),
            ("[01]", 1, 4),
            ("\"\\x\"", 1, 3),
            ("\"\\ud800\\u00zz\"", 1, 10),
            ("[1] 2", 1, 5),
            ("nul", 1, 1),
        ] {
            let error = parse_json(text).unwrap_err();
            assert_eq!(
                (error.line, error.column),
                (line, column),
                "{text}: {error}"
            );
        }
        assert!(parse_json(&"[".repeat(100_000)).is_err());
    }
}
