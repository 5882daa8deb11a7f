//! Where the folder is, and the lock on it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

const LOCK: &str = ".lock";

#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error(
        "{path} is not a folder of yours alone: it would tell others the tokens of your stacks"
    )]
    NotPrivate { path: PathBuf },
    #[error("{path} cannot be used for the files of running stacks: {source}")]
    Io { path: PathBuf, source: io::Error },
}

/// `$XDG_RUNTIME_DIR/efsm`, else a folder of this user in the folder for temporary files.
pub(crate) fn location() -> Result<PathBuf, FolderError> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute() && path.is_dir());
    let path = match runtime {
        Some(runtime) => runtime.join("efsm"),
        None => std::env::temp_dir().join(format!("efsm-{}", own_uid())),
    };
    check(&path)?;
    Ok(path)
}

fn own_uid() -> u32 {
    rustix::process::getuid().as_raw()
}

/// Another user may have made a folder, or a link, of that name in a folder that everyone can write. One that
/// is not there is nobody's.
fn check(path: &Path) -> Result<(), FolderError> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else {
        return Ok(());
    };
    let is_others = metadata.mode().trailing_zeros() < 6;
    if metadata.is_dir() && metadata.uid() == own_uid() && !is_others {
        Ok(())
    } else {
        Err(FolderError::NotPrivate {
            path: path.to_owned(),
        })
    }
}

/// The folder's lock. While it is held nobody else takes a name or removes a file; when it is given back,
/// a folder that holds nothing else goes with it.
#[derive(Debug)]
pub(crate) struct Lock {
    folder: PathBuf,
    /// Open: closing it gives the lock back.
    _file: File,
}

impl Lock {
    /// Makes the folder when it is not there.
    pub(crate) fn acquire(folder: &Path) -> Result<Self, FolderError> {
        loop {
            match DirBuilder::new().mode(0o700).create(folder) {
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => {
                    return Err(FolderError::Io {
                        path: folder.to_owned(),
                        source,
                    });
                }
            }
            if let Some(lock) = Self::of_existing(folder)? {
                return Ok(lock);
            }
        }
    }

    /// `None` when there is no folder, and so nothing to lock.
    pub(crate) fn of_existing(folder: &Path) -> Result<Option<Self>, FolderError> {
        let failed = |source| FolderError::Io {
            path: folder.to_owned(),
            source,
        };
        let path = folder.join(LOCK);
        loop {
            let opened = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .mode(0o600)
                .open(&path);
            let file = match opened {
                Ok(file) => file,
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(e) => return Err(failed(e)),
            };
            check(folder)?;
            file.lock().map_err(failed)?;
            // Whoever held it before us may have removed it with the folder: then it locks nothing.
            let is_current = std::fs::metadata(&path).is_ok_and(|there| {
                file.metadata()
                    .is_ok_and(|ours| (ours.dev(), ours.ino()) == (there.dev(), there.ino()))
            });
            if is_current {
                return Ok(Some(Self {
                    folder: folder.to_owned(),
                    _file: file,
                }));
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let is_empty = std::fs::read_dir(&self.folder)
            .is_ok_and(|entries| entries.flatten().all(|entry| entry.file_name() == LOCK));
        if is_empty {
            // Still locked: who waits for this file sees that it is no longer the folder's.
            let _ = std::fs::remove_file(self.folder.join(LOCK));
            let _ = std::fs::remove_dir(&self.folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("efsm");
        std::fs::create_dir(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let refused = Lock::acquire(&folder).unwrap_err();
        assert!(
            matches!(refused, FolderError::NotPrivate { .. }),
            "{refused}"
        );
        let link = parent.path().join("link");
        std::os::unix::fs::symlink(parent.path(), &link).unwrap();
        assert!(matches!(
            Lock::acquire(&link).unwrap_err(),
            FolderError::NotPrivate { .. }
        ));
    }

    #[test]
    fn many_take_turns_while_the_folder_comes_and_goes() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("efsm");
        let inside = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let _lock = Lock::acquire(&folder).unwrap();
                        let before = inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        assert_eq!(before, 0);
                        inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(!folder.exists());
    }
}
