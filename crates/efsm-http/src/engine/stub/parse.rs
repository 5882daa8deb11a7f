//! Reading a stub.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Listener, ScenarioRule, Stub};
use crate::engine::document::Place;
use crate::engine::pattern::{RequestPattern, UrlPattern};
use crate::engine::resource::ResourceDefinition;
use crate::engine::response::{ResponseDefinition, ordered};
use crate::engine::sequence::{Repeat, Sequence};
use crate::error::DocumentError;

const CLASS: &str = "stubbing.StubMapping";

const ORDER: [&str; 16] = [
    "id",
    "name",
    "request",
    "response",
    "responses",
    "repeat",
    "resource",
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
            sequence: None,
            resource: None,
            scenario: None,
            listeners: Vec::new(),
            persistent: None,
            metadata: None,
            json: Value::Null,
            prepared: OnceLock::new(),
            marks: OnceLock::new(),
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
        let mut responses = None;
        let mut repeat = Repeat::default();
        let mut resource = None;
        let mut listeners = Vec::new();
        let mut json = Map::new();
        for (key, value) in place.object(CLASS)? {
            let field = place.field(key, value);
            if value.is_null() {
                continue;
            }
            match key.as_str() {
                // An empty id is none.
                "id" | "uuid" if value.as_str() == Some("") => continue,
                "id" | "uuid" => {
                    id = Some(field.uuid()?);
                    continue;
                }
                "$schema" => continue,
                "name" => name = Some(field.text()?),
                "priority" => {
                    let number = field.integer(i64::from(i32::MIN)..=i64::from(i32::MAX))?;
                    priority = Some(number as i32);
                    json.insert(key.clone(), number.into());
                    continue;
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
                    // Members that are null are none.
                    let value = without_nulls(value);
                    metadata = Some(value.clone());
                    json.insert(key.clone(), value);
                    continue;
                }
                "responses" => responses = Some(Sequence::parse_responses(&field)?),
                "repeat" => repeat = Repeat::parse(&field)?,
                "resource" => resource = Some(ResourceDefinition::parse(&field)?),
                "postServeActions" | "serveEventListeners" => {
                    let value = without_nulls(value);
                    let read = read_listeners(key, &place.field(key, &value))?;
                    // Actions by name are written as the list that they are.
                    if key == "postServeActions" && value.is_object() {
                        let actions = read.iter().map(
                            |action| json!({"name": action.name, "parameters": action.parameters}),
                        );
                        json.insert(key.clone(), actions.collect());
                        listeners.extend(read);
                        continue;
                    }
                    listeners.extend(read);
                    json.insert(key.clone(), value);
                    continue;
                }
                "insertionIndex" => {
                    field.integer(i64::MIN..=i64::MAX)?;
                    continue;
                }
                _ => return Err(place.unknown(key, CLASS)),
            }
            json.insert(key.clone(), value.clone());
        }
        if let Some(resource) = &resource {
            if !matches!(pattern.url, UrlPattern::Any) {
                return Err(place.error(
                    "a stub with a `resource` takes its URL from the resource's `path`: leave the URL out of \
                     `request`",
                ));
            }
            pattern.url = UrlPattern::Resource(resource.clone().into());
        }
        if let Some(first) = responses.as_ref().and_then(|r| r.first()) {
            response = first.clone();
        }
        let mut stub = Self {
            id: id.unwrap_or_else(new_id),
            name,
            priority,
            pattern,
            response,
            sequence: responses.map(|responses| Sequence { responses, repeat }),
            resource,
            listeners,
            scenario: scenario.map(|name| ScenarioRule {
                name,
                required,
                next,
            }),
            persistent,
            metadata,
            json: Value::Null,
            prepared: OnceLock::new(),
            marks: OnceLock::new(),
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

/// A document without the members that are null.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// A list of `{"name", "parameters"}`, or an object of parameters by name.
fn read_listeners(key: &str, place: &Place<'_>) -> Result<Vec<Listener>, DocumentError> {
    let (class, has_phases) = match key {
        "postServeActions" => ("extension.PostServeActionDefinition", false),
        _ => ("extension.ServeEventListenerDefinition", true),
    };
    if let Value::Object(by_name) = place.value {
        let listener = |(name, parameters): (&String, &Value)| Listener {
            name: name.clone(),
            parameters: parameters.clone(),
        };
        return Ok(by_name.iter().map(listener).collect());
    }
    let items = place.array("java.util.ArrayList<extension.ServeEventListenerDefinition>")?;
    let mut listeners = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let item = place.item(index, item);
        let mut listener = Listener {
            name: String::new(),
            parameters: Value::Object(Map::new()),
        };
        for (key, value) in item.object(class)? {
            let field = item.field(key, value);
            match key.as_str() {
                "name" => listener.name = field.text()?,
                "parameters" if value.is_null() => {}
                "parameters" => {
                    field.object("common.Parameters")?;
                    listener.parameters = value.clone();
                }
                "requestPhases" if has_phases => request_phases(&field)?,
                // WireMock points to the list.
                _ => return Err(place.error(item.unknown(key, class).detail)),
            }
        }
        listeners.push(listener);
    }
    Ok(listeners)
}

fn request_phases(field: &Place<'_>) -> Result<(), DocumentError> {
    const PHASES: [&str; 4] = [
        "AFTER_MATCH",
        "AFTER_COMPLETE",
        "BEFORE_MATCH",
        "BEFORE_RESPONSE_SENT",
    ];
    for phase in field.array("java.util.HashSet<extension.ServeEventListener$RequestPhase>")? {
        if !PHASES.iter().any(|known| phase == known) {
            return Err(field.error(format!(
                "Cannot deserialize value of type `com.github.tomakehurst.wiremock.extension.ServeEventListener$RequestPhase` from String {phase}: not one of the values accepted for Enum class: [{}]",
                PHASES.join(", ")
            )));
        }
    }
    Ok(())
}
