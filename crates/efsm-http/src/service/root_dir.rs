//! The root directory in process.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use efsm_core::Response;
use http::StatusCode;

use super::HttpService;
use crate::files::{self, RootDir, RootDirError};

impl HttpService {
    /// Adds the stubs and files of a directory, and makes it the one that a reset goes back to and that is saved to.
    ///
    /// Reads files: call it where blocking is allowed. On an error nothing changes.
    pub fn load_root_dir(&self, path: impl AsRef<Path>) -> Result<usize, RootDirError> {
        let path = path.as_ref();
        let read = RootDir::read(path, || self.new_id())?;
        let count = read.stubs.len();
        self.edit(|state| {
            state.edit_stubs(|stubs| {
                for stub in &read.stubs {
                    stubs.insert(stub.clone());
                }
            });
            for (name, content) in read.files {
                state.put_file(name, content);
            }
            state.defaults = Arc::new(read.stubs);
        });
        *self.0.root.lock() = Some(path.to_owned());
        Ok(count)
    }

    /// Writes every stub and file into a directory. Blocks.
    pub fn save_root_dir(&self, path: impl AsRef<Path>) -> Result<(), RootDirError> {
        files::write(path.as_ref(), &self.current())
    }

    /// Puts a file below `__files`, in memory, whatever the memory cap.
    pub fn put_file(&self, name: &str, content: impl Into<Bytes>) {
        let content = content.into();
        self.edit(|state| state.put_file(name.trim_start_matches('/').into(), content));
    }

    /// Saves into the directory that was loaded; does nothing without one.
    pub(crate) async fn save_to_root(&self) -> Result<(), Response> {
        let Some(root) = self.0.root.lock().clone() else {
            return Ok(());
        };
        let state = self.current();
        let saved = tokio::task::spawn_blocking(move || files::write(&root, &state)).await;
        match saved {
            Ok(Ok(())) => {
                // What was saved is what a reset goes back to.
                self.edit(|state| {
                    let stubs: Vec<_> = state.stubs.iter().rev().cloned().collect();
                    state.defaults = Arc::new(stubs);
                });
                Ok(())
            }
            Ok(Err(error)) => Err(failed(&error.to_string())),
            Err(error) => Err(failed(&error.to_string())),
        }
    }
}

fn failed(message: &str) -> Response {
    efsm_wire::error_with_hint(
        StatusCode::INTERNAL_SERVER_ERROR,
        format!("the root directory could not be written: {message}"),
        "check that the directory exists and may be written to",
    )
}
