//! The machine's processes, as /proc shows them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use efsm_core::Stopwatch;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, wait};

const LONGEST_SWEEP: Duration = Duration::from_secs(5);

/// One line of /proc/PID/stat, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) parent: i32,
    pub(crate) session: i32,
    pub(crate) is_zombie: bool,
    pub(crate) threads: u64,
    pub(crate) resident_pages: u64,
}

pub(crate) type Table = BTreeMap<i32, Process>;

/// All processes that this one may see.
pub(crate) fn table() -> Table {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Table::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid: i32| {
            // A process may end between the listing and the reading.
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            Some((pid, parse(&stat)?))
        })
        .collect()
}

/// The name in parentheses may hold anything, parentheses and newlines among it: what follows the last one counts.
fn parse(stat: &str) -> Option<Process> {
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
    Some(Process {
        is_zombie: matches!(*fields.first()?, "Z" | "X"),
        parent: fields.get(1)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        threads: fields.get(17)?.parse().ok()?,
        resident_pages: fields.get(21)?.parse().unwrap_or(0),
    })
}

/// All that descend from `root`, itself not among them.
pub(crate) fn descendants(table: &Table, root: i32) -> BTreeSet<i32> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for (&pid, process) in table {
        children.entry(process.parent).or_default().push(pid);
    }
    let mut found = BTreeSet::new();
    let mut next = vec![root];
    while let Some(pid) = next.pop() {
        for &child in children.get(&pid).map_or(&[][..], Vec::as_slice) {
            if found.insert(child) {
                next.push(child);
            }
        }
    }
    found
}

/// Sends SIGKILL; a process that is gone already is as good as killed.
pub(crate) fn kill(pid: i32) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// Kills what `chosen` picks until nothing of it is left, and reaps what this process is the parent of. Gives the number
/// of processes that were ended.
pub(crate) fn end_all(chosen: impl Fn(&Table) -> BTreeSet<i32>) -> u32 {
    let mut ended: BTreeSet<i32> = BTreeSet::new();
    let since = Stopwatch::start();
    loop {
        let table = table();
        let living: Vec<i32> = chosen(&table)
            .into_iter()
            .filter(|pid| !table[pid].is_zombie)
            .collect();
        // Stopped first: a process that multiplies would otherwise run ahead of its own end.
        for pid in living.iter().filter_map(|pid| Pid::from_raw(*pid)) {
            let _ = kill_process(pid, Signal::STOP);
        }
        for pid in &living {
            kill(*pid);
        }
        ended.extend(&living);
        reap(|_, _| {});
        // A process in an uninterruptible call of the kernel cannot be waited for without end.
        if living.is_empty() || since.elapsed() > LONGEST_SWEEP {
            return ended.len() as u32;
        }
        std::thread::yield_now();
    }
}

/// Takes the status of every child that has ended.
pub(crate) fn reap(mut each: impl FnMut(i32, WaitStatus)) {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        each(pid.as_raw_nonzero().get(), status);
    }
}

/// Threads of all processes of this user: what RLIMIT_NPROC counts.
pub(crate) fn threads_of_user(uid: u32) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    table()
        .iter()
        .filter(|(pid, _)| {
            fs::metadata(format!("/proc/{pid}")).is_ok_and(|status| status.uid() == uid)
        })
        .map(|(_, process)| process.threads)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_parentheses_do_not_confuse() {
        let stat = "42 (a) b (c) R 7 42 41 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 3 0 100 9999 55 1844";
        let process = parse(stat).unwrap();
        assert_eq!(
            (process.parent, process.session, process.threads),
            (7, 41, 3)
        );
        assert_eq!((process.resident_pages, process.is_zombie), (55, false));
        assert_eq!(parse("nonsense"), None);
        assert_eq!(parse("1 (x) R"), None);
    }

    #[test]
    fn this_process_descends_from_its_parent() {
        let table = table();
        let me = std::process::id() as i32;
        let parent = table[&me].parent;
        assert!(descendants(&table, parent).contains(&me));
        assert!(!descendants(&table, me).contains(&me));
    }
}
