//! The walk through a schema and a value side by side.

mod arrays;
mod combine;
mod objects;
mod scalars;

use serde_json::{Map, Value};

use super::parts::{self, is_type};
use super::{Root, coerce, words};
use crate::document::pointer_segment;
use crate::schema::words::failure;

/// One thing that is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The keys that lead to the value, escaped as in a JSON pointer.
    pub path: Vec<String>,
    /// The keyword that it breaks.
    pub keyword: &'static str,
    /// In the words of Ajv.
    pub message: String,
}

/// What a value is checked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What the standard says, and nothing else.
    Plain,
    /// Parameters: texts become numbers, booleans and null where the schema wants them.
    Parameters,
    /// A form that was received: a body whose values are texts.
    Form,
    /// A body that was received: `readOnly` properties are nobody's.
    Request,
    /// A body that is sent: `writeOnly` properties are nobody's.
    Response,
}

/// How many pairs of schema and value are looked at before the rest counts as good: `anyOf` in recursive schemas
/// can ask for a number of steps that no machine can do.
const STEPS: usize = 200_000;

/// Schemas below each other that apply to one value or to parts of it.
const DEPTH: usize = 300;

/// Checks values against schemas of one tree.
#[derive(Debug)]
pub struct Checker<'a> {
    root: &'a Root,
    purpose: Purpose,
    failures: Vec<Failure>,
    path: Vec<Key<'a>>,
    steps: usize,
    depth: usize,
}

/// A step from a value to a part of it.
#[derive(Clone, Debug)]
enum Key<'a> {
    /// A property as the schema writes it.
    Described(&'a str),
    Other(String),
    Item(usize),
}

impl Key<'_> {
    /// As in a JSON pointer.
    fn escaped(&self) -> String {
        match self {
            Self::Described(name) => pointer_segment(name),
            Self::Other(name) => pointer_segment(name),
            Self::Item(place) => place.to_string(),
        }
    }
}

/// What of a value some schema has looked at: `unevaluatedProperties` and `unevaluatedItems` ask for it.
#[derive(Debug, Default)]
struct Seen {
    properties: std::collections::HashSet<String>,
    items: std::collections::HashSet<usize>,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.properties.extend(other.properties);
        self.items.extend(other.items);
    }
}

type Part = Map<String, Value>;

impl<'a> Checker<'a> {
    pub fn new(root: &'a Root, purpose: Purpose) -> Self {
        Self {
            root,
            purpose,
            failures: Vec::new(),
            path: Vec::new(),
            steps: STEPS,
            depth: 0,
        }
    }

    /// Everything that is wrong with `value`, which is changed where types are coerced.
    pub fn check(mut self, schema: &'a Value, value: &mut Value) -> Vec<Failure> {
        self.all(&[schema], value, None);
        self.failures
    }

    fn merges(&self) -> bool {
        !matches!(self.purpose, Purpose::Parameters | Purpose::Plain)
    }

    fn coerces(&self) -> bool {
        matches!(self.purpose, Purpose::Parameters | Purpose::Form)
    }

    fn fail(&mut self, keyword: &'static str, message: impl Into<String>) {
        let path = self.path.iter().map(Key::escaped).collect();
        self.failures.push(failure(path, keyword, message));
    }

    /// Checks one child of the value.
    fn child(&mut self, key: Key<'a>, schemas: &[&'a Value], value: &mut Value) -> bool {
        self.path.push(key);
        let is_good = self.all(schemas, value, None);
        self.path.pop();
        is_good
    }

    /// Whether a value fits a schema, without a word about why not.
    fn fits(&mut self, schema: &'a Value, value: &mut Value, seen: Option<&mut Seen>) -> bool {
        let before = self.failures.len();
        let is_good = self.all(&[schema], value, seen);
        self.failures.truncate(before);
        is_good
    }

    /// Checks a value against schemas that all apply.
    fn all(&mut self, schemas: &[&'a Value], value: &mut Value, seen: Option<&mut Seen>) -> bool {
        if self.steps == 0 || self.depth >= DEPTH {
            return true;
        }
        self.steps -= 1;
        let Some(parts) = parts::of(self.root, schemas, self.merges()) else {
            self.fail("false schema", "boolean schema is false");
            return false;
        };
        if parts.is_empty() {
            return true;
        }
        self.depth += 1;
        let before = self.failures.len();
        self.keywords(&parts, value, seen);
        self.depth -= 1;
        self.failures.len() == before
    }

    fn keywords(&mut self, parts: &[&'a Part], value: &mut Value, seen: Option<&mut Seen>) {
        let types = parts::types(parts);
        let mut is_wrong = !types.is_empty() && !types.iter().any(|kind| is_type(value, kind));
        if is_wrong
            && self.coerces()
            && let Some(coerced) = coerce::coerced(value, &types)
        {
            *value = coerced;
            is_wrong = false;
        }
        // Ajv tells a wrong type where the keywords of that type would have their turn.
        let late = (is_wrong && types.len() == 1)
            .then(|| types[0])
            .filter(|kind| has_keywords_of(parts, kind))
            .filter(|kind| !self.coerces() || matches!(*kind, "object" | "array"));
        if is_wrong && late.is_none() {
            self.fail("type", words::wrong_type(&types));
        }
        let wants_seen = seen.is_some()
            || parts.iter().any(|part| {
                part.contains_key("unevaluatedProperties") || part.contains_key("unevaluatedItems")
            });
        let mut own_seen = wants_seen.then(Seen::default);
        for group in ["number", "string", "", "array", "object"] {
            if late == Some(group) {
                self.fail("type", words::wrong_type(&types));
                continue;
            }
            match group {
                "number" => self.numbers(parts, value),
                "string" => self.strings(parts, value),
                "" => self.combined(parts, value, own_seen.as_mut()),
                "array" => self.arrays(parts, value, own_seen.as_mut()),
                _ => self.objects(parts, value, own_seen.as_mut()),
            }
        }
        if let Some(mut own) = own_seen {
            self.unevaluated(parts, value, &mut own);
            if let Some(seen) = seen {
                seen.add(own);
            }
        }
    }
}

/// Whether any keyword stands here that is for values of this type alone.
fn has_keywords_of(parts: &[&Part], kind: &str) -> bool {
    let keywords: &[&str] = match kind {
        "number" => &[
            "maximum",
            "minimum",
            "exclusiveMaximum",
            "exclusiveMinimum",
            "multipleOf",
            "format",
        ],
        "string" => &["maxLength", "minLength", "pattern", "format"],
        "array" => &[
            "maxItems",
            "minItems",
            "uniqueItems",
            "additionalItems",
            "items",
            "prefixItems",
            "contains",
        ],
        "object" => &[
            "maxProperties",
            "minProperties",
            "required",
            "propertyNames",
            "additionalProperties",
            "dependencies",
            "dependentRequired",
            "dependentSchemas",
            "properties",
            "patternProperties",
        ],
        _ => return false,
    };
    parts
        .iter()
        .any(|part| keywords.iter().any(|keyword| part.contains_key(*keyword)))
}
