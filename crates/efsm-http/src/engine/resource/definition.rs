//! The definition of a resource in a stub.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::table::Table;
use super::{ResourceError, Target};
use crate::engine::document::Place;
use crate::error::DocumentError;

/// Where a resource is served, and what its objects are like.
#[derive(Clone, Debug)]
pub struct ResourceDefinition {
    /// Without a slash or `**` at the end.
    pub(crate) base: Arc<str>,
    /// Whether every collection below the base is served.
    pub(crate) is_deep: bool,
    pub(crate) id_field: String,
    pub(crate) id_type: IdType,
    seed: Map<String, Value>,
}

/// How many segments at the beginning name no collection but a version of the API: `v1`, `api/v2`.
fn versions(below: &str) -> usize {
    let is_version = |segment: &&str| {
        let number = segment.strip_prefix('v').unwrap_or("");
        *segment == "api"
            || (number.starts_with(|c: char| c.is_ascii_digit())
                && number.chars().all(|c| c.is_ascii_digit() || c == '.'))
    };
    below.split('/').take_while(is_version).count()
}

/// What new ids look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdType {
    /// One more than the greatest so far.
    #[default]
    Integer,
    Uuid,
}

impl ResourceDefinition {
    pub(crate) fn parse(place: &Place<'_>) -> Result<Self, DocumentError> {
        let object = place
            .value
            .as_object()
            .ok_or_else(|| place.error("`resource` must be an object with a `path`"))?;
        let mut definition = Self {
            base: "".into(),
            is_deep: false,
            id_field: "id".to_owned(),
            id_type: IdType::Integer,
            seed: Map::new(),
        };
        let mut has_path = false;
        let mut seed = None;
        for (name, value) in object {
            let field = place.field(name, value);
            match name.as_str() {
                "path" => {
                    let path = field.text()?;
                    if !path.starts_with('/') {
                        return Err(field.error("the path must start with a slash"));
                    }
                    let base = path.strip_suffix("/**");
                    definition.is_deep = base.is_some();
                    definition.base = base.unwrap_or(&path).trim_end_matches('/').into();
                    has_path = true;
                }
                "idField" => definition.id_field = field.text()?,
                "idType" => {
                    definition.id_type = match field.text()?.as_str() {
                        "integer" => IdType::Integer,
                        "uuid" => IdType::Uuid,
                        other => {
                            return Err(
                                field.error(format!("{other:?} is neither integer nor uuid"))
                            );
                        }
                    };
                }
                "seed" => seed = Some(value),
                _ => {
                    return Err(field.error(format!(
                        "`{name}` is unknown: a resource has path, seed, idField and idType"
                    )));
                }
            }
        }
        if !has_path {
            return Err(place.error("`path` is missing: it says where the resource is served"));
        }
        if let Some(seed) = seed {
            definition.seed(&place.field("seed", seed))?;
        }
        Ok(definition)
    }

    /// Every collection, under its own path; they begin empty.
    pub(crate) fn deep(id_field: &str, id_type: IdType) -> Self {
        Self {
            base: "".into(),
            is_deep: true,
            id_field: id_field.to_owned(),
            id_type,
            seed: Map::new(),
        }
    }

    /// A list is the seed of the collection, an object one list for each collection below the base.
    fn seed(&mut self, place: &Place<'_>) -> Result<(), DocumentError> {
        let lists = match place.value {
            Value::Array(_) if !self.is_deep => {
                Map::from_iter([(String::new(), place.value.clone())])
            }
            Value::Object(lists) if self.is_deep => lists.clone(),
            _ if self.is_deep => {
                return Err(place.error(
                    "the seed of a path that ends in /** is an object of lists by collection",
                ));
            }
            _ => return Err(place.error("the seed is a list of objects")),
        };
        for (name, list) in &lists {
            let list_place = place.field(name, list);
            let here = if self.is_deep { &list_place } else { place };
            let items = list
                .as_array()
                .ok_or_else(|| here.error("the seed is a list of objects"))?;
            if let Some(index) = items.iter().position(|item| !item.is_object()) {
                return Err(here
                    .item(index, &items[index])
                    .error("a resource holds objects only"));
            }
        }
        self.seed = lists;
        Ok(())
    }

    /// Where a raw path leads; `None` when it is not this resource's.
    pub fn target<'p>(&self, path: &'p str) -> Option<Target<'p>> {
        let below = path.strip_prefix(&*self.base)?;
        if !(below.is_empty() || below.starts_with('/')) {
            return None;
        }
        let below = below.strip_prefix('/').unwrap_or(below);
        let below = below.strip_suffix('/').unwrap_or(below);
        if !below.is_empty() && below.split('/').any(str::is_empty) {
            return None;
        }
        let segments = if below.is_empty() {
            0
        } else {
            below.split('/').count()
        };
        if self.is_deep {
            return match segments - versions(below) {
                0 => None,
                odd if odd % 2 == 1 => Some(Target {
                    collection: below,
                    id: None,
                }),
                _ => {
                    let (collection, id) = below.rsplit_once('/')?;
                    Some(Target {
                        collection,
                        id: Some(id),
                    })
                }
            };
        }
        match segments {
            0 => Some(Target {
                collection: "",
                id: None,
            }),
            1 => Some(Target {
                collection: "",
                id: Some(below),
            }),
            _ => None,
        }
    }

    /// The path templates under which an index finds the resource.
    pub(crate) fn templates(&self) -> Vec<String> {
        let base = &self.base;
        if self.is_deep {
            vec![format!("{base}/**")]
        } else {
            vec![base.to_string(), format!("{base}/{{id}}")]
        }
    }

    /// The name by which a collection is kept and spoken of.
    pub(super) fn table_name(&self, collection: &str) -> String {
        if collection.is_empty() {
            self.base.rsplit('/').next().unwrap_or_default().to_owned()
        } else {
            collection.to_owned()
        }
    }

    /// A collection as its seed has it.
    pub(super) fn seeded(&self, name: &str) -> Table {
        let key = if self.is_deep { name } else { "" };
        let mut table = Table::default();
        let items = self.seed.get(key).and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            if let Value::Object(object) = item {
                // Two seeds with one id: the later one is what a real API would hold after both writes.
                let added = table.create(name, object.clone(), self, || name.to_owned());
                if let Err(ResourceError::Conflict { id, .. }) = added {
                    table.replace(&id, object.clone(), self);
                }
            }
        }
        table
    }
}
