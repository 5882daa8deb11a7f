//! `--db file`: a SQLite file for applications that can open nothing else. It is filled from the stack's database
//! before the command and read back after it, so that snapshots and diffs see what the command did.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::backend::Backend;
use crate::failure::Failure;

const NAME: &str = "main.db";

#[derive(Debug)]
pub(super) struct FileDatabase {
    path: PathBuf,
}

impl FileDatabase {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            path: folder.join(NAME),
        }
    }

    pub(super) fn variables(&self) -> [(&'static str, String); 3] {
        let path = self.path.to_string_lossy().into_owned();
        // Three slashes before the path, which begins with one: SQLAlchemy's form, which others read, too.
        let url = format!("sqlite:///{path}");
        [
            ("DATABASE_URL", url.clone()),
            ("SQLALCHEMY_DATABASE_URL", url),
            ("DATABASE_FILE", path),
        ]
    }

    pub(super) fn fill(&self, backend: &Backend) -> Result<(), Failure> {
        let image = backend.export_database()?;
        for side in ["-wal", "-shm", "-journal"] {
            // What is not there needs no removal.
            let _ = std::fs::remove_file(self.beside(side));
        }
        std::fs::write(&self.path, image).map_err(|source| Failure::Write {
            path: self.path.clone(),
            source,
        })
    }

    pub(super) fn read_back(&self, backend: &Backend) -> Result<(), Failure> {
        if !self.path.exists() {
            eprintln!(
                "note: the command removed its database file; the stack's database is as it was"
            );
            return Ok(());
        }
        let failed = |why: String| Failure::Options {
            what: format!("--db file: the command's database cannot be read back: {why}"),
            hint: "a process that is still writing, or a file that is no database, may be why"
                .to_owned(),
        };
        // A command that was killed leaves a log or a journal beside the file: SQLite itself puts it in.
        let open = || -> rusqlite::Result<()> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&self.path, flags)?;
            connection.query_row("PRAGMA journal_mode=DELETE", [], |_| Ok(()))?;
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        };
        open().map_err(|e| failed(e.to_string()))?;
        let image = std::fs::read(&self.path).map_err(|e| failed(e.to_string()))?;
        backend.import_database(image)
    }

    fn beside(&self, side: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(side);
        path.into()
    }
}
