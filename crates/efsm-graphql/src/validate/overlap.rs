//! Whether fields of one response name can be merged: section 5.3.2.
//!
//! The specification compares every two fields. Fields of one name are looked at as a group here, whose shapes must
//! be equal as a whole, and whose names and arguments must be equal among fields that one object can have: the same
//! verdicts, without the square of the number of fields.

use std::collections::HashSet;
use std::rc::Rc;

use indexmap::IndexMap;

use crate::error::GraphQlError;
use crate::schema::TypeDefinition;
use crate::syntax::ast::{Argument, Field, FieldDefinition, Selection, Type, Value, ValueKind};

use super::Validator;

/// The fields that lead to a selection set, innermost first.
struct Way<'d> {
    field: &'d Field,
    outer: Option<Rc<Way<'d>>>,
}

/// A selection set, the type that it selects from, and how it was reached.
struct Set<'d> {
    parent: &'d TypeDefinition,
    selections: &'d [Selection],
    way: Option<Rc<Way<'d>>>,
}

#[derive(Clone)]
struct Found<'d> {
    parent: &'d TypeDefinition,
    field: &'d Field,
    definition: Option<&'d FieldDefinition>,
    way: Option<Rc<Way<'d>>>,
}

type Groups<'d> = IndexMap<&'d str, Vec<Found<'d>>>;

/// Selection sets by their addresses, with the types that they select from: what was compared already.
type Key = Vec<(usize, usize)>;

struct Overlaps<'v, 'd> {
    validator: &'v Validator<'d>,
    seen: [HashSet<Key>; 2],
    /// Fields that were put into groups so far.
    steps: usize,
    errors: Vec<GraphQlError>,
}

/// Comparing costs more than executing, and no honest query comes near.
const MOST_STEPS: usize = 2_000_000;

impl Validator<'_> {
    pub(super) fn overlaps(&mut self) {
        let mut overlaps = Overlaps {
            validator: self,
            seen: Default::default(),
            steps: 0,
            errors: Vec::new(),
        };
        for rule in [Rule::Meaning, Rule::Shape] {
            for operation in &self.document.operations {
                if let Some(parent) = self.schema.root(operation.kind) {
                    let set = Set {
                        parent,
                        selections: &operation.selections,
                        way: None,
                    };
                    overlaps.compare(&[set], rule);
                }
            }
        }
        let is_too_much = overlaps.steps > MOST_STEPS;
        for error in overlaps.errors {
            self.push(error);
        }
        if is_too_much {
            self.push(GraphQlError::new(
                "The query's fields overlap in too many ways to be compared: use fewer fragments and aliases of one name.",
            ));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Values under one name must look alike, whatever object they are of.
    Shape,
    /// Fields that one object can have under one name must be the same field with the same arguments.
    Meaning,
}

impl<'d> Overlaps<'_, 'd> {
    fn compare(&mut self, sets: &[Set<'d>], rule: Rule) {
        let mut key: Key = sets
            .iter()
            .map(|set| {
                let parent = std::ptr::from_ref(set.parent).addr();
                (parent, set.selections.as_ptr().addr())
            })
            .collect();
        key.sort_unstable();
        key.dedup();
        if !self.seen[rule as usize].insert(key) {
            return;
        }
        for (name, fields) in &self.groups(sets) {
            let groups = match rule {
                Rule::Shape => vec![fields.clone()],
                Rule::Meaning => common(fields),
            };
            for group in groups {
                if self.steps > MOST_STEPS {
                    return;
                }
                let conflict = match rule {
                    Rule::Shape => self.shapes(&group),
                    Rule::Meaning => meanings(&group),
                };
                match conflict {
                    Some(conflict) => self.report(name, &conflict),
                    None => self.compare(&below(self.validator, &group), rule),
                }
            }
        }
    }

    fn groups(&mut self, sets: &[Set<'d>]) -> Groups<'d> {
        let validator = self.validator;
        let mut groups = Groups::new();
        let mut spread: HashSet<(&str, usize)> = HashSet::new();
        for (index, set) in sets.iter().enumerate() {
            let selections = set.selections.iter().rev();
            let mut waiting: Vec<_> = selections
                .map(|selection| (set.parent, selection))
                .collect();
            while let Some((parent, selection)) = waiting.pop() {
                self.steps += 1;
                if self.steps > MOST_STEPS {
                    return groups;
                }
                let (on, inner) = match selection {
                    Selection::Field(field) => {
                        let definition = validator.schema.field(parent, &field.name);
                        groups
                            .entry(field.response_name())
                            .or_default()
                            .push(Found {
                                parent,
                                field,
                                definition,
                                way: set.way.clone(),
                            });
                        continue;
                    }
                    Selection::Inline(inline) => (inline.on.as_ref(), &inline.selections),
                    Selection::Spread(place) => {
                        let name = &*place.fragment.name;
                        match validator.fragments.get(name) {
                            Some(fragment) if spread.insert((name, index)) => {
                                (Some(&fragment.on), &fragment.selections)
                            }
                            _ => continue,
                        }
                    }
                };
                let on = match on {
                    None => parent,
                    Some(on) => match validator.schema.ty(&on.name) {
                        Some(ty) => ty,
                        None => continue,
                    },
                };
                waiting.extend(inner.iter().rev().map(|selection| (on, selection)));
            }
        }
        groups
    }

    fn shapes<'f>(&self, fields: &'f [Found<'d>]) -> Option<Conflict<'f, 'd>> {
        let typed = |found: &'f Found<'d>| found.definition.map(|d| (found, &d.ty));
        let mut typed = fields.iter().filter_map(typed);
        let (first, ty) = typed.next()?;
        let (other, differs) = typed.find(|(_, other)| !self.same_shape(ty, other))?;
        Some(Conflict {
            reason: format!("they return conflicting types \"{ty}\" and \"{differs}\""),
            fields: [first, other],
        })
    }

    fn same_shape(&self, a: &Type, b: &Type) -> bool {
        match (a, b) {
            (Type::NonNull(a), Type::NonNull(b)) | (Type::List(a), Type::List(b)) => {
                self.same_shape(a, b)
            }
            (Type::Named(a), Type::Named(b)) => {
                let schema = self.validator.schema;
                let is_leaf = |name| schema.ty(name).is_some_and(TypeDefinition::is_leaf);
                a.name == b.name || (!is_leaf(&a.name) && !is_leaf(&b.name))
            }
            _ => false,
        }
    }

    fn report(&mut self, name: &str, conflict: &Conflict<'_, 'd>) {
        let [first, second] = conflict.fields;
        let mut name = name;
        let mut reason = conflict.reason.clone();
        let mut places = [vec![first.field.at], vec![second.field.at]];
        // Fields of one set conflict by themselves; others make the fields conflict that lead to them.
        let mut ways = (&first.way, &second.way);
        while let (Some(a), Some(b)) = ways
            && !std::ptr::eq(a.field, b.field)
        {
            reason = format!("subfields \"{name}\" conflict because {reason}");
            name = a.field.response_name();
            places[0].push(a.field.at);
            places[1].push(b.field.at);
            ways = (&a.outer, &b.outer);
        }
        let message = format!(
            "Fields \"{name}\" conflict because {reason}. Use different aliases on the fields to fetch both if this was intentional."
        );
        let places = places
            .into_iter()
            .flat_map(|places| places.into_iter().rev());
        let error = GraphQlError::new(message).at_all(places);
        // What differs in its meaning often differs in its shape, and is one mistake.
        let is_told = self
            .errors
            .iter()
            .any(|told| told.locations == error.locations);
        if self.errors.len() <= self.validator.limits.errors && !is_told {
            self.errors.push(error);
        }
    }
}

struct Conflict<'f, 'd> {
    reason: String,
    fields: [&'f Found<'d>; 2],
}

/// The selection sets below fields.
fn below<'d>(validator: &Validator<'d>, fields: &[Found<'d>]) -> Vec<Set<'d>> {
    let fields = fields
        .iter()
        .filter(|found| !found.field.selections.is_empty());
    let sets = fields.filter_map(|found| {
        let way = Way {
            field: found.field,
            outer: found.way.clone(),
        };
        Some(Set {
            parent: validator.schema.inner(&found.definition?.ty),
            selections: &found.field.selections,
            way: Some(Rc::new(way)),
        })
    });
    sets.collect()
}

/// Fields that one object can have together: those of each object type with those of all abstract types.
fn common<'d>(fields: &[Found<'d>]) -> Vec<Vec<Found<'d>>> {
    let (concrete, anywhere): (Vec<Found>, Vec<Found>) = fields
        .iter()
        .cloned()
        .partition(|found| found.parent.is_object());
    if concrete.is_empty() {
        return vec![anywhere];
    }
    let mut by_type: IndexMap<&str, Vec<Found>> = IndexMap::new();
    for found in concrete {
        by_type.entry(&found.parent.name).or_default().push(found);
    }
    let groups = by_type.into_values().map(|mut group| {
        group.extend(anywhere.iter().cloned());
        group
    });
    groups.collect()
}

fn meanings<'f, 'd>(fields: &'f [Found<'d>]) -> Option<Conflict<'f, 'd>> {
    let (first, others) = fields.split_first()?;
    for other in others {
        let (a, b) = (first.field, other.field);
        let reason = if a.name != b.name {
            format!("\"{}\" and \"{}\" are different fields", a.name, b.name)
        } else if !same_arguments(&a.arguments, &b.arguments) {
            "they have differing arguments".to_owned()
        } else {
            continue;
        };
        return Some(Conflict {
            reason,
            fields: [first, other],
        });
    }
    None
}

fn same_arguments(a: &[Argument], b: &[Argument]) -> bool {
    a.len() == b.len()
        && a.iter().all(|argument| {
            let other = b.iter().find(|other| other.name == argument.name);
            other.is_some_and(|other| same_value(&argument.value, &other.value))
        })
}

fn same_value(a: &Value, b: &Value) -> bool {
    match (&a.kind, &b.kind) {
        (ValueKind::List(a), ValueKind::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b))
        }
        (ValueKind::Object(a), ValueKind::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, value)| {
                    let other = b.iter().find(|(other, _)| other.name == name.name);
                    other.is_some_and(|(_, other)| same_value(value, other))
                })
        }
        (ValueKind::Variable(a), ValueKind::Variable(b))
        | (ValueKind::Enum(a), ValueKind::Enum(b)) => a == b,
        (ValueKind::Int(a), ValueKind::Int(b))
        | (ValueKind::Float(a), ValueKind::Float(b))
        | (ValueKind::String(a), ValueKind::String(b)) => a == b,
        (ValueKind::Boolean(a), ValueKind::Boolean(b)) => a == b,
        (ValueKind::Null, ValueKind::Null) => true,
        _ => false,
    }
}
