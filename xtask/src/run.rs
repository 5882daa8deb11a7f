//! Running a command: its output is shown as it comes, and its closing lines are counted.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::tally::Tally;

/// A command in a folder.
#[derive(Debug)]
pub(crate) struct Run {
    command: Command,
    what: String,
}

impl Run {
    pub(crate) fn new(what: &str, program: impl AsRef<Path>, folder: &Path) -> Self {
        let mut command = Command::new(program.as_ref());
        command.current_dir(folder).stdin(Stdio::null());
        Self {
            command,
            what: what.to_owned(),
        }
    }

    pub(crate) fn args<'a>(mut self, args: impl IntoIterator<Item = &'a str>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.command.env(name, value.as_ref());
        self
    }

    /// Passed or failed, by the exit code alone.
    pub(crate) fn check(mut self) -> Tally {
        println!("\n── {}", self.what);
        match self.command.status() {
            Ok(status) if status.success() => Tally::pass(),
            Ok(status) => Tally::fail(format!("{}: {status}", self.what)),
            Err(e) => Tally::fail(format!("{}: {e}", self.what)),
        }
    }

    /// The counts of the test runner that the command is; a non-zero exit without a failed test is
    /// a failure, too.
    pub(crate) fn count(mut self) -> Tally {
        println!("\n── {}", self.what);
        let mut tally = Tally::default();
        let mut child = match self.command.stdout(Stdio::piped()).spawn() {
            Ok(child) => child,
            Err(e) => return Tally::fail(format!("{}: {e}", self.what)),
        };
        if let Some(output) = child.stdout.take() {
            for line in BufReader::new(output).split(b'\n') {
                let Ok(line) = line else { break };
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                tally.read_line(line.trim_end());
            }
        }
        match child.wait() {
            Ok(status) if status.success() => {
                if tally.passed + tally.failed == 0 {
                    // Nothing ran, or nothing that we can read: neither is a success.
                    tally.add(Tally::fail(format!("{}: no test was counted", self.what)));
                }
            }
            Ok(status) => {
                tally.failures.push(format!("{}: {status}", self.what));
                tally.failed = tally.failed.max(1);
            }
            Err(e) => tally.add(Tally::fail(format!("{}: {e}", self.what))),
        }
        tally
    }

    /// Whether there is such a program at all.
    pub(crate) fn starts(mut self) -> bool {
        self.command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok()
    }

    /// Whether the command runs and succeeds, without showing anything.
    pub(crate) fn succeeds(mut self) -> bool {
        self.command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}
