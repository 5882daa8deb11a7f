//! JSON objects without repeated members.
//!
//! Two parsers that pick different ones of two equal members read two different tokens; RFC 7515 section 4 and
//! RFC 7519 section 4 therefore let a reader refuse them, and this one does.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

struct UniqueObject(Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = UniqueObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueObject, A::Error> {
                let mut object = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if object.contains_key(&name) {
                        let name = quoted(&name);
                        return Err(A::Error::custom(format_args!("{name} appears twice")));
                    }
                    object.insert(name, value);
                }
                Ok(UniqueObject(object))
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// Parses a JSON object; the error says what was wrong and at which line and column.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    serde_json::from_slice::<UniqueObject>(bytes)
        .map(|object| object.0)
        .map_err(|error| error.to_string())
}

/// Text from outside for a message: quoted, escaped, and cut when it is long.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 64;
    let mut cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("{cut:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_members_and_other_values_are_refused() {
        assert_eq!(object(br#"{"a":1,"b":2}"#).unwrap().len(), 2);
        for (bad, why) in [
            (r#"{"a":1,"a":1}"#, "\"a\" appears twice"),
            (r#"{"a":1,"\u0061":2}"#, "\"a\" appears twice"),
            ("[]", "expected a JSON object"),
            ("{} x", "trailing characters"),
            ("", "EOF"),
        ] {
            let error = object(bad.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }
}
