//! `efsm up --detach`: the same command once more, in a session of its own. It says over a pipe when it is ready,
//! and writes what goes wrong to a file.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};

use crate::args::Up;
use crate::failure::Failure;
use crate::output::{self, Announcement};
use crate::registry::Claim;
use crate::scratch::Scratch;

/// Tells the second process what it is: the path of its log.
const VARIABLE: &str = "EFSM_DETACHED_LOG";

/// What the second process knows.
#[derive(Debug)]
pub(crate) struct Background {
    log: PathBuf,
}

/// Whether this is the second process; it then leaves the terminal's session.
pub(crate) fn background() -> Option<Background> {
    let log = std::env::var_os(VARIABLE).map(PathBuf::from)?;
    // It fails for the leader of a session, which has no terminal to leave.
    let _ = rustix::process::setsid();
    Some(Background { log })
}

impl Background {
    /// From now on the log is found by the stack's name, and goes with it.
    pub(crate) fn keep_log(&self, claim: &Claim) {
        let path = claim.registry().log_path(claim.name());
        // Without it, what is said later is lost, and nothing else.
        let _ = std::fs::rename(&self.log, path);
    }
}

/// Starts the second process and waits until it is ready, or has failed.
pub(crate) fn run(up: &Up) -> Result<ExitCode, Failure> {
    let scratch = Scratch::new()?;
    let log = scratch.path().join("log");
    let mut child = start(&log).map_err(|e| Failure::Detach {
        what: format!("the background process cannot be started: {e}"),
        hint: None,
    })?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        // A line that cannot be read is one that was not written.
        let _ = BufReader::new(stdout).read_line(&mut line);
    }
    let Ok(announcement) = serde_json::from_str::<Announcement>(&line) else {
        return failed(child, &log);
    };
    // Warnings are for whoever started it.
    let log = announcement
        .name
        .as_ref()
        .map(|name| scratch.path().with_file_name(format!("{name}.log")));
    if let Some(said) = log.and_then(|log| std::fs::read_to_string(log).ok()) {
        eprint!("{said}");
    }
    if up.json {
        output::line(&announcement)?;
    } else {
        output::table(&announcement)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn start(log: &PathBuf) -> std::io::Result<Child> {
    let file: File = OpenOptions::new()
        .create_new(true)
        .append(true)
        .mode(0o600)
        .open(log)?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    Command::new(std::env::current_exe()?)
        .args(arguments)
        .env(VARIABLE, log)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(file)
        .spawn()
}

/// It ended before it was ready: its words and its code become ours.
fn failed(mut child: Child, log: &PathBuf) -> Result<ExitCode, Failure> {
    let status = child.wait().map_err(|e| Failure::Detach {
        what: format!("the background process was lost: {e}"),
        hint: None,
    })?;
    let said = std::fs::read_to_string(log).unwrap_or_default();
    match status.code() {
        Some(code @ 1..=255) if !said.is_empty() => {
            eprint!("{said}");
            Ok(ExitCode::from(code as u8))
        }
        _ => Err(Failure::Detach {
            what: format!("the stack ended before it was ready: {status}"),
            hint: (!said.is_empty()).then_some(said),
        }),
    }
}
