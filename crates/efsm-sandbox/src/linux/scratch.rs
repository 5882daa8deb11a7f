//! Private folders in the folder for temporary files, and the removal of those whose owner was killed.
//!
//! A folder belongs to whoever holds the lock on it. The kernel gives the lock back when a process ends, however it ends, so a
//! folder whose lock can be had is nobody's: no process has to be looked up, and none can be mistaken for another.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

const PREFIX: &str = "efsm-run-";
/// A folder is lost to a sweep that comes between its making and its locking: then another is made.
const ATTEMPTS: usize = 100;

/// Entered by this user alone; gone when it is dropped, or with the next sweep.
#[derive(Debug)]
pub(super) struct Scratch {
    folder: TempDir,
    /// Held open: closing it gives the lock back.
    _lock: File,
}

impl Scratch {
    pub(super) fn new() -> io::Result<Self> {
        Self::new_in(&std::env::temp_dir())
    }

    fn new_in(parent: &Path) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let folder = tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(parent)?;
            let Some(lock) = lock(folder.path()) else {
                continue;
            };
            let ours = lock.metadata()?;
            let is_there = std::fs::metadata(folder.path())
                .is_ok_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino()));
            if is_there {
                return Ok(Self {
                    folder,
                    _lock: lock,
                });
            }
        }
        Err(io::Error::other("others remove it as fast as it is made"))
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A folder in it for the user of a container, who is another one: mounted, it is entered without passing this one.
    pub(super) fn folder_for_all(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.path().join(name);
        std::fs::create_dir(&path)?;
        let_all_in(&path)?;
        Ok(path)
    }
}

/// Not by the mode of its making, which the process's mask narrows.
pub(super) fn let_all_in(path: &Path) -> io::Result<()> {
    std::fs::set_permissions(path, Permissions::from_mode(0o777))
}

/// `None` when somebody else holds it, or when there is nothing to lock.
fn lock(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

/// Removes the private folders of runs whose process was killed, such as those of containers' sockets. Runs do it when they begin.
pub fn remove_leftovers() {
    remove_leftovers_in(&std::env::temp_dir());
}

fn remove_leftovers_in(parent: &Path) {
    let own = rustix::process::getuid().as_raw();
    for path in candidates(parent) {
        // Not followed, and not another user's: in a folder that everyone can write a name says nothing.
        let is_ours = std::fs::symlink_metadata(&path)
            .is_ok_and(|status| status.is_dir() && status.uid() == own);
        if is_ours && let Some(_held) = lock(&path) {
            // What cannot be removed is met again by the next sweep.
            let _ = std::fs::remove_dir_all(&path);
        }
    }
}

fn candidates(parent: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX))
        .map(|entry| entry.path())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_of_the_living_stays_and_that_of_the_dead_goes() {
        let parent = tempfile::tempdir().unwrap();
        let living = Scratch::new_in(parent.path()).unwrap();
        let dead = parent.path().join("efsm-run-dead");
        std::fs::create_dir_all(dead.join("socket")).unwrap();
        let others = parent.path().join("efsm-running");
        std::fs::create_dir(&others).unwrap();
        remove_leftovers_in(parent.path());
        assert!(living.path().exists() && others.exists() && !dead.exists());
        let path = living.path().to_owned();
        drop(living);
        assert!(!path.exists());
    }

    #[test]
    fn folder_is_entered_by_its_owner_alone() {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::new_in(parent.path()).unwrap();
        let inner = scratch.folder_for_all("socket").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(scratch.path()), mode(&inner)), (0o700, 0o777));
    }

    #[test]
    fn lock_goes_with_its_process() {
        let parent = tempfile::tempdir().unwrap();
        let Scratch {
            folder,
            _lock: lock,
        } = Scratch::new_in(parent.path()).unwrap();
        let path = folder.keep();
        remove_leftovers_in(parent.path());
        assert!(path.exists());
        // As the kernel does it for a process that is killed.
        drop(lock);
        remove_leftovers_in(parent.path());
        assert!(!path.exists());
    }

    #[test]
    fn link_is_not_followed() {
        let parent = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let link = parent.path().join("efsm-run-link");
        std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
        remove_leftovers_in(parent.path());
        assert!(elsewhere.path().exists());
    }

    #[test]
    fn many_come_and_go_while_others_sweep() {
        let parent = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let scratch = Scratch::new_in(parent.path()).unwrap();
                        std::fs::write(scratch.path().join("file"), "x").unwrap();
                        remove_leftovers_in(parent.path());
                        assert!(scratch.path().join("file").exists());
                    }
                });
            }
        });
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
