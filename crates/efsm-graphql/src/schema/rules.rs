//! What must hold of a schema: section 3's "Type Validation" paragraphs.

use std::collections::HashSet;

use crate::error::GraphQlError;
use crate::syntax::ast::{
    Directive, FieldDefinition, InputValue, Name, Named, OperationKind, Position, Type,
};

use super::model::{Composite, Schema, TypeDefinition, TypeKind};
use super::{did_you_mean, near};

struct Rules<'s, 'p> {
    schema: &'s Schema,
    problems: &'p mut Vec<GraphQlError>,
    unknown_directives: Vec<Name>,
}

/// Adds every problem; the answer is what is tolerated, a sentence each.
pub(super) fn check(
    schema: &Schema,
    roots: &[Option<Named>; 3],
    problems: &mut Vec<GraphQlError>,
) -> Vec<String> {
    let mut rules = Rules {
        schema,
        problems,
        unknown_directives: Vec::new(),
    };
    rules.roots(roots);
    for definition in schema.types.values() {
        rules.type_definition(definition);
    }
    for directive in schema.directives.values() {
        rules.arguments(&format!("@{}", directive.name), &directive.arguments);
    }
    rules.input_circles();
    // Federation and many tools use directives without defining them: they say nothing to a mock.
    let unknown = rules.unknown_directives.iter();
    unknown
        .map(|name| format!("directive @{name} is used and not defined; it is ignored"))
        .collect()
}

impl Rules<'_, '_> {
    fn problem(&mut self, message: impl Into<String>, at: Position) {
        let problem = GraphQlError::new(message);
        // An introspection result has no places.
        let is_known = at != Position::default();
        self.problems
            .push(if is_known { problem.at(at) } else { problem });
    }

    fn roots(&mut self, roots: &[Option<Named>; 3]) {
        if roots[OperationKind::Query as usize].is_none() {
            self.problems
                .push(GraphQlError::new("Query root type must be provided."));
        }
        for (index, root) in roots.iter().enumerate() {
            let Some(root) = root else { continue };
            match self.schema.ty(&root.name) {
                None => self.unknown_type(root),
                Some(ty) if !ty.is_object() => self.problem(
                    format!(
                        "A root type must be an object type, it cannot be {}.",
                        root.name
                    ),
                    root.at,
                ),
                Some(_) => {}
            }
            if roots[..index]
                .iter()
                .flatten()
                .any(|other| other.name == root.name)
            {
                self.problem(
                    format!(
                        "All root types must be different, \"{}\" is used more than once.",
                        root.name
                    ),
                    root.at,
                );
            }
        }
    }

    fn unknown_type(&mut self, named: &Named) {
        let names = self.schema.types.keys().map(|name| &**name);
        let names = near(&named.name, names.filter(|name| !name.starts_with("__")));
        let hint = did_you_mean(&names);
        self.problem(format!("Unknown type \"{}\".{hint}", named.name), named.at);
    }

    fn name(&mut self, name: &str, at: Position) {
        if name.starts_with("__") {
            self.problem(
                format!(
                    "Name \"{name}\" must not begin with \"__\", which is reserved by GraphQL introspection."
                ),
                at,
            );
        }
    }

    fn directives(&mut self, directives: &[Directive]) {
        for directive in directives {
            let is_known = self.schema.directives.contains_key(&directive.name);
            if !is_known && !self.unknown_directives.contains(&directive.name) {
                self.unknown_directives.push(directive.name.clone());
            }
        }
    }

    fn type_definition(&mut self, definition: &TypeDefinition) {
        let (name, at) = (&definition.name, definition.at);
        if name.starts_with("__") {
            if !super::builtin::definitions()
                .iter()
                .any(|ours| ours.name.name == *name)
            {
                self.name(name, at);
            }
            return;
        }
        self.directives(&definition.directives);
        match &definition.kind {
            TypeKind::Scalar => {}
            TypeKind::Object(composite) | TypeKind::Interface(composite) => {
                if composite.fields.is_empty() {
                    self.problem(format!("Type {name} must define one or more fields."), at);
                }
                for field in composite.fields.values() {
                    self.field(name, field);
                }
                self.interfaces(definition, composite);
            }
            TypeKind::Union(members) => {
                if members.is_empty() {
                    self.problem(
                        format!("Union type {name} must define one or more member types."),
                        at,
                    );
                }
                let mut named = HashSet::new();
                for member in members {
                    match self.schema.ty(&member.name) {
                        None => self.unknown_type(member),
                        Some(ty) if !ty.is_object() => self.problem(
                            format!(
                                "Union type {name} can only include Object types, it cannot include {}.",
                                member.name
                            ),
                            member.at,
                        ),
                        Some(_) => {}
                    }
                    if !named.insert(&member.name) {
                        self.problem(
                            format!(
                                "Union type {name} can only include type {} once.",
                                member.name
                            ),
                            member.at,
                        );
                    }
                }
            }
            TypeKind::Enum(values) => {
                if values.is_empty() {
                    self.problem(
                        format!("Enum type {name} must define one or more values."),
                        at,
                    );
                }
                for value in values.values() {
                    self.name(&value.name.name, value.name.at);
                    self.directives(&value.directives);
                }
            }
            TypeKind::Input { fields, is_one_of } => {
                if fields.is_empty() {
                    self.problem(
                        format!("Input Object type {name} must define one or more fields."),
                        at,
                    );
                }
                for field in fields.values() {
                    self.input(name, field);
                    if *is_one_of && (field.ty.is_non_null() || field.default.is_some()) {
                        self.problem(
                            format!(
                                "OneOf input field {name}.{} must be nullable and have no default value.",
                                field.name.name
                            ),
                            field.name.at,
                        );
                    }
                }
            }
        }
    }

    fn field(&mut self, owner: &str, field: &FieldDefinition) {
        let name = &field.name.name;
        self.name(name, field.name.at);
        self.directives(&field.directives);
        match self.schema.ty(&field.ty.inner().name) {
            None => self.unknown_type(field.ty.inner()),
            Some(TypeDefinition {
                kind: TypeKind::Input { .. },
                ..
            }) => self.problem(
                format!(
                    "The type of {owner}.{name} must be Output Type but got: {}.",
                    field.ty
                ),
                field.ty.inner().at,
            ),
            Some(_) => {}
        }
        self.arguments(&format!("{owner}.{name}"), &field.arguments);
    }

    fn arguments(&mut self, owner: &str, arguments: &[InputValue]) {
        let mut named = HashSet::new();
        for argument in arguments {
            self.input(owner, argument);
            if !named.insert(&argument.name.name) {
                self.problem(
                    format!(
                        "Argument \"{owner}({}:)\" can only be defined once.",
                        argument.name.name
                    ),
                    argument.name.at,
                );
            }
        }
    }

    fn input(&mut self, owner: &str, input: &InputValue) {
        self.name(&input.name.name, input.name.at);
        self.directives(&input.directives);
        match self.schema.ty(&input.ty.inner().name) {
            None => self.unknown_type(input.ty.inner()),
            Some(ty) if !ty.is_input() => self.problem(
                format!(
                    "The type of {owner}.{} must be Input Type but got: {}.",
                    input.name.name, input.ty
                ),
                input.ty.inner().at,
            ),
            Some(_) => {}
        }
        let is_deprecated = input.directives.iter().any(|d| *d.name == *"deprecated");
        if is_deprecated && input.is_required() {
            self.problem(
                format!(
                    "Required argument {owner}({}:) cannot be deprecated.",
                    input.name.name
                ),
                input.name.at,
            );
        }
    }

    fn interfaces(&mut self, definition: &TypeDefinition, composite: &Composite) {
        let name = &definition.name;
        let own: HashSet<&Name> = composite.interfaces.iter().map(|i| &i.name).collect();
        let mut named = HashSet::new();
        for interface in &composite.interfaces {
            if !named.insert(&interface.name) {
                self.problem(
                    format!("Type {name} can only implement {} once.", interface.name),
                    interface.at,
                );
                continue;
            }
            let Some(ty) = self.schema.ty(&interface.name) else {
                self.unknown_type(interface);
                continue;
            };
            let TypeKind::Interface(wanted) = &ty.kind else {
                self.problem(
                    format!(
                        "Type {name} must only implement Interface types, it cannot implement {}.",
                        interface.name
                    ),
                    interface.at,
                );
                continue;
            };
            if interface.name == *name {
                self.problem(
                    format!("Type {name} cannot implement itself because it would create a circular reference."),
                    interface.at,
                );
                continue;
            }
            for inherited in &wanted.interfaces {
                if !own.contains(&inherited.name) {
                    self.problem(
                        format!(
                            "Type {name} must implement {} because it is implemented by {}.",
                            inherited.name, interface.name
                        ),
                        interface.at,
                    );
                }
            }
            for field in wanted.fields.values() {
                self.implementation(definition, composite, &interface.name, field);
            }
        }
    }

    fn implementation(
        &mut self,
        definition: &TypeDefinition,
        composite: &Composite,
        interface: &str,
        wanted: &FieldDefinition,
    ) {
        let (name, field) = (&definition.name, &wanted.name.name);
        let Some(own) = composite.fields.get(field) else {
            return self.problem(
                format!(
                    "Interface field {interface}.{field} expected but {name} does not provide it."
                ),
                definition.at,
            );
        };
        if !self.is_subtype(&own.ty, &wanted.ty) {
            self.problem(
                format!(
                    "Interface field {interface}.{field} expects type {} but {name}.{field} is type {}.",
                    wanted.ty, own.ty
                ),
                own.name.at,
            );
        }
        for argument in &wanted.arguments {
            let argument_name = &argument.name.name;
            match own.arguments.iter().find(|own| own.name.name == *argument_name) {
                None => self.problem(
                    format!(
                        "Interface field argument {interface}.{field}({argument_name}:) expected but {name}.{field} does not provide it."
                    ),
                    own.name.at,
                ),
                Some(found) if found.ty != argument.ty => self.problem(
                    format!(
                        "Interface field argument {interface}.{field}({argument_name}:) expects type {} but {name}.{field}({argument_name}:) is type {}.",
                        argument.ty, found.ty
                    ),
                    found.name.at,
                ),
                Some(_) => {}
            }
        }
        for argument in own
            .arguments
            .iter()
            .filter(|argument| argument.is_required())
        {
            let is_wanted = wanted
                .arguments
                .iter()
                .any(|a| a.name.name == argument.name.name);
            if !is_wanted {
                self.problem(
                    format!(
                        "Object field {name}.{field} includes required argument {} that is missing from the Interface field {interface}.{field}.",
                        argument.name.name
                    ),
                    argument.name.at,
                );
            }
        }
    }

    /// Whether a value of `own` always is one of `wanted`.
    fn is_subtype(&self, own: &Type, wanted: &Type) -> bool {
        match (own, wanted) {
            (Type::NonNull(own), Type::NonNull(wanted)) | (Type::List(own), Type::List(wanted)) => {
                self.is_subtype(own, wanted)
            }
            (Type::NonNull(own), wanted) => self.is_subtype(own, wanted),
            (Type::Named(own), Type::Named(wanted)) => {
                let own_type = self.schema.ty(&own.name);
                let implements = || {
                    let composite = own_type.and_then(TypeDefinition::composite);
                    composite.is_some_and(|c| c.interfaces.iter().any(|i| i.name == wanted.name))
                };
                let is_possible = || {
                    let wanted = self.schema.ty(&wanted.name);
                    wanted.is_some_and(|wanted| {
                        !wanted.is_object() && self.schema.is_possible(wanted, &own.name)
                    })
                };
                own.name == wanted.name || implements() || is_possible()
            }
            _ => false,
        }
    }

    /// Input objects that need themselves can never be given.
    fn input_circles(&mut self) {
        // 0 is new, 1 is on the way, 2 is done.
        let mut marks = vec![0_u8; self.schema.types.len()];
        for start in 0..marks.len() {
            let mut stack: Vec<(usize, usize)> = Vec::new();
            if marks[start] == 0 {
                marks[start] = 1;
                stack.push((start, 0));
            }
            while let Some((index, next)) = stack.pop() {
                let (name, definition) =
                    (&self.schema.types[index].name, &self.schema.types[index]);
                let TypeKind::Input { fields, .. } = &definition.kind else {
                    marks[index] = 2;
                    continue;
                };
                let Some((_, field)) = fields.get_index(next) else {
                    marks[index] = 2;
                    continue;
                };
                stack.push((index, next + 1));
                let Type::NonNull(inner) = &field.ty else {
                    continue;
                };
                let Type::Named(inner) = &**inner else {
                    continue;
                };
                let Some(target) = self.schema.types.get_index_of(&inner.name) else {
                    continue;
                };
                match marks[target] {
                    0 => {
                        marks[target] = 1;
                        stack.push((target, 0));
                    }
                    1 => self.problem(
                        format!(
                            "Invalid circular reference. The Input Object {} references itself in the non-null field {name}.{}.",
                            inner.name, field.name.name
                        ),
                        field.name.at,
                    ),
                    _ => {}
                }
            }
        }
    }
}
