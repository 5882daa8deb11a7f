//! The outer process of the helper.

use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use efsm_core::Stopwatch;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::cgroup::Group;
use super::channel::Channel;
use super::wire::{Event, Plan, Refusal};
use super::{helper, namespaces, processes, sys};

/// How long the supervisor may take to end everything once the caller is gone.
const LAST_GRACE: Duration = Duration::from_secs(2);

pub(super) fn run(channel: &Channel) {
    if let Err((why, message)) = guard(channel) {
        refuse(channel, why, message);
    }
}

fn guard(channel: &Channel) -> Result<(), (Refusal, String)> {
    sys::keep_no_descriptors().map_err(set_up("inherited descriptors"))?;
    let plan = match channel.receive::<Plan>() {
        Ok(Some((plan, _))) => plan,
        Ok(None) => return Ok(()),
        Err(e) => return Err((Refusal::Version, format!("unreadable plan: {e}"))),
    };
    if plan.version != env!("CARGO_PKG_VERSION") {
        let message = format!(
            "the supervisor is efsm {}, its caller efsm {}: set EFSM_BIN to the binary of the same version",
            env!("CARGO_PKG_VERSION"),
            plan.version
        );
        return Err((Refusal::Version, message));
    }
    // Out of the terminal's reach: its signals go to the caller, which passes them on.
    let _ = rustix::process::setsid();
    // Whatever loses its parent below comes here and can be found.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(set_up("subreaper"))?;
    let stdin = channel.as_owned().map_err(set_up("the caller's socket"))?;
    let mut group = Group::make(&plan);
    group.enter();
    let started = start(&plan, &group, stdin);
    group.leave();
    let mut supervisor = match started {
        Ok(supervisor) => supervisor,
        Err(message) => {
            group.remove();
            return Err((Refusal::SetUp, message));
        }
    };
    wait_for(channel, supervisor.id() as i32);
    let ended = supervisor.try_wait();
    // What the supervisor could not end, because it was itself killed.
    sweep();
    group.end_members();
    group.remove();
    if let Ok(Some(status)) = ended
        && !status.success()
    {
        let _ = channel.send(&Event::Broken(format!("it ended with {status}")), &[]);
    }
    Ok(())
}

fn start(plan: &Plan, group: &Group, stdin: OwnedFd) -> Result<Child, String> {
    if plan.namespaces {
        namespaces::enter_users()?;
    }
    let bounds = serde_json::to_string(&group.bounds).map_err(|e| e.to_string())?;
    Command::new("/proc/self/exe")
        .args([helper::MARK, helper::SUPERVISOR, &bounds])
        .env_clear()
        .stdin(Stdio::from(stdin))
        .stdout(Stdio::null())
        .spawn()
        .map_err(|e| namespaces::explain("the supervisor cannot be started", &e))
}

fn set_up<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> (Refusal, String) {
    move |e| (Refusal::SetUp, format!("{what}: {e}"))
}

fn refuse(channel: &Channel, why: Refusal, message: String) {
    // A caller that is gone needs no answer.
    let _ = channel.send(&Event::NotStarted { why, message }, &[]);
}

/// Until the supervisor has ended, by itself or, when the caller is gone and the grace over, by force.
fn wait_for(channel: &Channel, supervisor: i32) {
    let Some(pid) = Pid::from_raw(supervisor) else {
        return;
    };
    let Ok(pidfd) = pidfd_open(pid, PidfdFlags::empty()) else {
        return;
    };
    let mut caller_gone: Option<Stopwatch> = None;
    loop {
        // No events are asked for on the socket: its hang-up is reported all the same.
        let mut fds = [
            PollFd::new(&pidfd, PollFlags::IN),
            PollFd::new(channel, PollFlags::empty()),
        ];
        let watched = if caller_gone.is_some() { 1 } else { 2 };
        let tick = Timespec {
            tv_sec: 0,
            tv_nsec: 250_000_000,
        };
        let timeout = caller_gone.map(|_| &tick);
        if poll(&mut fds[..watched], timeout).is_err() {
            // Interrupted: look again.
            continue;
        }
        if !fds[0].revents().is_empty() {
            return;
        }
        match caller_gone {
            None if !fds[1].revents().is_empty() => caller_gone = Some(Stopwatch::start()),
            Some(since) if since.elapsed() >= LAST_GRACE => processes::kill(supervisor),
            _ => {}
        }
    }
}

fn sweep() {
    let me = std::process::id() as i32;
    processes::end_all(|table| processes::descendants(table, me));
}
