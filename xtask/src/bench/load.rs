//! The load: `wrk`, pinned to the second core.

use std::path::Path;
use std::process::Command;

use super::server::{Server, output};

const SECONDS: u32 = 3;

/// What one round of load showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) per_second: f64,
    /// Requests per second of the server's own CPU time.
    pub(crate) per_cpu_second: f64,
}

/// `program` on one core, where the machine can pin it.
pub(crate) fn pinned(core: usize, program: &Path) -> Command {
    let can_pin = Command::new("taskset").arg("--version").output().is_ok();
    if !can_pin {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core.to_string()).arg(program);
    command
}

/// One round against `path`; `script` is Lua that wrk runs for other requests than GET.
pub(crate) fn round(
    server: &Server,
    path: &str,
    connections: u32,
    script: Option<&Path>,
) -> Result<Rate, String> {
    let mut wrk = pinned(1, Path::new("wrk"));
    wrk.arg("-t1")
        .arg(format!("-c{connections}"))
        .arg(format!("-d{SECONDS}s"));
    if let Some(script) = script {
        wrk.arg("-s").arg(script);
    }
    wrk.arg(format!("http://127.0.0.1:{}{path}", server.port));
    let cpu = server.cpu_seconds();
    let report = output(&mut wrk).map_err(|e| {
        format!("{e}\nwrk makes the load: install it (Debian: apt-get install wrk)")
    })?;
    let cpu = server.cpu_seconds() - cpu;
    if report.contains("Non-2xx") || report.contains("Socket errors") {
        return Err(format!("{path}: the load met errors:\n{report}"));
    }
    let requests = number_before(&report, " requests in ")
        .ok_or_else(|| format!("wrk said nothing of requests:\n{report}"))?;
    let per_second = report
        .lines()
        .find_map(|line| line.trim().strip_prefix("Requests/sec:"))
        .and_then(|rest| rest.trim().parse().ok())
        .unwrap_or(f64::NAN);
    Ok(Rate {
        per_second,
        per_cpu_second: requests / cpu,
    })
}

fn number_before(report: &str, words: &str) -> Option<f64> {
    let (before, _) = report.split_once(words)?;
    before.split_whitespace().next_back()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_of_requests_is_read_from_the_report() {
        let report =
            "Running 3s test\n  206842 requests in 3.00s, 30MB read\nRequests/sec:  68941.10\n";
        assert_eq!(number_before(report, " requests in "), Some(206_842.0));
    }
}
