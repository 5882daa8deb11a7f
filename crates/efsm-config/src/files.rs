//! Where the files of a configuration come from: the disk, or a map in memory.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// A read-only file system.
pub trait Files {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// What stands in a folder, in any order.
    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: String,
    pub is_folder: bool,
}

/// The file system of the machine. Links to files are followed, links to folders are not listed: a link to a
/// folder above itself would have no end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let is_file = kind.is_file()
                || (kind.is_symlink()
                    && std::fs::metadata(entry.path()).is_ok_and(|m| m.is_file()));
            let Ok(name) = entry.file_name().into_string() else {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("the name {} is not UTF-8", entry.file_name().display()),
                ));
            };
            if is_file || kind.is_dir() {
                listed.push(Listed {
                    name,
                    is_folder: kind.is_dir(),
                });
            }
        }
        Ok(listed)
    }
}

/// Files by their whole path, for configurations that never touch a disk.
impl Files for BTreeMap<PathBuf, Vec<u8>> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if let Some(bytes) = self.get(path) {
            return Ok(bytes.clone());
        }
        Err(match self.list(path) {
            Ok(_) => io::ErrorKind::IsADirectory.into(),
            Err(error) => error,
        })
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        if self.contains_key(folder) {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let mut listed: Vec<Listed> = Vec::new();
        for path in self.keys() {
            let Ok(below) = path.strip_prefix(folder) else {
                continue;
            };
            let mut parts = below.iter();
            let Some(name) = parts.next().and_then(|name| name.to_str()) else {
                continue;
            };
            let name = name.to_owned();
            if listed.last().is_none_or(|last| last.name != name) {
                listed.push(Listed {
                    name,
                    is_folder: parts.next().is_some(),
                });
            }
        }
        if listed.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(listed)
    }
}
