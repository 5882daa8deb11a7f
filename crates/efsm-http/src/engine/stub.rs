//! A stub: a request pattern and its response.

mod parse;

use std::sync::OnceLock;

use http::{HeaderName, HeaderValue};
use serde_json::Value;
use uuid::Uuid;

use super::pattern::RequestPattern;
use super::rank::DEFAULT_PRIORITY;
use super::resource::ResourceDefinition;
use super::response::{Prepared, ResponseDefinition};
use super::sequence::Sequence;

/// One stub, compiled once and shared by the index, the journal and every snapshot.
#[derive(Debug)]
pub struct Stub {
    pub id: Uuid,
    pub name: Option<String>,
    /// Low wins; 5 when missing.
    pub priority: Option<i32>,
    pub pattern: RequestPattern,
    pub response: ResponseDefinition,
    /// Several responses in turn; `response` is the first of them.
    pub sequence: Option<Sequence>,
    /// Answers from data instead of `response`.
    pub resource: Option<ResourceDefinition>,
    pub scenario: Option<ScenarioRule>,
    pub listeners: Vec<Listener>,
    pub persistent: Option<bool>,
    pub metadata: Option<Value>,
    /// The stub's own JSON with the defaults filled in, in the admin API's order.
    pub json: Value,
    prepared: OnceLock<Option<Prepared>>,
    marks: OnceLock<Marks>,
}

const MATCHED_STUB_ID: HeaderName = HeaderName::from_static("matched-stub-id");
const MATCHED_STUB_NAME: HeaderName = HeaderName::from_static("matched-stub-name");

/// The values of the headers that tell which stub answered.
#[derive(Debug)]
struct Marks {
    id: Option<HeaderValue>,
    name: Option<HeaderValue>,
}

/// A stub's part in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioRule {
    pub name: String,
    /// The state in which the stub answers; any when missing.
    pub required: Option<String>,
    /// The state that its answer leads to; the same when missing.
    pub next: Option<String>,
}

/// What is told of a serve event, and when: a webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    pub name: String,
    pub parameters: Value,
}

impl Stub {
    pub fn effective_priority(&self) -> i32 {
        self.priority.unwrap_or(DEFAULT_PRIORITY)
    }

    /// The answer made in advance, when it is the same for every request.
    pub fn prepared(&self) -> Option<&Prepared> {
        self.prepared
            .get_or_init(|| {
                let is_static =
                    self.response.is_static() && self.sequence.is_none() && self.resource.is_none();
                is_static.then(|| {
                    let mut headers = self.response.header_map();
                    self.mark(&mut headers);
                    let body = self.response.body_bytes();
                    Prepared::new(self.response.status.fixed(), headers, body)
                })
            })
            .as_ref()
    }

    /// About how many bytes it holds: its document as a tree, and once more as what was made of it.
    pub fn size_bytes(&self) -> u64 {
        (size_of::<Self>() + 2 * tree_bytes(&self.json)) as u64
    }

    /// The response at a place of the stub's sequence.
    pub fn definition(&self, response: usize) -> &ResponseDefinition {
        self.sequence
            .as_ref()
            .and_then(|sequence| sequence.responses.get(response))
            .unwrap_or(&self.response)
    }

    /// Adds the headers that tell which stub answered.
    pub fn mark(&self, headers: &mut http::HeaderMap) {
        let marks = self.marks.get_or_init(|| {
            let id = HeaderValue::from_str(&self.id.to_string());
            let name = self.name.as_ref().map(String::as_bytes);
            Marks {
                id: id.ok(),
                name: name.and_then(|name| HeaderValue::from_bytes(name).ok()),
            }
        });
        if let Some(id) = &marks.id {
            headers.insert(MATCHED_STUB_ID, id.clone());
        }
        if let Some(name) = &marks.name {
            headers.insert(MATCHED_STUB_NAME, name.clone());
        }
    }
}

/// About what a JSON document takes in memory.
fn tree_bytes(value: &Value) -> usize {
    /// What a map keeps for each field, besides its name and value: a hash and an index.
    const FIELD_BYTES: usize = 48;
    let below = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(tree_bytes).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| FIELD_BYTES + name.len() + tree_bytes(value))
            .sum(),
        _ => 0,
    };
    size_of::<Value>() + below
}
