//! A control group for one run, where this user may make one: it alone bounds what all processes take together.
//!
//! Written to as files; see cgroups(7). Version 2 and the controllers of version 1 are both still met.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::processes;
use super::wire::Plan;

const ROOT: &str = "/sys/fs/cgroup";
const PREFIX: &str = "efsm-run-";
/// The length of time of which a share is given, in microseconds.
const PERIOD: u64 = 100_000;

/// What the kernel holds the whole run to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Bounds {
    pub(super) memory: bool,
    pub(super) processes: bool,
    pub(super) cpus: bool,
}

/// Folders of the hierarchy that were made for a run. Removed by [`Group::remove`].
#[derive(Debug, Default)]
pub(super) struct Group {
    folders: Vec<Folder>,
    pub(super) bounds: Bounds,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// Where this process was before.
    home: PathBuf,
}

impl Group {
    /// As much as can be had here; on most machines of unprivileged users that is nothing.
    pub(super) fn make(plan: &Plan) -> Self {
        remove_those_of_the_dead();
        let membership = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mut group = Self::default();
        let name = format!("{PREFIX}{}", std::process::id());
        for line in membership.lines() {
            let mut fields = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
                continue;
            };
            let path = path.trim_start_matches('/');
            if controllers.is_empty() {
                group.unified(&Path::new(ROOT).join(path), &name, plan);
            }
            for controller in controllers.split(',') {
                group.legacy(controller, path, &name, plan);
            }
        }
        group
    }

    /// Version 2: one folder for all. A group that has processes gives its children no controllers, so the place for a new one is
    /// beside this process's own.
    fn unified(&mut self, home: &Path, name: &str, plan: &Plan) {
        let Some(parent) = home.parent().filter(|parent| parent.starts_with(ROOT)) else {
            return;
        };
        let given = fs::read_to_string(parent.join("cgroup.subtree_control")).unwrap_or_default();
        let has = |controller: &str| given.split_whitespace().any(|name| name == controller);
        let path = parent.join(name);
        if !(has("memory") || has("pids")) || fs::create_dir(&path).is_err() {
            return;
        }
        let set = |file: &str, value: String| fs::write(path.join(file), value).is_ok();
        if let Some(bytes) = plan.memory_bytes {
            self.bounds.memory |= set("memory.max", bytes.to_string());
            // Without swap there is no such file, and nothing to bound.
            set("memory.swap.max", "0".to_owned());
        }
        if let Some(count) = plan.processes {
            self.bounds.processes |= set("pids.max", (count + 1).to_string());
        }
        if let Some(cpus) = plan.cpus {
            self.bounds.cpus |= set("cpu.max", format!("{} {PERIOD}", quota(cpus)));
        }
        self.folders.push(Folder {
            path,
            home: home.to_owned(),
        });
    }

    fn legacy(&mut self, controller: &str, path: &str, name: &str, plan: &Plan) {
        let home = Path::new(ROOT).join(controller).join(path);
        let folder = home.join(name);
        let set = |file: &str, value: String| fs::write(folder.join(file), value).is_ok();
        let make = || fs::create_dir(&folder).is_ok();
        let is_bound = match controller {
            "memory" => plan.memory_bytes.is_some_and(|bytes| {
                let made = make() && set("memory.limit_in_bytes", bytes.to_string());
                // Memory and swap together; where swap is not accounted there is no such file.
                set("memory.memsw.limit_in_bytes", bytes.to_string());
                self.bounds.memory |= made;
                made
            }),
            "pids" => plan.processes.is_some_and(|count| {
                let made = make() && set("pids.max", (count + 1).to_string());
                self.bounds.processes |= made;
                made
            }),
            "cpu" => plan.cpus.is_some_and(|cpus| {
                let made = make()
                    && set("cpu.cfs_period_us", PERIOD.to_string())
                    && set("cpu.cfs_quota_us", quota(cpus).to_string());
                self.bounds.cpus |= made;
                made
            }),
            _ => return,
        };
        if is_bound {
            self.folders.push(Folder { path: folder, home });
        } else {
            let _ = fs::remove_dir(&folder);
        }
    }

    /// Moves this process in: what it starts from now on is bound.
    pub(super) fn enter(&mut self) {
        for folder in &self.folders {
            if fs::write(folder.path.join("cgroup.procs"), "0").is_err() {
                self.bounds = Bounds::default();
            }
        }
    }

    /// Moves this process out again, so that it neither counts nor stands in the way of the removal.
    pub(super) fn leave(&self) {
        for folder in &self.folders {
            let _ = fs::write(folder.home.join("cgroup.procs"), "0");
        }
    }

    /// Ends whatever is left in it.
    pub(super) fn end_members(&self) {
        if self.folders.is_empty() {
            return;
        }
        let me = std::process::id() as i32;
        processes::end_all(|table| {
            let mut members = self.members();
            members.retain(|pid| *pid != me && table.contains_key(pid));
            members.into_iter().collect()
        });
    }

    fn members(&self) -> Vec<i32> {
        self.folders
            .iter()
            .filter_map(|folder| fs::read_to_string(folder.path.join("cgroup.procs")).ok())
            .flat_map(|text| {
                let pids: Vec<i32> = text.lines().filter_map(|pid| pid.parse().ok()).collect();
                pids
            })
            .collect()
    }

    pub(super) fn remove(self) {
        for folder in self.folders {
            // The kernel takes a moment after the last process.
            for _ in 0..1000 {
                match fs::remove_dir(&folder.path) {
                    Err(e) if e.kind() == io::ErrorKind::ResourceBusy => {
                        std::thread::sleep(std::time::Duration::from_millis(1));
                    }
                    _ => break,
                }
            }
        }
    }
}

/// A guardian that was killed could not remove its groups. Only empty ones can be removed, so a mistake does no harm.
pub(super) fn remove_those_of_the_dead() {
    let membership = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    for line in membership.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let home = Path::new(ROOT)
            .join(controllers)
            .join(path.trim_start_matches('/'));
        let place = if controllers.is_empty() {
            home.parent()
        } else {
            Some(&*home)
        };
        for entry in place.into_iter().flat_map(fs::read_dir).flatten().flatten() {
            let name = entry.file_name();
            let guardian = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
            if guardian.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
                let _ = fs::remove_dir(entry.path());
            }
        }
    }
}

fn quota(cpus: f64) -> u64 {
    ((cpus * PERIOD as f64) as u64).max(1000)
}
