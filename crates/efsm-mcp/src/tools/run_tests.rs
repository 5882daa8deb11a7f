//! `run_tests`: a command in the sandbox, against a stack.

use std::path::PathBuf;
use std::time::Duration;

use efsm_http::HttpService;
use efsm_sandbox::{Chunk, End, Job, Outcome, SandboxError, Steering};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::explain::{Miss, misses};
use super::transcript::Output;
use super::{Call, Caller, Effect, Progress, Tool, input, output};
use crate::reply::{Failure, Reply};
use crate::stacks::Place;

pub(super) const TOOL: Tool = Tool {
    name: "run_tests",
    title: "Run tests in the sandbox",
    description: "Runs a shell command in a folder with the stack's variables set, in the strongest sandbox that works here. \
                  Returns the exit code, failed tests, the end of the output, and the requests that met no stub.",
    effect: Effect::Destroys,
    is_open_world: true,
    input: input::<Arguments>,
    output: output::<Told>,
    call: |call| Box::pin(run(call)),
};

/// Of the output, so many characters of its end; the whole is read at a resource link.
const TAIL: usize = 12_000;
/// Between two words on how it goes.
const BETWEEN: Duration = Duration::from_secs(1);
const FAILED: usize = 50;
const UNMATCHED: usize = 10;
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(5);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// A line for the shell, such as `pytest -q`.
    command: String,
    /// The stack's name.
    stack: String,
    /// The folder to run in, which the command may write to; this process's own when missing.
    workspace: Option<PathBuf>,
    /// 300 when missing.
    timeout_seconds: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
struct Told {
    /// The command's; 128+n for a signal, 124 for a timeout.
    exit_code: u8,
    passed: bool,
    /// Names of failed tests, as pytest, unittest, cargo, node, go, jest and TAP print them.
    failed_tests: Vec<String>,
    /// Requests that met no stub, with the nearest one, the newest first.
    unmatched: Vec<Miss>,
    /// The end of standard output and standard error.
    output_tail: String,
    /// Bytes of output in all.
    output_bytes: u64,
    duration_ms: u64,
    /// The tier, and what it really enforced.
    isolation: Map<String, Value>,
}

async fn run(call: Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    if !call.options.allow_run {
        return Err(Failure::new(
            "this server runs no commands",
            "run the command yourself with the variables that list_stacks or orchestrate_mock give, or start efsm with \
             --allow-run, or use it over stdio (`efsm mcp`)",
        ));
    }
    let place = call.stacks.find(&arguments.stack)?;
    let since = place.stack.context().journal().last_seq();
    let job = job(&arguments, &place)?;
    let (sender, chunks) = mpsc::channel(64);
    let (steering, orders) = efsm_sandbox::steering();
    let ran = efsm_sandbox::run(job, &call.options.sandbox, sender, orders);
    let (outcome, output) = tokio::join!(ran, attend(chunks, call.caller, steering));
    let outcome = outcome.map_err(|error| refused(&error))?;
    Ok(told(&outcome, &output, &place, since))
}

fn job(arguments: &Arguments, place: &Place) -> Result<Job, Failure> {
    let workspace = match &arguments.workspace {
        Some(path) => path.clone(),
        None => std::env::current_dir()
            .map_err(|error| Failure::new(error.to_string(), "name a `workspace`"))?,
    };
    let mut job = Job::new("sh", workspace).args(["-c", &arguments.command]);
    job.host_env = efsm_sandbox::inherited_env(&[]);
    for (name, value) in place.stack.env() {
        job = job.env(name, value);
    }
    let seconds = arguments.timeout_seconds.map(Duration::from_secs);
    job.limits.timeout = Some(seconds.unwrap_or(DEFAULT_TIMEOUT));
    job.stacks = vec![efsm::sandbox::port(&place.host, &place.stack)];
    Ok(job)
}

fn refused(error: &SandboxError) -> Failure {
    let next = match error {
        SandboxError::NoHelper { .. } => "set EFSM_BIN to the efsm binary",
        SandboxError::NoIsolation { .. } | SandboxError::Unavailable { .. } => {
            "`efsm doctor` says what each tier needs"
        }
        _ => "mend the call and try again",
    };
    Failure::new(error.to_string(), next)
}

/// Takes the output, tells how it goes, and ends the command when nobody waits for it any more.
async fn attend(
    mut chunks: mpsc::Receiver<Chunk>,
    mut caller: Caller,
    steering: Steering,
) -> Output {
    let mut output = Output::default();
    let mut ticks = tokio::time::interval(BETWEEN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut step, mut is_gone) = (0, false);
    loop {
        tokio::select! {
            chunk = chunks.recv() => match chunk {
                Some(chunk) => output.add(&chunk.bytes),
                None => return output,
            },
            _ = ticks.tick(), if caller.progress.is_some() => {
                if let Some(progress) = &caller.progress {
                    let message = output.last_line();
                    // A client that is slow to read hears of it the next time.
                    let _ = progress.try_send(Progress { step, message });
                    step += 1;
                }
            }
            () = &mut caller.gone, if !is_gone => {
                is_gone = true;
                steering.kill();
            }
        }
    }
}

fn told(outcome: &Outcome, output: &Output, place: &Place, since: u64) -> Reply {
    let text = output.text();
    let tail = match text.char_indices().rev().nth(TAIL - 1) {
        Some((at, _)) => &text[at..],
        None => &text,
    };
    let http = place.service::<HttpService>("http").ok();
    let (unmatched, _) = http.map_or((Vec::new(), 0), |http| misses(&http, since, UNMATCHED));
    let told = Told {
        exit_code: outcome.exit_code,
        passed: outcome.end.is_success(),
        failed_tests: failed_tests(&text),
        unmatched,
        output_tail: tail.to_owned(),
        output_bytes: outcome.stdout.bytes + outcome.stderr.bytes,
        duration_ms: u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX),
        isolation: super::object(serde_json::to_value(&outcome.isolation).unwrap_or_default()),
    };
    let end = match outcome.end {
        End::Code(0) => "passed".to_owned(),
        End::Code(code) => format!("failed with exit code {code}"),
        End::Signal(signal) => format!("was ended by signal {signal}"),
        End::TimedOut => "ran out of time".to_owned(),
        End::Cancelled => "was cancelled".to_owned(),
        End::Over(measure) => format!("passed its limit of {measure:?}"),
    };
    let summary = format!(
        "the command {end}; {} failed tests named, {} requests without a stub; tier: {}",
        told.failed_tests.len(),
        told.unmatched.len(),
        outcome.isolation.tier
    );
    let mut reply = Reply::new(summary, &told);
    reply.output = (tail.len() < text.len()).then_some(text);
    reply
}

/// The tests that well-known runners say have failed.
fn failed_tests(text: &str) -> Vec<String> {
    let mut failed: Vec<String> = Vec::new();
    for line in text.lines() {
        let Some(name) = failed_test(line.trim_end()) else {
            continue;
        };
        if !name.is_empty() && !failed.iter().any(|known| known == name) {
            failed.push(name.to_owned());
        }
        if failed.len() == FAILED {
            break;
        }
    }
    failed
}

fn failed_test(line: &str) -> Option<&str> {
    let trimmed = line.trim_start();
    // pytest: FAILED tests/test_a.py::test_b - reason
    for word in ["FAILED ", "ERROR "] {
        if let Some(rest) = line.strip_prefix(word)
            && rest.contains("::")
        {
            return Some(rest.split(" - ").next().unwrap_or(rest));
        }
    }
    // unittest: FAIL: test_b (tests.test_a.Case.test_b)
    for word in ["FAIL: ", "ERROR: "] {
        if let Some((name, place)) = line
            .strip_prefix(word)
            .and_then(|rest| rest.split_once(" ("))
            && name.starts_with("test")
        {
            return Some(place.split(')').next().unwrap_or(name));
        }
    }
    // cargo: test module::name ... FAILED
    if let Some(rest) = line.strip_prefix("test ") {
        return rest.strip_suffix(" ... FAILED");
    }
    // nextest: FAIL [   0.1s] crate module::name
    if let Some(rest) = trimmed.strip_prefix("FAIL [") {
        return rest.split_once("] ").map(|(_, name)| name.trim());
    }
    // go: --- FAIL: TestName (0.00s)
    if let Some(rest) = trimmed.strip_prefix("--- FAIL: ") {
        return rest.split(" (").next();
    }
    // TAP: not ok 3 - name
    if let Some(rest) = trimmed.strip_prefix("not ok ") {
        return rest
            .split_once(" - ")
            .map(|(_, name)| name.split(" # ").next().unwrap_or(name));
    }
    // node, jest, mocha and vitest: a cross before the name
    ["✖ ", "✕ ", "✗ ", "× "]
        .iter()
        .find_map(|cross| trimmed.strip_prefix(cross))
        .map(|name| name.split(" (").next().unwrap_or(name))
        .filter(|name| !name.starts_with("failing tests"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_tests_of_well_known_runners_are_found() {
        let output = "\
FAILED tests/test_a.py::test_pay[eur] - AssertionError: no
ERROR tests/test_b.py::test_setup
test orders::are_counted ... FAILED
test orders::are_kept ... ok
        FAIL [   0.011s] shop orders::are_sent
--- FAIL: TestPay (0.01s)
not ok 3 - refuses a card # time=2
  ✖ returns 404 (1.2ms)
✖ failing tests:
ok 4 - fine
FAIL: test_refunds (tests.test_a.Pays.test_refunds)
ERROR: the log says this (often)
";
        assert_eq!(
            failed_tests(output),
            [
                "tests/test_a.py::test_pay[eur]",
                "tests/test_b.py::test_setup",
                "orders::are_counted",
                "shop orders::are_sent",
                "TestPay",
                "refuses a card",
                "returns 404",
                "tests.test_a.Pays.test_refunds",
            ]
        );
    }
}
