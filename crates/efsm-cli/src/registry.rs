//! The stacks of this user that run, each a file in a private folder, so that `down`, `status` and the others
//! find them.
//!
//! A file is written whole or not at all, and belongs to one process, which is known by its id and its start:
//! a file whose process is gone is a leftover, and whoever meets it removes it. Names are taken and leftovers
//! removed under one lock, so that no two processes believe that they have the same name.

mod folder;
mod name;
mod process;
mod record;

use std::io::Write as _;
use std::path::PathBuf;

use tempfile::NamedTempFile;

pub(crate) use folder::{FolderError, Lock, location};
pub(crate) use name::{BadName, Name};
pub(crate) use process::Process;
pub(crate) use record::Record;

/// The name of a stack that was given none.
const DEFAULT_NAME: &str = "default";

/// The folder of this user's stacks. It is there while something is in it.
#[derive(Clone, Debug)]
pub(crate) struct Registry {
    folder: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum RegistryError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("a stack `{}` runs already, as process {} at {}", .0.name, .0.process.pid, .0.url_or_state())]
    Taken(Box<Record>),
    #[error("{path} cannot be written: {source}")]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
}

/// What was found of a stack whose process is gone.
#[derive(Debug)]
pub(crate) struct Leftover {
    pub(crate) record: Record,
    /// What it said at the end, if it ran in the background.
    pub(crate) last_words: String,
}

/// A name that this process holds; given back when dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    registry: Registry,
    record: Record,
}

impl Registry {
    /// The folder where it would stand, without making it.
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn of_user() -> Result<Self, RegistryError> {
        Ok(Self::at(location()?))
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// Takes `name`, or the first free one of `default`, `default-2`, .. for this process. Leftovers that stand
    /// in the way are removed.
    pub(crate) fn claim(&self, name: Option<&Name>) -> Result<Claim, RegistryError> {
        let _lock = Lock::acquire(&self.folder)?;
        let mut number = 1;
        loop {
            let wanted = match (name, number) {
                (Some(name), _) => name.to_string(),
                (None, 1) => DEFAULT_NAME.to_owned(),
                (None, number) => format!("{DEFAULT_NAME}-{number}"),
            };
            match self.read(&wanted) {
                Some(record) if record.process.is_alive() => {
                    if name.is_some() {
                        return Err(RegistryError::Taken(Box::new(record)));
                    }
                    number += 1;
                }
                _ => {
                    self.remove_files(&wanted);
                    let record = Record::starting(wanted, Process::current());
                    self.write(&record)?;
                    return Ok(Claim {
                        registry: self.clone(),
                        record,
                    });
                }
            }
        }
    }

    /// The stacks that run, by name, and what was left by those that do not; the latter is removed.
    pub(crate) fn sweep(&self) -> Result<(Vec<Record>, Vec<Leftover>), RegistryError> {
        let Some(_lock) = Lock::of_existing(&self.folder)? else {
            return Ok((Vec::new(), Vec::new()));
        };
        let (alive, dead): (Vec<_>, Vec<_>) = self
            .records()
            .into_iter()
            .partition(|record| record.process.is_alive());
        let leftovers = dead
            .into_iter()
            .map(|record| {
                let last_words =
                    std::fs::read_to_string(self.log_path(&record.name)).unwrap_or_default();
                self.remove_files(&record.name);
                Leftover { record, last_words }
            })
            .collect();
        crate::scratch::remove_orphans(&self.folder);
        Ok((alive, leftovers))
    }

    fn records(&self) -> Vec<Record> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let mut records: Vec<Record> = entries
            .flatten()
            .filter_map(|entry| {
                let file = entry.file_name().into_string().ok()?;
                self.read(file.strip_suffix(".json")?)
            })
            .collect();
        records.sort_by(|a, b| a.name.cmp(&b.name));
        records
    }

    /// `None` also for a file that is no record: it is then nobody's.
    fn read(&self, name: &str) -> Option<Record> {
        let bytes = std::fs::read(self.record_path(name)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    fn write(&self, record: &Record) -> Result<(), RegistryError> {
        let path = self.record_path(&record.name);
        // A temporary file can be read by its owner alone, and keeps that under its new name.
        let written = NamedTempFile::new_in(&self.folder).and_then(|mut file| {
            serde_json::to_writer(&mut file, record)?;
            file.flush()?;
            file.persist(&path).map_err(|e| e.error)
        });
        written
            .map(drop)
            .map_err(|source| RegistryError::Write { path, source })
    }

    fn remove_files(&self, name: &str) {
        // What is not there needs no removal, and what cannot be removed is met again by the next sweep.
        let _ = std::fs::remove_file(self.record_path(name));
        let _ = std::fs::remove_file(self.log_path(name));
    }

    fn record_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    /// Where a stack in the background says what goes wrong.
    pub(crate) fn log_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    /// Waits until the files of a process that ended are gone, or removes them.
    pub(crate) fn forget(&self, record: &Record) {
        let Ok(Some(_lock)) = Lock::of_existing(&self.folder) else {
            return;
        };
        if self
            .read(&record.name)
            .is_some_and(|now| now.process == record.process)
        {
            self.remove_files(&record.name);
        }
    }
}

impl Claim {
    pub(crate) fn name(&self) -> &str {
        &self.record.name
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn is_detached(&self) -> bool {
        self.record.detached
    }

    /// Says where the stack is.
    pub(crate) fn publish(&mut self, fill: impl FnOnce(&mut Record)) -> Result<(), RegistryError> {
        fill(&mut self.record);
        self.registry.write(&self.record)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.registry.forget(&self.record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn registry() -> (tempfile::TempDir, Registry) {
        let parent = tempfile::tempdir().unwrap();
        let registry = Registry::at(parent.path().join("efsm"));
        (parent, registry)
    }

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn name_is_held_by_one_process_at_a_time() {
        let (_parent, registry) = registry();
        let claim = registry.claim(Some(&name("shop"))).unwrap();
        let refused = registry.claim(Some(&name("shop"))).unwrap_err();
        assert!(matches!(refused, RegistryError::Taken(_)), "{refused}");
        drop(claim);
        registry.claim(Some(&name("shop"))).unwrap();
    }

    #[test]
    fn stacks_without_a_name_are_numbered() {
        let (_parent, registry) = registry();
        let first = registry.claim(None).unwrap();
        let second = registry.claim(None).unwrap();
        assert_eq!([first.name(), second.name()], ["default", "default-2"]);
        drop(first);
        assert_eq!(registry.claim(None).unwrap().name(), "default");
    }

    #[test]
    fn folder_vanishes_with_its_last_file() {
        let (parent, registry) = registry();
        let claim = registry.claim(None).unwrap();
        assert!(registry.folder.exists());
        drop(claim);
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn leftover_of_a_dead_process_is_removed_and_told() {
        let (_parent, registry) = registry();
        let mut claim = registry.claim(Some(&name("shop"))).unwrap();
        let own = claim.record.process.clone();
        let dead = Process {
            start: "another".to_owned(),
            ..own
        };
        claim.publish(|record| record.process = dead).unwrap();
        std::fs::write(registry.log_path("shop"), "no space left").unwrap();
        let (alive, leftovers) = registry.sweep().unwrap();
        assert!(alive.is_empty());
        assert_eq!(leftovers[0].record.name, "shop");
        assert_eq!(leftovers[0].last_words, "no space left");
        assert!(!registry.folder.exists());
    }

    #[test]
    fn only_the_owner_can_read_a_record() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_parent, registry) = registry();
        let _claim = registry.claim(Some(&name("shop"))).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&registry.record_path("shop")), 0o600);
        assert_eq!(mode(&registry.folder), 0o700);
    }
}
