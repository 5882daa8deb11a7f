//! Definitions and their extensions to a [`Schema`].

use std::collections::HashMap;

use indexmap::IndexMap;
use indexmap::map::Entry;

use crate::error::GraphQlError;
use crate::syntax::ast::{
    FieldDefinition, Name, Named, OperationKind, SystemBody, SystemDefinition,
};

use super::model::{Composite, DirectiveDefinition, Schema, TypeDefinition, TypeKind};
use super::{SchemaError, builtin, rules};

const ROOTS: [(OperationKind, &str); 3] = [
    (OperationKind::Query, "Query"),
    (OperationKind::Mutation, "Mutation"),
    (OperationKind::Subscription, "Subscription"),
];

#[derive(Default)]
struct Builder {
    description: Option<String>,
    roots: Option<[Option<Named>; 3]>,
    types: IndexMap<Name, TypeDefinition>,
    directives: IndexMap<Name, DirectiveDefinition>,
    problems: Vec<GraphQlError>,
    warnings: Vec<String>,
}

pub(super) fn build(definitions: Vec<SystemDefinition>) -> Result<Schema, SchemaError> {
    let mut builder = Builder::default();
    let (extensions, definitions): (Vec<_>, Vec<_>) = definitions
        .into_iter()
        // A printed schema may hold the types of introspection; ours are as good.
        .filter(|definition| !is_introspection(definition))
        .partition(|definition| definition.is_extension);
    for definition in definitions {
        builder.define(definition);
    }
    // Only what the document does not define itself: it may say more of a directive than the specification.
    let (meta, builtins) = builtin::definitions()
        .split_last()
        .unwrap_or_else(|| unreachable!());
    for definition in builtins {
        let is_there = match definition.body {
            SystemBody::Directive { .. } => builder.directives.contains_key(&definition.name.name),
            _ => builder.types.contains_key(&definition.name.name),
        };
        if !is_there {
            builder.define(definition.clone());
        }
    }
    for extension in extensions {
        builder.extend(extension);
    }
    builder.finish(meta)
}

fn is_introspection(definition: &SystemDefinition) -> bool {
    !matches!(definition.body, SystemBody::Directive { .. })
        && builtin::definitions().iter().any(|builtin| {
            builtin.name.name == definition.name.name && definition.name.name.starts_with("__")
        })
}

impl Builder {
    fn problem(&mut self, message: impl Into<String>, at: &Named) {
        self.problems.push(GraphQlError::new(message).at(at.at));
    }

    fn define(&mut self, definition: SystemDefinition) {
        let SystemDefinition {
            description,
            name,
            directives,
            body,
            ..
        } = definition;
        let kind = match body {
            SystemBody::Schema(roots) => {
                if self.roots.is_some() {
                    return self.problem("Must provide only one schema definition.", &name);
                }
                self.description = description;
                self.roots = Some([None, None, None]);
                return self.add_roots(roots);
            }
            SystemBody::Directive {
                arguments,
                is_repeatable,
                locations,
            } => {
                if self.directives.contains_key(&name.name) {
                    let message =
                        format!("There can be only one directive named \"@{}\".", name.name);
                    return self.problem(message, &name);
                }
                let directive = DirectiveDefinition {
                    name: name.name.clone(),
                    description,
                    arguments,
                    is_repeatable,
                    locations,
                    at: name.at,
                };
                self.directives.insert(name.name, directive);
                return;
            }
            body => self.kind(body, &name),
        };
        match self.types.entry(name.name.clone()) {
            Entry::Occupied(_) => {
                let message = format!("There can be only one type named \"{}\".", name.name);
                self.problem(message, &name);
            }
            Entry::Vacant(place) => {
                place.insert(TypeDefinition {
                    name: name.name,
                    description,
                    kind,
                    directives,
                    at: name.at,
                });
            }
        }
    }

    fn add_roots(&mut self, roots: Vec<(OperationKind, Named)>) {
        for (kind, named) in roots {
            let slots = self.roots.get_or_insert_with(Default::default);
            if slots[kind as usize].is_some() {
                let message = format!("There can be only one {} type in schema.", kind.name());
                self.problem(message, &named);
            } else {
                slots[kind as usize] = Some(named);
            }
        }
    }

    /// The definition's members under their names, which must differ.
    fn kind(&mut self, body: SystemBody, owner: &Named) -> TypeKind {
        match body {
            SystemBody::Object { interfaces, fields } => TypeKind::Object(Composite {
                interfaces,
                fields: self.fields(fields, owner),
            }),
            SystemBody::Interface { interfaces, fields } => TypeKind::Interface(Composite {
                interfaces,
                fields: self.fields(fields, owner),
            }),
            SystemBody::Union(members) => TypeKind::Union(members),
            SystemBody::Enum(values) => {
                let values = values.into_iter().map(|value| (value.name.clone(), value));
                TypeKind::Enum(self.members("Enum value", owner, values))
            }
            SystemBody::Input(fields) => {
                let fields = fields.into_iter().map(|field| (field.name.clone(), field));
                TypeKind::Input {
                    fields: self.members("Field", owner, fields),
                    is_one_of: false,
                }
            }
            SystemBody::Scalar | SystemBody::Schema(_) | SystemBody::Directive { .. } => {
                TypeKind::Scalar
            }
        }
    }

    fn fields(
        &mut self,
        fields: Vec<FieldDefinition>,
        owner: &Named,
    ) -> IndexMap<Name, FieldDefinition> {
        let fields = fields.into_iter().map(|field| (field.name.clone(), field));
        self.members("Field", owner, fields)
    }

    fn members<T>(
        &mut self,
        what: &str,
        owner: &Named,
        members: impl Iterator<Item = (Named, T)>,
    ) -> IndexMap<Name, T> {
        let mut kept = IndexMap::new();
        for (named, member) in members {
            if kept.contains_key(&named.name) {
                // GitHub's own schema does it: the rest of such a document can be served.
                self.warnings.push(format!(
                    "line {}: {what} \"{}.{}\" is defined more than once; the first one is served",
                    named.at.line, owner.name, named.name
                ));
            } else {
                kept.insert(named.name.clone(), member);
            }
        }
        kept
    }

    fn extend(&mut self, extension: SystemDefinition) {
        let SystemDefinition {
            name,
            directives,
            body,
            ..
        } = extension;
        if let SystemBody::Schema(roots) = body {
            if self.roots.is_none() {
                self.roots = Some(self.usual_roots());
            }
            return self.add_roots(roots);
        }
        let more = self.kind(body, &name);
        let Some(definition) = self.types.get_mut(&name.name) else {
            let message = format!(
                "Cannot extend type \"{}\" because it is not defined.",
                name.name
            );
            return self.problem(message, &name);
        };
        definition.directives.extend(directives);
        let mut twice: Vec<Name> = Vec::new();
        match (&mut definition.kind, more) {
            (TypeKind::Scalar, TypeKind::Scalar) => {}
            (TypeKind::Object(old), TypeKind::Object(new))
            | (TypeKind::Interface(old), TypeKind::Interface(new)) => {
                old.interfaces.extend(new.interfaces);
                add(&mut old.fields, new.fields, &mut twice);
            }
            (TypeKind::Union(old), TypeKind::Union(new)) => old.extend(new),
            (TypeKind::Enum(old), TypeKind::Enum(new)) => add(old, new, &mut twice),
            (TypeKind::Input { fields: old, .. }, TypeKind::Input { fields: new, .. }) => {
                add(old, new, &mut twice);
            }
            _ => {
                let message = format!(
                    "Cannot extend type \"{}\" as a different kind; it is {}.",
                    name.name,
                    definition.kind_name()
                );
                return self.problem(message, &name);
            }
        }
        for member in twice {
            let message = format!(
                "Field \"{}.{member}\" already exists in the schema.",
                name.name
            );
            self.problem(message, &name);
        }
    }

    /// The types that are roots by their names, when nothing says which are.
    fn usual_roots(&self) -> [Option<Named>; 3] {
        ROOTS.map(|(_, name)| {
            let definition = self.types.get(name).filter(|ty| ty.is_object())?;
            Some(Named {
                name: definition.name.clone(),
                at: definition.at,
            })
        })
    }

    fn finish(mut self, meta: &SystemDefinition) -> Result<Schema, SchemaError> {
        let roots = self.roots.take().unwrap_or_else(|| self.usual_roots());
        for definition in self.types.values_mut() {
            let marked = definition.directive("oneOf").is_some();
            if let TypeKind::Input { is_one_of, .. } = &mut definition.kind {
                *is_one_of = marked;
            }
        }
        let SystemBody::Object { fields, .. } = &meta.body else {
            unreachable!("`__Meta` is a type of the built-in SDL");
        };
        let [schema, ty, typename] = fields.as_slice() else {
            unreachable!("`__Meta` has three fields");
        };
        let mut schema = Schema {
            description: self.description,
            meta_fields: [schema.clone(), ty.clone(), typename.clone()],
            roots: roots
                .each_ref()
                .map(|root| root.as_ref().map(|named| named.name.clone())),
            possible: possible(&self.types),
            types: self.types,
            directives: self.directives,
            warnings: self.warnings,
        };
        let mut problems = self.problems;
        let ignored = rules::check(&schema, &roots, &mut problems);
        schema.warnings.extend(ignored);
        if problems.is_empty() {
            Ok(schema)
        } else {
            problems.sort_by_key(|problem| problem.locations.first().copied());
            Err(SchemaError(problems))
        }
    }
}

fn add<T>(old: &mut IndexMap<Name, T>, new: IndexMap<Name, T>, twice: &mut Vec<Name>) {
    for (name, member) in new {
        if old.contains_key(&name) {
            twice.push(name);
        } else {
            old.insert(name, member);
        }
    }
}

fn possible(types: &IndexMap<Name, TypeDefinition>) -> HashMap<Name, Vec<Name>> {
    let mut possible: HashMap<Name, Vec<Name>> = HashMap::new();
    for definition in types.values() {
        match &definition.kind {
            TypeKind::Object(object) => {
                for interface in &object.interfaces {
                    let known = possible.entry(interface.name.clone()).or_default();
                    if !known.contains(&definition.name) {
                        known.push(definition.name.clone());
                    }
                }
            }
            TypeKind::Union(members) => {
                let members = members.iter().map(|member| member.name.clone());
                possible.insert(definition.name.clone(), members.collect());
            }
            _ => {}
        }
    }
    possible
}
