//! `/__admin/mappings`: stubs.

use std::sync::Arc;

use efsm_core::Response;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Call, errors};
use crate::engine::document::{self, Place};
use crate::engine::import::Import;
use crate::engine::index::Index;
use crate::engine::state::State;
use crate::engine::stub::Stub;
use crate::error::DocumentError;
use crate::service::HttpService;
use crate::wire::json;

impl HttpService {
    pub(super) fn list_mappings(&self, call: &Call) -> Response {
        let stubs = self.current().stubs.clone();
        let (limit, offset) = match (call.number("limit"), call.number("offset")) {
            (Ok(limit), Ok(offset)) => (limit, offset),
            (Err(refusal), _) | (_, Err(refusal)) => return refusal,
        };
        let mappings: Vec<Value> = stubs
            .iter()
            .skip(offset.unwrap_or(0))
            .take(limit.unwrap_or(usize::MAX))
            .map(|stub| stub.json.clone())
            .collect();
        json::ok(&json!({"mappings": mappings, "meta": {"total": stubs.len()}}))
    }

    pub(super) async fn create_mapping(&self, call: &Call) -> Response {
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
        match self.save_persistent(std::slice::from_ref(&stub)).await {
            Ok(()) => json::answer(StatusCode::CREATED, &stub.json),
            Err(refusal) => refusal,
        }
    }

    pub(super) async fn delete_mappings(&self) -> Response {
        let gone = self.edit(|state| {
            let gone: Vec<Arc<Stub>> = state.stubs.iter().cloned().collect();
            state.edit_stubs(Index::clear);
            gone
        });
        self.after_removing(&gone).await
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

    pub(super) async fn replace_mapping(&self, id: &str, call: &Call) -> Response {
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
        if !replaced {
            return efsm_wire::empty(StatusCode::NOT_FOUND);
        }
        match self.save_persistent(std::slice::from_ref(&stub)).await {
            Ok(()) => json::ok(&stub.json),
            Err(refusal) => refusal,
        }
    }

    pub(super) async fn delete_mapping(&self, id: &str) -> Response {
        let Ok(uuid) = Uuid::try_parse(id) else {
            return errors::not_a_uuid(id);
        };
        let removed = self.edit(|state| state.edit_stubs(|stubs| stubs.remove(&uuid)));
        let Some(removed) = removed else {
            return efsm_wire::empty(StatusCode::NOT_FOUND);
        };
        self.after_removing(&[removed]).await
    }

    pub(super) async fn import_mappings(&self, call: &Call) -> Response {
        let import =
            document::parse(&call.body).and_then(|value| Import::parse(&value, || self.new_id()));
        let import = match import {
            Ok(import) => import,
            Err(error) => return errors::document(&error),
        };
        let imported: Vec<Uuid> = import.stubs().iter().map(|stub| stub.id).collect();
        self.edit(|state| import.apply(state));
        let stubs = self.current().stubs.clone();
        let imported: Vec<Arc<Stub>> = imported
            .iter()
            .filter_map(|id| stubs.get(id).cloned())
            .collect();
        match self.save_persistent(&imported).await {
            Ok(()) => efsm_wire::empty(StatusCode::OK),
            Err(refusal) => refusal,
        }
    }

    /// Goes back to the stubs of the root directory.
    ///
    /// `POST /__admin/mappings/reset` and `POST /__admin/reset` both empty the journal and put the scenarios back.
    pub(super) fn reset_mappings(&self) -> Response {
        self.edit(State::reset_stubs);
        self.clear_calls();
        efsm_wire::empty(StatusCode::OK)
    }

    pub(super) async fn save_mappings(&self) -> Response {
        match self.save_to_root().await {
            Ok(()) => efsm_wire::empty(StatusCode::OK),
            Err(refusal) => refusal,
        }
    }

    /// Removes the stub of the same id, else the newest one with an equal request.
    pub(super) async fn remove_mapping(&self, call: &Call) -> Response {
        let stub = match self.parse_stub(call) {
            Ok(stub) => stub,
            Err(error) => return errors::document(&error),
        };
        let removed = self.edit(|state| {
            let found = state.stubs.get(&stub.id).or_else(|| {
                let mut same = state.stubs.at(&stub.pattern.url);
                same.find(|other| other.pattern == stub.pattern)
            });
            let id = found.map(|found| found.id)?;
            state.edit_stubs(|stubs| stubs.remove(&id))
        });
        if let Some(removed) = removed
            && let Err(refusal) = self.remove_persistent(&[removed]).await
        {
            return refusal;
        }
        efsm_wire::empty(StatusCode::OK)
    }

    pub(super) fn find_mappings_by_metadata(&self, call: &Call) -> Response {
        match self.metadata_matcher(call) {
            Ok(matches) => self.listed(|stub| matches(stub.metadata.as_ref())),
            Err(error) => errors::document(&error),
        }
    }

    pub(super) async fn remove_mappings_by_metadata(&self, call: &Call) -> Response {
        match self.metadata_matcher(call) {
            Ok(matches) => {
                self.removed_where(|stub| matches(stub.metadata.as_ref()))
                    .await
            }
            Err(error) => errors::document(&error),
        }
    }

    /// The stubs that no call in the journal was answered by.
    pub(super) fn unmatched_mappings(&self) -> Response {
        let answering = self.answering_stubs();
        self.listed(|stub| !answering.contains(&stub.id))
    }

    pub(super) async fn delete_unmatched_mappings(&self) -> Response {
        let answering = self.answering_stubs();
        self.removed_where(|stub| !answering.contains(&stub.id))
            .await
    }

    fn listed(&self, fits: impl Fn(&Arc<Stub>) -> bool) -> Response {
        let stubs = self.current().stubs.clone();
        let mappings: Vec<&Value> = stubs
            .iter()
            .filter(|stub| fits(stub))
            .map(|stub| &stub.json)
            .collect();
        json::ok(&json!({"mappings": mappings, "meta": {"total": mappings.len()}}))
    }

    async fn removed_where(&self, fits: impl Fn(&Arc<Stub>) -> bool) -> Response {
        let gone = self.edit(|state| {
            let gone: Vec<Arc<Stub>> = state.stubs.iter().filter(|s| fits(s)).cloned().collect();
            state.edit_stubs(|stubs| {
                for stub in &gone {
                    stubs.remove(&stub.id);
                }
            });
            gone
        });
        self.after_removing(&gone).await
    }

    /// The answer to a call that removed stubs, once their files are gone too.
    async fn after_removing(&self, stubs: &[Arc<Stub>]) -> Response {
        match self.remove_persistent(stubs).await {
            Ok(()) => json::nothing(),
            Err(refusal) => refusal,
        }
    }

    fn parse_stub(&self, call: &Call) -> Result<Stub, DocumentError> {
        let value = document::parse(&call.body)?;
        Stub::parse(&Place::root(&value), || self.new_id())
    }
}
