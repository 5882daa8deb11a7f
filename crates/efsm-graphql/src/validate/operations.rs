//! Rules about operations and fragments as wholes: sections 5.1, 5.2 and 5.5.

use std::collections::{HashMap, HashSet};

use crate::error::GraphQlError;
use crate::syntax::ast::{Fragment, Name, Operation, OperationKind, Position, Selection, Spread};

use super::Validator;

impl<'d> Validator<'d> {
    pub(super) fn operations(&mut self) {
        for definition in &self.document.system {
            let name = match &*definition.name.name {
                "" => "schema".to_owned(),
                name => format!("\"{name}\""),
            };
            self.error(
                format!("The {name} definition is not executable."),
                definition.name.at,
            );
        }
        let operations = &self.document.operations;
        let mut names: HashMap<&str, _> = HashMap::new();
        for operation in operations {
            match &operation.name {
                None if operations.len() > 1 => self.error(
                    "This anonymous operation must be the only defined operation.",
                    operation.at,
                ),
                None => {}
                Some(name) => {
                    if let Some(first) = names.insert(&*name.name, name.at) {
                        self.push(
                            GraphQlError::new(format!(
                                "There can be only one operation named \"{}\".",
                                name.name
                            ))
                            .at_all([first, name.at]),
                        );
                    }
                }
            }
            if self.schema.root(operation.kind).is_none() {
                self.error(
                    format!(
                        "Schema is not configured to execute {} operation.",
                        operation.kind.name()
                    ),
                    operation.at,
                );
            }
            if operation.kind == OperationKind::Subscription {
                self.single_field(operation);
            }
        }
    }

    /// A subscription is one stream of events, so it selects one field.
    fn single_field(&mut self, operation: &'d Operation) {
        let title = operation.name.as_ref().map_or_else(
            || "Anonymous Subscription".to_owned(),
            |name| format!("Subscription \"{}\"", name.name),
        );
        let mut fields = Vec::new();
        let mut seen = HashSet::new();
        let mut waiting: Vec<&Selection> = operation.selections.iter().rev().collect();
        let mut conditional = None;
        while let Some(selection) = waiting.pop() {
            let directives = match selection {
                Selection::Field(field) => {
                    fields.push(field);
                    &field.directives
                }
                Selection::Inline(inline) => {
                    waiting.extend(inline.selections.iter().rev());
                    &inline.directives
                }
                Selection::Spread(spread) => {
                    let name = &*spread.fragment.name;
                    if let Some(fragment) = self.fragments.get(name)
                        && seen.insert(name)
                    {
                        waiting.extend(fragment.selections.iter().rev());
                    }
                    &spread.directives
                }
            };
            let found = directives
                .iter()
                .find(|d| matches!(&*d.name, "skip" | "include"));
            conditional = conditional.or(found);
        }
        if let Some(directive) = conditional {
            self.error(
                format!("{title} must not use `@skip` or `@include` directives in the top level selection."),
                directive.at,
            );
        }
        let Some(first) = fields.first() else { return };
        let mut others = fields
            .iter()
            .filter(|f| f.response_name() != first.response_name())
            .peekable();
        if others.peek().is_some() {
            let places: Vec<_> = others.map(|field| field.at).collect();
            self.push(
                GraphQlError::new(format!("{title} must select only one top level field."))
                    .at_all(places),
            );
        }
        if let Some(field) = fields.iter().find(|field| field.name.starts_with("__")) {
            self.error(
                format!("{title} must not select an introspection top level field."),
                field.at,
            );
        }
    }

    pub(super) fn fragments(&mut self) {
        let mut names: HashMap<&str, _> = HashMap::new();
        for fragment in &self.document.fragments {
            let name = &fragment.name;
            if let Some(first) = names.insert(&*name.name, name.at) {
                self.push(
                    GraphQlError::new(format!(
                        "There can be only one fragment named \"{}\".",
                        name.name
                    ))
                    .at_all([first, name.at]),
                );
            }
        }
        self.cycles();
    }

    fn cycles(&mut self) {
        let mut done: HashSet<&Name> = HashSet::new();
        for fragment in &self.document.fragments {
            // The way from the first fragment to where the search is: each with the spread that was followed
            // last, and those that remain.
            let mut way: Vec<Step<'d>> = Vec::new();
            if done.insert(&fragment.name.name) {
                way.push(Step::new(fragment));
            }
            while let Some(step) = way.last_mut() {
                let Some(spread) = step.rest.pop() else {
                    way.pop();
                    continue;
                };
                step.at = spread.at;
                let Some(&target) = self.fragments.get(&*spread.fragment.name) else {
                    continue;
                };
                let mut steps = way.iter();
                if let Some(start) = steps.position(|s| s.fragment.name.name == target.name.name) {
                    self.has_cycle = true;
                    let via: Vec<String> = way[start + 1..]
                        .iter()
                        .map(|step| format!("\"{}\"", step.fragment.name.name))
                        .collect();
                    let via = if via.is_empty() {
                        String::new()
                    } else {
                        format!(" via {}", via.join(", "))
                    };
                    let name = &target.name.name;
                    let message = format!("Cannot spread fragment \"{name}\" within itself{via}.");
                    let places = way[start..].iter().map(|step| step.at);
                    self.push(GraphQlError::new(message).at_all(places));
                } else if done.insert(&target.name.name) {
                    way.push(Step::new(target));
                }
            }
        }
    }
}

/// A fragment on the way through spreads.
struct Step<'d> {
    fragment: &'d Fragment,
    /// Where the spread stands that was followed last.
    at: Position,
    rest: Vec<&'d Spread>,
}

impl<'d> Step<'d> {
    fn new(fragment: &'d Fragment) -> Self {
        Self {
            fragment,
            at: fragment.at,
            rest: spreads(&fragment.selections),
        }
    }
}

/// Every spread inside, last first.
fn spreads(selections: &[Selection]) -> Vec<&Spread> {
    let mut found = Vec::new();
    let mut waiting: Vec<&Selection> = selections.iter().rev().collect();
    while let Some(selection) = waiting.pop() {
        match selection {
            Selection::Spread(spread) => found.push(spread),
            Selection::Field(field) => waiting.extend(field.selections.iter().rev()),
            Selection::Inline(inline) => waiting.extend(inline.selections.iter().rev()),
        }
    }
    found.reverse();
    found
}
