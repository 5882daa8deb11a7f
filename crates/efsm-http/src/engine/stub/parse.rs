//! Reading a stub.

use std::sync::OnceLock;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{ScenarioRule, Stub};
use crate::engine::document::Place;
use crate::engine::pattern::RequestPattern;
use crate::engine::response::{ResponseDefinition, ordered};
use crate::error::DocumentError;

const CLASS: &str = "stubbing.StubMapping";

const ORDER: [&str; 13] = [
    "id",
    "name",
    "request",
    "response",
    "uuid",
    "persistent",
    "priority",
    "scenarioName",
    "requiredScenarioState",
    "newScenarioState",
    "metadata",
    "postServeActions",
    "serveEventListeners",
];

impl Stub {
    /// A stub of parts made in process.
    pub fn new(id: Uuid, pattern: RequestPattern, response: ResponseDefinition) -> Self {
        let mut stub = Self {
            id,
            name: None,
            priority: None,
            pattern,
            response,
            scenario: None,
            persistent: None,
            metadata: None,
            json: Value::Null,
            prepared: OnceLock::new(),
        };
        stub.json = stub.written(Map::new());
        stub
    }

    /// Reads a stub; one without an id gets one of `new_id`.
    pub fn parse(place: &Place<'_>, new_id: impl FnOnce() -> Uuid) -> Result<Self, DocumentError> {
        let mut id = None;
        let mut name = None;
        let mut priority = None;
        let mut persistent = None;
        let mut metadata = None;
        let mut pattern = RequestPattern::anything();
        let mut response = ResponseDefinition::default();
        let (mut scenario, mut required, mut next) = (None, None, None);
        let mut json = Map::new();
        for (key, value) in place.object(CLASS)? {
            let field = place.field(key, value);
            if value.is_null() {
                continue;
            }
            match key.as_str() {
                "id" | "uuid" => {
                    id = Some(field.uuid()?);
                    continue;
                }
                "$schema" => continue,
                "name" => name = Some(field.text()?),
                "priority" => {
                    priority =
                        Some(field.integer(i64::from(i32::MIN)..=i64::from(i32::MAX))? as i32);
                }
                "request" | "newRequest" => {
                    pattern = RequestPattern::parse(&field)?;
                    continue;
                }
                "response" => {
                    response = ResponseDefinition::parse(&field)?;
                    continue;
                }
                "persistent" => persistent = Some(field.boolean()?),
                "scenarioName" => scenario = Some(field.text()?),
                "requiredScenarioState" => required = Some(field.text()?),
                "newScenarioState" => next = Some(field.text()?),
                "metadata" => {
                    field.object("common.Metadata")?;
                    metadata = Some(value.clone());
                }
                "postServeActions" | "serveEventListeners" => {}
                "insertionIndex" => {
                    field.integer(i64::MIN..=i64::MAX)?;
                    continue;
                }
                _ => return Err(place.unknown(key, CLASS)),
            }
            json.insert(key.clone(), value.clone());
        }
        let mut stub = Self {
            id: id.unwrap_or_else(new_id),
            name,
            priority,
            pattern,
            response,
            scenario: scenario.map(|name| ScenarioRule {
                name,
                required,
                next,
            }),
            persistent,
            metadata,
            json: Value::Null,
            prepared: OnceLock::new(),
        };
        stub.json = stub.written(json);
        Ok(stub)
    }

    /// The stub's JSON; `rest` holds what is written as it was read.
    fn written(&self, mut rest: Map<String, Value>) -> Value {
        let id = Value::from(self.id.to_string());
        rest.insert("id".into(), id.clone());
        rest.insert("uuid".into(), id);
        rest.insert("request".into(), self.pattern.json.clone());
        rest.insert("response".into(), self.response.json.clone());
        ordered(rest, &ORDER)
    }
}
