//! Rules about variables: section 5.8.

use std::collections::{HashMap, HashSet};

use crate::error::GraphQlError;
use crate::syntax::ast::{Operation, Position, Type, ValueKind, VariableDefinition};

use super::{Place, Usage, Validator};

impl<'d> Validator<'d> {
    pub(super) fn variables(&mut self) {
        let document = self.document;
        for (index, operation) in document.operations.iter().enumerate() {
            self.definitions(operation);
            self.usages(operation, index);
        }
    }

    fn definitions(&mut self, operation: &'d Operation) {
        let mut seen: HashMap<&str, _> = HashMap::new();
        for variable in &operation.variables {
            let name = &variable.name;
            // The name itself, behind its dollar.
            let place = Position {
                column: name.at.column + 1,
                ..name.at
            };
            if let Some(first) = seen.insert(&*name.name, place) {
                self.push(
                    GraphQlError::new(format!(
                        "There can be only one variable named \"${}\".",
                        name.name
                    ))
                    .at_all([first, place]),
                );
            }
            match self.schema.ty(&variable.ty.inner().name) {
                None => self.unknown_type(variable.ty.inner()),
                Some(ty) if !ty.is_input() => self.error(
                    format!(
                        "Variable \"${}\" cannot be non-input type \"{}\".",
                        name.name, variable.ty
                    ),
                    variable.ty.inner().at,
                ),
                Some(_) => {
                    if let Some(default) = &variable.default {
                        let place = Place {
                            ty: &variable.ty,
                            has_default: false,
                            one_of: None,
                        };
                        self.value(default, place);
                    }
                }
            }
        }
    }

    fn usages(&mut self, operation: &'d Operation, index: usize) {
        let title = |preposition: &str| match &operation.name {
            Some(name) => format!(" {preposition} operation \"{}\"", name.name),
            None => String::new(),
        };
        let mut found: Vec<(&Usage<'d>, Option<&'d VariableDefinition>)> = Vec::new();
        let own = &self.uses[index];
        let mut all = vec![own];
        let reached = self.reached(own);
        all.extend(
            reached
                .iter()
                .filter_map(|f| self.uses_of_fragment(&f.name.name)),
        );
        for usage in all.iter().flat_map(|uses| &uses.variables) {
            let definition = operation
                .variables
                .iter()
                .find(|v| v.name.name == *usage.name);
            found.push((usage, definition));
        }
        let used: HashSet<&str> = found.iter().map(|(usage, _)| &**usage.name).collect();
        let mut errors = Vec::new();
        for (usage, definition) in found {
            match definition {
                None => {
                    let by = match &operation.name {
                        Some(name) => format!(" by operation \"{}\"", name.name),
                        None => String::new(),
                    };
                    errors.push(
                        GraphQlError::new(format!(
                            "Variable \"${}\" is not defined{by}.",
                            usage.name
                        ))
                        .at_all([usage.at, operation.at]),
                    );
                }
                Some(definition) => errors.extend(self.fits(usage, definition)),
            }
        }
        for variable in &operation.variables {
            if !used.contains(&*variable.name.name) {
                errors.push(
                    GraphQlError::new(format!(
                        "Variable \"${}\" is never used{}.",
                        variable.name.name,
                        title("in")
                    ))
                    .at(variable.name.at),
                );
            }
        }
        for error in errors {
            self.push(error);
        }
    }

    /// Whether the variable may stand where it does.
    fn fits(&self, usage: &Usage<'d>, variable: &VariableDefinition) -> Option<GraphQlError> {
        let place = usage.place.as_ref()?;
        // Only where both types are known does the rule say anything.
        self.schema.ty(&variable.ty.inner().name)?;
        if let Some(owner) = place.one_of
            && !variable.ty.is_non_null()
        {
            return Some(
                GraphQlError::new(format!(
                    "Variable \"${}\" is of type \"{}\" but must be non-nullable to be used for OneOf Input Object \"{owner}\".",
                    usage.name, variable.ty
                ))
                .at_all([variable.name.at, usage.at]),
            );
        }
        let has_default = variable
            .default
            .as_ref()
            .is_some_and(|default| !matches!(default.kind, ValueKind::Null));
        let fits = match place.ty {
            Type::NonNull(inner) if !variable.ty.is_non_null() => {
                (has_default || place.has_default) && is_subtype(&variable.ty, inner)
            }
            _ => is_subtype(&variable.ty, place.ty),
        };
        (!fits).then(|| {
            GraphQlError::new(format!(
                "Variable \"${}\" of type \"{}\" used in position expecting type \"{}\".",
                usage.name, variable.ty, place.ty
            ))
            .at_all([variable.name.at, usage.at])
        })
    }
}

/// Input types have no subtypes but the wrappers.
fn is_subtype(own: &Type, wanted: &Type) -> bool {
    match (own, wanted) {
        (Type::NonNull(own), Type::NonNull(wanted)) | (Type::List(own), Type::List(wanted)) => {
            is_subtype(own, wanted)
        }
        (Type::NonNull(own), wanted) => is_subtype(own, wanted),
        (Type::Named(own), Type::Named(wanted)) => own.name == wanted.name,
        _ => false,
    }
}
