//! `/__admin/files`: the contents of `__files`, in memory.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use efsm_core::{Body, Response};
use http::StatusCode;
use serde_json::Value;

use super::{Call, errors};
use crate::service::HttpService;
use crate::wire::json;

impl HttpService {
    pub(super) fn list_files(&self) -> Response {
        let state = self.current();
        let names: Vec<Value> = state
            .files
            .keys()
            .map(|name| Value::from(&**name))
            .collect();
        json::ok(&Value::Array(names))
    }

    pub(super) fn read_file(&self, segments: &[&str]) -> Response {
        let Some(path) = path_of(segments) else {
            return outside();
        };
        match self.current().files.get(path.as_str()) {
            Some(content) => Response::new(Body::from(content.clone())),
            None => efsm_wire::empty(StatusCode::NOT_FOUND),
        }
    }

    pub(super) fn write_file(&self, segments: &[&str], call: &Call) -> Response {
        let Some(path) = path_of(segments) else {
            return outside();
        };
        if let Err(full) = self.take_room(call.body.len() as u64) {
            return errors::out_of_memory(&full);
        }
        self.put_file(&path, call.body.clone());
        json::ok(&Value::from(STANDARD.encode(&call.body)))
    }

    pub(super) fn delete_file(&self, segments: &[&str]) -> Response {
        let Some(path) = path_of(segments) else {
            return outside();
        };
        self.edit(|state| state.remove_file(path.as_str()));
        efsm_wire::empty(StatusCode::OK)
    }
}

/// The path below `__files`; `None` for one that leaves it.
fn path_of(segments: &[&str]) -> Option<String> {
    let is_plain = |segment: &&str| {
        !matches!(*segment, "" | "." | "..") && !segment.contains(['/', '\\', '\0'])
    };
    (!segments.is_empty() && segments.iter().all(is_plain)).then(|| segments.join("/"))
}

fn outside() -> Response {
    errors::titled(
        StatusCode::FORBIDDEN,
        60,
        "the path leads out of __files: use plain names below it",
    )
}
