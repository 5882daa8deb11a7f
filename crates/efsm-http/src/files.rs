//! The root directory: stubs in `mappings/`, bodies in `__files/`, as WireMock keeps them.
//!
//! It is read whole before anything is changed, and written only when somebody asks for it.

use std::collections::HashSet;
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
}

/// The contents of a root directory.
#[derive(Debug, Default)]
pub(crate) struct RootDir {
    /// In the order of their files' paths.
    pub(crate) stubs: Vec<Arc<Stub>>,
    pub(crate) files: Vec<(Arc<str>, Bytes)>,
}

impl RootDir {
    /// Reads a directory; folders that are missing are empty.
    pub(crate) fn read(
        root: &Path,
        mut new_id: impl FnMut() -> Uuid,
    ) -> Result<Self, RootDirError> {
        let mut dir = Self::default();
        let mut ids = HashSet::new();
        for path in files_below(&root.join("mappings"))? {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            for stub in read_mappings(&path, &mut new_id)? {
                if !ids.insert(stub.id) {
                    return Err(RootDirError::DuplicateId { path, id: stub.id });
                }
                dir.stubs.push(Arc::new(stub));
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

/// Writes every stub into a file of its own, and every body file.
pub(crate) fn write(root: &Path, state: &State) -> Result<(), RootDirError> {
    let mappings = root.join("mappings");
    fs::create_dir_all(&mappings).map_err(|source| io_error(&mappings, source))?;
    for stub in state.stubs.iter() {
        let path = mappings.join(file_name(stub));
        put(&path, crate::wire::pretty_json(&stub.json).as_bytes())?;
    }
    for (name, content) in &state.files {
        let path = root.join("__files").join(&**name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| io_error(folder, source))?;
        }
        put(&path, content)?;
    }
    Ok(())
}

/// `{name}-{id}.json`; a stub without a name has its id alone.
fn file_name(stub: &Stub) -> String {
    let name: String = stub
        .name
        .iter()
        .flat_map(|name| name.chars())
        .map(|c| {
            if c.is_alphanumeric() || c == '.' {
                c
            } else {
                '_'
            }
        })
        .take(100)
        .collect();
    let name = name.trim_matches(['_', '.']).to_lowercase();
    if name.is_empty() {
        format!("{}.json", stub.id)
    } else {
        format!("{name}-{}.json", stub.id)
    }
}

/// One stub, or `{"mappings": [..]}`.
fn read_mappings(
    path: &Path,
    new_id: &mut impl FnMut() -> Uuid,
) -> Result<Vec<Stub>, RootDirError> {
    let text = fs::read(path).map_err(|source| io_error(path, source))?;
    let mut read = || -> Result<Vec<Stub>, DocumentError> {
        let value = document::parse(&text)?;
        let root = Place::root(&value);
        match value.get("mappings") {
            Some(Value::Array(stubs)) => {
                let list = root.field("mappings", &value);
                stubs
                    .iter()
                    .enumerate()
                    .map(|(index, stub)| Stub::parse(&list.item(index, stub), &mut *new_id))
                    .collect()
            }
            _ => Stub::parse(&root, &mut *new_id).map(|stub| vec![stub]),
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
