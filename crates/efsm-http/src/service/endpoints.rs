//! Endpoints and stubs in process.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::HttpService;
use crate::engine::document::Place;
use crate::engine::index::Index;
use crate::engine::pattern::{MethodPattern, RequestPattern};
use crate::engine::reply::{Reply, Responder};
use crate::engine::request::LoggedRequest;
use crate::engine::stub::Stub;
use crate::error::HttpError;

/// A stub that was made for one method and path.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub id: Uuid,
    pub method: String,
    pub path: String,
    stub: Arc<Stub>,
}

impl Endpoint {
    /// The endpoint as a stub mapping.
    pub fn to_json(&self) -> Value {
        self.stub.json.clone()
    }

    pub fn status(&self) -> u16 {
        self.stub.response.status.fixed().as_u16()
    }
}

impl HttpService {
    /// Answers `method` (`ANY` for all) at `path` with `response`; what was there before goes.
    ///
    /// A path with a query matches path and query exactly, one with `{name}` is a template, and any other
    /// matches whatever the query.
    pub fn add_endpoint(
        &self,
        method: &str,
        path: &str,
        response: impl Into<Reply>,
    ) -> Result<Endpoint, HttpError> {
        let pattern = endpoint_pattern(method, path)?;
        let stub = Arc::new(Stub::new(
            self.new_id(),
            pattern,
            response.into().into_definition(),
        ));
        self.take_room(stub.size_bytes())?;
        self.edit(|state| {
            state.edit_stubs(|stubs| {
                if let Some(before) = endpoint_stub(stubs, &stub.pattern).map(|stub| stub.id) {
                    stubs.remove(&before);
                }
                stubs.insert(stub.clone());
            });
        });
        Ok(endpoint(stub))
    }

    /// Answers `method` at `path` with what `answer` returns. It runs on a thread that may block.
    pub fn respond_with(
        &self,
        method: &str,
        path: &str,
        answer: impl Fn(&LoggedRequest) -> Reply + Send + Sync + 'static,
    ) -> Result<Endpoint, HttpError> {
        self.add_endpoint(method, path, Responder::new(answer))
    }

    /// The endpoint that was added for this very method and path.
    pub fn get_endpoint(&self, method: &str, path: &str) -> Option<Endpoint> {
        let pattern = endpoint_pattern(method, path).ok()?;
        endpoint_stub(&self.current().stubs, &pattern)
            .cloned()
            .map(endpoint)
    }

    /// Removes the endpoint of this very method and path; `false` when there is none.
    pub fn remove_endpoint(&self, method: &str, path: &str) -> bool {
        let Ok(pattern) = endpoint_pattern(method, path) else {
            return false;
        };
        self.edit(|state| {
            let id = endpoint_stub(&state.stubs, &pattern).map(|stub| stub.id);
            id.is_some_and(|id| state.edit_stubs(|stubs| stubs.remove(&id)).is_some())
        })
    }

    /// Adds a stub mapping; one with the same id is replaced.
    pub fn add_stub(&self, mapping: &Value) -> Result<Uuid, HttpError> {
        let stub = Stub::parse(&Place::root(mapping), || self.new_id())?;
        let id = stub.id;
        self.take_room(stub.size_bytes())?;
        self.edit(|state| state.add(Arc::new(stub)));
        Ok(id)
    }

    /// Adds stub mappings, all or none: an error has the index of the mapping that cannot be taken.
    pub fn add_stubs(&self, mappings: &[Value]) -> Result<Vec<Uuid>, (usize, HttpError)> {
        let stubs = mappings
            .iter()
            .enumerate()
            .map(|(index, mapping)| {
                Stub::parse(&Place::root(mapping), || self.new_id())
                    .map(Arc::new)
                    .map_err(|error| (index, error.into()))
            })
            .collect::<Result<Vec<_>, _>>()?;
        for (index, stub) in stubs.iter().enumerate() {
            self.take_room(stub.size_bytes()).map_err(|full| {
                self.settle_room();
                (index, full.into())
            })?;
        }
        let ids = stubs.iter().map(|stub| stub.id).collect();
        self.edit(|state| stubs.into_iter().for_each(|stub| state.add(stub)));
        Ok(ids)
    }

    /// Every stub mapping, in the order in which stubs are tried.
    pub fn stubs(&self) -> Vec<Value> {
        let state = self.current();
        state.stubs.iter().map(|stub| stub.json.clone()).collect()
    }

    /// Removes a stub; `false` when there is none of that id.
    pub fn remove_stub(&self, id: Uuid) -> bool {
        self.edit(|state| state.edit_stubs(|stubs| stubs.remove(&id)).is_some())
    }
}

fn endpoint(stub: Arc<Stub>) -> Endpoint {
    let text = |name: &str| {
        let value = stub.pattern.json.get(name).and_then(Value::as_str);
        value.map(str::to_owned)
    };
    Endpoint {
        id: stub.id,
        method: text("method").unwrap_or_default(),
        path: ["urlPath", "url", "urlPathTemplate"]
            .into_iter()
            .find_map(text)
            .unwrap_or_default(),
        stub,
    }
}

pub(super) fn endpoint_pattern(method: &str, path: &str) -> Result<RequestPattern, HttpError> {
    if !path.starts_with('/') {
        return Err(HttpError::Path {
            path: path.to_owned(),
        });
    }
    let method = MethodPattern::parse(method).ok_or_else(|| HttpError::Method {
        method: method.to_owned(),
    })?;
    let kind = if path.contains('{') {
        "urlPathTemplate"
    } else if path.contains('?') {
        "url"
    } else {
        "urlPath"
    };
    let mut json = Map::new();
    json.insert(kind.into(), path.into());
    json.insert("method".into(), method.as_str().into());
    Ok(RequestPattern::from_json(&Value::Object(json))?)
}

/// The stub of a pattern, sought among those of its own path.
fn endpoint_stub<'i>(stubs: &'i Index, pattern: &RequestPattern) -> Option<&'i Arc<Stub>> {
    stubs.at(&pattern.url).find(|stub| stub.pattern == *pattern)
}
