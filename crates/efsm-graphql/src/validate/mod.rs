//! Whether a document can be executed: section 5 of the specification, and the bounds of [`Limits`].

mod cost;
mod operations;
mod overlap;
mod selections;
mod values;
mod variables;

use std::collections::{HashMap, HashSet};

use crate::error::GraphQlError;
use crate::limits::Limits;
use crate::schema::Schema;
use crate::syntax::ast::{Document, Fragment, Name, Position, Type};

/// Every rule that the document breaks; none means that it can be executed.
pub fn validate(schema: &Schema, document: &Document, limits: &Limits) -> Vec<GraphQlError> {
    let mut validator = Validator::new(schema, document, limits);
    validator.operations();
    validator.fragments();
    validator.selections();
    validator.variables();
    // Both walk through fragments, and the second is only bounded when the first found no fault.
    if !validator.has_cycle && validator.cost() {
        validator.overlaps();
    }
    let mut errors = validator.errors;
    for error in &mut errors {
        if error.extensions.is_empty() {
            error
                .extensions
                .insert("code".into(), "GRAPHQL_VALIDATION_FAILED".into());
        }
    }
    errors
}

pub(crate) struct Validator<'d> {
    schema: &'d Schema,
    document: &'d Document,
    fragments: HashMap<&'d str, &'d Fragment>,
    /// Where each fragment stands in the document.
    places: HashMap<&'d str, usize>,
    /// What each operation and fragment uses, operations first, both in the document's order.
    uses: Vec<Uses<'d>>,
    has_cycle: bool,
    limits: &'d Limits,
    errors: Vec<GraphQlError>,
}

/// What one operation or fragment uses itself, without the fragments that it spreads.
#[derive(Default)]
struct Uses<'d> {
    variables: Vec<Usage<'d>>,
    spreads: Vec<&'d Name>,
}

/// A variable where a value is expected.
struct Usage<'d> {
    name: &'d Name,
    at: Position,
    /// Unknown where the surroundings are invalid already.
    place: Option<Place<'d>>,
}

#[derive(Clone, Copy)]
struct Place<'d> {
    ty: &'d Type,
    has_default: bool,
    /// The input object whose only field this is.
    one_of: Option<&'d Name>,
}

impl<'d> Validator<'d> {
    fn new(schema: &'d Schema, document: &'d Document, limits: &'d Limits) -> Self {
        let mut fragments = HashMap::new();
        let mut places = HashMap::new();
        for (place, fragment) in document.fragments.iter().enumerate() {
            fragments.entry(&*fragment.name.name).or_insert(fragment);
            places.entry(&*fragment.name.name).or_insert(place);
        }
        Self {
            schema,
            document,
            fragments,
            places,
            uses: Vec::new(),
            has_cycle: false,
            limits,
            errors: Vec::new(),
        }
    }

    fn error(&mut self, message: impl Into<String>, at: Position) {
        self.push(GraphQlError::new(message).at(at));
    }

    fn push(&mut self, error: GraphQlError) {
        if self.errors.len() < self.limits.errors {
            self.errors.push(error);
        } else if self.errors.len() == self.limits.errors {
            self.errors.push(GraphQlError::new(
                "Too many validation errors, error limit reached. Validation aborted.",
            ));
        }
    }

    /// The fragments that `uses` leads to, each once.
    fn reached(&self, uses: &Uses<'d>) -> Vec<&'d Fragment> {
        let mut seen: HashSet<&str> = HashSet::new();
        let mut found = Vec::new();
        let mut waiting: Vec<&Name> = uses.spreads.iter().rev().copied().collect();
        while let Some(name) = waiting.pop() {
            if !seen.insert(name) {
                continue;
            }
            if let Some(fragment) = self.fragments.get(&**name) {
                found.push(*fragment);
                if let Some(inner) = self.uses_of_fragment(name) {
                    waiting.extend(inner.spreads.iter().rev());
                }
            }
        }
        found
    }

    fn uses_of_fragment(&self, name: &str) -> Option<&Uses<'d>> {
        let place = self.places.get(name)?;
        self.uses.get(self.document.operations.len() + place)
    }
}
