//! `/__admin/settings`.

use std::sync::Arc;

use efsm_core::Response;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Call, errors};
use crate::engine::document::{self, Place};
use crate::engine::settings::Settings;
use crate::error::DocumentError;
use crate::service::HttpService;
use crate::wire::json;

impl HttpService {
    pub(super) fn read_settings(&self) -> Response {
        json::ok(&json!({"settings": self.current().settings.to_json()}))
    }

    pub(super) fn write_settings(&self, call: &Call) -> Response {
        let settings = document::parse(&call.body).and_then(|value| Settings::parse(&value));
        match settings {
            Ok(settings) => {
                self.edit(|state| state.settings = Arc::new(settings));
                efsm_wire::empty(StatusCode::OK)
            }
            Err(error) => errors::document(&error),
        }
    }

    pub(super) fn extend_settings(&self, call: &Call) -> Response {
        let value = match document::parse(&call.body) {
            Ok(value) => value,
            Err(error) => return errors::document(&error),
        };
        match read_extended(&Place::root(&value)) {
            Ok(more) => {
                self.edit(|state| Arc::make_mut(&mut state.settings).extend(&more));
                json::nothing()
            }
            Err(error) => errors::document(&error),
        }
    }
}

/// Reads `{"extended": {..}}`.
fn read_extended(root: &Place<'_>) -> Result<Map<String, Value>, DocumentError> {
    const CLASS: &str = "admin.model.ExtendedSettingsWrapper";
    let mut extended = Map::new();
    for (name, value) in root.object(CLASS)? {
        match name.as_str() {
            "extended" if value.is_null() => {}
            "extended" => {
                extended.clone_from(root.field(name, value).object("common.Parameters")?);
            }
            _ => return Err(root.unknown(name, CLASS)),
        }
    }
    Ok(extended)
}
