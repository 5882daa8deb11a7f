//! A description's file, with everything that it refers to, as one tree.

mod dialect;
mod references;
mod syntax;

use std::collections::HashMap;

use serde_json::Value;

pub(crate) use self::dialect::{is_nullable, normalise_schema};
pub(crate) use self::references::{escaped as pointer_segment, in_file};
use self::syntax::Lines;

/// Where files come from: the crate itself opens none.
pub trait Loader {
    /// The bytes at a location: a path or URL, made absolute as far as the description's own is.
    fn read(&self, location: &str) -> Result<Vec<u8>, String>;
}

/// A loader for descriptions that must stand on their own.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Loader for NoFiles {
    fn read(&self, location: &str) -> Result<Vec<u8>, String> {
        Err(format!(
            "{location} cannot be reached from here: put what it holds into the description"
        ))
    }
}

/// Something in a description that is wrong or not supported; the rest is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub file: String,
    /// From 1; `None` when the place is not known.
    pub line: Option<usize>,
    pub message: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// Why nothing of a description can be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    #[error("{location} cannot be read: {reason}")]
    Unreadable { location: String, reason: String },
    #[error("{file}:{line}: {message}")]
    Syntax {
        file: String,
        line: usize,
        message: String,
    },
    #[error(
        "{file} is no description that can be served: use OpenAPI 3.0 or 3.1, Swagger 2.0, a Postman collection 2.x or a HAR 1.2 recording"
    )]
    UnknownKind { file: String },
    #[error("{file} has no operations")]
    NoOperations { file: String },
}

/// A document as it is written, without what it refers to.
pub(crate) fn raw(location: &str, text: &str) -> Result<Value, LoadError> {
    syntax::parse(location, text)
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) location: String,
    pub(crate) text: String,
}

/// The tree of a description: its own file at the root, the others below [`FILES`].
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) value: Value,
    /// The description's own first.
    pub(crate) files: Vec<File>,
    pub(crate) warnings: Vec<Placed>,
}

/// A warning whose line is not looked up yet.
#[derive(Debug)]
pub(crate) struct Placed {
    /// The file's place among the document's.
    pub(crate) file: usize,
    /// Of the value in that file.
    pub(crate) pointer: String,
    pub(crate) message: String,
}

/// Where other files stand in the tree, by their number.
pub(crate) const FILES: &str = "x-efsm-files";

impl Document {
    /// Reads the file at `location` and what it refers to.
    pub(crate) fn load(location: &str, loader: &dyn Loader) -> Result<Self, LoadError> {
        let unreadable = |reason: String| LoadError::Unreadable {
            location: location.to_owned(),
            reason,
        };
        let bytes = loader.read(location).map_err(unreadable)?;
        let text =
            String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
        Self::parse(location, text, loader)
    }

    /// The same for a text that is at hand.
    pub(crate) fn parse(
        location: &str,
        text: String,
        loader: &dyn Loader,
    ) -> Result<Self, LoadError> {
        let value = syntax::parse(location, &text)?;
        let mut document = references::bundle(location, text, value, loader);
        let keeps_dialect = document
            .value
            .get("jsonSchemaDialect")
            .is_some_and(Value::is_string);
        if !keeps_dialect {
            dialect::normalise(&mut document.value);
        }
        Ok(document)
    }

    /// The warnings with their lines.
    pub(crate) fn told(&self) -> Vec<Warning> {
        let mut lines: HashMap<usize, Option<Lines>> = HashMap::new();
        self.warnings
            .iter()
            .filter_map(|placed| {
                let file = self.files.get(placed.file)?;
                let lines = lines
                    .entry(placed.file)
                    .or_insert_with(|| Lines::of(&file.text));
                Some(Warning {
                    file: file.location.clone(),
                    line: lines
                        .as_mut()
                        .and_then(|lines| lines.line_of(&placed.pointer)),
                    message: placed.message.clone(),
                })
            })
            .collect()
    }
}
