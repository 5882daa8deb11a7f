//! Reading structures that are told by their `type`, without setting them aside first.
//!
//! serde's own way copies every such structure into a tree before it reads it, for the type may stand last. Clients
//! write it first, so that what follows can be read as it comes; only elsewhere is it set aside.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

/// A structure that is told by its `type`.
pub(super) trait Tagged: Sized {
    /// Reads what stands beside the type.
    fn read<'de, D: Deserializer<'de>>(tag: &str, rest: D) -> Result<Self, D::Error>;
}

pub(super) struct TaggedVisitor<T>(pub(super) PhantomData<T>);

impl<'de, T: Tagged> Visitor<'de> for TaggedVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a `type`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut before = Map::new();
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if key.as_str() != "type" {
                before.insert(key.into_string(), map.next_value()?);
                continue;
            }
            let tag = map.next_value::<Text<'de>>()?;
            if before.is_empty() {
                return T::read(tag.as_str(), MapAccessDeserializer::new(map));
            }
            while let Some((key, value)) = map.next_entry::<String, Value>()? {
                before.insert(key, value);
            }
            let rest = MapDeserializer::<_, serde_json::Error>::new(before.into_iter());
            return T::read(tag.as_str(), rest).map_err(A::Error::custom);
        }
        Err(A::Error::missing_field("type"))
    }
}

/// A text that is borrowed where nothing in it is escaped.
enum Text<'de> {
    Borrowed(&'de str),
    Owned(String),
}

impl Text<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }

    fn into_string(self) -> String {
        match self {
            Self::Borrowed(text) => text.to_owned(),
            Self::Owned(text) => text,
        }
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text::Borrowed(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text::Owned(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Text<'de>, E> {
                Ok(Text::Owned(text))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

/// Declares an enum whose variants have a `type` of their own, and how it is read.
macro_rules! tagged {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(
                $(#[$doc:meta])*
                $tag:literal => $variant:ident { $($field:ident: $kind:ty),* $(,)? },
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name {
            $(
                $(#[$doc])*
                $variant { $($field: $kind),* },
            )*
        }

        impl $crate::wire::hrana::tagged::Tagged for $name {
            fn read<'de, D: serde::Deserializer<'de>>(tag: &str, rest: D) -> Result<Self, D::Error> {
                match tag {
                    $(
                        $tag => {
                            #[derive(serde::Deserialize)]
                            struct Fields { $($field: $kind),* }
                            let Fields { $($field),* } = serde::Deserialize::deserialize(rest)?;
                            Ok(Self::$variant { $($field),* })
                        }
                    )*
                    _ => Err(serde::de::Error::unknown_variant(tag, &[$($tag),*])),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map($crate::wire::hrana::tagged::TaggedVisitor(
                    std::marker::PhantomData,
                ))
            }
        }
    };
}

pub(super) use tagged;

#[cfg(test)]
mod tests {
    use super::super::message::{Cond, StreamRequest};

    fn request(json: &str) -> Result<StreamRequest, String> {
        serde_json::from_str(json).map_err(|e| e.to_string())
    }

    #[test]
    fn type_may_stand_anywhere() {
        let expected = Ok(StreamRequest::StoreSql {
            sql_id: 7,
            sql: "a\"b".to_owned(),
        });
        for json in [
            r#"{"type":"store_sql","sql_id":7,"sql":"a\"b"}"#,
            r#"{"sql_id":7,"type":"store_sql","sql":"a\"b"}"#,
            r#"{"sql":"a\"b","more":{"type":"x"},"sql_id":7,"type":"store_sql"}"#,
            r#"{"ty\u0070e":"store_s\u0071l","sql_id":7,"sql":"a\"b","more":[1]}"#,
        ] {
            assert_eq!(request(json), expected, "{json}");
        }
        for json in [r#"{"type":"close"}"#, r#"{"stream_id":1,"type":"close"}"#] {
            assert_eq!(request(json), Ok(StreamRequest::Close {}));
        }
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        for (json, part) in [
            ("{}", "missing field `type`"),
            (r#"{"sql":"x"}"#, "missing field `type`"),
            (r#"{"type":"spam"}"#, "unknown variant `spam`"),
            (r#"{"type":7}"#, "expected a string"),
            (
                r#"{"type":"store_sql","sql":"x"}"#,
                "missing field `sql_id`",
            ),
            (
                r#"{"sql":"x","type":"store_sql"}"#,
                "missing field `sql_id`",
            ),
            ("[]", "an object with a `type`"),
            ("7", "an object with a `type`"),
        ] {
            let refused = request(json).unwrap_err();
            assert!(refused.contains(part), "{json}: {refused}");
        }
    }

    #[test]
    fn conditions_nest_to_a_bound() {
        let nested = |depth: usize| {
            let json = r#"{"type":"not","cond":"#.repeat(depth)
                + r#"{"type":"ok","step":0}"#
                + &"}".repeat(depth);
            serde_json::from_str::<Cond>(&json)
        };
        assert!(nested(50).is_ok());
        assert!(nested(100_000).is_err());
    }
}
