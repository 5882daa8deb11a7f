//! Commands in the sandbox.

use std::path::PathBuf;
use std::time::Duration;

use efsm_sandbox::{Chunk, Job, Outcome, Policy, SandboxError, Steering, Stream};
use pyo3::exceptions::{PyFileNotFoundError, PyOSError, PyPermissionError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

use crate::server::Server;
use crate::{errors, json};

/// How often a wait looks for Ctrl-C.
const SIGNAL_CHECK: Duration = Duration::from_millis(50);

/// How a command is to run.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Plan {
    command: Vec<String>,
    env: Vec<(String, String)>,
    workspace: PathBuf,
    /// In seconds.
    timeout: Option<f64>,
    sandbox: String,
    require_isolation: bool,
    image: Option<String>,
    helper: Option<PathBuf>,
}

/// Runs a command to its end; `{exit_code, stdout, stderr, isolation, duration_ms, ..}`.
#[pyfunction]
pub(crate) fn run_command<'py>(
    py: Python<'py>,
    plan: Plan,
    servers: Vec<PyRef<'py, Server>>,
) -> PyResult<Bound<'py, PyDict>> {
    let (mut job, policy) = plan.into_job()?;
    for server in &servers {
        job.stacks.push(server.sandbox_port()?);
    }
    let (outcome, output) = py.detach(|| wait(job, &policy))?;
    let outcome = outcome.map_err(|error| refused(&error))?;
    let dict = PyDict::new(py);
    let told = serde_json::to_value(&outcome).map_err(errors::value)?;
    if let serde_json::Value::Object(fields) = told {
        dict.update(json::to_dict(py, &fields)?.as_mapping())?;
    }
    dict.set_item("stdout", PyBytes::new(py, &output.stdout))?;
    dict.set_item("stderr", PyBytes::new(py, &output.stderr))?;
    Ok(dict)
}

/// What each tier can do on this machine.
#[pyfunction]
pub(crate) fn sandbox_tiers(py: Python<'_>, helper: Option<PathBuf>) -> PyResult<Bound<'_, PyAny>> {
    let policy = Policy {
        helper,
        ..Policy::default()
    };
    let reports = py.detach(|| {
        let runtime = runtime()?;
        Ok::<_, std::io::Error>(runtime.block_on(efsm_sandbox::available(&policy)))
    })?;
    json::to_python(py, &serde_json::to_value(reports).map_err(errors::value)?)
}

impl Plan {
    fn into_job(self) -> PyResult<(Job, Policy)> {
        let mut words = self.command.into_iter();
        let program = words
            .next()
            .ok_or_else(|| PyValueError::new_err("no command is given"))?;
        let mut job = Job::new(program, self.workspace).args(words);
        job.host_env = efsm_sandbox::inherited_env(&["PYTHONPATH"]);
        for (name, value) in self.env {
            job = job.env(name, value);
        }
        if let Some(seconds) = self.timeout {
            job.limits.timeout = Some(Duration::try_from_secs_f64(seconds).map_err(errors::value)?);
        }
        let mut policy = Policy {
            choice: self.sandbox.parse().map_err(PyValueError::new_err)?,
            require_isolation: self.require_isolation,
            helper: self.helper,
            ..Policy::default()
        };
        policy.container.image = self.image;
        Ok((job, policy))
    }
}

#[derive(Default)]
struct Output {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// The outcome and all output; a signal of Python's ends the command first.
fn wait(job: Job, policy: &Policy) -> PyResult<(Result<Outcome, SandboxError>, Output)> {
    let (steering, orders) = efsm_sandbox::steering();
    let (sender, mut receiver) = mpsc::channel::<Chunk>(64);
    let mut output = Output::default();
    let mut interrupted = None;
    let outcome = runtime()?.block_on(async {
        let run = efsm_sandbox::run(job, policy, sender, orders);
        tokio::pin!(run);
        let mut ticks = tokio::time::interval(SIGNAL_CHECK);
        let outcome = loop {
            tokio::select! {
                Some(chunk) = receiver.recv() => output.push(&chunk),
                outcome = &mut run => break outcome,
                _ = ticks.tick() => {
                    if interrupted.is_none() {
                        interrupted = interruption(&steering);
                    }
                }
            }
        };
        while let Some(chunk) = receiver.recv().await {
            output.push(&chunk);
        }
        outcome
    });
    match interrupted {
        Some(error) => Err(error),
        None => Ok((outcome, output)),
    }
}

fn interruption(steering: &Steering) -> Option<PyErr> {
    Python::attach(|py| {
        let error = py.check_signals().err()?;
        steering.stop();
        Some(error)
    })
}

impl Output {
    fn push(&mut self, chunk: &Chunk) {
        match chunk.stream {
            Stream::Stdout => self.stdout.extend_from_slice(&chunk.bytes),
            Stream::Stderr => self.stderr.extend_from_slice(&chunk.bytes),
        }
    }
}

fn refused(error: &SandboxError) -> PyErr {
    let message = error.to_string();
    match error {
        SandboxError::Invalid(_) => PyValueError::new_err(message),
        SandboxError::NotFound { .. } => PyFileNotFoundError::new_err(message),
        SandboxError::NotExecutable { .. } => PyPermissionError::new_err(message),
        _ => PyOSError::new_err(message),
    }
}
