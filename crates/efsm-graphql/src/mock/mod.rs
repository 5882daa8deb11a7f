//! Resolvers that make data up: the same query with the same arguments gives the same data, whatever was asked
//! before.
//!
//! Where a field's value comes from, first match first:
//!
//! 1. the data that an override or a pushed event gives for this very object;
//! 2. the overrides, by `Type.field`, by an interface's field, or by the scalar or enum type;
//! 3. what the client sent: an object fetched by its id has that id, a mutation's result has its input;
//! 4. conventions: a page's length is what was asked for, and it has no next page;
//! 5. chance, drawn from the seed and the place, led by the field's name.

mod convention;
mod echo;
mod leaf;
mod make;
mod overrides;

use std::sync::Arc;

use efsm_generate::Random;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::execute::Resolved;
use crate::schema::{Schema, TypeDefinition};
use crate::syntax::ast::{FieldDefinition, OperationKind};

pub use overrides::OverrideError;
use overrides::{Given, Overrides};

/// How data is made up.
#[derive(Clone, Debug, PartialEq)]
pub struct MockOptions {
    pub seed: u64,
    /// The fewest and the most items of a list of which nothing else is known.
    pub list_length: (usize, usize),
    /// `{"User": {"name": "Ada"}, "Query.user": {..}, "DateTime": ".."}`.
    pub overrides: Map<String, Json>,
}

impl MockOptions {
    /// The seed that a text stands for; digits are their number.
    pub fn seed_of(text: &str) -> u64 {
        Random::from_text(text).seed()
    }
}

impl Default for MockOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            list_length: (2, 4),
            overrides: Map::new(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Mock {
    random: Random,
    list_length: (usize, usize),
    overrides: Overrides,
}

/// An object that was made up: who it is, and what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct MockObject<'s> {
    ty: &'s TypeDefinition,
    random: Random,
    id: Option<Json>,
    given: Option<Arc<Given>>,
    /// What templates in `given` see.
    scope: Option<Arc<Scope>>,
    echo: Option<Arc<Map<String, Json>>>,
    /// How many items its lists have, when the field that led here was asked for a number.
    length: Option<usize>,
    role: Role,
}

/// What an object is to the objects below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Where an operation begins.
    Root,
    Plain,
    /// A page, an edge or the result of a mutation: what the client sent is about the objects below.
    Carrier,
}

impl<'s> MockObject<'s> {
    pub(crate) fn ty(&self) -> &'s TypeDefinition {
        self.ty
    }
}

/// The field for which an override was written: templates in it are about that field.
#[derive(Clone, Debug)]
struct Scope {
    arguments: Map<String, Json>,
    index: Option<usize>,
}

/// One field to be resolved.
pub(crate) struct Request<'r, 's> {
    pub(crate) schema: &'s Schema,
    pub(crate) object: &'r MockObject<'s>,
    pub(crate) definition: &'s FieldDefinition,
    pub(crate) arguments: &'r Map<String, Json>,
    pub(crate) operation: OperationKind,
    pub(crate) now: Timestamp,
}

/// A place for a value: whose field it is, and where its chance comes from.
struct Place<'r, 's> {
    request: &'r Request<'r, 's>,
    random: Random,
    /// Where it is in a list.
    index: Option<usize>,
    scope: Option<Arc<Scope>>,
    /// What the client sent about it.
    echo: Option<Arc<Map<String, Json>>>,
    length: Option<usize>,
    role: Role,
}

impl Mock {
    pub(crate) fn new(schema: &Schema, options: &MockOptions) -> Result<Self, OverrideError> {
        let (least, most) = options.list_length;
        Ok(Self {
            random: Random::new(options.seed),
            list_length: (least, most.max(least)),
            overrides: Overrides::compile(schema, &options.overrides)?,
        })
    }

    /// The object at which an operation begins; `event` counts those of a subscription.
    pub(crate) fn root<'s>(
        &self,
        ty: &'s TypeDefinition,
        event: Option<u64>,
        given: Option<&Map<String, Json>>,
    ) -> MockObject<'s> {
        let random = self.random.child(&ty.name);
        MockObject {
            ty,
            random: event.map_or(random.clone(), |event| random.nth(event)),
            id: None,
            given: given.map(|given| Arc::new(overrides::plain_fields(given))),
            scope: None,
            echo: None,
            length: None,
            role: Role::Root,
        }
    }

    pub(crate) fn resolve<'s>(&self, request: &Request<'_, 's>) -> Resolved<'s> {
        let Request {
            schema,
            object,
            definition,
            ..
        } = request;
        let field = &*definition.name.name;
        let ty = &definition.ty;
        let mut place = Self::place(request);
        if let Some(given) = object.given.as_ref().and_then(|given| given.get(field)) {
            place.scope.clone_from(&object.scope);
            return self.explicit(ty, given, place);
        }
        if let Some(given) = self.overrides.field(object.ty, field) {
            return self.explicit(ty, given, place);
        }
        if field == "id"
            && let Some(id) = &object.id
        {
            return Resolved::Leaf(id.clone());
        }
        if let Some(value) = echo::of_field(schema, object, definition) {
            return self.explicit(ty, &overrides::plain(&value), place);
        }
        if let Some(value) = self.convention(request) {
            return value;
        }
        self.make(ty, place)
    }

    fn place<'r, 's>(request: &'r Request<'r, 's>) -> Place<'r, 's> {
        let Request {
            object,
            definition,
            arguments,
            ..
        } = request;
        let (label, continues) = convention::label(object, definition);
        let mut random = if continues {
            object.random.clone()
        } else {
            object.random.child(label)
        };
        if !arguments.is_empty() {
            random = random.child(&Json::Object((*arguments).clone()).to_string());
        }
        Place {
            request,
            random,
            index: None,
            scope: None,
            echo: echo::for_children(request),
            length: convention::length(arguments).or(match object.role {
                Role::Carrier => object.length,
                _ => None,
            }),
            role: Role::Plain,
        }
    }

    /// How many items a list has.
    fn length(&self, asked: Option<usize>, random: &Random) -> usize {
        let (least, most) = self.list_length;
        asked.unwrap_or_else(|| {
            let mut random = random.child("length");
            least + random.below((most - least) as u64 + 1) as usize
        })
    }
}
