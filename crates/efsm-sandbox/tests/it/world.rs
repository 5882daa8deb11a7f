//! What must be the same before and after a run: processes, descriptors, temporary files, control groups.

use std::collections::BTreeSet;
use std::fs;

/// A word that a test's processes carry in their arguments, so that they are found wherever they went.
pub(crate) fn mark(name: &str) -> String {
    format!("efsm-mark-{}-{name}", std::process::id())
}

/// The processes with `mark` in their arguments.
pub(crate) fn marked(mark: &str) -> Vec<i32> {
    processes()
        .filter(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let has_mark = line.windows(mark.len()).any(|part| part == mark.as_bytes());
            has_mark && *pid != std::process::id() as i32 && is_running(*pid)
        })
        .collect()
}

pub(crate) fn is_running(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat[stat.rfind(')').unwrap_or(0)..].starts_with(") Z"))
}

fn processes() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Waits until it holds: what a kernel or a daemon does in its own time. Fails after a long while.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let tick = std::time::Duration::from_millis(10);
    for _ in 0..3000 {
        if holds() {
            return;
        }
        tokio::time::sleep(tick).await;
    }
    panic!("{what}: not after half a minute");
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct World {
    children: BTreeSet<i32>,
    descriptors: BTreeSet<String>,
    temporary: BTreeSet<String>,
    groups_of_the_dead: BTreeSet<String>,
}

impl World {
    /// As this test process sees it: to be taken while no other test of it runs.
    pub(crate) fn now() -> Self {
        let me = std::process::id().to_string();
        let children = processes()
            .filter(|pid| {
                let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
                let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
                parent.is_some_and(|parent| parent.trim() == me)
            })
            .collect();
        let names = |folder: &str| -> BTreeSet<String> {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect()
        };
        let mut temporary = names(&std::env::temp_dir().to_string_lossy());
        temporary.retain(|name| name.starts_with("efsm-"));
        Self {
            children,
            descriptors: names("/proc/self/fd")
                .into_iter()
                .filter_map(|fd| fs::read_link(format!("/proc/self/fd/{fd}")).ok())
                .map(|target| target.to_string_lossy().into_owned())
                .filter(|target| target.starts_with("socket:") || target.starts_with("pipe:"))
                .collect(),
            temporary,
            groups_of_the_dead: groups_of_the_dead(),
        }
    }
}

/// Control groups whose guardian is gone.
fn groups_of_the_dead() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![std::path::PathBuf::from("/sys/fs/cgroup")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(pid) = name.strip_prefix("efsm-run-") {
                if !fs::exists(format!("/proc/{pid}")).unwrap_or(true) {
                    found.insert(entry.path().to_string_lossy().into_owned());
                }
                continue;
            }
            folders.push(entry.path());
        }
    }
    found
}
