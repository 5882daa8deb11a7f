//! Rules about fields, fragments in place and directives: sections 5.3, 5.4, 5.5 and 5.7.

use std::collections::HashSet;

use crate::error::GraphQlError;
use crate::schema::{Schema, TypeDefinition, did_you_mean, near};
use crate::syntax::ast::{Argument, Directive, Field, InputValue, Named, Position, Selection};

use super::{Place, Uses, Validator};

type Parent<'d> = Option<&'d TypeDefinition>;

impl<'d> Validator<'d> {
    /// Walks every operation and fragment once, with the types that it goes through.
    pub(super) fn selections(&mut self) {
        let document = self.document;
        for operation in &document.operations {
            self.uses.push(Uses::default());
            self.directives(&operation.directives, operation_location(operation.kind));
            for variable in &operation.variables {
                self.directives(&variable.directives, "VARIABLE_DEFINITION");
            }
            let root = self.schema.root(operation.kind);
            self.selection_set(&operation.selections, root);
        }
        for fragment in &document.fragments {
            self.uses.push(Uses::default());
            self.directives(&fragment.directives, "FRAGMENT_DEFINITION");
            let title = format!("Fragment \"{}\" cannot", fragment.name.name);
            let on = self.condition(&fragment.on, &title);
            self.selection_set(&fragment.selections, on);
        }
        self.unused_fragments();
    }

    fn uses(&mut self) -> &mut Uses<'d> {
        let last = self.uses.len() - 1;
        &mut self.uses[last]
    }

    fn unused_fragments(&mut self) {
        let document = self.document;
        let mut used: HashSet<&str> = HashSet::new();
        for uses in self.uses.iter().take(document.operations.len()) {
            used.extend(
                self.reached(uses)
                    .iter()
                    .map(|fragment| &*fragment.name.name),
            );
        }
        for fragment in &document.fragments {
            if !used.contains(&*fragment.name.name) {
                self.error(
                    format!("Fragment \"{}\" is never used.", fragment.name.name),
                    fragment.at,
                );
            }
        }
    }

    /// The type of a fragment's condition, which must have fields or members.
    fn condition(&mut self, on: &'d Named, title: &str) -> Parent<'d> {
        let Some(ty) = self.schema.ty(&on.name) else {
            self.unknown_type(on);
            return None;
        };
        if !ty.is_composite() {
            self.error(
                format!("{title} condition on non composite type \"{}\".", on.name),
                on.at,
            );
            return None;
        }
        Some(ty)
    }

    pub(super) fn unknown_type(&mut self, named: &Named) {
        let names = self.schema.types().map(|ty| &*ty.name);
        let hint = did_you_mean(&near(&named.name, names));
        self.error(format!("Unknown type \"{}\".{hint}", named.name), named.at);
    }

    fn selection_set(&mut self, selections: &'d [Selection], parent: Parent<'d>) {
        for selection in selections {
            match selection {
                Selection::Field(field) => self.field(field, parent),
                Selection::Spread(spread) => {
                    self.directives(&spread.directives, "FRAGMENT_SPREAD");
                    let name = &spread.fragment.name;
                    self.uses().spreads.push(name);
                    let Some(fragment) = self.fragments.get(&**name) else {
                        self.error(format!("Unknown fragment \"{name}\"."), spread.fragment.at);
                        continue;
                    };
                    let on = self
                        .schema
                        .ty(&fragment.on.name)
                        .filter(|ty| ty.is_composite());
                    if let (Some(parent), Some(on)) = (parent, on)
                        && !overlaps(self.schema, parent, on)
                    {
                        self.error(
                            format!(
                                "Fragment \"{name}\" cannot be spread here as objects of type \"{}\" can never be of type \"{}\".",
                                parent.name, on.name
                            ),
                            spread.at,
                        );
                    }
                }
                Selection::Inline(inline) => {
                    self.directives(&inline.directives, "INLINE_FRAGMENT");
                    let Some(on) = &inline.on else {
                        self.selection_set(&inline.selections, parent);
                        continue;
                    };
                    let on = self.condition(on, "Fragment cannot");
                    if let (Some(parent), Some(on)) = (parent, on)
                        && !overlaps(self.schema, parent, on)
                    {
                        self.error(
                            format!(
                                "Fragment cannot be spread here as objects of type \"{}\" can never be of type \"{}\".",
                                parent.name, on.name
                            ),
                            inline.at,
                        );
                    }
                    self.selection_set(&inline.selections, on);
                }
            }
        }
    }

    fn field(&mut self, field: &'d Field, parent: Parent<'d>) {
        self.directives(&field.directives, "FIELD");
        let definition = parent.and_then(|parent| self.schema.field(parent, &field.name));
        let Some(definition) = definition else {
            if let Some(parent) = parent {
                let hint = self.hint_for_field(parent, &field.name);
                self.error(
                    format!(
                        "Cannot query field \"{}\" on type \"{}\".{hint}",
                        field.name, parent.name
                    ),
                    field.at,
                );
            }
            self.loose_arguments(&field.arguments);
            self.selection_set(&field.selections, None);
            return;
        };
        // The parent is known where its field is.
        let owner = parent.map_or("", |parent| &*parent.name);
        let title = format!("field \"{owner}.{}\"", field.name);
        self.arguments(&title, &field.arguments, &definition.arguments);
        for argument in definition
            .arguments
            .iter()
            .filter(|argument| argument.is_required())
        {
            let name = &argument.name.name;
            if !field.arguments.iter().any(|given| given.name == *name) {
                self.error(
                    format!(
                        "Field \"{}\" argument \"{name}\" of type \"{}\" is required, but it was not provided.",
                        field.name, argument.ty
                    ),
                    field.at,
                );
            }
        }
        let inner = self.schema.inner(&definition.ty);
        if inner.is_leaf() && !field.selections.is_empty() {
            self.error(
                format!(
                    "Field \"{}\" must not have a selection since type \"{}\" has no subfields.",
                    field.name, definition.ty
                ),
                field.selections_at,
            );
        } else if !inner.is_leaf() && field.selections.is_empty() {
            self.error(
                format!(
                    "Field \"{0}\" of type \"{1}\" must have a selection of subfields. Did you mean \"{0} {{ ... }}\"?",
                    field.name, definition.ty
                ),
                field.at,
            );
        }
        self.selection_set(
            &field.selections,
            Some(inner).filter(|ty| ty.is_composite()),
        );
    }

    fn hint_for_field(&self, parent: &TypeDefinition, name: &str) -> String {
        // A field that some of the possible types have was meant for a fragment.
        let has_it = |ty: &&str| {
            self.schema
                .ty(ty)
                .is_some_and(|ty| ty.field(name).is_some())
        };
        if !parent.is_object() {
            let possible = self.schema.possible(parent).iter().map(|name| &**name);
            let types: Vec<&str> = possible.filter(has_it).take(5).collect();
            if !types.is_empty() {
                let hint = did_you_mean(&types);
                return hint.replacen(
                    "Did you mean",
                    "Did you mean to use an inline fragment on",
                    1,
                );
            }
        }
        let fields = parent.composite().into_iter();
        let fields = fields.flat_map(|composite| composite.fields.keys());
        did_you_mean(&near(name, fields.map(|name| &**name)))
    }

    /// Arguments against their definitions, all but those that are missing.
    fn arguments(&mut self, title: &str, arguments: &'d [Argument], definitions: &'d [InputValue]) {
        for (index, argument) in arguments.iter().enumerate() {
            let name = &argument.name;
            if let Some(first) = arguments[..index].iter().find(|other| other.name == *name) {
                let message = format!("There can be only one argument named \"{name}\".");
                self.push(GraphQlError::new(message).at_all([first.at, argument.at]));
            }
            let Some(definition) = definitions.iter().find(|d| d.name.name == *name) else {
                let names = definitions.iter().map(|d| &*d.name.name);
                let hint = did_you_mean(&near(name, names));
                self.error(
                    format!("Unknown argument \"{name}\" on {title}.{hint}"),
                    argument.at,
                );
                self.loose_value(&argument.value);
                continue;
            };
            let place = Place {
                ty: &definition.ty,
                has_default: definition.default.is_some(),
                one_of: None,
            };
            self.value(&argument.value, place);
        }
    }

    fn loose_arguments(&mut self, arguments: &'d [Argument]) {
        for argument in arguments {
            self.loose_value(&argument.value);
        }
    }

    fn directives(&mut self, directives: &'d [Directive], location: &str) {
        for (index, directive) in directives.iter().enumerate() {
            let name = &directive.name;
            let Some(definition) = self.schema.directive(name) else {
                self.error(format!("Unknown directive \"@{name}\"."), directive.at);
                self.loose_arguments(&directive.arguments);
                continue;
            };
            if !definition
                .locations
                .iter()
                .any(|known| *known.name == *location)
            {
                self.error(
                    format!("Directive \"@{name}\" may not be used on {location}."),
                    directive.at,
                );
            }
            let first = directives[..index].iter().find(|other| other.name == *name);
            if let Some(first) = first
                && !definition.is_repeatable
            {
                let message =
                    format!("The directive \"@{name}\" can only be used once at this location.");
                self.push(GraphQlError::new(message).at_all([first.at, directive.at]));
            }
            let title = format!("directive \"@{name}\"");
            self.arguments(&title, &directive.arguments, &definition.arguments);
            self.required_of_directive(directive, &definition.arguments, directive.at);
        }
    }

    fn required_of_directive(
        &mut self,
        directive: &Directive,
        definitions: &[InputValue],
        at: Position,
    ) {
        for argument in definitions.iter().filter(|argument| argument.is_required()) {
            if directive.argument(&argument.name.name).is_none() {
                self.error(
                    format!(
                        "Directive \"@{}\" argument \"{}\" of type \"{}\" is required, but it was not provided.",
                        directive.name, argument.name.name, argument.ty
                    ),
                    at,
                );
            }
        }
    }
}

fn operation_location(kind: crate::syntax::ast::OperationKind) -> &'static str {
    use crate::syntax::ast::OperationKind;
    match kind {
        OperationKind::Query => "QUERY",
        OperationKind::Mutation => "MUTATION",
        OperationKind::Subscription => "SUBSCRIPTION",
    }
}

/// Whether some object is of both types.
fn overlaps(schema: &Schema, a: &TypeDefinition, b: &TypeDefinition) -> bool {
    let (a, b) = (schema.possible(a), schema.possible(b));
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    if short.len() < 8 {
        return short.iter().any(|name| long.contains(name));
    }
    let long: HashSet<_> = long.iter().collect();
    short.iter().any(|name| long.contains(name))
}
