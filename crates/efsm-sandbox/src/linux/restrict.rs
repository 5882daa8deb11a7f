//! What the command is held to, applied between fork and exec.

use std::io;

use rustix::process::{Pid, Resource, Rlimit, Signal, setrlimit};

use super::processes;
use super::wire::{Refusal, Setting, Spec};
use crate::{Enforced, Lacking, Measure};

/// Made before the fork, where memory may be had and files read; applied after it.
#[derive(Debug)]
pub(super) struct Restrictions {
    limits: Vec<(Resource, u64)>,
    is_root: bool,
}

/// A failed step travels through `Command::spawn` as an error number: this plus a thousand for each step.
const STEP: i32 = 1_000_000;
const STEPS: [&str; 2] = ["death signal", "resource limits"];

impl Restrictions {
    pub(super) fn prepare(spec: &Spec) -> Self {
        let mut limits = vec![(Resource::Core, 0)];
        if let Some(bytes) = spec.file_size_bytes {
            limits.push((Resource::Fsize, bytes));
        }
        if let Some(bytes) = spec.memory_bytes {
            // Not the address space: Node, Go and Java reserve far more of it than they use.
            limits.push((Resource::Data, bytes));
        }
        let uid = rustix::process::getuid();
        if let Some(processes) = spec.processes {
            let others = match spec.setting {
                // Counted by user over the whole machine.
                Setting::Host => processes::threads_of_user(uid.as_raw()),
                // Counted in the namespace, where this process is one.
                Setting::Namespaces | Setting::Container => 1,
            };
            limits.push((Resource::Nproc, others + processes));
        }
        Self {
            limits,
            is_root: uid.is_root(),
        }
    }

    /// In the child, before the program: inherited by all that it starts.
    pub(super) fn apply(&self, parent: Pid) -> io::Result<()> {
        step(
            0,
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL)),
        )?;
        if rustix::process::getppid() != Some(parent) {
            // It died before it could be watched.
            return step(0, Err(rustix::io::Errno::SRCH));
        }
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
        Ok(())
    }

    /// What is in force, by which means, and what is not.
    pub(super) fn report(&self, spec: &Spec) -> (Vec<Enforced>, Vec<Lacking>) {
        let mut enforced = Vec::new();
        let mut lacking = Vec::new();
        let mut has = |measure, by: &str| {
            enforced.push(Enforced {
                measure,
                by: by.to_owned(),
            });
        };
        let mut lacks = |measure, why: &str| {
            lacking.push(Lacking {
                measure,
                why: why.to_owned(),
            });
        };
        has(Measure::Environment, "only the variables of the job");
        has(Measure::Survivors, "a subreaper that ends what is left");
        if spec.file_size_bytes.is_some() {
            has(Measure::FileSize, "RLIMIT_FSIZE");
        }
        if spec.memory_bytes.is_some() {
            has(
                Measure::Memory,
                "RLIMIT_DATA for each process, and the sum of all looked at ten times a second",
            );
        }
        if spec.processes.is_some() {
            let by = if self.is_root {
                "a look ten times a second: RLIMIT_NPROC does not bind root"
            } else {
                "RLIMIT_NPROC"
            };
            has(Measure::ProcessCount, by);
        }
        if spec.setting == Setting::Host {
            let why = "limits only: no security boundary";
            for measure in [
                Measure::Filesystem,
                Measure::Secrets,
                Measure::Network,
                Measure::Processes,
                Measure::Privileges,
                Measure::SystemCalls,
            ] {
                lacks(measure, why);
            }
        }
        if spec.cpus.is_some() {
            lacks(Measure::Cpus, "no control group to set it in");
        }
        (enforced, lacking)
    }
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
