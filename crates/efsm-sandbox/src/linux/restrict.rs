//! What the command is held to, applied between fork and exec.

use std::io;
use std::path::PathBuf;

use landlock::RulesetCreated;
use rustix::process::{Pid, Resource, Rlimit, Signal, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets, CpuSet};
use seccompiler::BpfProgram;

use super::cgroup::Bounds;
use super::wire::{Refusal, Setting, Spec};
use super::{filter, landlocked, processes};

/// Made before the fork, where files are read; applied after it.
#[derive(Debug)]
pub(super) struct Restrictions {
    limits: Vec<(Resource, u64)>,
    processors: Option<CpuSet>,
    landlock: Option<RulesetCreated>,
    filters: Vec<BpfProgram>,
    gives_up_privileges: bool,
    pub(super) facts: Facts,
}

/// What the report must know of them.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) is_root: bool,
    pub(super) bounds: Bounds,
    /// The processors that it is bound to.
    pub(super) processors: Option<usize>,
    /// The version.
    pub(super) landlock: Option<String>,
    pub(super) is_filtered: bool,
}

/// A failed step travels through `Command::spawn` as an error number: this plus a thousand for each step.
const STEP: i32 = 1_000_000;
const STEPS: [&str; 7] = [
    "the death signal",
    "the resource limits",
    "the processors",
    "Landlock",
    "the capabilities",
    "no_new_privs",
    "the filter of system calls",
];

impl Restrictions {
    pub(super) fn prepare(
        spec: &Spec,
        bounds: Bounds,
        writable: &[PathBuf],
    ) -> Result<Self, String> {
        let uid = rustix::process::getuid();
        let is_isolated = spec.setting != Setting::Host;
        let processors = match spec.cpus {
            Some(cpus) if spec.setting != Setting::Container && !bounds.cpus => {
                Some(fewer_processors(cpus)?)
            }
            _ => None,
        };
        let (mut landlock, mut filters) = (None, Vec::new());
        if is_isolated {
            landlock = landlocked::rules(writable)?;
            filters = filter::programs()?;
        }
        let (landlock, version) = landlock.unzip();
        Ok(Self {
            limits: limits(spec, uid.as_raw()),
            facts: Facts {
                is_root: uid.is_root(),
                bounds,
                processors: processors.as_ref().map(|set| set.count() as usize),
                landlock: version,
                is_filtered: !filters.is_empty(),
            },
            processors,
            landlock,
            filters,
            gives_up_privileges: is_isolated,
        })
    }

    /// In the child, before the program: inherited by all that it starts.
    pub(super) fn apply(&self, parent: Pid) -> io::Result<()> {
        for (resource, value) in &self.limits {
            let now = rustix::process::getrlimit(*resource);
            // A limit can be lowered by anyone and raised by nobody.
            let value = Some(now.maximum.map_or(*value, |most| most.min(*value)));
            let limit = Rlimit {
                current: value,
                maximum: value,
            };
            step(1, setrlimit(*resource, limit))?;
        }
        if let Some(processors) = &self.processors {
            step(2, rustix::thread::sched_setaffinity(None, processors))?;
        }
        if self.gives_up_privileges {
            give_up_capabilities()?;
            step(5, rustix::thread::set_no_new_privs(true))?;
        }
        if let Some(rules) = &self.landlock {
            let restricted = rules.try_clone().map(RulesetCreated::restrict_self);
            if !matches!(restricted, Ok(Ok(_))) {
                return step(3, Err(rustix::io::Errno::PERM));
            }
        }
        // After the change of capabilities, which clears it.
        step(
            0,
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL)),
        )?;
        if rustix::process::getppid() != Some(parent) {
            // It died before it could be watched.
            return step(0, Err(rustix::io::Errno::SRCH));
        }
        for program in &self.filters {
            if seccompiler::apply_filter(program).is_err() {
                return step(6, Err(rustix::io::Errno::PERM));
            }
        }
        Ok(())
    }
}

fn limits(spec: &Spec, uid: u32) -> Vec<(Resource, u64)> {
    let mut limits = vec![(Resource::Core, 0)];
    if let Some(bytes) = spec.file_size_bytes {
        limits.push((Resource::Fsize, bytes));
    }
    if let Some(bytes) = spec.memory_bytes {
        // Not the address space: Node, Go and Java reserve far more of it than they use.
        limits.push((Resource::Data, bytes));
    }
    if let Some(processes) = spec.processes {
        let others = match spec.setting {
            // Counted by user over the whole machine.
            Setting::Host => Some(processes::threads_of_user(uid)),
            // Counted in the user namespace, where the supervisor is one.
            Setting::Namespaces => Some(1),
            // Counted by user over the whole machine again; the engine counts the container's own.
            Setting::Container => None,
        };
        limits.extend(others.map(|others| (Resource::Nproc, others + processes)));
    }
    limits
}

/// So many of the processors that this process may use, rounded up.
fn fewer_processors(cpus: f64) -> Result<CpuSet, String> {
    let allowed =
        rustix::thread::sched_getaffinity(None).map_err(|e| format!("the processors: {e}"))?;
    let mut fewer = CpuSet::new();
    let wanted = cpus.ceil().max(1.0) as u32;
    for cpu in (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)) {
        if fewer.count() < wanted {
            fewer.set(cpu);
        }
    }
    Ok(fewer)
}

/// All of them, also those that a program owned by root would otherwise be given.
fn give_up_capabilities() -> io::Result<()> {
    let held = rustix::thread::capabilities(None).map_or(CapabilitySet::empty(), |c| c.effective);
    if held.contains(CapabilitySet::SETPCAP) {
        for capability in CapabilitySet::all().iter() {
            // An older kernel does not know the newest of them.
            match rustix::thread::remove_capability_from_bounding_set(capability) {
                Err(rustix::io::Errno::INVAL) | Ok(()) => {}
                failed => return step(4, failed),
            }
        }
    }
    step(4, rustix::thread::clear_ambient_capability_set())?;
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    step(4, rustix::thread::set_capabilities(None, none))
}

fn step(number: i32, done: rustix::io::Result<()>) -> io::Result<()> {
    done.map_err(|e| io::Error::from_raw_os_error(STEP + 1000 * number + e.raw_os_error()))
}

/// The step of [`Restrictions::apply`] that failed, when it was one.
pub(super) fn failed_step(error: &io::Error) -> Option<(Refusal, String)> {
    let number = error.raw_os_error()?.checked_sub(STEP)?;
    let step = STEPS.get(usize::try_from(number / 1000).ok()?)?;
    let cause = io::Error::from_raw_os_error(number % 1000);
    Some((Refusal::SetUp, format!("{step}: {cause}")))
}
