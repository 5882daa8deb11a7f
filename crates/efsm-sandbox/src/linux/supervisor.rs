//! The inner process of the helper: it starts the command, watches it, and ends all of it.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    DumpableBehavior, Pid, PidfdFlags, Signal, WaitStatus, kill_process_group, pidfd_open,
};

use super::cgroup::Bounds;
use super::channel::Channel;
use super::restrict::{self, Restrictions};
use super::wire::{self, Event, Refusal, Setting, Spec, Status};
use super::{mounts, namespaces, network, processes, program, report, sys};
use crate::Measure;

pub(super) fn run(channel: &Channel, bounds: Bounds) -> Result<(), String> {
    let (spec, fds) = match channel.receive::<Spec>() {
        Ok(Some(received)) => received,
        Ok(None) => return Ok(()),
        Err(e) => return Err(format!("unreadable job: {e}")),
    };
    if let Err((why, message)) = supervise(channel, &spec, bounds, fds) {
        let _ = channel.send(&Event::NotStarted { why, message }, &[]);
    }
    Ok(())
}

type Refused = (Refusal, String);

fn set_up<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Refused {
    move |e| (Refusal::SetUp, format!("{what}: {e}"))
}

fn supervise(
    channel: &Channel,
    spec: &Spec,
    bounds: Bounds,
    fds: Vec<OwnedFd>,
) -> Result<(), Refused> {
    let me = rustix::process::getpid();
    rustix::process::set_child_subreaper(Some(me)).map_err(set_up("subreaper"))?;
    let here = |why| (Refusal::SetUp, why);
    let writable = match spec.setting {
        Setting::Host => Vec::new(),
        Setting::Namespaces => inside_namespaces(channel, spec).map_err(here)?,
        Setting::Container => network::listen_for(channel, &spec.listen)
            .map(|()| container_writable(spec))
            .map_err(here)?,
    };
    let restrictions = Restrictions::prepare(spec, bounds, &writable).map_err(here)?;
    let mut fds = fds.into_iter();
    let mut next = || Stdio::from(fds.next().expect("the caller sends every stream"));
    let stdin = if spec.has_stdin {
        next()
    } else {
        Stdio::null()
    };
    let path = program::find(spec)?;
    let mut command = Command::new(&path);
    command
        .arg0(&spec.program)
        .args(&spec.args)
        .env_clear()
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&spec.workspace)
        .process_group(0)
        .stdin(stdin)
        .stdout(next())
        .stderr(next());
    let (enforced, lacking) = report::of(spec, &restrictions.facts);
    sys::before_exec(&mut command, move || restrictions.apply(me));
    let child = match command.spawn() {
        Ok(child) => child,
        Err(e) => {
            return Err(restrict::failed_step(&e).unwrap_or_else(|| program::refused(&path, &e)));
        }
    };
    // Its copies of the pipes would keep them open after the command has ended.
    drop(command);
    let told = channel.send(&Event::Started { enforced, lacking }, &[]);
    let mut watch = Watch {
        channel,
        spec,
        child: child.id() as i32,
        ended: None,
    };
    if told.is_ok() {
        watch.until_the_end();
    }
    let survivors = end_everything(spec.setting);
    let status = watch.ended.unwrap_or(Status::Signal(Signal::KILL.as_raw()));
    let _ = channel.send(&Event::Ended { status, survivors }, &[]);
    Ok(())
}

/// Makes the inside. The guardian has made the user and PID namespaces.
fn inside_namespaces(channel: &Channel, spec: &Spec) -> Result<Vec<PathBuf>, String> {
    // The first process of a PID namespace takes the namespace with it.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|e| format!("the death signal: {e}"))?;
    namespaces::enter_rest()?;
    network::raise_loopback().map_err(|e| namespaces::explain("lo cannot be brought up", &e))?;
    network::listen_for(channel, &spec.listen)?;
    let writable = mounts::arrange(spec)?;
    // The command, which is the same user, must not look into this process.
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|e| format!("this process cannot be closed to others: {e}"))?;
    Ok(writable)
}

/// What the engine has mounted writable.
fn container_writable(spec: &Spec) -> Vec<PathBuf> {
    let own = ["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from);
    std::iter::once(&spec.workspace)
        .chain(&spec.writable)
        .chain(&own)
        .filter(|path| path.exists())
        .cloned()
        .collect()
}

/// Everything below this process; as the first process of a PID namespace, everything in it.
fn end_everything(setting: Setting) -> u32 {
    let me = std::process::id() as i32;
    processes::end_all(|table| match setting {
        Setting::Host => processes::descendants(table, me),
        Setting::Namespaces | Setting::Container => {
            table.keys().copied().filter(|pid| *pid != me).collect()
        }
    })
}

struct Watch<'w> {
    channel: &'w Channel,
    spec: &'w Spec,
    child: i32,
    ended: Option<Status>,
}

impl Watch<'_> {
    /// Returns when the command has ended, or the caller has.
    fn until_the_end(&mut self) {
        let parent = rustix::process::getppid();
        let Some(pidfd) =
            Pid::from_raw(self.child).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok())
        else {
            return;
        };
        loop {
            let mut fds = [
                PollFd::new(&pidfd, PollFlags::IN),
                PollFd::new(self.channel, PollFlags::IN),
            ];
            let tick = Timespec {
                tv_sec: 0,
                tv_nsec: 100_000_000,
            };
            let polled = poll(&mut fds, Some(&tick));
            let (has_ended, is_told) = match polled {
                Ok(_) => (!fds[0].revents().is_empty(), !fds[1].revents().is_empty()),
                Err(_) => (false, false),
            };
            self.reap();
            if has_ended && self.ended.is_some() {
                return;
            }
            if is_told && !self.obey() {
                return;
            }
            // The guardian is gone, and with it whoever would end what this process leaves.
            if rustix::process::getppid() != parent {
                return;
            }
            if polled.is_ok_and(|events| events == 0)
                && let Some(measure) = self.passed_limit()
            {
                self.ended = Some(Status::Over(measure));
                return;
            }
        }
    }

    fn reap(&mut self) {
        processes::reap(|pid, status| {
            if pid == self.child {
                self.ended = Some(status_of(status));
            }
        });
    }

    /// Does as the caller says; `false` when there is no caller any more, or all is to end.
    fn obey(&mut self) -> bool {
        match self.channel.receive::<wire::Command>() {
            Ok(Some((wire::Command::Signal(signal), _))) => {
                let group = Pid::from_raw(self.child);
                if let (Some(group), Some(signal)) = (group, Signal::from_named_raw(signal)) {
                    let _ = kill_process_group(group, signal);
                }
                true
            }
            Ok(Some((wire::Command::Kill, _)) | None) | Err(_) => false,
        }
    }

    /// The total over all processes, which the kernel bounds only where there is a control group.
    fn passed_limit(&self) -> Option<Measure> {
        let table = processes::table();
        let me = std::process::id() as i32;
        let below: BTreeSet<i32> = match self.spec.setting {
            Setting::Host => processes::descendants(&table, me),
            Setting::Namespaces | Setting::Container => table.keys().copied().collect(),
        };
        let sum = |each: fn(&processes::Process) -> u64| -> u64 {
            below
                .iter()
                .filter(|pid| **pid != me)
                .map(|pid| each(&table[pid]))
                .sum()
        };
        let resident = sum(|process| process.resident_pages) * rustix::param::page_size() as u64;
        if self.spec.memory_bytes.is_some_and(|limit| resident > limit) {
            return Some(Measure::Memory);
        }
        let threads = sum(|process| process.threads);
        (self.spec.processes.is_some_and(|limit| threads > limit)).then_some(Measure::ProcessCount)
    }
}

fn status_of(status: WaitStatus) -> Status {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Status::Code(code),
        (None, Some(signal)) => Status::Signal(signal),
        (None, None) => Status::Signal(Signal::KILL.as_raw()),
    }
}
