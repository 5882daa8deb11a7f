//! What a schema is made of.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::syntax::ast::{
    Directive, EnumValue, FieldDefinition, InputValue, Name, Named, OperationKind, Position, Type,
};

/// A type system that is whole. Made once, shared by every request.
#[derive(Debug)]
pub struct Schema {
    pub(super) description: Option<String>,
    pub(super) roots: [Option<Name>; 3],
    pub(super) types: IndexMap<Name, TypeDefinition>,
    pub(super) directives: IndexMap<Name, DirectiveDefinition>,
    /// The object types of every interface and union, in the order of the schema.
    pub(super) possible: HashMap<Name, Vec<Name>>,
    pub(super) meta_fields: [FieldDefinition; 3],
    pub(super) warnings: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct TypeDefinition {
    pub name: Name,
    pub description: Option<String>,
    pub directives: Vec<Directive>,
    pub kind: TypeKind,
    pub at: Position,
}

#[derive(Clone, Debug)]
pub enum TypeKind {
    Scalar,
    Object(Composite),
    Interface(Composite),
    Union(Vec<Named>),
    Enum(IndexMap<Name, EnumValue>),
    Input {
        fields: IndexMap<Name, InputValue>,
        is_one_of: bool,
    },
}

/// What objects and interfaces have.
#[derive(Clone, Debug, Default)]
pub struct Composite {
    pub interfaces: Vec<Named>,
    pub fields: IndexMap<Name, FieldDefinition>,
}

#[derive(Clone, Debug)]
pub struct DirectiveDefinition {
    pub name: Name,
    pub description: Option<String>,
    pub arguments: Vec<InputValue>,
    pub is_repeatable: bool,
    pub locations: Vec<Named>,
    pub at: Position,
}

impl TypeDefinition {
    /// `OBJECT`, `SCALAR` and the rest of `__TypeKind`.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            TypeKind::Scalar => "SCALAR",
            TypeKind::Object(_) => "OBJECT",
            TypeKind::Interface(_) => "INTERFACE",
            TypeKind::Union(_) => "UNION",
            TypeKind::Enum(_) => "ENUM",
            TypeKind::Input { .. } => "INPUT_OBJECT",
        }
    }

    pub fn composite(&self) -> Option<&Composite> {
        match &self.kind {
            TypeKind::Object(composite) | TypeKind::Interface(composite) => Some(composite),
            _ => None,
        }
    }

    pub fn is_composite(&self) -> bool {
        self.composite().is_some() || matches!(self.kind, TypeKind::Union(_))
    }

    pub fn is_object(&self) -> bool {
        matches!(self.kind, TypeKind::Object(_))
    }

    pub fn is_leaf(&self) -> bool {
        matches!(self.kind, TypeKind::Scalar | TypeKind::Enum(_))
    }

    pub fn is_input(&self) -> bool {
        self.is_leaf() || matches!(self.kind, TypeKind::Input { .. })
    }

    pub fn field(&self, name: &str) -> Option<&FieldDefinition> {
        self.composite()?.fields.get(name)
    }

    pub fn directive(&self, name: &str) -> Option<&Directive> {
        self.directives.iter().find(|d| *d.name == *name)
    }
}

impl Schema {
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// What the schema has that is not served as it says, one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    pub fn ty(&self, name: &str) -> Option<&TypeDefinition> {
        self.types.get(name)
    }

    /// The definition inside all wrappers of a type that the schema itself uses.
    pub(crate) fn inner(&self, ty: &Type) -> &TypeDefinition {
        // `rules` refuses a schema that names a type which it does not define.
        &self.types[&ty.inner().name]
    }

    /// Every type, those of introspection included.
    pub fn types(&self) -> impl Iterator<Item = &TypeDefinition> {
        self.types.values()
    }

    pub fn directive(&self, name: &str) -> Option<&DirectiveDefinition> {
        self.directives.get(name)
    }

    pub fn directives(&self) -> impl Iterator<Item = &DirectiveDefinition> {
        self.directives.values()
    }

    /// The type at which operations of a kind begin.
    pub fn root(&self, kind: OperationKind) -> Option<&TypeDefinition> {
        self.types.get(self.roots[kind as usize].as_ref()?)
    }

    /// The object types that a value of the type can have.
    pub fn possible<'s>(&'s self, ty: &'s TypeDefinition) -> &'s [Name] {
        match ty.kind {
            TypeKind::Object(_) => std::slice::from_ref(&ty.name),
            _ => self.possible.get(&ty.name).map_or(&[], Vec::as_slice),
        }
    }

    pub fn is_possible(&self, abstract_type: &TypeDefinition, object: &str) -> bool {
        self.possible(abstract_type)
            .iter()
            .any(|name| **name == *object)
    }

    /// A field of a type, with the fields that introspection adds.
    pub fn field<'s>(
        &'s self,
        parent: &'s TypeDefinition,
        name: &str,
    ) -> Option<&'s FieldDefinition> {
        let [schema, ty, typename] = &self.meta_fields;
        let is_query = || {
            let query = self.root(OperationKind::Query);
            query.is_some_and(|query| query.name == parent.name)
        };
        match name {
            "__typename" if parent.is_composite() => Some(typename),
            "__schema" if is_query() => Some(schema),
            "__type" if is_query() => Some(ty),
            _ => parent.field(name),
        }
    }
}
