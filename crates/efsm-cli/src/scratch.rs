//! Private folders of single runs, beside the files of the stacks: `run-PID-START/`.
//!
//! A folder goes when its owner drops it. One whose process was killed is removed by the next command that
//! looks into the runtime folder.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::registry::{Lock, Process, RegistryError, location};

const PREFIX: &str = "run-";
/// Names the process that owns the folder.
const OWNER: &str = ".owner";

/// A folder that only this user can enter, gone with its owner.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    pub(crate) fn new() -> Result<Self, RegistryError> {
        let parent = location()?;
        let _lock = Lock::acquire(&parent)?;
        remove_orphans(&parent);
        let owner = Process::current();
        let path = parent.join(format!("{PREFIX}{}", owner.pid));
        let failed = |source| RegistryError::Write {
            path: path.clone(),
            source,
        };
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(failed)?;
        let owner = serde_json::to_vec(&owner).map_err(|e| failed(io::Error::other(e)))?;
        std::fs::write(path.join(OWNER), owner).map_err(failed)?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(parent) = self.path.parent() {
            // With the lock, so that the runtime folder goes, too, when nothing else is in it.
            let _lock = Lock::of_existing(parent);
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Removes the folders of processes that are gone. Needs the folder's lock.
pub(crate) fn remove_orphans(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let owner = std::fs::read(entry.path().join(OWNER))
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Process>(&bytes).ok());
        if !owner.is_some_and(|owner| owner.is_alive()) {
            // What cannot be removed is met again by the next sweep.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
