//! The load: `wrk` where it is installed, `oha` otherwise, pinned to the second core.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Effort;
use super::server::{Server, output};
use crate::root;
use crate::run::Run;

/// What one round of load showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) per_second: f64,
    /// Requests per second of the server's own CPU time.
    pub(crate) per_cpu_second: f64,
}

/// One request, sent over and over.
#[derive(Clone, Debug)]
pub(crate) struct Plan<'a> {
    method: &'static str,
    path: String,
    /// Instead of one path: any of `/stub/0000`, `/stub/0001` and so on, so many.
    any_of: Option<usize>,
    connections: u32,
    /// The file whose bytes are sent; nothing for GET.
    body: Option<&'a Path>,
}

impl<'a> Plan<'a> {
    pub(crate) fn get(path: &str, connections: u32) -> Self {
        Self {
            method: "GET",
            path: path.to_owned(),
            any_of: None,
            connections,
            body: None,
        }
    }

    /// Each request for another stub, drawn at random.
    pub(crate) fn any_stub(count: usize, connections: u32) -> Self {
        Self {
            any_of: (count > 1).then_some(count),
            ..Self::get("/stub/0000", connections)
        }
    }

    pub(crate) fn put(path: &str, connections: u32, body: &'a Path) -> Self {
        Self {
            method: "PUT",
            body: Some(body),
            ..Self::get(path, connections)
        }
    }

    /// A body of JSON.
    pub(crate) fn post(path: &str, connections: u32, body: &'a Path) -> Self {
        Self {
            method: "POST",
            ..Self::put(path, connections, body)
        }
    }
}

impl Plan<'_> {
    fn content_type(&self) -> &'static str {
        if self.method == "POST" {
            "application/json"
        } else {
            "application/octet-stream"
        }
    }

    /// What wrk takes from a script alone: a method and a body, or a path for each request.
    fn script(&self) -> Option<String> {
        if let Some(body) = self.body {
            return Some(format!(
                "local file = io.open({:?}, \"rb\")\nwrk.method = {:?}\nwrk.body = file:read(\"*a\")\n\
                 wrk.headers[\"content-type\"] = {:?}\n",
                body.display().to_string(),
                self.method,
                self.content_type(),
            ));
        }
        let count = self.any_of?;
        Some(format!(
            "local requests = {{}}\n\
             init = function()\n\
             for n = 0, {count} - 1 do\n\
             requests[n] = wrk.format(\"GET\", string.format(\"/stub/%04d\", n))\n\
             end\n\
             end\n\
             request = function() return requests[math.random(0, {count} - 1)] end\n"
        ))
    }
}

/// A load generator.
#[derive(Debug)]
pub(crate) enum Load {
    Wrk,
    Oha(PathBuf),
}

/// The machine's; where it has none, oha is built into the target folder once.
pub(crate) fn find(tools: &Path) -> Result<Load, String> {
    let root = root();
    let runs =
        |program: &Path, argument| Run::new("load", program, &root).args([argument]).starts();
    // wrk has no option that ends well.
    if runs(Path::new("wrk"), "--version") {
        return Ok(Load::Wrk);
    }
    let built = tools.join("bin/oha");
    for oha in [PathBuf::from("oha"), built.clone()] {
        if runs(&oha, "--version") {
            return Ok(Load::Oha(oha));
        }
    }
    let installed = Run::new("oha, to make the load", "cargo", &root)
        .args(["install", "--locked", "--no-default-features", "oha"])
        .args(["--root", &tools.to_string_lossy()])
        .check();
    if installed.failed > 0 {
        return Err("nothing makes a load: install wrk (Debian: apt-get install wrk)".to_owned());
    }
    Ok(Load::Oha(built))
}

/// `program` on one core, where the machine can pin it.
pub(crate) fn pinned(core: usize, program: &Path) -> Command {
    if !can_pin() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core.to_string()).arg(program);
    command
}

pub(crate) fn can_pin() -> bool {
    let has_two = std::thread::available_parallelism().is_ok_and(|cores| cores.get() >= 2);
    has_two && Command::new("taskset").arg("--version").output().is_ok()
}

impl Load {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Wrk => "wrk",
            Self::Oha(_) => "oha",
        }
    }

    /// The rates of each of `sides`, which take turns so that what disturbs the machine disturbs all. A first turn
    /// warms up and does not count.
    pub(crate) fn rounds(
        &self,
        effort: Effort,
        sides: &[(&Server, Plan<'_>)],
    ) -> Result<Vec<Vec<Rate>>, String> {
        for (server, plan) in sides {
            self.round(server, plan, 1)?;
        }
        let mut rates = vec![Vec::new(); sides.len()];
        for _ in 0..effort.rounds {
            for (side, (server, plan)) in sides.iter().enumerate() {
                rates[side].push(self.round(server, plan, effort.seconds)?);
            }
        }
        Ok(rates)
    }

    fn round(&self, server: &Server, plan: &Plan<'_>, seconds: u32) -> Result<Rate, String> {
        let url = format!("http://127.0.0.1:{}{}", server.port, plan.path);
        let cpu = server.cpu_seconds();
        let (requests, took) = match self {
            Self::Wrk => wrk(&url, plan, seconds),
            Self::Oha(program) => oha(program, &url, plan, seconds),
        }
        .map_err(|problem| format!("{}: {problem}", plan.path))?;
        let cpu = server.cpu_seconds() - cpu;
        Ok(Rate {
            per_second: requests / took,
            per_cpu_second: requests / cpu,
        })
    }
}

/// Requests answered with 2xx, and the seconds that they took.
fn wrk(url: &str, plan: &Plan<'_>, seconds: u32) -> Result<(f64, f64), String> {
    let mut wrk = pinned(1, Path::new("wrk"));
    wrk.arg("-t1")
        .arg(format!("-c{}", plan.connections))
        .arg(format!("-d{seconds}s"))
        // A Java machine that has just started lets some of its clients wait for longer than wrk's own 2 seconds.
        .args(["--timeout", "20s"]);
    let script = plan.script().map(|text| {
        let name = format!("efsm-bench-{}.lua", std::process::id());
        (std::env::temp_dir().join(name), text)
    });
    if let Some((path, text)) = &script {
        std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        wrk.arg("-s").arg(path);
    }
    let report = output(wrk.arg(url));
    if let Some((path, _)) = script {
        // A temporary file of ours; that it is gone already is fine.
        let _ = std::fs::remove_file(path);
    }
    of_wrk(&report?)
}

fn of_wrk(report: &str) -> Result<(f64, f64), String> {
    if report.contains("Non-2xx") || report.contains("Socket errors") {
        return Err(format!("the load met errors:\n{report}"));
    }
    let unclear = || format!("wrk said nothing of requests:\n{report}");
    let (before, after) = report.split_once(" requests in ").ok_or_else(unclear)?;
    let requests = before.split_whitespace().next_back();
    let took = after.split("s,").next();
    match (
        requests.and_then(|text| text.parse().ok()),
        took.and_then(|text| text.parse().ok()),
    ) {
        (Some(requests), Some(took)) => Ok((requests, took)),
        _ => Err(unclear()),
    }
}

fn oha(program: &Path, url: &str, plan: &Plan<'_>, seconds: u32) -> Result<(f64, f64), String> {
    let mut oha = pinned(1, program);
    oha.args(["--no-tui", "--output-format", "json"])
        .args(["-c", &plan.connections.to_string()])
        .args(["-z", &format!("{seconds}s")]);
    if let Some(body) = plan.body {
        oha.args(["-m", plan.method, "-T", plan.content_type(), "-D"])
            .arg(body);
    }
    if plan.any_of.is_some() {
        // As many as four digits have.
        let any = url.replace("0000", "[0-9]{4}");
        return of_oha(&output(oha.arg("--rand-regex-url").arg(any))?);
    }
    of_oha(&output(oha.arg(url))?)
}

fn of_oha(report: &str) -> Result<(f64, f64), String> {
    let report: serde_json::Value =
        serde_json::from_str(report).map_err(|e| format!("oha's report: {e}"))?;
    let mut requests = 0.0;
    for (status, count) in report["statusCodeDistribution"]
        .as_object()
        .into_iter()
        .flatten()
    {
        if !status.starts_with('2') {
            return Err(format!("{count} answers were {status}"));
        }
        requests += count.as_f64().unwrap_or(0.0);
    }
    match report["summary"]["total"].as_f64() {
        Some(took) if requests > 0.0 => Ok((requests, took)),
        _ => Err(format!("oha said nothing of requests:\n{report}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_of_wrk_is_read() {
        let report =
            "Running 3s test\n  206842 requests in 3.10s, 30MB read\nRequests/sec:  68941.10\n";
        assert_eq!(of_wrk(report), Ok((206_842.0, 3.1)));
        assert!(of_wrk(&format!("{report}  Non-2xx or 3xx responses: 4\n")).is_err());
        assert!(of_wrk("unable to connect").is_err());
    }

    #[test]
    fn report_of_oha_is_read() {
        let report =
            r#"{"summary": {"total": 2.0}, "statusCodeDistribution": {"200": 10, "204": 2}}"#;
        assert_eq!(of_oha(report), Ok((12.0, 2.0)));
        assert!(of_oha(&report.replace("204", "404")).is_err());
        assert!(of_oha("{}").is_err());
    }
}
