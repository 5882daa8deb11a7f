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
        let name = format!("{PREFIX}{}", std::process::id());
        Self::make_in(Path::new(ROOT), &own_membership(), &name, plan)
    }

    /// `root` is where the hierarchy is mounted, `membership` what `/proc/self/cgroup` says.
    fn make_in(root: &Path, membership: &str, name: &str, plan: &Plan) -> Self {
        let mut group = Self::default();
        for (controllers, path) in memberships(membership) {
            if controllers.is_empty() {
                group.unified(root, path, name, plan);
            }
            for controller in controllers.split(',') {
                group.legacy(&root.join(controller).join(path), controller, name, plan);
            }
        }
        group
    }

    /// Version 2: one folder for all. A group that has processes gives its children no controllers, so the place for a new one is
    /// beside this process's own.
    fn unified(&mut self, root: &Path, path: &str, name: &str, plan: &Plan) {
        let home = root.join(path);
        let Some(parent) = home.parent().filter(|parent| parent.starts_with(root)) else {
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
        self.folders.push(Folder { path, home });
    }

    fn legacy(&mut self, home: &Path, controller: &str, name: &str, plan: &Plan) {
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
            self.folders.push(Folder {
                path: folder,
                home: home.to_owned(),
            });
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

fn own_membership() -> String {
    fs::read_to_string("/proc/self/cgroup").unwrap_or_default()
}

/// The controllers, none for version 2, and the path below the hierarchy's root, of each line `ID:CONTROLLERS:/PATH`.
fn memberships(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        Some((controllers, path.trim_start_matches('/')))
    })
}

/// A guardian that was killed could not remove its groups. Only empty ones can be removed, so a mistake does no harm.
pub(super) fn remove_those_of_the_dead() {
    for (controllers, path) in memberships(&own_membership()) {
        let home = Path::new(ROOT).join(controllers).join(path);
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

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "efsm-run-1";

    fn plan() -> Plan {
        Plan {
            version: String::new(),
            namespaces: false,
            memory_bytes: Some(1 << 20),
            processes: Some(7),
            cpus: Some(1.5),
        }
    }

    /// A folder that stands for the mounted hierarchy, with these files in it.
    fn hierarchy(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    fn make(root: &tempfile::TempDir, membership: &str) -> Group {
        Group::make_in(root.path(), membership, NAME, &plan())
    }

    fn bounds(group: &Group) -> [bool; 3] {
        let bounds = &group.bounds;
        [bounds.memory, bounds.processes, bounds.cpus]
    }

    #[test]
    fn version_2_that_was_handed_over_bounds_everything_beside_this_group() {
        let user = "user.slice/user-1000.slice/user@1000.service/app.slice";
        let root = hierarchy(&[
            (
                &format!("{user}/cgroup.subtree_control"),
                "cpu memory pids\n",
            ),
            (&format!("{user}/term.scope/cgroup.procs"), "1\n"),
        ]);
        let group = make(&root, &format!("0::/{user}/term.scope\n"));
        assert_eq!(bounds(&group), [true; 3]);
        let made = root.path().join(user).join(NAME);
        let file = |name: &str| fs::read_to_string(made.join(name)).unwrap();
        assert_eq!(file("memory.max"), "1048576");
        assert_eq!(file("memory.swap.max"), "0");
        // The supervisor is one more.
        assert_eq!(file("pids.max"), "8");
        assert_eq!(file("cpu.max"), "150000 100000");
    }

    #[test]
    fn version_2_without_controllers_bounds_nothing_and_leaves_nothing() {
        let root = hierarchy(&[
            ("user.slice/cgroup.subtree_control", "cpuset io\n"),
            ("user.slice/session.scope/cgroup.procs", "1\n"),
        ]);
        let group = make(&root, "0::/user.slice/session.scope\n");
        assert_eq!(bounds(&group), [false; 3]);
        assert!(group.folders.is_empty());
        assert!(!root.path().join("user.slice").join(NAME).exists());
    }

    #[test]
    fn top_of_a_namespace_has_no_place_beside_it() {
        // In a container the hierarchy begins with its own group.
        let root = hierarchy(&[("cgroup.subtree_control", "cpu memory pids\n")]);
        let group = make(&root, "0::/\n");
        assert_eq!(bounds(&group), [false; 3]);
        assert!(group.folders.is_empty());
        // Nor is there one for a process whose group is outside of what is mounted.
        let group = make(&root, "0::/../outside\n");
        assert_eq!(bounds(&group), [false; 3]);
    }

    #[test]
    fn controllers_of_version_1_are_taken_one_by_one() {
        let root = hierarchy(&[
            ("memory/a/cgroup.procs", ""),
            ("pids/a/cgroup.procs", ""),
            ("unified/cgroup.procs", ""),
        ]);
        let membership = "12:memory:/a\n11:pids:/a\n4:cpu,cpuacct:/a\n1:name=systemd:/a\n0::/\n";
        let group = make(&root, membership);
        // There is no folder of the processors' controller here.
        assert_eq!(bounds(&group), [true, true, false]);
        let limit = root
            .path()
            .join("memory/a")
            .join(NAME)
            .join("memory.limit_in_bytes");
        assert_eq!(fs::read_to_string(limit).unwrap(), "1048576");
    }

    #[test]
    fn nonsense_is_no_membership() {
        for text in ["", "\n", "0", "0:", "nonsense\n0"] {
            assert_eq!(memberships(text).count(), 0, "{text:?}");
        }
        let both: Vec<_> = memberships("5:cpu,cpuacct:/a:b\n0::/\n").collect();
        assert_eq!(both, [("cpu,cpuacct", "a:b"), ("", "")]);
    }
}
