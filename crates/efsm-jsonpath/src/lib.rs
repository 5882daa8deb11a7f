//! JSONPath in Jayway's dialect (`com.jayway.jsonpath` 2.9, which WireMock reads) over [`serde_json::Value`].
//!
//! ```
//! use efsm_jsonpath::JsonPath;
//! use serde_json::json;
//!
//! let path = JsonPath::parse("$.books[?(@.price < 10 && @.title =~ /The.*/)].title")?;
//! let document = json!({"books": [{"title": "The Hobbit", "price": 8}, {"title": "Dune", "price": 9}]});
//! assert_eq!(path.read(&document)?, json!(["The Hobbit"]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A map of the crate: `ast` is what a path means, `parse` reads it, `evaluate` selects, `change` writes.
//!
//! # The dialect
//!
//! It is older than RFC 9535 and differs from it: a path without wildcards, slices, filters or `..` is
//! *definite* and gives the value itself or an error, functions stand at the end (`$.items.length()`), the last
//! step may name several properties (`$['a','b']` gives one object), slices take no step, a filter on an object
//! tests that object, and text equals the number that it spells. Where Jayway answers by accident, this crate
//! answers by sense: steps may follow a function, `[(@.length-1)]` is read, `$..[*].x` finds what is in arrays
//! too, `contains` and `in` compare nested arrays and objects, and `exists`, `type` and `all` work.

mod ast;
mod change;
mod error;
mod evaluate;
mod parse;

use std::borrow::Cow;

use serde_json::Value;

pub use error::{ParseError, ReadError};

/// One step from a value to a value inside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// A property of an object.
    Name(String),
    /// A place in an array, from 0.
    Index(usize),
}

/// A selected value.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected<'a> {
    /// Its place in the document; `None` for what a function or `['a','b']` put together.
    pub location: Option<Vec<Step>>,
    /// The value, borrowed from the document where it stands there.
    pub value: Cow<'a, Value>,
}

/// A compiled path: `com.jayway.jsonpath.JsonPath.compile`.
#[derive(Debug, Clone)]
pub struct JsonPath {
    source: String,
    path: ast::Path,
}

impl JsonPath {
    /// Reads a path; one without `$` starts at the root.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        Ok(Self {
            source: source.to_owned(),
            path: parse::path(source)?,
        })
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the path can give one value only: `JsonPath.isDefinite`.
    pub fn is_definite(&self) -> bool {
        self.path.is_definite()
    }

    /// Everything that the path selects, in document order. Nothing for a definite path is an error.
    pub fn select<'a>(&self, root: &'a Value) -> Result<Vec<Selected<'a>>, ReadError> {
        evaluate::select(&self.source, &self.path, root)
    }

    /// What `JsonPath.read` gives: for a definite path the value itself, or [`ReadError::NotFound`]; for
    /// another an array, which may be empty.
    pub fn read(&self, root: &Value) -> Result<Value, ReadError> {
        evaluate::read(&self.source, &self.path, root)
    }

    /// Replaces every selected value. Nothing selected is [`ReadError::NotFound`].
    pub fn set(&self, root: &mut Value, new: &Value) -> Result<(), ReadError> {
        change::set(&self.source, &self.path, root, new)
    }

    /// Removes every selected value. Nothing selected is [`ReadError::NotFound`].
    pub fn delete(&self, root: &mut Value) -> Result<(), ReadError> {
        change::delete(&self.source, &self.path, root)
    }

    /// Appends to every selected array; `null` is passed over. A selected value that is not an array is
    /// [`ReadError::NotWritable`], and nothing is changed then.
    pub fn add(&self, root: &mut Value, new: &Value) -> Result<(), ReadError> {
        change::add(&self.source, &self.path, root, new)
    }
}

impl std::str::FromStr for JsonPath {
    type Err = ParseError;

    fn from_str(source: &str) -> Result<Self, ParseError> {
        Self::parse(source)
    }
}
