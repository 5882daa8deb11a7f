//! Errors as a response shows them.

use serde_json::{Map, Value, json};

use crate::syntax::ast::Position;

/// One step from the root of a response to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathSegment {
    Field(std::sync::Arc<str>),
    Index(usize),
}

/// An entry of a response's `errors`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphQlError {
    pub message: String,
    pub locations: Vec<Position>,
    /// Empty for errors of the request.
    pub path: Vec<PathSegment>,
    pub extensions: Map<String, Value>,
}

impl GraphQlError {
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    pub fn at(mut self, position: Position) -> Self {
        self.locations.push(position);
        self
    }

    pub fn at_all(mut self, positions: impl IntoIterator<Item = Position>) -> Self {
        self.locations.extend(positions);
        self
    }

    /// `extensions.code`, by which clients tell errors apart.
    pub fn with_code(mut self, code: &str) -> Self {
        self.extensions.insert("code".into(), code.into());
        self
    }

    pub fn to_json(&self) -> Value {
        let mut entry = Map::new();
        entry.insert("message".into(), self.message.as_str().into());
        if !self.locations.is_empty() {
            let places = self.locations.iter();
            let places = places.map(|at| json!({"line": at.line, "column": at.column}));
            entry.insert("locations".into(), places.collect());
        }
        if !self.path.is_empty() {
            let path = self.path.iter().map(|segment| match segment {
                PathSegment::Field(name) => Value::from(&**name),
                PathSegment::Index(index) => Value::from(*index),
            });
            entry.insert("path".into(), path.collect());
        }
        if !self.extensions.is_empty() {
            entry.insert("extensions".into(), self.extensions.clone().into());
        }
        entry.into()
    }
}

impl std::fmt::Display for GraphQlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        for at in &self.locations {
            write!(f, " ({at})")?;
        }
        Ok(())
    }
}

impl std::error::Error for GraphQlError {}
