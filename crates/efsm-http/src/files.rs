//! The root directory: stubs in `mappings/`, bodies in `__files/`, as WireMock keeps them.
//!
//! It is read whole before anything is changed, and written only when somebody asks for it: by a save, or by a stub that
//! says of itself that it is `persistent`.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use uuid::Uuid;

use crate::engine::document::{self, Place};
use crate::engine::state::State;
use crate::engine::stub::Stub;
use crate::error::DocumentError;

/// Folders inside folders, at most: a link that leads back would never end.
const MAX_DEPTH: usize = 32;

/// What keeps a root directory from being read or written.
#[derive(Debug, thiserror::Error)]
pub enum RootDirError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    Mapping {
        path: PathBuf,
        source: DocumentError,
    },
    #[error("{}: the id {id} is in another file too: give each stub its own", path.display())]
    DuplicateId { path: PathBuf, id: Uuid },
    #[error(
        "{}: the stub {id} stands there with others and has changed: files of several stubs are not written, \
         give it a file of its own", path.display()
    )]
    Shared { path: PathBuf, id: Uuid },
}

/// A directory that was loaded, and where its stubs came from.
#[derive(Debug)]
pub(crate) struct Root {
    path: PathBuf,
    origins: HashMap<Uuid, Origin>,
}

/// The file that a stub stands in.
#[derive(Debug)]
struct Origin {
    path: PathBuf,
    /// As it stands there.
    stub: Arc<Stub>,
    /// Whether others stand there too.
    shared: bool,
}

/// The contents of a root directory.
#[derive(Debug, Default)]
pub(crate) struct RootDir {
    /// In the order of their files' paths.
    pub(crate) stubs: Vec<Arc<Stub>>,
    pub(crate) files: Vec<(Arc<str>, Bytes)>,
    origins: HashMap<Uuid, Origin>,
}

impl RootDir {
    /// Reads a directory; folders that are missing are empty.
    pub(crate) fn read(
        root: &Path,
        mut new_id: impl FnMut() -> Uuid,
    ) -> Result<Self, RootDirError> {
        let mut dir = Self::default();
        for path in files_below(&root.join("mappings"))? {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let (stubs, shared) = read_mappings(&path, &mut new_id)?;
            for stub in stubs {
                let stub = Arc::new(stub);
                let origin = Origin {
                    path: path.clone(),
                    stub: stub.clone(),
                    shared,
                };
                if dir.origins.insert(stub.id, origin).is_some() {
                    return Err(RootDirError::DuplicateId { path, id: stub.id });
                }
                dir.stubs.push(stub);
            }
        }
        let files = root.join("__files");
        for path in files_below(&files)? {
            let content = fs::read(&path).map_err(|source| io_error(&path, source))?;
            let name = path.strip_prefix(&files).unwrap_or(&path);
            let name: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
            dir.files.push((name.join("/").into(), content.into()));
        }
        Ok(dir)
    }
}

/// Stubs and files of a state that are to be written.
#[derive(Debug, Default)]
pub(crate) struct Unsaved {
    pub(crate) stubs: Vec<Arc<Stub>>,
    pub(crate) files: Vec<(Arc<str>, Bytes)>,
}

impl Unsaved {
    /// All of it.
    pub(crate) fn all(state: &State) -> Self {
        let files = state.files.iter();
        Self {
            stubs: state.stubs.iter().cloned().collect(),
            files: files.map(|(n, c)| (n.clone(), c.clone())).collect(),
        }
    }
}

impl Root {
    /// A directory of which `read` was read.
    pub(crate) fn new(path: &Path, read: &mut RootDir) -> Self {
        Self {
            path: path.to_owned(),
            origins: std::mem::take(&mut read.origins),
        }
    }

    /// Writes each stub into the file that it came from, or one of its own, and each body file.
    pub(crate) fn write(&mut self, unsaved: &Unsaved) -> Result<(), RootDirError> {
        let mappings = self.path.join("mappings");
        fs::create_dir_all(&mappings).map_err(|source| io_error(&mappings, source))?;
        for stub in &unsaved.stubs {
            let path = match self.origins.get(&stub.id) {
                Some(origin) if origin.stub.json == stub.json && origin.path.exists() => continue,
                Some(Origin {
                    path, shared: true, ..
                }) => {
                    let (path, id) = (path.clone(), stub.id);
                    return Err(RootDirError::Shared { path, id });
                }
                Some(origin) => origin.path.clone(),
                None => mappings.join(file_name(stub)),
            };
            put(&path, crate::wire::pretty_json(&stub.json).as_bytes())?;
            let origin = Origin {
                path,
                stub: stub.clone(),
                shared: false,
            };
            self.origins.insert(stub.id, origin);
        }
        for (name, content) in &unsaved.files {
            let path = self.path.join("__files").join(&**name);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|source| io_error(folder, source))?;
            }
            put(&path, content)?;
        }
        Ok(())
    }

    /// Removes the file that a stub has to itself.
    pub(crate) fn remove(&mut self, id: &Uuid) -> Result<(), RootDirError> {
        match self.origins.get(id) {
            Some(origin) if !origin.shared => {
                fs::remove_file(&origin.path)
                    .or_else(|error| match error.kind() {
                        io::ErrorKind::NotFound => Ok(()),
                        _ => Err(error),
                    })
                    .map_err(|source| io_error(&origin.path, source))?;
                self.origins.remove(id);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// `{name}-{id}.json` as WireMock names it; a stub without a name has its method and URL instead.
fn file_name(stub: &Stub) -> String {
    let name = stub.name.clone().unwrap_or_else(|| {
        let url = stub.pattern.written_url().unwrap_or("always");
        format!("{}-{url}", stub.pattern.method.as_str())
    });
    let name: String = name
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') => {
                Some(c.to_ascii_lowercase())
            }
            _ => None,
        })
        .take(100)
        .collect();
    // A file whose name begins with a dot is not read again.
    format!("{}-{}.json", name.trim_start_matches('.'), stub.id)
}

/// One stub, or `{"mappings": [..]}`; and whether it is such a list.
fn read_mappings(
    path: &Path,
    new_id: &mut impl FnMut() -> Uuid,
) -> Result<(Vec<Stub>, bool), RootDirError> {
    let text = fs::read(path).map_err(|source| io_error(path, source))?;
    let mut read = || -> Result<(Vec<Stub>, bool), DocumentError> {
        let value = document::parse(&text)?;
        let root = Place::root(&value);
        match value.get("mappings") {
            Some(Value::Array(stubs)) => {
                let list = root.field("mappings", &value);
                stubs
                    .iter()
                    .enumerate()
                    .map(|(index, stub)| Stub::parse(&list.item(index, stub), &mut *new_id))
                    .collect::<Result<_, _>>()
                    .map(|stubs| (stubs, true))
            }
            _ => Stub::parse(&root, &mut *new_id).map(|stub| (vec![stub], false)),
        }
    };
    read().map_err(|source| RootDirError::Mapping {
        path: path.to_owned(),
        source,
    })
}

/// Every file below a folder, sorted by path; none when the folder is missing.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, RootDirError> {
    let mut found = Vec::new();
    if folder.is_dir() {
        collect(folder, 0, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), RootDirError> {
    if depth > MAX_DEPTH {
        return Ok(());
    }
    let entries = fs::read_dir(folder).map_err(|source| io_error(folder, source))?;
    for entry in entries {
        let path = entry.map_err(|source| io_error(folder, source))?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            collect(&path, depth + 1, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// Written beside and moved into place, so that a reader never finds half a file.
fn put(path: &Path, content: &[u8]) -> Result<(), RootDirError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    fs::write(&beside, content).map_err(|source| io_error(&beside, source))?;
    fs::rename(&beside, path).map_err(|source| io_error(path, source))
}

fn io_error(path: &Path, source: io::Error) -> RootDirError {
    RootDirError::Io {
        path: path.to_owned(),
        source,
    }
}
