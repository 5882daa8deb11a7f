//! Execution: section 6 of the specification.

mod coerce;
mod introspection;

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::error::{GraphQlError, PathSegment};
use crate::limits::Limits;
use crate::mock::{Mock, MockObject, Request as FieldRequest};
use crate::scalar;
use crate::schema::{Schema, TypeDefinition, TypeKind};
use crate::syntax::ast::{
    Directive, Document, Field, FieldDefinition, Fragment, Name, Operation, Selection, Type,
    ValueKind,
};

pub(crate) use coerce::variables;
use introspection::Meta;

/// What a field resolves to, before it is completed by its type.
pub(crate) enum Resolved<'s> {
    Null,
    Leaf(Json),
    List(Vec<Resolved<'s>>),
    Object(Object<'s>),
    Error(GraphQlError),
}

pub(crate) enum Object<'s> {
    Mock(Box<MockObject<'s>>),
    Meta(Meta<'s>),
}

/// A field's value is null because of an error that stands in `errors` already.
struct Nulled;

/// What execution gave; `data` is `None` when the error reached the root.
pub(crate) struct Executed {
    pub(crate) data: Option<Map<String, Json>>,
    pub(crate) errors: Vec<GraphQlError>,
}

pub(crate) struct Executor<'e> {
    schema: &'e Schema,
    mock: &'e Mock,
    limits: &'e Limits,
    operation: &'e Operation,
    fragments: HashMap<&'e str, &'e Fragment>,
    variables: &'e Map<String, Json>,
    now: Timestamp,
    errors: Vec<GraphQlError>,
    path: Vec<PathSegment>,
    values: usize,
    bytes: usize,
    /// The bound that was met: nothing more is resolved.
    overrun: Option<GraphQlError>,
}

type Fields<'e> = IndexMap<&'e Name, Vec<&'e Field>>;

impl<'e> Executor<'e> {
    pub(crate) fn new(
        schema: &'e Schema,
        mock: &'e Mock,
        limits: &'e Limits,
        document: &'e Document,
        operation: &'e Operation,
        variables: &'e Map<String, Json>,
        now: Timestamp,
    ) -> Self {
        let fragments = document.fragments.iter();
        Self {
            schema,
            mock,
            limits,
            operation,
            fragments: fragments
                .map(|fragment| (&*fragment.name.name, fragment))
                .collect(),
            variables,
            now,
            errors: Vec::new(),
            path: Vec::new(),
            values: 0,
            bytes: 0,
            overrun: None,
        }
    }

    /// Runs the operation on a root object, whose type is the operation's.
    pub(crate) fn run(mut self, root: MockObject<'e>) -> Executed {
        let object = Object::Mock(Box::new(root));
        let data = self.object(&object, &[&self.operation.selections]);
        match self.overrun {
            Some(overrun) => Executed {
                data: None,
                errors: vec![overrun],
            },
            None => Executed {
                data: data.ok(),
                errors: self.errors,
            },
        }
    }

    fn object(
        &mut self,
        object: &Object<'e>,
        sets: &[&'e [Selection]],
    ) -> Result<Map<String, Json>, Nulled> {
        let schema = self.schema;
        let ty = match object {
            Object::Mock(mock) => mock.ty(),
            Object::Meta(meta) => meta.ty(schema),
        };
        let mut fields = Fields::new();
        let mut seen = HashSet::new();
        for set in sets {
            self.collect(ty, set, &mut fields, &mut seen);
        }
        let mut result = Map::new();
        for (name, fields) in fields {
            // The document is valid: each field is one of the type's.
            let Some(definition) = schema.field(ty, &fields[0].name) else {
                continue;
            };
            self.bytes = self.bytes.saturating_add(name.len() + 4);
            self.path.push(PathSegment::Field(name.clone()));
            let value = self.field(object, ty, definition, &fields);
            self.path.pop();
            result.insert(name.to_string(), value?);
        }
        Ok(result)
    }

    fn collect(
        &self,
        ty: &TypeDefinition,
        selections: &'e [Selection],
        fields: &mut Fields<'e>,
        seen: &mut HashSet<&'e str>,
    ) {
        for selection in selections {
            let (directives, on, inner) = match selection {
                Selection::Field(field) => {
                    if self.is_included(&field.directives) {
                        fields.entry(field.response_name()).or_default().push(field);
                    }
                    continue;
                }
                Selection::Inline(inline) => {
                    (&inline.directives, inline.on.as_ref(), &inline.selections)
                }
                Selection::Spread(spread) => {
                    let name = &*spread.fragment.name;
                    let Some(fragment) = self.fragments.get(name) else {
                        continue;
                    };
                    // A spread that is skipped does not count as seen.
                    if !self.is_included(&spread.directives) || !seen.insert(name) {
                        continue;
                    }
                    (&spread.directives, Some(&fragment.on), &fragment.selections)
                }
            };
            let fits = on.is_none_or(|on| {
                on.name == ty.name
                    || self
                        .schema
                        .ty(&on.name)
                        .is_some_and(|on| self.schema.is_possible(on, &ty.name))
            });
            if fits && self.is_included(directives) {
                self.collect(ty, inner, fields, seen);
            }
        }
    }

    fn is_included(&self, directives: &[Directive]) -> bool {
        let says = |name: &str| {
            let directive = directives
                .iter()
                .find(|directive| *directive.name == *name)?;
            match &directive.argument("if")?.kind {
                ValueKind::Boolean(value) => Some(*value),
                ValueKind::Variable(name) => self.variables.get(&**name)?.as_bool(),
                _ => None,
            }
        };
        says("skip") != Some(true) && says("include") != Some(false)
    }

    fn field(
        &mut self,
        object: &Object<'e>,
        ty: &'e TypeDefinition,
        definition: &'e FieldDefinition,
        fields: &[&'e Field],
    ) -> Result<Json, Nulled> {
        let field = fields[0];
        if &*field.name == "__typename" {
            return self.counted(Json::from(&*ty.name));
        }
        let arguments = coerce::arguments(
            self.schema,
            &definition.arguments,
            &field.arguments,
            self.variables,
        );
        let resolved = match arguments {
            Err(error) => Resolved::Error(error),
            Ok(arguments) => match (object, &*field.name) {
                (Object::Meta(meta), _) => meta.field(self.schema, definition, &arguments),
                (_, "__schema") => Resolved::Object(Object::Meta(Meta::Schema)),
                (_, "__type") => introspection::by_name(self.schema, &arguments),
                (Object::Mock(mock), _) => self.mock.resolve(&FieldRequest {
                    schema: self.schema,
                    object: mock,
                    definition,
                    arguments: &arguments,
                    operation: self.operation.kind,
                    now: self.now,
                }),
            },
        };
        self.complete(&definition.ty, fields, resolved)
    }

    /// Null stays inside the next type that may be null.
    fn complete(
        &mut self,
        ty: &'e Type,
        fields: &[&'e Field],
        resolved: Resolved<'e>,
    ) -> Result<Json, Nulled> {
        let Type::NonNull(inner) = ty else {
            let completed = self.nullable(ty, fields, resolved);
            return match self.overrun {
                Some(_) => Err(Nulled),
                None => Ok(completed.unwrap_or(Json::Null)),
            };
        };
        match self.nullable(inner, fields, resolved)? {
            Json::Null => {
                let name = &fields[0].name;
                let message = format!("Cannot return null for non-nullable field {name}.");
                Err(self.fail(GraphQlError::new(message), fields))
            }
            value => Ok(value),
        }
    }

    fn nullable(
        &mut self,
        ty: &'e Type,
        fields: &[&'e Field],
        resolved: Resolved<'e>,
    ) -> Result<Json, Nulled> {
        match (resolved, ty) {
            (Resolved::Error(error), _) => Err(self.fail(error, fields)),
            (Resolved::Null | Resolved::Leaf(Json::Null), _) => self.counted(Json::Null),
            (Resolved::List(items), Type::List(inner)) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    self.path.push(PathSegment::Index(index));
                    let item = self.complete(inner, fields, item);
                    self.path.pop();
                    list.push(item?);
                }
                Ok(Json::Array(list))
            }
            (Resolved::Object(object), Type::Named(_)) => {
                self.count(2)?;
                let sets: Vec<&[Selection]> = fields
                    .iter()
                    .map(|field| field.selections.as_slice())
                    .collect();
                self.object(&object, &sets).map(Json::Object)
            }
            (Resolved::Leaf(value), Type::Named(named)) => {
                match leaf(self.schema, &named.name, &value) {
                    Ok(value) => self.counted(value),
                    Err(message) => Err(self.fail(GraphQlError::new(message), fields)),
                }
            }
            (_, ty) => {
                let message = format!("The value is not of the type \"{ty}\".");
                Err(self.fail(GraphQlError::new(message), fields))
            }
        }
    }

    fn counted(&mut self, value: Json) -> Result<Json, Nulled> {
        let bytes = match &value {
            Json::String(text) => text.len() + 2,
            Json::Array(_) | Json::Object(_) => value.to_string().len(),
            _ => 5,
        };
        self.count(bytes)?;
        Ok(value)
    }

    fn count(&mut self, bytes: usize) -> Result<(), Nulled> {
        self.values += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        let (what, most, code) = if self.values > self.limits.values {
            ("values", self.limits.values, "QUERY_TOO_COMPLEX")
        } else if self.bytes > self.limits.response_bytes {
            ("bytes", self.limits.response_bytes, "RESPONSE_TOO_LARGE")
        } else {
            return Ok(());
        };
        self.overrun.get_or_insert_with(|| {
            GraphQlError::new(format!(
                "The response has more than {most} {what}: ask for fewer fields or shorter lists, or raise the limit."
            ))
            .at(self.operation.at)
            .with_code(code)
        });
        Err(Nulled)
    }

    fn fail(&mut self, mut error: GraphQlError, fields: &[&Field]) -> Nulled {
        if error.locations.is_empty() {
            error.locations = fields.iter().map(|field| field.at).collect();
        }
        error.path.clone_from(&self.path);
        if self.errors.len() < self.limits.errors {
            self.errors.push(error);
        }
        Nulled
    }
}

/// A leaf as its type gives it out.
fn leaf(schema: &Schema, ty: &str, value: &Json) -> Result<Json, String> {
    match schema.ty(ty).map(|ty| &ty.kind) {
        Some(TypeKind::Enum(values)) => {
            let is_known = value.as_str().is_some_and(|name| values.contains_key(name));
            is_known
                .then(|| value.clone())
                .ok_or_else(|| format!("Enum \"{ty}\" cannot represent value: {value}"))
        }
        Some(TypeKind::Scalar) => scalar::serialize(ty, value),
        _ => Err(format!(
            "Expected an object of type \"{ty}\", found {value}."
        )),
    }
}
