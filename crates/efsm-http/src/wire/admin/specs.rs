//! `/__admin/specs`: descriptions that are served where no stub matches.

use efsm_core::Response;
use efsm_graphql::GraphQlError;
use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Call, errors};
use crate::engine::mock::{SpecDefinition, SpecError, SpecOptions};
use crate::error::HttpError;
use crate::service::HttpService;
use crate::service::feeds::Pushed;
use crate::wire::json;

impl HttpService {
    pub(super) fn list_specs(&self) -> Response {
        let specs: Vec<Value> = self.specs().iter().map(|spec| spec.to_json()).collect();
        json::ok(&json!({"specs": specs, "meta": {"total": specs.len()}}))
    }

    /// The description itself, with options in the query; or `{"spec": .., "name": .., "options": {..}}`, where the
    /// description is an object or a text.
    pub(super) fn create_spec(&self, call: &Call) -> Response {
        let created = definition(call)
            .map_err(HttpError::from)
            .and_then(|definition| self.add_spec_text(&definition));
        match created {
            Ok(spec) => json::answer(StatusCode::CREATED, &spec.to_json()),
            Err(error) => errors::titled(StatusCode::UNPROCESSABLE_ENTITY, 10, error.to_string()),
        }
    }

    pub(super) fn read_spec(&self, id: &str) -> Response {
        let Ok(uuid) = Uuid::try_parse(id) else {
            return errors::not_a_uuid(id);
        };
        match self.specs().iter().find(|spec| spec.id == uuid) {
            Some(spec) => json::ok(&spec.to_json()),
            None => efsm_wire::empty(StatusCode::NOT_FOUND),
        }
    }

    pub(super) fn delete_spec(&self, id: &str) -> Response {
        let Ok(uuid) = Uuid::try_parse(id) else {
            return errors::not_a_uuid(id);
        };
        if self.remove_spec(&uuid) {
            json::nothing()
        } else {
            efsm_wire::empty(StatusCode::NOT_FOUND)
        }
    }

    pub(super) fn delete_specs(&self) -> Response {
        self.clear_specs();
        json::nothing()
    }
}

impl HttpService {
    /// Pushes to the open subscriptions of a GraphQL schema: `{"field": "userChanged", "data": {..}}`, or `"error"`
    /// instead of `"data"`, or `"complete": true`. The answer says how many there were.
    pub(super) fn push_event(&self, id: &str, call: &Call) -> Response {
        let Ok(uuid) = Uuid::try_parse(id) else {
            return errors::not_a_uuid(id);
        };
        let specs = self.specs();
        let Some(spec) = specs.iter().find(|spec| spec.id == uuid) else {
            return efsm_wire::empty(StatusCode::NOT_FOUND);
        };
        let wrong = |title: String| errors::titled(StatusCode::UNPROCESSABLE_ENTITY, 10, title);
        let Some(graphql) = spec.mock.clone().graphql() else {
            return wrong(format!(
                "{} has no subscriptions: it is not GraphQL",
                spec.name
            ));
        };
        let (field, pushed) = match pushed(&call.body) {
            Ok(pushed) => pushed,
            Err(reason) => return wrong(reason),
        };
        if let Some(field) = &field
            && !graphql.has_subscription(field)
        {
            return wrong(format!("the schema has no subscription {field}"));
        }
        let delivered = self.feeds().push(&uuid, field.as_deref(), &pushed);
        json::ok(&json!({ "delivered": delivered }))
    }
}

fn pushed(body: &[u8]) -> Result<(Option<String>, Pushed), String> {
    let fields: Map<String, Value> =
        serde_json::from_slice(body).map_err(|e| format!("the event is no JSON object: {e}"))?;
    let field = match fields.get("field") {
        None => None,
        Some(Value::String(field)) => Some(field.clone()),
        Some(_) => return Err("`field` must be the name of a subscription's field".to_owned()),
    };
    if fields.get("complete") == Some(&Value::Bool(true)) {
        return Ok((field, Pushed::End));
    }
    let name = field
        .as_ref()
        .ok_or("the event has no `field`: say which subscription it is of")?;
    let pushed = match (fields.get("data"), fields.get("error")) {
        (Some(data), None) => Pushed::Data([(name.clone(), data.clone())].into_iter().collect()),
        (None, Some(Value::String(message))) => Pushed::Error(GraphQlError::new(message.as_str())),
        _ => return Err("the event needs either `data`, or `error` with a message".to_owned()),
    };
    Ok((field, pushed))
}

fn definition(call: &Call) -> Result<SpecDefinition, SpecError> {
    let text = String::from_utf8(call.body.to_vec()).map_err(|_| SpecError::Option {
        option: "body".to_owned(),
        reason: "it is not UTF-8".to_owned(),
    })?;
    if let Ok(Value::Object(wrapped)) = serde_json::from_str(&text)
        && let Some(spec) = wrapped.get("spec")
    {
        return of_object(&wrapped, spec);
    }
    let mut options = Map::new();
    let mut name = None;
    for (key, value) in &call.query {
        if key == "name" {
            name = Some(value.clone());
            continue;
        }
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.clone().into());
        options.insert(key.clone(), value);
    }
    Ok(SpecDefinition {
        location: name.clone().unwrap_or_else(|| "spec".to_owned()),
        name,
        text,
        options: SpecOptions::parse(&options)?,
    })
}

fn of_object(wrapped: &Map<String, Value>, spec: &Value) -> Result<SpecDefinition, SpecError> {
    let wrong = |option: &str, reason: &str| SpecError::Option {
        option: option.to_owned(),
        reason: reason.to_owned(),
    };
    let mut definition = SpecDefinition {
        location: "spec".to_owned(),
        text: match spec {
            Value::String(text) => text.clone(),
            Value::Object(_) => spec.to_string(),
            _ => return Err(wrong("spec", "expected an object or a text")),
        },
        ..SpecDefinition::default()
    };
    for (key, value) in wrapped {
        match (key.as_str(), value) {
            ("spec", _) => {}
            ("name", Value::String(name)) => {
                definition.name = Some(name.clone());
                definition.location.clone_from(name);
            }
            ("options", Value::Object(options)) => {
                definition.options = SpecOptions::parse(options)?;
            }
            ("name", _) => return Err(wrong(key, "expected a text")),
            ("options", _) => return Err(wrong(key, "expected an object")),
            _ => return Err(wrong(key, "no such field: use spec, name and options")),
        }
    }
    Ok(definition)
}
