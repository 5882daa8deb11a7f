//! Introspection: section 4. The schema as objects of the types `__Schema`, `__Type` and so on.

use serde_json::{Map, Value as Json};

use crate::schema::{DirectiveDefinition, Schema, TypeDefinition, TypeKind};
use crate::syntax::ast::{
    Directive, EnumValue, FieldDefinition, InputValue, OperationKind, Type, ValueKind,
};

use super::{Object, Resolved};

#[derive(Clone, Copy)]
pub(crate) enum Meta<'s> {
    Schema,
    Type(&'s TypeDefinition),
    /// A list, or a type that is not null.
    Wrapped(&'s Type),
    Field(&'s FieldDefinition),
    Input(&'s InputValue),
    EnumValue(&'s EnumValue),
    Directive(&'s DirectiveDefinition),
}

/// `__type(name:)`.
pub(super) fn by_name<'s>(schema: &'s Schema, arguments: &Map<String, Json>) -> Resolved<'s> {
    let name = arguments.get("name").and_then(Json::as_str);
    optional(name.and_then(|name| schema.ty(name)).map(Meta::Type))
}

fn optional(meta: Option<Meta<'_>>) -> Resolved<'_> {
    meta.map_or(Resolved::Null, |meta| Resolved::Object(Object::Meta(meta)))
}

fn list<'s>(items: impl Iterator<Item = Meta<'s>>) -> Resolved<'s> {
    Resolved::List(
        items
            .map(|item| Resolved::Object(Object::Meta(item)))
            .collect(),
    )
}

fn text<'s>(text: Option<&str>) -> Resolved<'s> {
    text.map_or(Resolved::Null, |text| Resolved::Leaf(text.into()))
}

fn reference<'s>(schema: &'s Schema, ty: &'s Type) -> Meta<'s> {
    match ty {
        Type::Named(_) => Meta::Type(schema.inner(ty)),
        wrapped => Meta::Wrapped(wrapped),
    }
}

fn deprecation(directives: &[Directive]) -> Option<&Directive> {
    directives
        .iter()
        .find(|directive| &*directive.name == "deprecated")
}

/// The text of a directive's argument.
fn argument<'d>(directive: &'d Directive, name: &str) -> Option<&'d str> {
    match &directive.argument(name)?.kind {
        ValueKind::String(text) => Some(text),
        _ => None,
    }
}

impl<'s> Meta<'s> {
    pub(super) fn ty(self, schema: &'s Schema) -> &'s TypeDefinition {
        let name = match self {
            Self::Schema => "__Schema",
            Self::Type(_) | Self::Wrapped(_) => "__Type",
            Self::Field(_) => "__Field",
            Self::Input(_) => "__InputValue",
            Self::EnumValue(_) => "__EnumValue",
            Self::Directive(_) => "__Directive",
        };
        // Every schema has the built-in types.
        schema
            .ty(name)
            .unwrap_or_else(|| unreachable!("{name} is built in"))
    }

    pub(super) fn field(
        self,
        schema: &'s Schema,
        definition: &FieldDefinition,
        arguments: &Map<String, Json>,
    ) -> Resolved<'s> {
        let with_deprecated = arguments.get("includeDeprecated") == Some(&Json::Bool(true));
        let shown = |directives: &[Directive]| with_deprecated || deprecation(directives).is_none();
        let name = &*definition.name.name;
        match self {
            Self::Schema => match name {
                "description" => text(schema.description()),
                "types" => list(schema.types().map(Meta::Type)),
                "directives" => list(schema.directives().map(Meta::Directive)),
                "queryType" => optional(schema.root(OperationKind::Query).map(Meta::Type)),
                "mutationType" => optional(schema.root(OperationKind::Mutation).map(Meta::Type)),
                _ => optional(schema.root(OperationKind::Subscription).map(Meta::Type)),
            },
            Self::Type(ty) => type_field(schema, ty, name, shown),
            Self::Wrapped(ty) => match (name, ty) {
                ("kind", Type::NonNull(_)) => Resolved::Leaf("NON_NULL".into()),
                ("kind", _) => Resolved::Leaf("LIST".into()),
                ("ofType", Type::NonNull(inner) | Type::List(inner)) => {
                    optional(Some(reference(schema, inner)))
                }
                _ => Resolved::Null,
            },
            Self::Field(field) => match name {
                "name" => text(Some(&field.name.name)),
                "description" => text(field.description.as_deref()),
                "args" => inputs(field.arguments.iter(), shown),
                "type" => optional(Some(reference(schema, &field.ty))),
                _ => deprecated(schema, name, &field.directives),
            },
            Self::Input(input) => match name {
                "name" => text(Some(&input.name.name)),
                "description" => text(input.description.as_deref()),
                "type" => optional(Some(reference(schema, &input.ty))),
                "defaultValue" => {
                    let default = input.default.as_ref().map(ToString::to_string);
                    text(default.as_deref())
                }
                _ => deprecated(schema, name, &input.directives),
            },
            Self::EnumValue(value) => match name {
                "name" => text(Some(&value.name.name)),
                "description" => text(value.description.as_deref()),
                _ => deprecated(schema, name, &value.directives),
            },
            Self::Directive(directive) => match name {
                "name" => text(Some(&directive.name)),
                "description" => text(directive.description.as_deref()),
                "isRepeatable" => Resolved::Leaf(directive.is_repeatable.into()),
                "locations" => {
                    let names = directive.locations.iter();
                    Resolved::List(names.map(|named| text(Some(&named.name))).collect())
                }
                _ => inputs(directive.arguments.iter(), shown),
            },
        }
    }
}

fn type_field<'s>(
    schema: &'s Schema,
    ty: &'s TypeDefinition,
    name: &str,
    shown: impl Fn(&[Directive]) -> bool,
) -> Resolved<'s> {
    let named = |name: &'s str| schema.ty(name).map(Meta::Type);
    match (name, &ty.kind) {
        ("kind", _) => Resolved::Leaf(ty.kind_name().into()),
        ("name", _) => text(Some(&ty.name)),
        ("description", _) => text(ty.description.as_deref()),
        ("specifiedByURL", TypeKind::Scalar) => text(
            ty.directive("specifiedBy")
                .and_then(|directive| argument(directive, "url")),
        ),
        ("fields", TypeKind::Object(composite) | TypeKind::Interface(composite)) => list(
            composite
                .fields
                .values()
                .filter(|field| shown(&field.directives))
                .map(Meta::Field),
        ),
        ("interfaces", TypeKind::Object(composite) | TypeKind::Interface(composite)) => list(
            composite
                .interfaces
                .iter()
                .filter_map(|interface| named(&interface.name)),
        ),
        ("possibleTypes", TypeKind::Interface(_) | TypeKind::Union(_)) => {
            list(schema.possible(ty).iter().filter_map(|name| named(name)))
        }
        ("enumValues", TypeKind::Enum(values)) => list(
            values
                .values()
                .filter(|value| shown(&value.directives))
                .map(Meta::EnumValue),
        ),
        ("inputFields", TypeKind::Input { fields, .. }) => inputs(fields.values(), shown),
        ("isOneOf", TypeKind::Input { is_one_of, .. }) => Resolved::Leaf((*is_one_of).into()),
        _ => Resolved::Null,
    }
}

fn inputs<'s>(
    inputs: impl Iterator<Item = &'s InputValue>,
    shown: impl Fn(&[Directive]) -> bool,
) -> Resolved<'s> {
    list(
        inputs
            .filter(|input| shown(&input.directives))
            .map(Meta::Input),
    )
}

fn deprecated<'s>(schema: &Schema, name: &str, directives: &[Directive]) -> Resolved<'s> {
    let directive = deprecation(directives);
    if name == "isDeprecated" {
        return Resolved::Leaf(directive.is_some().into());
    }
    let Some(directive) = directive else {
        return Resolved::Null;
    };
    if let Some(reason) = argument(directive, "reason") {
        return text(Some(reason));
    }
    // The default of `@deprecated(reason:)`, which a schema may define itself.
    let definition = schema.directive("deprecated");
    let reason = definition.and_then(|d| d.arguments.iter().find(|a| &*a.name.name == "reason"));
    match reason
        .and_then(|reason| reason.default.as_ref())
        .map(|default| &default.kind)
    {
        Some(ValueKind::String(default)) => text(Some(default)),
        _ => Resolved::Null,
    }
}
