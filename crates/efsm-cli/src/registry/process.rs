//! Which process: its id, and when it started, since ids are given again.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// Compared, never read.
    pub(crate) start: String,
}

impl Process {
    pub(crate) fn current() -> Self {
        let pid = std::process::id();
        Self {
            pid,
            start: start_of(pid).unwrap_or_default(),
        }
    }

    /// Whether it runs: not ended, and no other under its id.
    pub(crate) fn is_alive(&self) -> bool {
        start_of(self.pid).is_some_and(|start| start == self.start)
    }

    /// Sends a signal to it, if it is still there.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        if self.is_alive()
            && let Some(pid) = rustix::process::Pid::from_raw(self.pid.cast_signed())
        {
            // It may have ended between the two lines: then there is nothing to signal.
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

/// The ticks since the machine's start at which the process started, and which start of the machine that was.
/// `None` for one that is gone, or dead and not yet reaped.
#[cfg(target_os = "linux")]
fn start_of(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the command's name, which may hold anything, brackets included.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    let ticks = fields.nth(18)?;
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    Some(format!("{ticks}@{}", boot.trim()))
}

#[cfg(not(target_os = "linux"))]
fn start_of(pid: u32) -> Option<String> {
    let told = std::process::Command::new("ps")
        .args(["-o", "stat=,lstart=", "-p", &pid.to_string()])
        .env("LC_ALL", "C")
        .output()
        .ok()?;
    let line = String::from_utf8(told.stdout).ok()?;
    let (state, start) = line.trim().split_once(char::is_whitespace)?;
    (!state.starts_with('Z')).then(|| start.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_is_alive_until_it_ends() {
        assert!(Process::current().is_alive());
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let process = Process {
            pid: child.id(),
            start: start_of(child.id()).unwrap(),
        };
        assert!(process.is_alive());
        let later = Process {
            start: "another".to_owned(),
            ..process.clone()
        };
        assert!(!later.is_alive());
        process.signal(rustix::process::Signal::KILL);
        child.wait().unwrap();
        assert!(!process.is_alive());
    }
}
