//! A server process under measurement.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::load::pinned;

/// Which server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Efsm,
    BareHyper,
    WireMock { jar: PathBuf },
    Python { python: PathBuf, script: PathBuf },
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Self::Efsm => "efsm",
            Self::BareHyper => "bare-hyper",
            Self::WireMock { .. } => "WireMock",
            Self::Python { .. } => "the Python script",
        }
    }

    fn program(&self, release: &Path) -> PathBuf {
        match self {
            Self::WireMock { .. } => PathBuf::from("java"),
            Self::Python { python, .. } => python.clone(),
            Self::Efsm | Self::BareHyper => release.join(self.name()),
        }
    }

    fn arguments(&self) -> Vec<String> {
        let arguments = match self {
            Self::Efsm => "up --port 0 --json".to_owned(),
            Self::BareHyper => return Vec::new(),
            Self::Python { script, .. } => return vec![script.display().to_string()],
            // A journal as long as efsm's; without a bound it would fill the memory.
            Self::WireMock { jar } => format!(
                "-Xmx1g -jar {} --port 0 --disable-banner --max-request-journal-entries 10000",
                jar.display()
            ),
        };
        arguments.split(' ').map(str::to_owned).collect()
    }

    fn healthy_path(&self) -> &'static str {
        match self {
            Self::Efsm | Self::Python { .. } => "/health",
            Self::BareHyper => "/",
            Self::WireMock { .. } => "/__admin/mappings",
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
    /// A process that was started elsewhere and answers at `port`.
    pub(crate) fn adopt(child: Child, port: u16) -> Self {
        Self {
            child,
            port,
            first_answer: Duration::ZERO,
        }
    }

    /// Starts it pinned to the first core, where that is possible.
    pub(crate) fn pinned(kind: &Kind, release: &Path) -> Result<Self, String> {
        Self::start(kind, &kind.program(release), pinned)
    }

    /// Starts it on every core, without the detour through `taskset`, which would be measured too.
    pub(crate) fn unpinned(kind: &Kind, release: &Path) -> Result<Self, String> {
        Self::start(kind, &kind.program(release), |_, program| {
            Command::new(program)
        })
    }

    /// Waits for the first 200.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    fn start(
        kind: &Kind,
        program: &Path,
        command: impl FnOnce(usize, &Path) -> Command,
    ) -> Result<Self, String> {
        let name = kind.name();
        let mut command = command(0, program);
        command
            .args(kind.arguments())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let began = Instant::now();
        let mut child = command.spawn().map_err(|e| format!("{name}: {e}"))?;
        let mut port = None;
        if let Some(output) = child.stdout.take() {
            let mut lines = BufReader::new(output).lines();
            port = lines
                .by_ref()
                .map_while(Result::ok)
                .find_map(|line| port_in(&line));
            // What is said later must not fill the pipe, and closing it would end the server.
            std::thread::spawn(move || lines.for_each(drop));
        }
        let port = port.ok_or_else(|| format!("{name} did not say its port"))?;
        let mut server = Self::adopt(child, port);
        let answer = server.request("GET", kind.healthy_path(), "")?;
        server.first_answer = began.elapsed();
        if !answer.starts_with("HTTP/1.1 200") {
            return Err(format!("{name} answered {answer:?}"));
        }
        Ok(server)
    }

    /// One request on a connection of its own; the whole answer as text.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Result<String, String> {
        let is_json = body.starts_with('{');
        let kind = if is_json {
            "content-type: application/json\r\n"
        } else {
            ""
        };
        let exchange = || -> std::io::Result<String> {
            let mut tcp = TcpStream::connect(("127.0.0.1", self.port))?;
            write!(
                tcp,
                "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{kind}content-length: {}\r\n\r\n{body}",
                body.len()
            )?;
            let mut answer = Vec::new();
            tcp.read_to_end(&mut answer)?;
            Ok(String::from_utf8_lossy(&answer).into_owned())
        };
        exchange().map_err(|e| format!("{method} {path}: {e}"))
    }

    /// Adds stubs over WireMock's admin API.
    pub(crate) fn import(&self, mappings: &str) -> Result<(), String> {
        let answer = self.request("POST", "/__admin/mappings/import", mappings)?;
        if answer.starts_with("HTTP/1.1 200") {
            Ok(())
        } else {
            Err(format!("the import was refused: {answer}"))
        }
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

/// The port in a line that is a number, JSON with `"port":`, or WireMock's `port: 8080`.
fn port_in(line: &str) -> Option<u16> {
    let line = line.trim();
    line.parse().ok().or_else(|| {
        let (_, rest) = line
            .split_once("\"port\":")
            .or_else(|| line.strip_prefix("port:").map(|rest| ("", rest)))?;
        rest.trim_start()
            .split(|c: char| !c.is_ascii_digit())
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
        assert_eq!(port_in("port:                         41234"), Some(41_234));
        assert_eq!(port_in("error"), None);
    }
}
