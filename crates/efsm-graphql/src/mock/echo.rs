//! What a client sent, in what it gets: the id of what it fetches, the input of what it changes.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::scalar;
use crate::schema::{Schema, TypeKind};
use crate::syntax::ast::{FieldDefinition, OperationKind, Type};

use super::{MockObject, Request, Role, convention};

type Sent = Arc<Map<String, Json>>;

/// Arguments whose fields are as good as arguments.
const CONTAINERS: [&str; 14] = [
    "input",
    "data",
    "where",
    "filter",
    "object",
    "patch",
    "values",
    "attributes",
    "set",
    "payload",
    "changes",
    "record",
    "body",
    "params",
];

/// What is known of the objects below a field.
pub(super) fn for_children(request: &Request<'_, '_>) -> Option<Sent> {
    let Request {
        schema,
        object,
        definition,
        arguments,
        operation,
        ..
    } = request;
    let mut sent = Map::new();
    if object.role == Role::Carrier
        && let Some(outer) = &object.echo
    {
        sent.extend(
            outer
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
    }
    // `postId` says who `post` is.
    let field = &*definition.name.name;
    if let Some(id) = object
        .echo
        .as_ref()
        .and_then(|echo| echo.get(&format!("{field}Id")))
    {
        sent.insert("id".into(), id.clone());
    }
    let is_change = *operation == OperationKind::Mutation;
    for (name, value) in *arguments {
        let is_container =
            CONTAINERS.contains(&name.as_str()) || (is_change && arguments.len() == 1);
        match value {
            Json::Null => {}
            Json::Object(fields) if is_container => {
                sent.extend(
                    fields
                        .iter()
                        .map(|(name, value)| (name.clone(), value.clone())),
                );
            }
            value => {
                sent.insert(name.clone(), value.clone());
            }
        }
    }
    // Each item of a list is another object.
    let is_page = convention::is_page(&schema.inner(&definition.ty).name);
    if definition.ty.item().is_some() || is_page {
        sent.shift_remove("id");
    }
    (!sent.is_empty()).then(|| Arc::new(sent))
}

/// `users(ids: [..])` lists these very users.
pub(super) fn ids(sent: Option<&Sent>) -> Option<&[Json]> {
    sent?.get("ids")?.as_array().map(Vec::as_slice)
}

pub(super) fn of_item(sent: Option<&Sent>, index: usize) -> Option<Sent> {
    let sent = sent?;
    let Some(id) = ids(Some(sent)).and_then(|ids| ids.get(index)) else {
        return Some(sent.clone());
    };
    let mut item = Map::clone(sent);
    item.shift_remove("ids");
    item.insert("id".into(), id.clone());
    Some(Arc::new(item))
}

/// The value that was sent for a field, if it is one of the field's type.
pub(super) fn of_field(
    schema: &Schema,
    object: &MockObject<'_>,
    definition: &FieldDefinition,
) -> Option<Json> {
    // Fields that take arguments ask for something else than what was sent.
    if !definition.arguments.is_empty() {
        return None;
    }
    let sent = object.echo.as_ref()?.get(&*definition.name.name)?;
    fits(schema, &definition.ty, sent).then(|| sent.clone())
}

/// Whether a value can be one of the type; objects only by their being objects.
pub(super) fn fits(schema: &Schema, ty: &Type, value: &Json) -> bool {
    match (ty, value) {
        (Type::NonNull(inner), value) => !value.is_null() && fits(schema, inner, value),
        (_, Json::Null) => true,
        (Type::List(inner), Json::Array(items)) => {
            items.iter().all(|item| fits(schema, inner, item))
        }
        (Type::List(_), _) => false,
        (Type::Named(named), value) => match schema.ty(&named.name).map(|ty| &ty.kind) {
            Some(TypeKind::Scalar) => scalar::coerce(&named.name, value).is_ok(),
            Some(TypeKind::Enum(values)) => {
                value.as_str().is_some_and(|name| values.contains_key(name))
            }
            _ => value.is_object(),
        },
    }
}
