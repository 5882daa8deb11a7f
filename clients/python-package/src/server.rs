//! A running stack.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use efsm::{Config, EphemeralMockServer, ResetDepth, ServiceName};
use efsm_core::journal::Query;
use efsm_core::{Entry, FaultRule, Service};
use efsm_gateway::{ForkOptions, Preference};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde_json::Value;

use crate::auth::Auth;
use crate::database::Database;
use crate::http::Http;
use crate::process::Own;
use crate::queue::Queue;
use crate::service::Part;
use crate::storage::Storage;
use crate::{errors, json};

/// How often a wait looks for Ctrl-C.
const SIGNAL_CHECK: Duration = Duration::from_millis(50);

#[pyclass(frozen, module = "sin_code_efsm._native")]
pub(crate) struct Server(Own<Running>);

/// Stops without the interpreter's lock: a callable under way may be waiting for it.
struct Running(Option<Arc<EphemeralMockServer>>);

impl Drop for Running {
    fn drop(&mut self) {
        let server = self.0.take();
        Python::try_attach(|py| py.detach(|| drop(server)));
    }
}

/// A stack's whole state at one instant.
#[pyclass(frozen, module = "sin_code_efsm._native")]
pub(crate) struct Snapshot(Own<efsm::Snapshot>);

#[pymethods]
impl Server {
    /// Starts a stack. `config` is a path, or a text with the name that errors give it.
    #[staticmethod]
    #[expect(
        clippy::too_many_arguments,
        reason = "one for each keyword of Python's"
    )]
    fn start(
        py: Python<'_>,
        port: Option<u16>,
        strict_port: bool,
        services: Option<Vec<String>>,
        config_path: Option<PathBuf>,
        config_text: Option<(String, String)>,
        seed: Option<u64>,
        name: Option<String>,
    ) -> PyResult<Self> {
        let services = services.map(|names| known(&names)).transpose()?;
        let started = py.detach(|| {
            let mut config = match (config_path, config_text) {
                (Some(path), _) => efsm_config::load(path)?.config,
                (None, Some((name, text))) => efsm_config::parse(&name, &text, "")?.config,
                (None, None) => Config::default(),
            };
            config.port = port.or(config.port);
            config.strict_port |= strict_port;
            config.seed = seed.or(config.seed);
            config.name = name.or(config.name);
            if let Some(services) = services {
                config.services = services;
            }
            let server = EphemeralMockServer::builder().config(config).start()?;
            efsm_mcp::mount(&server, efsm_mcp::Options::default());
            Ok(server)
        });
        started
            .map(Self::new)
            .map_err(|error| errors::server(py, &error))
    }

    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let server = self.get()?.clone();
        let (sender, mut receiver) = sync_channel(1);
        server.host().runtime().clone().spawn(async move {
            server.stop_async().await;
            // Nobody waits any more after Ctrl-C.
            let _ = sender.send(());
        });
        loop {
            let (back, end) = py.detach(move || {
                let end = receiver.recv_timeout(SIGNAL_CHECK);
                (receiver, end)
            });
            receiver = back;
            match end {
                Err(RecvTimeoutError::Timeout) => py.check_signals()?,
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    #[getter]
    fn url(&self) -> PyResult<String> {
        Ok(self.get()?.url())
    }

    /// `None` once it is stopped.
    #[getter]
    fn port(&self) -> PyResult<Option<u16>> {
        Ok(self.get()?.port())
    }

    #[getter]
    fn id(&self) -> PyResult<String> {
        Ok(self.get()?.stack().id().to_owned())
    }

    #[getter]
    fn services(&self) -> PyResult<Vec<&'static str>> {
        let services = self.get()?.stack().services();
        Ok(services.iter().map(|service| service.name()).collect())
    }

    fn env<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, value) in self.get()?.env() {
            dict.set_item(name, value)?;
        }
        Ok(dict)
    }

    /// The counts of every service by name, with the memory that it takes.
    fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let server = self.get()?;
        let dict = PyDict::new(py);
        for service in server.stack().services() {
            let status = py.detach(|| service.status());
            let counts = json::to_dict(py, &status.counts)?;
            counts.set_item("memory_bytes", status.memory_bytes)?;
            dict.set_item(service.name(), counts)?;
        }
        Ok(dict)
    }

    /// Empties these services, or all: `data` or `all`.
    fn reset(&self, py: Python<'_>, services: Option<Vec<String>>, depth: &str) -> PyResult<()> {
        let depth = match depth {
            "data" => ResetDepth::Data,
            "all" => ResetDepth::All,
            other => {
                return Err(PyValueError::new_err(format!(
                    "no depth {other:?}: use 'data' or 'all'"
                )));
            }
        };
        let server = self.get()?;
        py.detach(|| server.stack().reset(services.as_deref(), depth))
            .map_err(|unknown| {
                PyValueError::new_err(format!("no such service: {}", unknown.join(", ")))
            })
    }

    fn snapshot(&self, py: Python<'_>) -> PyResult<Snapshot> {
        let server = self.get()?;
        Ok(Snapshot(Own::new(py.detach(|| server.snapshot()))))
    }

    fn restore(&self, py: Python<'_>, snapshot: &Snapshot) -> PyResult<()> {
        let (server, snapshot) = (self.get()?, snapshot.0.get()?);
        py.detach(|| server.restore(snapshot))
            .map_err(|error| errors::restore(&error))
    }

    fn fork(
        &self,
        py: Python<'_>,
        snapshot: Option<&Snapshot>,
        port: Option<u16>,
        name: Option<String>,
    ) -> PyResult<Self> {
        let options = ForkOptions {
            snapshot: snapshot.map(|s| s.0.get().cloned()).transpose()?,
            port: port.map_or(Preference::Any, Preference::Port),
            name,
        };
        let server = self.get()?;
        py.detach(|| server.fork_with(options))
            .map(Self::new)
            .map_err(|error| errors::server(py, &error))
    }

    /// `(now as RFC 3339, whether it stands)`.
    fn clock(&self) -> PyResult<(String, bool)> {
        let clock = self.get()?.clock();
        Ok((clock.now().to_string(), clock.is_frozen()))
    }

    fn change_clock(
        &self,
        py: Python<'_>,
        now: Option<&str>,
        advance: Option<&str>,
        freeze: bool,
        resume: bool,
    ) -> PyResult<()> {
        let change = efsm_gateway::clock_change(now, advance, freeze, resume)
            .map_err(PyValueError::new_err)?;
        let server = self.get()?;
        py.detach(|| server.stack().change_clock(change))
            .map(drop)
            .map_err(errors::value)
    }

    fn faults<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        rules(py, &self.get()?.faults().list())
    }

    /// Replaces all rules; gives them as they stand then.
    fn set_faults<'py>(
        &self,
        py: Python<'py>,
        faults: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let faults: Vec<FaultRule> =
            serde_json::from_value(json::from_python(faults)?).map_err(|error| {
                PyValueError::new_err(format!("this is not a list of fault rules: {error}"))
            })?;
        let set = self.get()?.faults().set(faults).map_err(errors::value)?;
        rules(py, &set)
    }

    /// The entries that fit, oldest first.
    fn journal<'py>(
        &self,
        py: Python<'py>,
        service: Option<&str>,
        since: u64,
        limit: Option<usize>,
        text: Option<&str>,
    ) -> PyResult<Bound<'py, PyList>> {
        let server = self.get()?;
        let entries: Vec<Value> = py.detach(|| {
            let page = server.stack().journal(&Query {
                service,
                since,
                limit,
                text,
            });
            page.entries.iter().map(Entry::to_json).collect()
        });
        let list = PyList::empty(py);
        for entry in &entries {
            list.append(json::to_python(py, entry)?)?;
        }
        Ok(list)
    }

    fn clear_journal(&self) -> PyResult<()> {
        self.get()?.journal().clear();
        Ok(())
    }

    /// The certificate that clients must trust to speak TLS to the stack or through it.
    fn ca_pem(&self) -> PyResult<String> {
        self.get()?.stack().ca_pem().map_err(errors::value)
    }

    fn http(&self) -> PyResult<Http> {
        self.part("http").map(Http)
    }

    fn database(&self) -> PyResult<Database> {
        self.part("database").map(Database)
    }

    fn auth(&self) -> PyResult<Auth> {
        self.part("auth").map(Auth)
    }

    fn queue(&self) -> PyResult<Queue> {
        self.part("queue").map(Queue)
    }

    fn storage(&self) -> PyResult<Storage> {
        self.part("storage").map(Storage)
    }
}

impl Server {
    fn new(server: EphemeralMockServer) -> Self {
        Self(Own::new(Running(Some(Arc::new(server)))))
    }

    fn get(&self) -> PyResult<&Arc<EphemeralMockServer>> {
        self.0
            .get()?
            .0
            .as_ref()
            .ok_or_else(|| PyRuntimeError::new_err("the server is gone"))
    }

    /// What a sandboxed command needs to reach the stack.
    pub(crate) fn sandbox_port(&self) -> PyResult<Arc<dyn efsm_sandbox::StackPort>> {
        Ok(self.get()?.sandbox_port())
    }

    fn part<S: Service>(&self, name: &str) -> PyResult<Part<S>> {
        let stack = self.get()?.stack();
        let service = efsm::assembly::service(stack.services()).ok_or_else(|| {
            PyRuntimeError::new_err(format!(
                "the {name} service is not enabled: name it in services="
            ))
        })?;
        Ok(Part::new(service, stack.context().clone()))
    }
}

fn known(names: &[String]) -> PyResult<Vec<ServiceName>> {
    let mut services = names
        .iter()
        .map(|name| {
            ServiceName::ALL
                .into_iter()
                .find(|known| known.as_str() == name)
                .ok_or_else(|| {
                    let all = ServiceName::ALL.map(ServiceName::as_str).join(", ");
                    PyValueError::new_err(format!(
                        "unknown service {name:?}: the services are {all}"
                    ))
                })
        })
        .collect::<PyResult<Vec<_>>>()?;
    services.sort_unstable();
    services.dedup();
    Ok(services)
}

fn rules<'py>(py: Python<'py>, rules: &[FaultRule]) -> PyResult<Bound<'py, PyAny>> {
    let rules = serde_json::to_value(rules).map_err(errors::value)?;
    json::to_python(py, &rules)
}
