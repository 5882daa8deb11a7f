//! All that must hold at one place: the schemas there, with references followed and alternatives chosen.

use serde_json::{Map, Value};

use super::Generator;
use crate::error::Error;
use crate::reference;

/// Schemas that must hold together. Merging is by reference: keywords are asked of each part in turn.
pub(super) struct Parts<'a> {
    pub(super) all: Vec<&'a Map<String, Value>>,
    /// Whether something must hold that making the value does not see to: `not`, the other branches of `oneOf`.
    pub(super) unsure: bool,
    /// Branches of `oneOf` that must not hold.
    pub(super) refused: Vec<&'a Value>,
    /// Properties whose value names the schema that was chosen.
    pub(super) discriminators: Vec<(&'a str, String)>,
}

/// More parts than any sensible schema has at one place.
const MOST_PARTS: usize = 2_000;

/// Keywords whose keeping is looked at after the value is made.
const UNSURE: [&str; 8] = [
    "not",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contains",
    "maxProperties",
];

/// A schema on the way to its parts, and the name of the reference that led there.
type Todo<'a> = (&'a Value, Option<&'a str>);

impl<'a> Parts<'a> {
    /// The parts of the schemas with the alternatives that `code` stands for: its digits, in a mixed base, choose.
    /// `combinations` becomes how many codes there are, as far as they were looked at.
    pub(super) fn of(
        generator: &Generator<'a>,
        schemas: &[&'a Value],
        mut code: u64,
        ending: bool,
        place: &dyn Fn() -> String,
        order: &mut dyn FnMut(usize) -> Vec<usize>,
        combinations: &mut u64,
    ) -> Result<Self, Error> {
        let mut parts = Self {
            all: Vec::new(),
            unsure: false,
            refused: Vec::new(),
            discriminators: Vec::new(),
        };
        let mut todo: Vec<Todo<'a>> = schemas.iter().rev().map(|schema| (*schema, None)).collect();
        while let Some((schema, named)) = todo.pop() {
            let fields = match schema {
                Value::Object(fields) => fields,
                Value::Bool(false) => return Err(unsatisfiable(place, "the schema is `false`")),
                _ => continue,
            };
            if parts.all.iter().any(|part| std::ptr::eq(*part, fields)) {
                continue;
            }
            if parts.all.len() >= MOST_PARTS {
                return Err(Error::TooComplex {
                    place: place(),
                    steps: MOST_PARTS as u64,
                });
            }
            parts.all.push(fields);
            if let Some(Value::String(reference)) = fields.get("$ref") {
                let target = generator.checker.resolve(reference).ok_or_else(|| {
                    Error::DanglingReference {
                        place: place(),
                        reference: reference.clone(),
                    }
                })?;
                todo.push((target, named.or(Some(reference::name(reference)))));
            }
            if let Some(Value::Array(all)) = fields.get("allOf") {
                todo.extend(all.iter().rev().map(|schema| (schema, named)));
            }
            for key in ["anyOf", "oneOf"] {
                if let Some(Value::Array(branches)) = fields.get(key) {
                    let order = generator.order(branches, ending, order(branches.len()));
                    let base = order.len() as u64;
                    if base == 0 {
                        return Err(unsatisfiable(
                            place,
                            &format!("`{key}` has no branch that ends"),
                        ));
                    }
                    let chosen = order[(code % base) as usize];
                    code /= base;
                    *combinations = combinations.saturating_mul(base);
                    if key == "oneOf" && branches.len() > 1 {
                        parts.unsure = true;
                        parts.refused.extend(
                            branches
                                .iter()
                                .enumerate()
                                .filter(|(at, _)| *at != chosen)
                                .map(|(_, b)| b),
                        );
                    }
                    parts.name_branch(fields, &branches[chosen]);
                    todo.push((&branches[chosen], None));
                }
            }
            if let Some(condition) = fields.get("if")
                && (fields.contains_key("then") || fields.contains_key("else"))
            {
                parts.unsure = true;
                *combinations = combinations.saturating_mul(2);
                let meets = code.is_multiple_of(2);
                code /= 2;
                if meets {
                    todo.push((condition, None));
                }
                todo.extend(
                    fields
                        .get(if meets { "then" } else { "else" })
                        .map(|schema| (schema, None)),
                );
            }
            parts.unsure |= UNSURE.iter().any(|key| fields.contains_key(*key));
            let alone = !fields.contains_key("oneOf") && !fields.contains_key("anyOf");
            if let (true, Some(name), Some(discriminator)) = (alone, named, discriminator(fields)) {
                parts
                    .discriminators
                    .push((discriminator, mapped(fields, name)));
            }
        }
        Ok(parts)
    }

    /// Notes what the discriminator of a choice says for the branch.
    fn name_branch(&mut self, fields: &'a Map<String, Value>, branch: &'a Value) {
        if let (Some(property), Some(Value::String(reference))) =
            (discriminator(fields), branch.get("$ref"))
        {
            let value = mapped(fields, reference::name(reference));
            self.discriminators.push((property, value));
        }
    }

    /// The values of a keyword, part by part.
    pub(super) fn each(&self, keyword: &str) -> impl Iterator<Item = &'a Value> {
        self.all.iter().filter_map(move |part| part.get(keyword))
    }

    /// The members of an object-valued keyword, over all parts.
    pub(super) fn members(&self, keyword: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.each(keyword).filter_map(Value::as_object).flatten()
    }

    /// The largest of a keyword's whole numbers.
    pub(super) fn largest(&self, keyword: &str) -> Option<u64> {
        self.each(keyword).filter_map(whole).max()
    }

    /// The smallest of a keyword's whole numbers.
    pub(super) fn smallest(&self, keyword: &str) -> Option<u64> {
        self.each(keyword).filter_map(whole).min()
    }

    pub(super) fn is_set(&self, keyword: &str) -> bool {
        self.each(keyword).any(|value| *value == Value::Bool(true))
    }

    pub(super) fn has(&self, keyword: &str) -> bool {
        self.each(keyword).next().is_some()
    }
}

/// `3` and `3.0`.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        value
            .as_f64()
            .filter(|float| *float >= 0.0)
            .map(|float| float as u64)
    })
}

fn discriminator(fields: &Map<String, Value>) -> Option<&str> {
    fields.get("discriminator")?.get("propertyName")?.as_str()
}

/// The discriminator's word for a schema: the mapping's key for it, or its name.
fn mapped(fields: &Map<String, Value>, name: &str) -> String {
    let mapping = fields
        .get("discriminator")
        .and_then(|discriminator| discriminator.get("mapping"));
    mapping
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .find(|(_, target)| {
            target
                .as_str()
                .is_some_and(|target| reference::name(target) == name)
        })
        .map_or_else(|| name.to_owned(), |(key, _)| key.clone())
}

pub(super) fn unsatisfiable(place: &dyn Fn() -> String, reason: &str) -> Error {
    Error::Unsatisfiable {
        place: place(),
        reason: reason.to_owned(),
    }
}
