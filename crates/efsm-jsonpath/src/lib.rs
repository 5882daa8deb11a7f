//! JSONPath in Jayway's dialect over [`serde_json::Value`].

use std::borrow::Cow;

use serde_json::Value;

/// Why a path was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the JSONPath `{path}` is malformed at position {position}: {expected} was expected")]
pub struct ParseError {
    /// The path as it was given.
    pub path: String,
    /// Where, in characters from 0.
    pub position: usize,
    /// What should have stood there.
    pub expected: String,
}

/// Why a path gave nothing, or a document could not be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A definite path leads to nothing (Jayway's `PathNotFoundException`).
    #[error("the document has nothing at `{path}`")]
    NotFound { path: String },
    /// A function was called on something that it is not for.
    #[error("`{function}` cannot be evaluated in `{path}`: {reason}")]
    Function {
        path: String,
        function: String,
        reason: String,
    },
    /// The document is nested, or the path fans out, beyond the limits.
    #[error("`{path}` is too expensive on this document: {reason}")]
    TooComplex { path: String, reason: String },
    /// The path does not name places that can be changed.
    #[error("`{path}` cannot be changed: {reason}")]
    NotWritable { path: String, reason: String },
}

/// One step from a value to a value inside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    Name(String),
    Index(usize),
}

/// A selected value.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected<'a> {
    /// Its place in the document; `None` for what a function computed.
    pub location: Option<Vec<Step>>,
    pub value: Cow<'a, Value>,
}

/// A compiled path.
#[derive(Debug, Clone)]
pub struct JsonPath {
    source: String,
    steps: Vec<Step>,
}

impl JsonPath {
    /// Reads a path.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        let path = source.trim();
        let path = path.strip_prefix('$').unwrap_or(path);
        let path = path.strip_prefix('.').unwrap_or(path);
        if let Some(position) = path
            .find(['[', ']', '*', '(', '?'])
            .or_else(|| path.find(".."))
        {
            return Err(ParseError {
                path: source.to_owned(),
                position,
                expected: "a property name".to_owned(),
            });
        }
        let steps = path
            .split('.')
            .filter(|name| !name.is_empty())
            .map(|name| Step::Name(name.to_owned()))
            .collect();
        Ok(Self {
            source: source.to_owned(),
            steps,
        })
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the path can name one value only.
    pub fn is_definite(&self) -> bool {
        true
    }

    /// Everything that the path selects, in document order.
    pub fn select<'a>(&self, root: &'a Value) -> Result<Vec<Selected<'a>>, ReadError> {
        let mut value = root;
        for step in &self.steps {
            let inner = match step {
                Step::Name(name) => value.get(name),
                Step::Index(index) => value.get(index),
            };
            value = inner.ok_or_else(|| ReadError::NotFound {
                path: self.source.clone(),
            })?;
        }
        Ok(vec![Selected {
            location: Some(self.steps.clone()),
            value: Cow::Borrowed(value),
        }])
    }

    /// What Jayway's `JsonPath.read` gives.
    pub fn read(&self, root: &Value) -> Result<Value, ReadError> {
        Ok(self.select(root)?.swap_remove(0).value.into_owned())
    }

    /// Replaces every selected value.
    pub fn set(&self, root: &mut Value, new: &Value) -> Result<(), ReadError> {
        *self.place(root)? = new.clone();
        Ok(())
    }

    /// Removes every selected value.
    pub fn delete(&self, root: &mut Value) -> Result<(), ReadError> {
        let Some((Step::Name(name), parents)) = self.steps.split_last() else {
            return Err(ReadError::NotWritable {
                path: self.source.clone(),
                reason: "the root stays".to_owned(),
            });
        };
        let parent = Self {
            source: self.source.clone(),
            steps: parents.to_vec(),
        };
        if let Some(object) = parent.place(root)?.as_object_mut() {
            object.shift_remove(name);
        }
        Ok(())
    }

    /// Appends to every selected array.
    pub fn add(&self, root: &mut Value, new: &Value) -> Result<(), ReadError> {
        let place = self.place(root)?;
        let Value::Array(items) = place else {
            return Err(ReadError::NotWritable {
                path: self.source.clone(),
                reason: "it is not an array".to_owned(),
            });
        };
        items.push(new.clone());
        Ok(())
    }

    fn place<'a>(&self, root: &'a mut Value) -> Result<&'a mut Value, ReadError> {
        let mut value = root;
        for step in &self.steps {
            let inner = match step {
                Step::Name(name) => value.get_mut(name),
                Step::Index(index) => value.get_mut(index),
            };
            value = inner.ok_or_else(|| ReadError::NotFound {
                path: self.source.clone(),
            })?;
        }
        Ok(value)
    }
}
