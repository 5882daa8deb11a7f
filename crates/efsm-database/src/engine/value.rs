//! Values: what a column holds and a parameter is bound to.

use std::borrow::Cow;

/// A value of one of the storage classes: null, 64-bit integer, 64-bit float, text, bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// A value that is still in the engine's hands. Text that is not UTF-8 reads with U+FFFD where it is not.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueRef<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(Cow<'a, str>),
    Blob(&'a [u8]),
}

impl ValueRef<'_> {
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Integer(n) => Value::Integer(*n),
            Self::Real(x) => Value::Real(*x),
            Self::Text(text) => Value::Text(text.clone().into_owned()),
            Self::Blob(bytes) => Value::Blob(bytes.to_vec()),
        }
    }

    /// Bytes that the value takes in a result: 8 for a number, the length of text and blobs.
    pub fn size_bytes(&self) -> usize {
        match self {
            Self::Null => 1,
            Self::Integer(_) | Self::Real(_) => 8,
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
        }
    }
}

impl Value {
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Integer(n) => ValueRef::Integer(*n),
            Self::Real(x) => ValueRef::Real(*x),
            Self::Text(text) => ValueRef::Text(Cow::Borrowed(text)),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(n) => Some(*n),
            _ => None,
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// `null`, `integer`, `real`, `text` or `blob`, as SQL's `typeof` says.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Integer(_) => "integer",
            Self::Real(_) => "real",
            Self::Text(_) => "text",
            Self::Blob(_) => "blob",
        }
    }
}

macro_rules! value_from {
    ($($from:ty => $make:expr),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                $make(value)
            }
        }
    )*};
}

value_from! {
    i64 => Value::Integer,
    i32 => |n| Value::Integer(i64::from(n)),
    u32 => |n| Value::Integer(i64::from(n)),
    bool => |b| Value::Integer(i64::from(b)),
    f64 => Value::Real,
    String => Value::Text,
    &str => |text: &str| Value::Text(text.to_owned()),
    Vec<u8> => Value::Blob,
    &[u8] => |bytes: &[u8]| Value::Blob(bytes.to_vec()),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
