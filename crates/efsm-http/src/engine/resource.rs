//! Stateful resources: collections of JSON objects that behave like a real CRUD API.
//!
//! An extension of the stub language:
//!
//! ```json
//! {"resource": {"path": "/users", "seed": [{"id": 1, "name": "Ada"}], "idField": "id", "idType": "integer"}}
//! ```
//!
//! A path that ends in `/**` serves every collection below it: `/v1/**` has `/v1/users`, `/v1/users/7`,
//! `/v1/users/7/orders`, and so on, each made by the first write to it.

mod definition;
mod query;
mod table;

use std::sync::Arc;

use imbl::OrdMap;
use serde_json::Value;

pub use self::definition::{IdType, ResourceDefinition};
pub use self::query::{ListQuery, Page};
pub use self::table::{Item, Table};

/// The data of one resource stub: a table for each collection that was touched.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    tables: OrdMap<Arc<str>, Table>,
}

/// What a request wants of a resource.
#[derive(Debug)]
pub enum Operation<'a> {
    List(ListQuery),
    Create(&'a [u8]),
    Read,
    Replace(&'a [u8]),
    /// JSON Merge Patch (RFC 7396).
    Merge(&'a [u8]),
    Delete,
}

/// The ETags that a request asks for (RFC 9110 section 13.1); `*` is any that exists.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions<'a> {
    pub if_match: Option<&'a str>,
    pub if_none_match: Option<&'a str>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    List(Page),
    Created(Item),
    Item(Item),
    Deleted,
    NotModified { version: u64 },
}

/// Why an operation was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    #[error("there is no {collection} with the id {id}")]
    NotFound { collection: String, id: String },
    #[error("the id {id} is taken in {collection}: leave it out, or replace the object with PUT")]
    Conflict { collection: String, id: String },
    #[error("the body cannot be taken: {reason}")]
    BadBody { reason: String },
    #[error("the object was changed since: read it again")]
    PreconditionFailed,
    #[error("{collection} is full: it holds {limit} objects")]
    Full { collection: String, limit: usize },
    #[error(transparent)]
    OutOfMemory(#[from] efsm_core::OutOfMemory),
}

/// Where a path leads: a collection, or an object in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'p> {
    /// The collection's path below the resource's.
    pub collection: &'p str,
    pub id: Option<&'p str>,
}

impl Collection {
    /// About how many bytes its objects hold.
    pub fn size_bytes(&self) -> u64 {
        self.tables.values().map(Table::size_bytes).sum()
    }

    /// Applies one operation.
    pub fn apply(
        &mut self,
        definition: &ResourceDefinition,
        target: Target<'_>,
        operation: &Operation<'_>,
        conditions: Conditions<'_>,
        new_uuid: impl FnOnce() -> String,
    ) -> Result<Outcome, ResourceError> {
        let name = definition.table_name(target.collection);
        let mut table = self
            .tables
            .get(name.as_str())
            .cloned()
            .unwrap_or_else(|| definition.seeded(&name));
        let outcome = match (operation, target.id) {
            (Operation::List(query), _) => {
                if conditions.matches_none(table.version()) {
                    return Ok(Outcome::NotModified {
                        version: table.version(),
                    });
                }
                return Ok(Outcome::List(table.list(query)));
            }
            (Operation::Create(body), _) => {
                table.create(&name, object(body)?, definition, new_uuid)?
            }
            (_, None) => {
                return Err(ResourceError::NotFound {
                    collection: name,
                    id: String::new(),
                });
            }
            (operation, Some(id)) => {
                let item = table.get(id).ok_or_else(|| ResourceError::NotFound {
                    collection: name.clone(),
                    id: id.to_owned(),
                })?;
                if !conditions.hold(item.version) {
                    return Err(ResourceError::PreconditionFailed);
                }
                match operation {
                    Operation::Replace(body) => table.replace(id, object(body)?, definition),
                    Operation::Merge(body) => table.merge(id, &object(body)?, definition),
                    Operation::Delete => {
                        table.remove(id);
                        Outcome::Deleted
                    }
                    _ if conditions.matches_none(item.version) => {
                        return Ok(Outcome::NotModified {
                            version: item.version,
                        });
                    }
                    _ => return Ok(Outcome::Item(item.clone())),
                }
            }
        };
        self.tables.insert(name.into(), table);
        Ok(outcome)
    }
}

impl Conditions<'_> {
    fn hold(&self, version: u64) -> bool {
        self.if_match.is_none_or(|tags| names(tags, version))
    }

    fn matches_none(&self, version: u64) -> bool {
        self.if_none_match.is_some_and(|tags| names(tags, version))
    }
}

/// Whether a list of ETags names this version.
fn names(tags: &str, version: u64) -> bool {
    let wanted = format!("\"{version}\"");
    tags.split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == wanted)
}

fn object(body: &[u8]) -> Result<serde_json::Map<String, Value>, ResourceError> {
    let bad = |reason: String| ResourceError::BadBody { reason };
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(bad("it must be a JSON object".to_owned())),
        Err(error) => Err(bad(format!("it is not JSON: {error}"))),
    }
}

#[cfg(test)]
mod tests;
