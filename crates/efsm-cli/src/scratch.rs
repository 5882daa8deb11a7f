//! Private folders of single runs, beside the files of the stacks: `run-XXXXXX/`.
//!
//! A folder belongs to whoever holds the lock on it, and goes when its owner drops it. The kernel gives the lock of a killed process
//! back: its folder is removed by the next command that runs something or looks for stacks.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

use crate::registry::{Lock, RegistryError, location};

const PREFIX: &str = "run-";
/// Says to people whose folder it is. Nothing reads it; that it can be written shows that the disk has room.
const OWNER: &str = ".owner";

/// A folder that only this user can enter, gone with its owner.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// `None` while it is dropped.
    folder: Option<TempDir>,
    /// Held open: closing it gives the lock back.
    _lock: File,
}

impl Scratch {
    pub(crate) fn new() -> Result<Self, RegistryError> {
        let parent = location()?;
        // Nobody sweeps between the making and the locking.
        let _lock = Lock::acquire(&parent)?;
        remove_orphans(&parent);
        Self::new_in(&parent).map_err(|source| RegistryError::Write {
            path: parent.join(PREFIX),
            source,
        })
    }

    fn new_in(parent: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        let lock = File::open(folder.path())?;
        lock.lock()?;
        std::fs::write(
            folder.path().join(OWNER),
            format!("{}\n", std::process::id()),
        )?;
        Ok(Self {
            folder: Some(folder),
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder
            .as_ref()
            .expect("it is there until it is dropped")
            .path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let parent = self.path().parent().map(Path::to_owned);
        // With the lock, so that the runtime folder goes, too, when nothing else is in it.
        let _lock = parent.map(|parent| Lock::of_existing(&parent));
        self.folder.take();
    }
}

/// Removes what killed runs left, wherever it is.
pub(crate) fn sweep() {
    efsm_sandbox::remove_leftovers();
    // A folder that cannot be used holds nothing of ours, and whoever needs it is told.
    if let Ok(parent) = location()
        && let Ok(Some(_lock)) = Lock::of_existing(&parent)
    {
        remove_orphans(&parent);
    }
}

/// Removes the folders whose owner is gone. Needs the parent's lock.
pub(crate) fn remove_orphans(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_folder || !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let is_orphan = File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok());
        if is_orphan {
            // What cannot be removed is met again by the next sweep.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_is_an_orphan_when_nobody_holds_its_lock() {
        let parent = tempfile::tempdir().unwrap();
        let living = Scratch::new_in(parent.path()).unwrap();
        let dead = parent.path().join("run-4711");
        std::fs::create_dir(&dead).unwrap();
        // Files of a stack that happens to be called so.
        let record = parent.path().join("run-shop.json");
        std::fs::write(&record, "{}").unwrap();
        remove_orphans(parent.path());
        assert!(living.path().exists() && record.exists());
        assert!(!dead.exists());
        let path = living.path().to_owned();
        drop(living);
        assert!(!path.exists());
    }
}
