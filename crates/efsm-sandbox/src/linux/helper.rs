//! The helper: a process of one thread, made by running the efsm binary again.
//!
//! It is two processes. The *guardian* makes what must outlive the supervisor (user and PID namespace, control group)
//! and removes it; the *supervisor* makes the rest, starts the command, and ends what the command leaves behind. Both end
//! when the caller does, however it ends, because they hold the other end of its socket.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cgroup::Bounds;
use super::channel::Channel;
use super::{guardian, supervisor};

/// The hidden first argument.
pub(crate) const MARK: &str = "__sandbox";
pub(crate) const GUARDIAN: &str = "guardian";
pub(crate) const SUPERVISOR: &str = "supervisor";
/// The supervisor as the first process of a container; its socket is a file there.
pub(crate) const CONTAINER: &str = "container";
/// What a preflight runs: it succeeds and does nothing else.
pub(crate) const NOTHING: &str = "nothing";

/// Whether this very executable answers to [`MARK`].
static IS_HELPER: AtomicBool = AtomicBool::new(false);

pub(crate) fn this_executable_is_one() -> bool {
    IS_HELPER.load(Ordering::Relaxed)
}

/// To be called first in `main`, before any thread is started. Does the helper's work when this process was
/// started as one, and gives its exit code; otherwise notes that this executable can be one.
pub fn main_if_asked() -> Option<ExitCode> {
    IS_HELPER.store(true, Ordering::Relaxed);
    let mut args = std::env::args_os().skip(1);
    if args.next().as_deref() != Some(OsStr::new(MARK)) {
        return None;
    }
    let role = args.next();
    let done = match role.as_deref().and_then(OsStr::to_str) {
        Some(NOTHING) => Ok(()),
        Some(GUARDIAN) => standard_input().map(|channel| guardian::run(&channel)),
        Some(SUPERVISOR) => {
            let bounds = args.next().unwrap_or_default();
            let bounds = serde_json::from_slice(bounds.as_encoded_bytes()).unwrap_or_default();
            standard_input().and_then(|channel| supervisor::run(&channel, bounds))
        }
        Some(CONTAINER) => UnixStream::connect(args.next().unwrap_or_default())
            .map_err(|e| format!("the caller's socket: {e}"))
            .and_then(|socket| supervisor::run(&Channel::new(socket), Bounds::default())),
        _ => Err("the sandbox's helper is started by efsm itself".to_owned()),
    };
    Some(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // A container's last words; elsewhere the caller has gone.
            let _ = writeln!(std::io::stderr(), "{why}");
            ExitCode::from(125)
        }
    })
}

/// The caller's socket is the helper's standard input: the one descriptor that a process can be started with safely.
fn standard_input() -> Result<Channel, String> {
    let owned = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map_err(|e| format!("the caller's socket: {e}"))?;
    Ok(Channel::new(UnixStream::from(owned)))
}
