//! A server process under measurement.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::load::pinned;

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Efsm,
    BareHyper,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Efsm => "efsm",
            Self::BareHyper => "bare-hyper",
        }
    }
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    /// From before the process was made to the end of its first answer with 200.
    pub(crate) first_answer: Duration,
}

impl Server {
    /// Starts it pinned to the first core, where that is possible.
    pub(crate) fn pinned(kind: Kind, release: &Path) -> Result<Self, String> {
        Self::start(kind, &release.join(kind.name()), pinned)
    }

    /// Starts it on every core, without the detour through `taskset`, which would be measured too.
    pub(crate) fn unpinned(kind: Kind, release: &Path) -> Result<Self, String> {
        Self::start(kind, &release.join(kind.name()), |_, program| {
            Command::new(program)
        })
    }

    /// Starts a server that a script is, pinned as the others are.
    pub(crate) fn of_python(python: &Path, script: &Path) -> Result<Self, String> {
        let mut command = pinned(0, python);
        command.arg(script);
        Self::wait("the script", "/health", command)
    }

    fn start(
        kind: Kind,
        program: &Path,
        command: impl FnOnce(usize, &Path) -> Command,
    ) -> Result<Self, String> {
        let (arguments, path): (&[&str], _) = match kind {
            Kind::Efsm => (&["up", "--port", "0", "--json"], "/health"),
            Kind::BareHyper => (&[], "/"),
        };
        let mut command = command(0, program);
        command.args(arguments);
        Self::wait(kind.name(), path, command)
    }

    /// Waits for the first 200.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    fn wait(name: &str, path: &str, mut command: Command) -> Result<Self, String> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let began = Instant::now();
        let mut child = command.spawn().map_err(|e| format!("{name}: {e}"))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            let _ = BufReader::new(output).read_line(&mut line);
        }
        let port =
            port_in(&line).ok_or_else(|| format!("{name} did not say its port: {line:?}"))?;
        let mut server = Self {
            child,
            port,
            first_answer: Duration::ZERO,
        };
        let answer = server.request("GET", path, "")?;
        server.first_answer = began.elapsed();
        if !answer.starts_with("HTTP/1.1 200") {
            return Err(format!("{name} answered {answer:?}"));
        }
        Ok(server)
    }

    /// One request on a connection of its own; the whole answer as text.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Result<String, String> {
        self.exchange(method, path, "", body)
    }

    pub(crate) fn request_json(
        &self,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<String, String> {
        self.exchange(method, path, "content-type: application/json\r\n", body)
    }

    fn exchange(
        &self,
        method: &str,
        path: &str,
        fields: &str,
        body: &str,
    ) -> Result<String, String> {
        let exchange = || -> std::io::Result<String> {
            let mut tcp = TcpStream::connect(("127.0.0.1", self.port))?;
            write!(
                tcp,
                "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{fields}content-length: {}\r\n\r\n{body}",
                body.len()
            )?;
            let mut answer = Vec::new();
            tcp.read_to_end(&mut answer)?;
            Ok(String::from_utf8_lossy(&answer).into_owned())
        };
        exchange().map_err(|e| format!("{method} {path}: {e}"))
    }

    /// CPU time of the process so far, in seconds.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.unwrap_or_default();
        // The command's name may hold spaces; it ends with the last parenthesis.
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap_or("")
            .split_whitespace()
            .collect();
        let ticks: f64 = [11, 12]
            .iter()
            .filter_map(|field| fields.get(*field)?.parse::<f64>().ok())
            .sum();
        ticks / 100.0
    }

    /// Resident memory in MiB.
    pub(crate) fn resident_mib(&self) -> f64 {
        resident_mib(&format!("/proc/{}/status", self.child.id()))
    }
}

/// `VmRSS` of a process's status file, in MiB.
pub(crate) fn resident_mib(status: &str) -> f64 {
    std::fs::read_to_string(status)
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(f64::NAN, |kib| kib / 1024.0)
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended is as good as killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The port in a line that is a number, or JSON with `"port":`.
fn port_in(line: &str) -> Option<u16> {
    let line = line.trim();
    line.parse().ok().or_else(|| {
        let (_, rest) = line.split_once("\"port\":")?;
        rest.split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse()
            .ok()
    })
}

/// Runs a command and gives its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if !output.status.success() {
        return Err(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_is_read_from_both_servers_lines() {
        assert_eq!(port_in("4711\n"), Some(4711));
        assert_eq!(
            port_in(r#"{"id":"stack-1","port":8888,"pid":1}"#),
            Some(8888)
        );
        assert_eq!(port_in("error"), None);
    }
}
