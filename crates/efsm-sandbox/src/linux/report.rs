//! Telling what is in force, by which means, and what is not.

use super::restrict::Facts;
use super::wire::{Setting, Spec};
use crate::{Enforced, Lacking, Measure};

pub(super) fn of(spec: &Spec, facts: &Facts) -> (Vec<Enforced>, Vec<Lacking>) {
    let mut report = Report::default();
    report.has(Measure::Environment, "only the variables of the job");
    match spec.setting {
        Setting::Host => report.nothing_is_kept_apart(),
        Setting::Namespaces => report.namespaces(facts),
        Setting::Container => report.container(facts),
    }
    report.resources(spec, facts);
    (report.enforced, report.lacking)
}

#[derive(Default)]
struct Report {
    enforced: Vec<Enforced>,
    lacking: Vec<Lacking>,
}

impl Report {
    fn has(&mut self, measure: Measure, by: impl Into<String>) {
        let by = by.into();
        self.enforced.push(Enforced { measure, by });
    }

    fn lacks(&mut self, measure: Measure, why: impl Into<String>) {
        let why = why.into();
        self.lacking.push(Lacking { measure, why });
    }

    fn nothing_is_kept_apart(&mut self) {
        for measure in [
            Measure::Filesystem,
            Measure::Secrets,
            Measure::Network,
            Measure::Processes,
            Measure::Privileges,
            Measure::SystemCalls,
        ] {
            self.lacks(measure, "limits only: no security boundary");
        }
        self.has(Measure::Survivors, "a subreaper that ends what is left");
    }

    fn namespaces(&mut self, facts: &Facts) {
        self.has(
            Measure::Filesystem,
            with_landlock("read-only mounts", facts),
        );
        self.has(Measure::Secrets, "empty mounts over them");
        self.has(
            Measure::Network,
            "a network namespace with the stack's port alone",
        );
        if facts.landlock.as_deref() != Some("Landlock 9") {
            self.lacks(
                Measure::Network,
                "Unix sockets in folders that can be read, other than /run and /tmp, can be connected to: this kernel's Landlock is older than version 9",
            );
        }
        self.has(Measure::Processes, "a PID namespace");
        self.has(Measure::Privileges, "no_new_privs and no capabilities");
        self.filter(facts);
        self.has(Measure::Survivors, "the end of the PID namespace");
    }

    fn container(&mut self, facts: &Facts) {
        self.has(
            Measure::Filesystem,
            with_landlock("a read-only image", facts),
        );
        self.has(Measure::Secrets, "an image of its own");
        self.has(
            Measure::Network,
            "network `none`, with the stack's port alone",
        );
        self.has(Measure::Processes, "the container");
        if facts.is_root {
            self.lacks(
                Measure::Privileges,
                "the command runs as root, without capabilities",
            );
        } else {
            self.has(
                Measure::Privileges,
                "no_new_privs, no capabilities, a user that is not root",
            );
        }
        self.filter(facts);
        self.has(Measure::Survivors, "the end of the container");
    }

    fn filter(&mut self, facts: &Facts) {
        if facts.is_filtered {
            self.has(Measure::SystemCalls, "seccomp");
        } else {
            self.lacks(
                Measure::SystemCalls,
                "no filter is made for this processor's system calls",
            );
        }
    }

    fn resources(&mut self, spec: &Spec, facts: &Facts) {
        let is_engine = spec.setting == Setting::Container;
        if spec.file_size_bytes.is_some() {
            self.has(Measure::FileSize, "RLIMIT_FSIZE");
        }
        if spec.memory_bytes.is_some() {
            let by = match (is_engine, facts.bounds.memory) {
                (true, _) => "the container's control group",
                (false, true) => "a control group",
                (false, false) => {
                    "RLIMIT_DATA for each process, and a look at their sum ten times a second: no control group can be made here"
                }
            };
            self.has(Measure::Memory, by);
        }
        if spec.processes.is_some() {
            let by = match (is_engine, facts.bounds.processes) {
                (true, _) => "the container's control group",
                (false, true) => "a control group",
                (false, false) if facts.is_root => {
                    "a look ten times a second: RLIMIT_NPROC does not bind root, and no control group can be made here"
                }
                (false, false) => "RLIMIT_NPROC",
            };
            self.has(Measure::ProcessCount, by);
        }
        if spec.cpus.is_some() {
            let by = match facts.processors {
                _ if is_engine => "the container's control group".to_owned(),
                None => "a control group".to_owned(),
                Some(count) => {
                    format!("being bound to {count} processors: no control group can be made here")
                }
            };
            self.has(Measure::Cpus, by);
        }
    }
}

fn with_landlock(by: &str, facts: &Facts) -> String {
    match &facts.landlock {
        Some(version) => format!("{by} and {version}"),
        None => format!("{by}; this kernel has no Landlock"),
    }
}
