//! What templates see.

mod request;
mod response;

pub use request::{Part, RequestModel, RequestView};
pub use response::{ResponseModel, ResponseView};

use std::sync::Arc;

use crate::{Map, Value};

/// The root of what a template sees: `request`, `parameters`, and whatever else the caller names.
#[derive(Debug, Clone)]
pub struct Model(Value);

impl Model {
    /// A model of named values. Values that are nested too deep or hold too much are left out.
    pub fn new<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        let entries: Vec<_> = entries
            .into_iter()
            .map(|(name, value)| (name.into(), value))
            .collect();
        let map = Map::new(entries.iter().cloned()).or_else(|_| {
            let fits = |entry: &(Arc<str>, Value)| Map::new([entry.clone()]).is_ok();
            Map::new(entries.into_iter().filter(fits))
        });
        Self(map.unwrap_or_default().into())
    }

    /// `request` and `parameters`, the model of a stub's response.
    pub fn for_request(request: RequestModel, parameters: Value) -> Self {
        let parameters = if parameters.is_null() {
            Map::default().into()
        } else {
            parameters
        };
        Self::new([("request", request.into()), ("parameters", parameters)])
    }

    pub(crate) fn root(&self) -> &Value {
        &self.0
    }
}
