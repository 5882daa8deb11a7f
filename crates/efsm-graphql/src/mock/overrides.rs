//! What the user says instead of chance.

use std::collections::HashMap;
use std::sync::Arc;

use efsm_template::{Env, Model, RenderLimits, Template, Value as TemplateValue};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::error::GraphQlError;
use crate::execute::Resolved;
use crate::schema::{Schema, TypeDefinition, TypeKind, did_you_mean, near};
use crate::syntax::ast::Type;

use super::{Mock, Place};

/// An override that cannot be taken, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("override {key:?}: {reason}")]
pub struct OverrideError {
    pub key: String,
    pub reason: String,
}

pub(super) type Given = IndexMap<String, Override>;

#[derive(Debug)]
pub(super) enum Override {
    /// A leaf as it is.
    Value(Json),
    Template(Template),
    List(Vec<Override>),
    /// Some of an object's fields, and the whole as it was written for custom scalars.
    Object(Arc<Given>, Json),
    /// `{"$error": "message"}`, or with `message` and `extensions`.
    Error(GraphQlError),
    /// `{"$length": 3, "$of": ..}`.
    Length(usize, Option<Box<Override>>),
    /// `{"$oneOf": [..]}`.
    OneOf(Vec<Override>),
}

#[derive(Debug, Default)]
pub(super) struct Overrides {
    types: HashMap<String, Given>,
    leaves: HashMap<String, Override>,
}

/// A list may not be longer than what a response can hold anyway.
const LONGEST_LIST: u64 = 100_000;

impl Overrides {
    pub(super) fn compile(
        schema: &Schema,
        overrides: &Map<String, Json>,
    ) -> Result<Self, OverrideError> {
        let mut compiled = Self::default();
        for (key, value) in overrides {
            let fail = |reason: String| OverrideError {
                key: key.clone(),
                reason,
            };
            let (name, field) = match key.split_once('.') {
                Some((name, field)) => (name, Some(field)),
                None => (key.as_str(), None),
            };
            let ty = schema.ty(name).ok_or_else(|| {
                let names = schema.types().map(|ty| &*ty.name);
                let hint = did_you_mean(&near(name, names.filter(|name| !name.starts_with("__"))));
                fail(format!("the schema has no type \"{name}\".{hint}"))
            })?;
            match (&ty.kind, field, value) {
                (TypeKind::Object(_) | TypeKind::Interface(_), Some(field), value) => {
                    check_field(ty, field).map_err(fail)?;
                    let value = compile(value).map_err(fail)?;
                    let fields = compiled.types.entry(name.to_owned()).or_default();
                    fields.insert(field.to_owned(), value);
                }
                (TypeKind::Object(_) | TypeKind::Interface(_), None, Json::Object(fields)) => {
                    for (field, value) in fields {
                        check_field(ty, field).map_err(fail)?;
                        let value = compile(value).map_err(fail)?;
                        // What is said of the field alone is nearer, wherever it stands.
                        let fields = compiled.types.entry(name.to_owned()).or_default();
                        fields.entry(field.clone()).or_insert(value);
                    }
                }
                (TypeKind::Scalar | TypeKind::Enum(_), None, value) => {
                    let value = compile(value).map_err(fail)?;
                    compiled.leaves.insert(name.to_owned(), value);
                }
                (TypeKind::Object(_) | TypeKind::Interface(_), None, _) => {
                    return Err(fail("an object with the type's fields is expected".into()));
                }
                _ => {
                    return Err(fail(
                        "use Type.field or a type's name; unions and input objects have no fields of their own"
                            .into(),
                    ));
                }
            }
        }
        Ok(compiled)
    }

    /// What is said of a field: by its own type, then by an interface of it.
    pub(super) fn field(&self, ty: &TypeDefinition, field: &str) -> Option<&Override> {
        if self.types.is_empty() {
            return None;
        }
        let own = self
            .types
            .get(&*ty.name)
            .and_then(|fields| fields.get(field));
        own.or_else(|| {
            let interfaces = &ty.composite()?.interfaces;
            interfaces
                .iter()
                .find_map(|interface| self.types.get(&*interface.name)?.get(field))
        })
    }

    pub(super) fn leaf(&self, ty: &str) -> Option<&Override> {
        self.leaves.get(ty)
    }
}

fn check_field(ty: &TypeDefinition, field: &str) -> Result<(), String> {
    if ty.field(field).is_some() {
        return Ok(());
    }
    let fields = ty
        .composite()
        .into_iter()
        .flat_map(|composite| composite.fields.keys());
    let hint = did_you_mean(&near(field, fields.map(|name| &**name)));
    Err(format!(
        "type \"{}\" has no field \"{field}\".{hint}",
        ty.name
    ))
}

fn compile(value: &Json) -> Result<Override, String> {
    Ok(match value {
        Json::String(text) if text.contains("{{") => {
            let template = Template::compile(text).map_err(|e| format!("bad template: {e}"))?;
            Override::Template(template)
        }
        Json::Array(items) => Override::List(items.iter().map(compile).collect::<Result<_, _>>()?),
        Json::Object(fields) => {
            if let Some(error) = fields.get("$error") {
                return Ok(Override::Error(compile_error(error)?));
            }
            if let Some(length) = fields.get("$length") {
                let length = length.as_u64().filter(|length| *length <= LONGEST_LIST);
                let length = length
                    .ok_or_else(|| format!("$length must be a number up to {LONGEST_LIST}"))?;
                let of = fields.get("$of").map(compile).transpose()?;
                return Ok(Override::Length(length as usize, of.map(Box::new)));
            }
            if let Some(choices) = fields.get("$oneOf") {
                let choices = choices.as_array().filter(|choices| !choices.is_empty());
                let choices = choices.ok_or("$oneOf must be a list of values, at least one")?;
                return Ok(Override::OneOf(
                    choices.iter().map(compile).collect::<Result<_, _>>()?,
                ));
            }
            if let Some(unknown) = fields.keys().find(|key| key.starts_with('$')) {
                return Err(format!("{unknown} is none of $error, $length, $oneOf"));
            }
            let compiled = fields
                .iter()
                .map(|(name, value)| Ok((name.clone(), compile(value)?)));
            Override::Object(
                Arc::new(compiled.collect::<Result<_, String>>()?),
                value.clone(),
            )
        }
        leaf => Override::Value(leaf.clone()),
    })
}

fn compile_error(error: &Json) -> Result<GraphQlError, String> {
    if let Some(message) = error.as_str() {
        return Ok(GraphQlError::new(message));
    }
    let message = error.get("message").and_then(Json::as_str);
    let message = message.ok_or("$error must be a message, or an object with a message")?;
    let mut compiled = GraphQlError::new(message);
    if let Some(extensions) = error.get("extensions").and_then(Json::as_object) {
        compiled.extensions.clone_from(extensions);
    }
    Ok(compiled)
}

/// A value of a client or an event: nothing in it is a template or a command.
pub(super) fn plain(value: &Json) -> Override {
    match value {
        Json::Array(items) => Override::List(items.iter().map(plain).collect()),
        Json::Object(fields) => Override::Object(Arc::new(plain_fields(fields)), value.clone()),
        leaf => Override::Value(leaf.clone()),
    }
}

pub(super) fn plain_fields(fields: &Map<String, Json>) -> Given {
    fields
        .iter()
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect()
}

impl Mock {
    /// The value that an override says, with chance where it says nothing.
    pub(super) fn explicit<'s>(
        &self,
        ty: &'s Type,
        value: &Override,
        place: Place<'_, 's>,
    ) -> Resolved<'s> {
        match value {
            Override::Value(Json::Null) => Resolved::Null,
            Override::Value(leaf) => Resolved::Leaf(leaf.clone()),
            Override::Error(error) => Resolved::Error(error.clone()),
            Override::Template(template) => match render(template, &place) {
                Ok(text) => Resolved::Leaf(text.into()),
                Err(reason) => Resolved::Error(GraphQlError::new(format!(
                    "the template of this override failed: {reason}"
                ))),
            },
            Override::OneOf(choices) => {
                let mut random = place.random.child("choice");
                let choice = random.below(choices.len() as u64) as usize;
                self.explicit(ty, &choices[choice], place)
            }
            Override::List(items) => match ty.item() {
                Some(item) => {
                    let items = items.iter().enumerate();
                    let items =
                        items.map(|(index, value)| self.explicit(item, value, place.item(index)));
                    Resolved::List(items.collect())
                }
                // A list may be a value of a custom scalar.
                None => Resolved::Leaf(items.iter().map(written).collect()),
            },
            Override::Length(length, of) => match ty.item() {
                Some(item) => {
                    let items = (0..*length).map(|index| match of {
                        Some(of) => self.explicit(item, of, place.item(index)),
                        None => self.make(item, place.item(index)),
                    });
                    Resolved::List(items.collect())
                }
                None => Resolved::Error(GraphQlError::new(
                    "$length stands for a list, and this field is none",
                )),
            },
            Override::Object(given, json) => {
                let inner = place.request.schema.inner(ty);
                if ty.item().is_some() || !inner.is_composite() {
                    return Resolved::Leaf(json.clone());
                }
                self.object(inner, Some(given.clone()), place)
            }
        }
    }
}

/// The value as it was written; templates and commands inside a custom scalar's value stay text.
fn written(value: &Override) -> Json {
    match value {
        Override::Value(json) | Override::Object(_, json) => json.clone(),
        Override::List(items) => items.iter().map(written).collect(),
        Override::OneOf(choices) => choices.first().map_or(Json::Null, written),
        Override::Template(_) | Override::Error(_) | Override::Length(..) => Json::Null,
    }
}

/// What a template may ask for beside its model.
struct World {
    now: Timestamp,
    random: std::cell::RefCell<efsm_generate::Random>,
}

impl Env for World {
    fn now(&self) -> jiff::Zoned {
        self.now.to_zoned(jiff::tz::TimeZone::UTC)
    }

    fn random_u64(&self) -> u64 {
        self.random.borrow_mut().below(u64::MAX)
    }
}

fn render(template: &Template, place: &Place<'_, '_>) -> Result<String, String> {
    let request = place.request;
    let json = |json: &Json| TemplateValue::from_json(json, true).map_err(|e| e.to_string());
    let scope = place.scope();
    let arguments = json(&Json::Object(scope.arguments))?;
    let object = request.object;
    let mut parent = Map::new();
    parent.insert("__typename".into(), object.ty.name.to_string().into());
    if let Some(id) = &object.id {
        parent.insert("id".into(), id.clone());
    }
    let index = TemplateValue::from(scope.index.unwrap_or_default() as i64);
    let model = Model::new([
        ("args", arguments),
        ("parent", json(&Json::Object(parent))?),
        ("field", TemplateValue::from(&*request.definition.name.name)),
        ("index", index),
    ]);
    let world = World {
        now: request.now,
        random: std::cell::RefCell::new(place.random.child("template")),
    };
    let limits = RenderLimits {
        max_output_bytes: 1 << 20,
        ..RenderLimits::default()
    };
    template
        .render(&model, &world, &limits)
        .map_err(|e| e.to_string())
}
