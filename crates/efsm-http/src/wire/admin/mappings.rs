//! `/__admin/mappings`: stubs.

use std::sync::Arc;

use efsm_core::Response;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Call, errors};
use crate::engine::document::{self, Place};
use crate::engine::index::Index;
use crate::engine::stub::Stub;
use crate::error::DocumentError;
use crate::service::HttpService;
use crate::wire::json;

impl HttpService {
    pub(super) fn list_mappings(&self, call: &Call) -> Response {
        let stubs = self.current().stubs.clone();
        let number = |name: &str| call.query(name).and_then(|text| text.parse::<usize>().ok());
        let mappings: Vec<Value> = stubs
            .iter()
            .skip(number("offset").unwrap_or(0))
            .take(number("limit").unwrap_or(usize::MAX))
            .map(|stub| stub.json.clone())
            .collect();
        json::ok(&json!({"mappings": mappings, "meta": {"total": stubs.len()}}))
    }

    pub(super) fn create_mapping(&self, call: &Call) -> Response {
        let stub = match self.parse_stub(call) {
            Ok(stub) => Arc::new(stub),
            Err(error) => return errors::document(&error),
        };
        let taken = self.edit(|state| {
            let taken = state.stubs.get(&stub.id).is_some();
            if !taken {
                state.add(stub.clone());
            }
            taken
        });
        if taken {
            return errors::duplicate_id(&stub.id);
        }
        json::answer(StatusCode::CREATED, &stub.json)
    }

    pub(super) fn delete_mappings(&self) -> Response {
        self.edit(|state| state.edit_stubs(Index::clear));
        json::nothing()
    }

    pub(super) fn read_mapping(&self, id: &str) -> Response {
        let Ok(uuid) = Uuid::try_parse(id) else {
            return errors::not_a_uuid(id);
        };
        match self.current().stubs.get(&uuid) {
            Some(stub) => json::ok(&stub.json),
            None => efsm_wire::empty(StatusCode::NOT_FOUND),
        }
    }

    pub(super) fn replace_mapping(&self, id: &str, call: &Call) -> Response {
        let Ok(uuid) = Uuid::try_parse(id) else {
            return errors::not_a_uuid(id);
        };
        if self.current().stubs.get(&uuid).is_none() {
            return efsm_wire::empty(StatusCode::NOT_FOUND);
        }
        let stub = document::parse(&call.body).and_then(|mut value| {
            // The path names the stub, whatever the document says.
            if let Some(object) = value.as_object_mut() {
                object.shift_remove("uuid");
                object.insert("id".into(), id.into());
            }
            Stub::parse(&Place::root(&value), || uuid)
        });
        let stub = match stub {
            Ok(stub) => Arc::new(stub),
            Err(error) => return errors::document(&error),
        };
        let replaced = self.edit(|state| state.edit_stubs(|stubs| stubs.replace(stub.clone())));
        if replaced {
            json::ok(&stub.json)
        } else {
            efsm_wire::empty(StatusCode::NOT_FOUND)
        }
    }

    pub(super) fn delete_mapping(&self, id: &str) -> Response {
        let Ok(uuid) = Uuid::try_parse(id) else {
            return errors::not_a_uuid(id);
        };
        let removed = self.edit(|state| state.edit_stubs(|stubs| stubs.remove(&uuid)));
        match removed {
            Some(_) => json::nothing(),
            None => efsm_wire::empty(StatusCode::NOT_FOUND),
        }
    }

    pub(super) fn import_mappings(&self, call: &Call) -> Response {
        let import = document::parse(&call.body).and_then(|value| self.parse_import(&value));
        let import = match import {
            Ok(import) => import,
            Err(error) => return errors::document(&error),
        };
        self.edit(|state| import.apply(state));
        efsm_wire::empty(StatusCode::OK)
    }

    fn parse_stub(&self, call: &Call) -> Result<Stub, DocumentError> {
        let value = document::parse(&call.body)?;
        Stub::parse(&Place::root(&value), || self.new_id())
    }

    pub(crate) fn parse_import(
        &self,
        value: &Value,
    ) -> Result<crate::engine::import::Import, DocumentError> {
        crate::engine::import::Import::parse(value, || self.new_id())
    }
}
