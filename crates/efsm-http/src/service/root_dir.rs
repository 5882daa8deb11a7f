//! The root directory in process.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use efsm_core::Response;
use http::StatusCode;
use uuid::Uuid;

use super::HttpService;
use crate::engine::stub::Stub;
use crate::files::{Root, RootDir, RootDirError, Unsaved};

impl HttpService {
    /// Adds the stubs and files of a directory, and makes it the one that a reset goes back to and that is saved to.
    ///
    /// Reads files: call it where blocking is allowed. On an error nothing changes.
    pub fn load_root_dir(&self, path: impl AsRef<Path>) -> Result<usize, RootDirError> {
        let path = path.as_ref();
        let mut read = RootDir::read(path, || self.new_id())?;
        let root = Root::new(path, &mut read);
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
        *self.0.root.lock() = Some(root);
        Ok(count)
    }

    /// Writes every stub and file into a directory. Blocks.
    pub fn save_root_dir(&self, path: impl AsRef<Path>) -> Result<(), RootDirError> {
        let unsaved = Unsaved::all(&self.current());
        Root::new(path.as_ref(), &mut RootDir::default()).write(&unsaved)
    }

    /// Puts a file below `__files`, in memory, whatever the memory cap.
    pub fn put_file(&self, name: &str, content: impl Into<Bytes>) {
        let content = content.into();
        self.edit(|state| state.put_file(name.trim_start_matches('/').into(), content));
    }

    /// Saves everything into the directory that was loaded; does nothing without one.
    pub(crate) async fn save_to_root(&self) -> Result<(), Response> {
        self.save(Unsaved::all(&self.current())).await
    }

    /// Saves those of the stubs that are `persistent`.
    pub(crate) async fn save_persistent(&self, stubs: &[Arc<Stub>]) -> Result<(), Response> {
        let persistent = stubs.iter().filter(|stub| stub.persistent == Some(true));
        let unsaved = Unsaved {
            stubs: persistent.cloned().collect(),
            files: Vec::new(),
        };
        if unsaved.stubs.is_empty() {
            return Ok(());
        }
        self.save(unsaved).await
    }

    /// Saves into the directory that was loaded; does nothing without one.
    pub(crate) async fn save(&self, unsaved: Unsaved) -> Result<(), Response> {
        let root = self.0.root.clone();
        let saved = blocking(move || match &mut *root.lock() {
            Some(root) => root.write(&unsaved).map(|()| Some(unsaved.stubs)),
            None => Ok(None),
        });
        let Some(stubs) = saved.await? else {
            return Ok(());
        };
        // What was saved is what a reset goes back to.
        self.edit(|state| {
            let saved: HashSet<_> = stubs.iter().map(|stub| stub.id).collect();
            let mut defaults: Vec<_> = state.defaults.iter().cloned().collect();
            defaults.retain(|stub| !saved.contains(&stub.id));
            defaults.extend(stubs.into_iter().rev());
            state.defaults = Arc::new(defaults);
        });
        Ok(())
    }

    /// Removes the files of the `persistent` ones among stubs that were removed.
    pub(crate) async fn remove_persistent(&self, stubs: &[Arc<Stub>]) -> Result<(), Response> {
        let persistent = stubs.iter().filter(|stub| stub.persistent == Some(true));
        let gone: HashSet<Uuid> = persistent.map(|stub| stub.id).collect();
        if gone.is_empty() || self.0.root.lock().is_none() {
            return Ok(());
        }
        let (root, ids) = (self.0.root.clone(), gone.clone());
        blocking(move || match &mut *root.lock() {
            Some(root) => ids.iter().try_for_each(|id| root.remove(id)),
            None => Ok(()),
        })
        .await?;
        self.edit(|state| {
            let kept = state
                .defaults
                .iter()
                .filter(|stub| !gone.contains(&stub.id));
            state.defaults = Arc::new(kept.cloned().collect());
        });
        Ok(())
    }
}

/// Runs what touches the disk where blocking is allowed.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RootDirError> + Send + 'static,
) -> Result<T, Response> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(failed(&error.to_string())),
        Err(error) => Err(failed(&error.to_string())),
    }
}

fn failed(message: &str) -> Response {
    efsm_wire::error_with_hint(
        StatusCode::INTERNAL_SERVER_ERROR,
        format!("the root directory could not be written: {message}"),
        "check that the directory exists and may be written to",
    )
}
