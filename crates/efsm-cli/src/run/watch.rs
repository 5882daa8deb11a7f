//! `--watch`: waits until a file below the current folder changes. Times and sizes are polled: that needs no
//! library, and works on network folders and in containers, where change notices do not arrive.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::command::{self, Listener};

const STEP: Duration = Duration::from_millis(300);
/// Files beyond this number are not looked at.
const MAX_FILES: usize = 50_000;

/// Folders that tools write and nobody edits; those that begin with a dot are left out, too.
const IGNORED: [&str; 8] = [
    "target",
    "node_modules",
    "__pycache__",
    "venv",
    "build",
    "dist",
    "out",
    "coverage",
];

type Stamps = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Files,
    /// A file that describes the stack.
    Configuration,
    Signal,
}

pub(super) async fn wait(sources: &[PathBuf], listener: &mut Listener) -> Seen {
    let before = look(sources.to_vec()).await;
    eprintln!("efsm: waiting for a change; Ctrl-C ends");
    loop {
        tokio::select! {
            signal = listener.next() => {
                if command::is_ending(signal) {
                    return Seen::Signal;
                }
            }
            () = tokio::time::sleep(STEP) => {
                let (files, of_stack) = look(sources.to_vec()).await;
                if of_stack != before.1 {
                    return Seen::Configuration;
                }
                if files != before.0 {
                    return Seen::Files;
                }
            }
        }
    }
}

/// The files of the folder, and those that describe the stack.
async fn look(sources: Vec<PathBuf>) -> (Stamps, Stamps) {
    tokio::task::spawn_blocking(move || {
        let mut files = Stamps::new();
        walk(Path::new("."), &mut files);
        let mut of_stack = Stamps::new();
        for source in sources {
            stamp(source, &mut of_stack);
        }
        (files, of_stack)
    })
    .await
    .unwrap_or_default()
}

fn walk(folder: &Path, files: &mut Stamps) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Not followed: a link may lead anywhere, also back.
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let is_hidden = name.starts_with('.');
        if kind.is_dir() && !is_hidden && !IGNORED.contains(&name.as_ref()) {
            walk(&entry.path(), files);
        } else if kind.is_file() && !is_hidden && !name.ends_with('~') {
            stamp(entry.path(), files);
        }
        if files.len() >= MAX_FILES {
            return;
        }
    }
}

fn stamp(path: PathBuf, stamps: &mut Stamps) {
    let (time, size) = match path.metadata() {
        Ok(metadata) => (metadata.modified().ok(), metadata.len()),
        Err(_) => (None, 0),
    };
    stamps.insert(path, (time, size));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_tools_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "src/a.py",
            "node_modules/x/a.js",
            ".git/HEAD",
            "target/a",
            "b.txt",
            "b.txt~",
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let mut files = Stamps::new();
        walk(folder.path(), &mut files);
        let names: Vec<_> = files
            .keys()
            .map(|path| {
                path.strip_prefix(folder.path())
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        assert_eq!(names, ["b.txt", "src/a.py"]);
    }
}
