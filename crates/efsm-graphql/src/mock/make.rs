//! Values by chance.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use efsm_generate::Random;
use serde_json::{Map, Value as Json};

use crate::execute::{Object, Resolved};
use crate::schema::{Schema, TypeDefinition, TypeKind};
use crate::syntax::ast::{Name, OperationKind, Type};

use super::overrides::{Given, Override};
use super::{Mock, MockObject, Place, Role, Scope, convention, echo, leaf};

impl Place<'_, '_> {
    /// What a template at this place sees.
    pub(super) fn scope(&self) -> Scope {
        let outer = self.scope.as_deref();
        let mut arguments = outer
            .map(|scope| scope.arguments.clone())
            .unwrap_or_default();
        let own = self.request.arguments.iter();
        arguments.extend(own.map(|(name, value)| (name.clone(), value.clone())));
        Scope {
            arguments,
            index: self.index.or(outer.and_then(|scope| scope.index)),
        }
    }

    /// The place of an item of the list here.
    pub(super) fn item(&self, index: usize) -> Self {
        Self {
            request: self.request,
            random: self.random.nth(index as u64),
            index: Some(index),
            scope: self.scope.clone(),
            echo: echo::of_item(self.echo.as_ref(), index),
            length: self.length,
            role: self.role,
        }
    }
}

impl Mock {
    pub(super) fn make<'s>(&self, ty: &'s Type, place: Place<'_, 's>) -> Resolved<'s> {
        match ty {
            Type::NonNull(inner) => self.make(inner, place),
            Type::List(inner) => {
                let asked = echo::ids(place.echo.as_ref())
                    .map(<[Json]>::len)
                    .or(place.length);
                let length = self.length(asked, &place.random);
                let items = (0..length).map(|index| self.make(inner, place.item(index)));
                Resolved::List(items.collect())
            }
            Type::Named(_) => {
                let definition = place.request.schema.inner(ty);
                if definition.is_leaf() {
                    self.leaf(ty, definition, place)
                } else {
                    self.object(definition, None, place)
                }
            }
        }
    }

    fn leaf<'s>(
        &self,
        ty: &'s Type,
        definition: &TypeDefinition,
        mut place: Place<'_, 's>,
    ) -> Resolved<'s> {
        if let Some(given) = self.overrides.leaf(&definition.name) {
            return self.explicit(ty, given, place);
        }
        let request = place.request;
        let value = match &definition.kind {
            TypeKind::Enum(values) => {
                let current: Vec<&Name> = values
                    .iter()
                    .filter(|(_, value)| value.directives.iter().all(|d| &*d.name != "deprecated"))
                    .map(|(name, _)| name)
                    .collect();
                let all: Vec<&Name> = values.keys().collect();
                let names = if current.is_empty() { all } else { current };
                let choice = place.random.below(names.len() as u64) as usize;
                Json::from(&*names[choice].clone())
            }
            _ => leaf::scalar(
                &definition.name,
                &request.definition.name.name,
                &request.object.ty.name,
                &mut place.random,
            ),
        };
        Resolved::Leaf(value)
    }

    /// An object of a type, of one of its possible types when it is abstract.
    pub(super) fn object<'s>(
        &self,
        ty: &'s TypeDefinition,
        given: Option<Arc<Given>>,
        place: Place<'_, 's>,
    ) -> Resolved<'s> {
        let request = place.request;
        let schema = request.schema;
        let Some(ty) = concrete(schema, ty, given.as_deref(), &place) else {
            return Resolved::Null;
        };
        let is_result = request.operation == OperationKind::Mutation
            && request.object.role == Role::Root
            && ty.field("id").is_none();
        let role = if is_result || convention::is_page(&ty.name) || convention::is_edge(&ty.name) {
            Role::Carrier
        } else {
            place.role
        };
        let id = self.id(ty, given.as_deref(), &place);
        let random = match &id {
            // The same object wherever it is met.
            Some(id) => self.random.child(&ty.name).child(&id.to_string()),
            None => place.random.clone(),
        };
        Resolved::Object(Object::Mock(Box::new(MockObject {
            ty,
            random,
            id,
            scope: given.as_ref().map(|_| Arc::new(place.scope())),
            given,
            echo: place.echo,
            length: place.length,
            role,
        })))
    }

    /// What the object is known by, if its type has an `id`.
    fn id(
        &self,
        ty: &TypeDefinition,
        given: Option<&Given>,
        place: &Place<'_, '_>,
    ) -> Option<Json> {
        let field = ty.field("id")?;
        if field.ty.item().is_some() || !field.arguments.is_empty() {
            return None;
        }
        if let Some(Override::Value(id)) = given.and_then(|given| given.get("id")) {
            return Some(id.clone());
        }
        let schema = place.request.schema;
        let scalar = &schema.inner(&field.ty).name;
        let sent = place.echo.as_deref().and_then(|echo| echo.get("id"));
        if let Some(id) = sent.filter(|id| echo::fits(schema, &field.ty, id)) {
            return Some(id.clone());
        }
        let mut random = place.random.child("id");
        if is_node(ty) && matches!(&**scalar, "ID") {
            return Some(global_id(&ty.name, &mut random));
        }
        Some(match self.overrides.leaf(scalar) {
            // An identity must differ from object to object, whatever is said of its type.
            Some(_) | None if matches!(&**scalar, "ID" | "String") => leaf::number_id(&mut random),
            _ => leaf::scalar(scalar, "id", &ty.name, &mut random),
        })
    }
}

/// Whether the type follows Relay's object identification.
fn is_node(ty: &TypeDefinition) -> bool {
    let interfaces = ty.composite().map(|composite| &composite.interfaces);
    interfaces.is_some_and(|interfaces| interfaces.iter().any(|i| &*i.name == "Node"))
}

/// An id that tells its type, as Relay's servers make them: `node(id:)` finds the type again.
fn global_id(ty: &str, random: &mut Random) -> Json {
    STANDARD
        .encode(format!("{ty}:{}", random.between(1, 999_999)))
        .into()
}

fn type_of_global_id(id: &Json) -> Option<String> {
    let bytes = STANDARD.decode(id.as_str()?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    Some(text.split_once(':')?.0.to_owned())
}

fn concrete<'s>(
    schema: &'s Schema,
    ty: &'s TypeDefinition,
    given: Option<&Given>,
    place: &Place<'_, '_>,
) -> Option<&'s TypeDefinition> {
    if ty.is_object() {
        return Some(ty);
    }
    let possible = schema.possible(ty);
    let named = |name: &str| {
        let is_possible = possible.iter().any(|possible| **possible == *name);
        is_possible.then(|| schema.ty(name)).flatten()
    };
    if let Some(Override::Value(name)) = given.and_then(|given| given.get("__typename"))
        && let Some(found) = name.as_str().and_then(named)
    {
        return Some(found);
    }
    let id = place
        .echo
        .as_deref()
        .and_then(|echo: &Map<_, _>| echo.get("id"));
    if let Some(found) = id.and_then(type_of_global_id).as_deref().and_then(named) {
        return Some(found);
    }
    // A mutation that fails is nothing to rely on: only an override says so.
    let is_mutation = place.request.operation == OperationKind::Mutation;
    let good: Vec<&Name> = possible
        .iter()
        .filter(|name| !is_mutation || !convention::is_failure(name))
        .collect();
    let all: Vec<&Name> = possible.iter().collect();
    let names = if good.is_empty() { all } else { good };
    let mut random = place.random.child("type");
    let choice = random.below(names.len() as u64) as usize;
    schema.ty(names.get(choice)?)
}
