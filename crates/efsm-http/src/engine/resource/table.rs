//! One collection: objects in the order in which they were made.

use std::sync::Arc;

use imbl::{HashMap, OrdMap};
use serde_json::{Map, Value};

use super::{IdType, ListQuery, Outcome, Page, ResourceDefinition, ResourceError};

/// What one collection may hold: a runaway test ends here, not in the machine's memory.
const MAX_ITEMS: usize = 1_000_000;

#[derive(Clone, Debug, Default)]
pub struct Table {
    items: OrdMap<u64, Item>,
    ids: HashMap<Arc<str>, u64>,
    /// Counts changes; gives versions to objects and to the collection.
    changes: u64,
    added: u64,
    greatest_id: i64,
    size_bytes: u64,
}

/// An object and the version that its ETag names.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub id: Arc<str>,
    pub value: Arc<Value>,
    pub version: u64,
    size_bytes: u64,
}

impl Table {
    pub(super) fn version(&self) -> u64 {
        self.changes
    }

    /// About how many bytes its objects hold.
    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    pub(super) fn get(&self, id: &str) -> Option<&Item> {
        self.items.get(self.ids.get(id)?)
    }

    pub(super) fn list(&self, query: &ListQuery) -> Page {
        query.apply(self.items.values().map(|item| &item.value), self.changes)
    }

    pub(super) fn create(
        &mut self,
        name: &str,
        mut object: Map<String, Value>,
        definition: &ResourceDefinition,
        new_uuid: impl FnOnce() -> String,
    ) -> Result<Outcome, ResourceError> {
        if self.items.len() >= MAX_ITEMS {
            return Err(ResourceError::Full {
                collection: name.to_owned(),
                limit: MAX_ITEMS,
            });
        }
        let given = object.get(&definition.id_field).and_then(id_text);
        let id = match given {
            Some(id) if self.ids.contains_key(id.as_str()) => {
                return Err(ResourceError::Conflict {
                    collection: name.to_owned(),
                    id,
                });
            }
            Some(id) => id,
            None => {
                let id = match definition.id_type {
                    IdType::Integer => Value::from(self.greatest_id + 1),
                    IdType::Uuid => Value::from(new_uuid()),
                };
                let text = id_text(&id).unwrap_or_default();
                object = with_first(object, &definition.id_field, id);
                text
            }
        };
        if let Some(number) = object.get(&definition.id_field).and_then(Value::as_i64) {
            self.greatest_id = self.greatest_id.max(number);
        }
        self.added += 1;
        self.ids.insert(id.as_str().into(), self.added);
        Ok(Outcome::Created(self.put(self.added, &id, object)))
    }

    pub(super) fn replace(
        &mut self,
        id: &str,
        object: Map<String, Value>,
        definition: &ResourceDefinition,
    ) -> Outcome {
        let Some(place) = self.ids.get(id).copied() else {
            return Outcome::Deleted;
        };
        let object = self.keeping_id(place, object, definition);
        Outcome::Item(self.put(place, id, object))
    }

    pub(super) fn merge(
        &mut self,
        id: &str,
        patch: &Map<String, Value>,
        definition: &ResourceDefinition,
    ) -> Outcome {
        let Some(place) = self.ids.get(id).copied() else {
            return Outcome::Deleted;
        };
        let mut value = self
            .items
            .get(&place)
            .map_or(Value::Null, |item| (*item.value).clone());
        merge_patch(&mut value, patch);
        let object = match value {
            Value::Object(object) => self.keeping_id(place, object, definition),
            _ => Map::new(),
        };
        Outcome::Item(self.put(place, id, object))
    }

    pub(super) fn remove(&mut self, id: &str) {
        if let Some(place) = self.ids.remove(id) {
            if let Some(item) = self.items.remove(&place) {
                self.size_bytes -= item.size_bytes;
            }
            self.changes += 1;
        }
    }

    /// An object keeps the id under which it is found, whatever a body says.
    fn keeping_id(
        &self,
        place: u64,
        mut object: Map<String, Value>,
        definition: &ResourceDefinition,
    ) -> Map<String, Value> {
        let field = &definition.id_field;
        let held = self
            .items
            .get(&place)
            .and_then(|item| item.value.get(field))
            .cloned();
        let Some(held) = held else { return object };
        match object.get_mut(field) {
            Some(given) => {
                *given = held;
                object
            }
            None => with_first(object, field, held),
        }
    }

    fn put(&mut self, place: u64, id: &str, object: Map<String, Value>) -> Item {
        self.changes += 1;
        let value = Value::Object(object);
        let item = Item {
            id: id.into(),
            size_bytes: value_bytes(&value),
            value: Arc::new(value),
            version: self.changes,
        };
        self.size_bytes += item.size_bytes;
        if let Some(before) = self.items.insert(place, item.clone()) {
            self.size_bytes -= before.size_bytes;
        }
        item
    }
}

fn with_first(object: Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    let rest = object.into_iter().filter(|(key, _)| key != name);
    std::iter::once((name.to_owned(), value))
        .chain(rest)
        .collect()
}

/// An id as it stands in a path; `None` for what is none.
fn id_text(id: &Value) -> Option<String> {
    match id {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// About what a value takes in memory: a rough figure is enough to bound it.
fn value_bytes(value: &Value) -> u64 {
    32 + match value {
        Value::String(text) => text.len() as u64,
        Value::Array(items) => items.iter().map(value_bytes).sum(),
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| 32 + name.len() as u64 + value_bytes(value))
            .sum(),
        _ => 0,
    }
}

/// RFC 7396: null removes, objects merge, all else replaces.
fn merge_patch(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(object) = target else {
        return;
    };
    for (name, value) in patch {
        match value {
            Value::Null => {
                object.shift_remove(name);
            }
            Value::Object(inner) => {
                merge_patch(object.entry(name.clone()).or_insert(Value::Null), inner);
            }
            _ => {
                object.insert(name.clone(), value.clone());
            }
        }
    }
}
