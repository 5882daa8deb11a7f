//! One value of a document, whatever its syntax was.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Number, Value};

/// A value and its place.
#[derive(Debug, PartialEq)]
pub struct Node {
    /// Bytes of the source.
    pub span: Range<usize>,
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, PartialEq)]
pub enum Kind {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Arc<Node>>),
    Map(Vec<Entry>),
}

/// A key of a map with its value.
#[derive(Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_span: Range<usize>,
    pub value: Arc<Node>,
}

/// The entries of a map while it is read: each key is looked for among those before it, of which there may be many.
#[derive(Default)]
pub(crate) struct Entries {
    entries: Vec<Entry>,
    places: HashMap<String, usize>,
}

impl Entries {
    /// The entry that has this key already.
    pub(crate) fn find(&self, key: &str) -> Option<&Entry> {
        self.places.get(key).map(|place| &self.entries[*place])
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.places.insert(entry.key.clone(), self.entries.len());
        self.entries.push(entry);
    }

    pub(crate) fn into_vec(self) -> Vec<Entry> {
        self.entries
    }
}

impl Node {
    /// The value in words, for `expected .., found ..`.
    pub fn in_words(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Bool(value) => format!("the boolean {value}"),
            Kind::Integer(value) => format!("the number {value}"),
            Kind::Float(value) => format!("the number {value}"),
            Kind::Text(text) => format!("the text {}", quoted(text)),
            Kind::List(items) => match items.len() {
                1 => "a list of one item".to_owned(),
                n => format!("a list of {n} items"),
            },
            Kind::Map(entries) => match entries.len() {
                1 => "a map of one key".to_owned(),
                n => format!("a map of {n} keys"),
            },
        }
    }

    /// The value as JSON; `Err` has the span of a number that JSON cannot hold.
    pub fn to_json(&self) -> Result<Value, Range<usize>> {
        Ok(match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Integer(value) => Value::Number(number(*value)),
            Kind::Float(value) => {
                Value::Number(Number::from_f64(*value).ok_or_else(|| self.span.clone())?)
            }
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => Value::Array(
                items
                    .iter()
                    .map(|item| item.to_json())
                    .collect::<Result<_, _>>()?,
            ),
            Kind::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| Ok((entry.key.clone(), entry.value.to_json()?)))
                    .collect::<Result<Map<_, _>, Range<usize>>>()?,
            ),
        })
    }
}

/// A whole number, or what comes nearest to it.
fn number(value: i128) -> Number {
    i64::try_from(value)
        .map(Number::from)
        .or_else(|_| u64::try_from(value).map(Number::from))
        .unwrap_or_else(|_| Number::from_f64(value as f64).unwrap_or_else(|| 0.into()))
}

/// The text between backquotes, shortened to what fits in a message.
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    if line.len() == text.len() && text.chars().count() <= LONGEST {
        format!("`{text}`")
    } else {
        format!("`{}...`", line.chars().take(LONGEST).collect::<String>())
    }
}
