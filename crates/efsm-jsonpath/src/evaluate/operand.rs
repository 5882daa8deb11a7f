use std::borrow::Cow;

use efsm_javatext::JavaRegex;
use efsm_javatext::number::Decimal;
use serde_json::Value;

/// What one side of an operator is worth.
#[derive(Debug, Clone)]
pub(super) enum Node<'n> {
    /// A path that leads nowhere.
    Undefined,
    Null,
    Boolean(bool),
    Number(Cow<'n, Decimal>),
    Text(Cow<'n, str>),
    /// An array or object.
    Json(Cow<'n, Value>),
    Regex(&'n JavaRegex),
}

impl<'n> Node<'n> {
    pub(super) fn of(value: Cow<'n, Value>) -> Self {
        match value {
            Cow::Borrowed(Value::String(text)) => Self::Text(Cow::Borrowed(text)),
            Cow::Owned(Value::String(text)) => Self::Text(Cow::Owned(text)),
            value => match &*value {
                Value::Null => Self::Null,
                Value::Bool(boolean) => Self::Boolean(*boolean),
                Value::Number(number) => {
                    number_of(number).map_or(Self::Null, |number| Self::Number(Cow::Owned(number)))
                }
                _ => Self::Json(value),
            },
        }
    }

    pub(super) fn elements(&self) -> Option<Vec<Node<'_>>> {
        match self {
            Self::Json(value) => Some(
                value
                    .as_array()?
                    .iter()
                    .map(|item| Node::of(Cow::Borrowed(item)))
                    .collect(),
            ),
            _ => None,
        }
    }

    /// `==`: a text and a number are equal when the one on the left, asked to be of the other's kind, is.
    pub(super) fn equals(&self, other: &Node) -> bool {
        match (self, other) {
            (Self::Null, Node::Null) => true,
            (Self::Boolean(left), Node::Boolean(right)) => left == right,
            (Self::Number(left), Node::Number(right)) => left == right,
            (Self::Number(left), Node::Text(right)) => {
                right.parse::<Decimal>().is_ok_and(|right| **left == right)
            }
            (Self::Text(left), Node::Number(right)) => **left == right.to_string(),
            (Self::Text(left), Node::Text(right)) => left == right,
            (Self::Json(left), Node::Json(right)) => left == right,
            _ => false,
        }
    }

    pub(super) fn is_same_kind(&self, other: &Node) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// The order of two numbers, or of two texts (`String.compareTo` goes by UTF-16 units).
    pub(super) fn compare(&self, other: &Node) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Number(left), Node::Number(right)) => Some(left.cmp(right)),
            (Self::Text(left), Node::Text(right)) => {
                Some(left.encode_utf16().cmp(right.encode_utf16()))
            }
            _ => None,
        }
    }

    /// What a regular expression looks at.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Boolean(boolean) => Cow::Borrowed(if *boolean { "true" } else { "false" }),
            _ => Cow::Borrowed(""),
        }
    }

    /// The names that `type` compares with.
    pub(super) fn has_type(&self, name: &str) -> bool {
        let names: &[&str] = match self {
            Self::Null => &["null"],
            Self::Boolean(_) => &["boolean"],
            Self::Number(_) => &["number"],
            Self::Text(_) => &["string"],
            Self::Json(value) if value.is_array() => &["array", "list"],
            Self::Json(_) => &["object", "map"],
            Self::Undefined | Self::Regex(_) => &[],
        };
        names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

fn number_of(number: &serde_json::Number) -> Option<Decimal> {
    match number.as_f64() {
        Some(float) if number.is_f64() => Decimal::from_shortest(float),
        _ => number.to_string().parse().ok(),
    }
}
