//! `/__admin/scenarios`.

use efsm_core::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Call, errors};
use crate::engine::document::{self, Place};
use crate::engine::scenario::{ScenarioError, members, possible_states};
use crate::error::DocumentError;
use crate::service::HttpService;
use crate::wire::json;

const CLASS: &str = "admin.model.ScenarioState";

impl HttpService {
    pub(super) fn list_scenarios(&self) -> Response {
        let state = self.current();
        let scenarios: Vec<Value> = state
            .stubs
            .scenarios()
            .map(|(name, _)| {
                let stubs = members(&state.stubs, name).unwrap_or_default();
                let mappings: Vec<&Value> = stubs.iter().map(|stub| &stub.json).collect();
                json!({
                    "id": &**name,
                    "name": &**name,
                    "state": state.scenarios.state(name),
                    "possibleStates": possible_states(&state.stubs, name),
                    "mappings": mappings,
                })
            })
            .collect();
        json::ok(&json!({"scenarios": scenarios}))
    }

    pub(super) fn reset_scenarios(&self) -> Response {
        self.edit(|state| {
            state.scenarios.reset();
            state.revision += 1;
        });
        json::nothing()
    }

    pub(super) fn set_scenario(&self, name: &str, call: &Call) -> Response {
        let wanted = match read_state(&call.body) {
            Ok(wanted) => wanted,
            Err(error) => return errors::document(&error),
        };
        let set = self.edit(|state| {
            state.revision += 1;
            let stubs = state.stubs.clone();
            match &wanted {
                Some(wanted) => state.scenarios.set(&stubs, name, wanted),
                None => state.scenarios.restart(&stubs, name),
            }
        });
        match set {
            Ok(()) => json::nothing(),
            Err(error @ ScenarioError::Unknown { .. }) => {
                errors::titled(StatusCode::NOT_FOUND, 404, error.to_string())
            }
            Err(error @ ScenarioError::UnknownState { .. }) => {
                errors::titled(StatusCode::UNPROCESSABLE_ENTITY, 11, error.to_string())
            }
        }
    }
}

/// Reads `{"state": ..}`; without a body it is the start.
fn read_state(body: &[u8]) -> Result<Option<String>, DocumentError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let value = document::parse(body)?;
    let root = Place::root(&value);
    let mut state = None;
    for (name, value) in root.object(CLASS)? {
        match name.as_str() {
            "state" => state = root.field(name, value).optional_text()?,
            _ => return Err(root.unknown(name, CLASS)),
        }
    }
    // A document without a state names none that a scenario could have.
    Ok(Some(state.unwrap_or_else(|| "null".to_owned())))
}
