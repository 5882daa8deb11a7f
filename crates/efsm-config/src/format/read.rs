//! Reading a value of the tree into a type, with every error kept.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::shape::{Shape, Table};
use crate::error::ConfigError;
use crate::text::{Kind, Node, Origin, Source};

/// A type that can be read from a configuration and says what it accepts.
pub(crate) trait Read: Sized {
    fn shape() -> Shape;

    /// `None` when an error was reported.
    fn read(node: &Node, reader: &mut Reader) -> Option<Self>;
}

/// The source of a document, the path of the value being read, and the errors so far.
pub(crate) struct Reader {
    source: Arc<Source>,
    path: Vec<String>,
    root: Table,
    errors: Vec<ConfigError>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl Reader {
    pub(crate) fn new(source: Arc<Source>, root: Table) -> Self {
        Self {
            source,
            path: Vec::new(),
            root,
            errors: Vec::new(),
        }
    }

    pub(crate) fn into_errors(self) -> Vec<ConfigError> {
        self.errors
    }

    pub(crate) fn root(&self) -> Table {
        self.root
    }

    /// Reads with `step` (`.name` or `[index]`) added to the path.
    pub(crate) fn within<T>(&mut self, step: String, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let value = read(self);
        self.path.pop();
        value
    }

    pub(crate) fn key(&self) -> String {
        let path = self.path.concat();
        path.strip_prefix('.').map_or(path.clone(), str::to_owned)
    }

    pub(crate) fn origin(&self, span: &Range<usize>) -> Origin {
        Origin {
            source: self.source.clone(),
            span: span.clone(),
            key: self.key().into(),
        }
    }

    pub(crate) fn report(&mut self, error: ConfigError) {
        self.errors.push(error);
    }

    pub(crate) fn error(&mut self, span: &Range<usize>, message: impl Into<String>) {
        let error = self.origin(span).error(message);
        self.report(error);
    }

    /// Reports that `node` is not of `shape`.
    pub(crate) fn mismatch<T>(&mut self, node: &Node, shape: &Shape) -> Option<T> {
        let message = format!("expected {}, found {}", shape.in_words(), node.in_words());
        let mut error = self.origin(&node.span).error(message);
        if let Some(help) = hint(node, shape) {
            error = error.with_help(help);
        }
        self.report(error);
        None
    }
}

/// What the writer probably meant.
fn hint(node: &Node, shape: &Shape) -> Option<String> {
    match (shape, &node.kind) {
        (Shape::Bool, Kind::Text(text)) => {
            let meant = match text.to_ascii_lowercase().as_str() {
                "yes" | "on" | "y" | "true" => "true",
                "no" | "off" | "n" | "false" => "false",
                _ => return None,
            };
            Some(format!("write `{meant}`, without quotes"))
        }
        (Shape::Integer { .. } | Shape::Fraction, Kind::Text(text)) => text
            .parse::<f64>()
            .is_ok()
            .then(|| format!("remove the quotes: `{text}`")),
        (Shape::Text(text), Kind::Integer(_) | Kind::Float(_) | Kind::Bool(_)) => {
            // What has a grammar of its own would not fit it in quotes either.
            let is_free = text.example.is_none();
            let quotes = is_free.then_some("put it in quotes if it is meant as a text");
            text.if_number.or(quotes).map(str::to_owned)
        }
        (Shape::List { .. }, Kind::Text(text)) => Some(format!("write `[{text}]`")),
        _ => None,
    }
}

impl<T: Read> Read for At<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        Some(Self {
            value: T::read(node, reader)?,
            origin: reader.origin(&node.span),
        })
    }
}

impl Read for bool {
    fn shape() -> Shape {
        Shape::Bool
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.kind {
            Kind::Bool(value) => Some(value),
            _ => reader.mismatch(node, &Self::shape()),
        }
    }
}

impl Read for String {
    fn shape() -> Shape {
        Shape::text("a text")
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(text) => Some(text.clone()),
            _ => reader.mismatch(node, &Self::shape()),
        }
    }
}

impl Read for Value {
    fn shape() -> Shape {
        Shape::Json
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.to_json() {
            Ok(value) => Some(value),
            Err(span) => {
                reader.error(&span, "JSON cannot hold this number");
                None
            }
        }
    }
}

/// An empty list or map may be left out after its key.
impl<T: Read> Read for Vec<T> {
    fn shape() -> Shape {
        Shape::List {
            item: Box::new(T::shape()),
        }
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let items = match &node.kind {
            Kind::List(items) => &items[..],
            Kind::Null => &[],
            _ => return reader.mismatch(node, &Self::shape()),
        };
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let value = reader.within(format!("[{index}]"), |reader| T::read(item, reader));
            values.extend(value);
        }
        Some(values)
    }
}

/// One value, or a list of them.
#[derive(Debug)]
pub(crate) struct OneOrMany<T>(pub(crate) Vec<T>);

// Not derived: `T` itself needs no default.
impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Read> Read for OneOrMany<T> {
    fn shape() -> Shape {
        Shape::Either(vec![T::shape(), Vec::<T>::shape()])
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::List(_) | Kind::Null => Vec::read(node, reader).map(Self),
            _ => T::read(node, reader).map(|value| Self(vec![value])),
        }
    }
}

/// The key of a map, checked.
pub(crate) trait MapKey: Ord + Sized {
    /// What it stands for, with its article.
    const WHAT: &'static str;

    /// Its grammar, as in a text's shape.
    const PATTERN: Option<&'static str>;

    /// `Err` says what is wrong with `key`.
    fn of(key: &str) -> Result<Self, String>;
}

impl<K: MapKey, V: Read> Read for BTreeMap<K, V> {
    fn shape() -> Shape {
        Shape::Map {
            key: K::WHAT,
            names: K::PATTERN,
            value: Box::new(V::shape()),
        }
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let entries = match &node.kind {
            Kind::Map(entries) => &entries[..],
            Kind::Null => &[],
            _ => return reader.mismatch(node, &Self::shape()),
        };
        let mut values = Self::new();
        for entry in entries {
            reader.within(format!(".{}", entry.key), |reader| {
                let key = match K::of(&entry.key) {
                    Ok(key) => Some(key),
                    Err(message) => {
                        reader.error(&entry.key_span, message);
                        None
                    }
                };
                if let (Some(key), Some(value)) = (key, V::read(&entry.value, reader)) {
                    values.insert(key, value);
                }
            });
        }
        Some(values)
    }
}
