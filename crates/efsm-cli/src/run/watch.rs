//! `--watch`: waits until a file below the current folder changes. Times and sizes are polled: that needs no
//! library, and works on network folders and in containers, where change notices do not arrive.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::command::{self, Listener};

const STEP: Duration = Duration::from_millis(300);
/// Files beyond this number are not looked at.
const MAX_FILES: usize = 50_000;
/// Paths that are told.
const MAX_TOLD: usize = 5;

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

/// When a file was changed, how large it is, and which it is: an editor may put another in its place.
type Stamp = (Option<SystemTime>, u64, u64);
type Stamps = BTreeMap<PathBuf, Stamp>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Files,
    /// A file that describes the stack.
    Configuration,
    Signal,
}

/// What was there when it was last looked, kept over all runs of one command line.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// What the command is asked to write.
    reports: BTreeSet<PathBuf>,
    files: Stamps,
    of_stack: Stamps,
    has_run: bool,
    changed_by_last_run: BTreeSet<PathBuf>,
}

impl Watch {
    pub(super) fn without<'p>(reports: impl IntoIterator<Item = &'p Path>) -> Self {
        let relative = |path: &Path| {
            let path = std::path::absolute(path).ok()?;
            let below = path.strip_prefix(std::env::current_dir().ok()?).ok()?;
            Some(Path::new(".").join(below))
        };
        Self {
            reports: reports.into_iter().filter_map(relative).collect(),
            ..Self::default()
        }
    }

    /// Before a run: what changes from now on is not in what the command sees at its beginning.
    pub(super) async fn begin(&mut self, sources: &[PathBuf]) {
        (self.files, self.of_stack) = self.look(sources).await;
        self.has_run = true;
    }

    /// Returns at once when something changed meanwhile.
    pub(super) async fn wait(&mut self, sources: &[PathBuf], listener: &mut Listener) -> Seen {
        let mut is_told = false;
        loop {
            let (files, of_stack) = self.look(sources).await;
            let mut all = changed(&self.of_stack, &of_stack);
            let seen = if all.is_empty() {
                Seen::Files
            } else {
                Seen::Configuration
            };
            all.append(&mut changed(&self.files, &files));
            (self.files, self.of_stack) = (files, of_stack);
            let is_after_run = std::mem::take(&mut self.has_run);
            if self.is_for_a_run(all, is_after_run) {
                return seen;
            }
            if !std::mem::replace(&mut is_told, true) {
                eprintln!("efsm: waiting for a change; Ctrl-C ends");
            }
            tokio::select! {
                signal = listener.next() => {
                    if command::is_ending(signal) {
                        return Seen::Signal;
                    }
                }
                () = tokio::time::sleep(STEP) => {}
            }
        }
    }

    /// Many commands write files below their folder, and would be run without end. So what changed while the command ran, and had
    /// changed while it ran the last time, too, is taken for its own work, and said to be.
    fn is_for_a_run(&mut self, changed: BTreeSet<PathBuf>, is_after_run: bool) -> bool {
        if !is_after_run {
            return !changed.is_empty();
        }
        let is_for_a_run = !changed.is_subset(&self.changed_by_last_run);
        if !is_for_a_run && !changed.is_empty() {
            eprintln!(
                "efsm: changed during this run and the last, and so taken for the command's own work: {}",
                told(&changed)
            );
        }
        self.changed_by_last_run = changed;
        is_for_a_run
    }

    async fn look(&self, sources: &[PathBuf]) -> (Stamps, Stamps) {
        let (mut files, of_stack) = look(sources.to_vec()).await;
        files.retain(|path, _| !self.reports.contains(path));
        (files, of_stack)
    }
}

/// The files that are other ones than before, or gone. New ones count as one, whatever they are called: a command may give each
/// of its results another name.
fn changed(before: &Stamps, now: &Stamps) -> BTreeSet<PathBuf> {
    let is_other = |(path, stamp): &(&PathBuf, &Stamp)| now.get(*path) != Some(*stamp);
    let mut changed: BTreeSet<PathBuf> = before
        .iter()
        .filter(is_other)
        .map(|(path, _)| path.clone())
        .collect();
    if now.keys().any(|path| !before.contains_key(path)) {
        changed.insert("new files".into());
    }
    changed
}

fn told(changed: &BTreeSet<PathBuf>) -> String {
    // A file of the stack may be one of the folder, too.
    let names: BTreeSet<String> = changed
        .iter()
        .map(|path| path.strip_prefix(".").unwrap_or(path).display().to_string())
        .collect();
    let more = names.len().saturating_sub(MAX_TOLD);
    let told: Vec<String> = names.into_iter().take(MAX_TOLD).collect();
    match more {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
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
    let stamp = match path.metadata() {
        Ok(metadata) => (metadata.modified().ok(), metadata.len(), metadata.ino()),
        Err(_) => (None, 0, 0),
    };
    stamps.insert(path, stamp);
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

    fn stamps(files: &[(&str, u64)]) -> Stamps {
        let stamp = |(name, size): &(&str, u64)| (PathBuf::from(name), (None, *size, 0));
        files.iter().map(stamp).collect()
    }

    #[test]
    fn edits_removals_and_new_files_are_changes() {
        let before = stamps(&[("a", 1), ("b", 1), ("c", 1)]);
        assert!(changed(&before, &before).is_empty());
        let now = stamps(&[("a", 1), ("b", 2), ("d", 1), ("e", 1)]);
        let names = ["b", "c", "new files"].map(PathBuf::from);
        assert_eq!(changed(&before, &now), BTreeSet::from(names));
    }

    #[test]
    fn what_each_run_writes_does_not_run_it_again() {
        let mut watch = Watch::default();
        let of = |names: &[&str]| names.iter().map(PathBuf::from).collect::<BTreeSet<_>>();
        // Somebody may have edited it.
        assert!(watch.is_for_a_run(of(&["log"]), true));
        assert!(!watch.is_for_a_run(of(&["log"]), true));
        // An edit while it waits is always one.
        assert!(watch.is_for_a_run(of(&["log"]), false));
        assert!(watch.is_for_a_run(of(&["log", "src"]), true));
        assert!(!watch.is_for_a_run(of(&["log"]), true));
        assert!(!watch.is_for_a_run(of(&[]), true));
        assert!(watch.is_for_a_run(of(&["log"]), true));
    }

    #[tokio::test]
    async fn reports_are_no_changes() {
        let folder = std::env::current_dir().unwrap();
        let report = folder.join("Cargo.toml");
        let watch = Watch::without([report.as_path(), Path::new("src/lib.rs")]);
        let (files, _) = watch.look(&[]).await;
        assert!(files.contains_key(Path::new("./src/main.rs")));
        assert!(!files.contains_key(Path::new("./Cargo.toml")));
        assert!(!files.contains_key(Path::new("./src/lib.rs")));
    }
}
