//! What templates see.

mod request;
mod response;

pub use request::{Part, RequestModel, RequestView};
pub use response::{ResponseModel, ResponseView};

use std::sync::{Arc, LazyLock};

use crate::{Map, Value};

/// Made once: every templated answer has them.
static NAMES: LazyLock<[Arc<str>; 2]> = LazyLock::new(|| ["request".into(), "parameters".into()]);

/// The root of what a template sees: `request`, `parameters`, and whatever else the caller names.
#[derive(Debug, Clone)]
pub struct Model(Value);

impl Model {
    /// A model of named values. Values that are nested too deep or hold too much are left out.
    pub fn new<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        let entries = entries
            .into_iter()
            .map(|(name, value)| (name.into(), value));
        Self(Map::of_what_fits(entries).into())
    }

    /// `request` and `parameters`, the model of a stub's response.
    pub fn for_request(request: RequestModel, parameters: Value) -> Self {
        let parameters = if parameters.is_null() {
            Map::default().into()
        } else {
            parameters
        };
        let [request_name, parameters_name] = NAMES.clone();
        Self::new([
            (request_name, request.into()),
            (parameters_name, parameters),
        ])
    }

    pub(crate) fn root(&self) -> &Value {
        &self.0
    }
}
