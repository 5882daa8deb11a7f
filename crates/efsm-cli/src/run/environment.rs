//! The variables of the command: a few of the caller's, the stack's, the run's, and those that were asked for.

use std::ffi::OsString;
use std::path::Path;

use efsm::env::{self, Surroundings};
use efsm::{Config, ServiceName};
use serde_json::{Map, Value};

use super::backend::Backend;
use super::database::FileDatabase;
use crate::args::{DatabaseKind, RunOptions};
use crate::failure::Failure;

const CA_FILE: &str = "ca.pem";

/// What the run must lay out for the command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needs {
    interception: bool,
    file_database: bool,
}

impl Needs {
    pub(super) fn of(how: &RunOptions, config: &Config) -> Self {
        let has_http = config.services.contains(&ServiceName::Http);
        let names_host = config.api.iter().any(|api| api.contains("://"))
            || config
                .http
                .stubs
                .iter()
                .any(|stub| !stub.mapping["request"]["host"].is_null());
        Self {
            interception: !how.no_intercept && has_http && (how.intercept || names_host),
            file_database: how.db == Some(DatabaseKind::File),
        }
    }

    /// Whether files of the run's own are among it.
    pub(super) fn files(self) -> bool {
        self.interception || self.file_database
    }
}

#[derive(Debug)]
pub(super) struct Environment {
    of_machine: Vec<(OsString, OsString)>,
    passed: Vec<(OsString, OsString)>,
    /// Later ones of a name stand.
    stack: Vec<(String, String)>,
}

impl Environment {
    pub(super) fn new(
        how: &RunOptions,
        config: &Config,
        backend: &Backend,
        needs: Needs,
        scratch: Option<&Path>,
        file: Option<&FileDatabase>,
    ) -> Result<Self, Failure> {
        let url = backend.url();
        if how.db.is_some() && !config.services.contains(&ServiceName::Database) {
            return Err(Failure::Options {
                what: "--db needs the database service, which this stack is made without"
                    .to_owned(),
                hint: "add `database` to the services".to_owned(),
            });
        }
        let surroundings = Surroundings::of(config)?;
        let mut stack = surroundings.without_own(&url);
        let mut set = |name: &str, value: String| {
            stack.retain(|(known, _)| known != name);
            stack.push((name.to_owned(), value));
        };
        if let Some(file) = file {
            for (name, value) in file.variables() {
                set(name, value);
            }
        }
        if let (true, Some(scratch)) = (needs.interception, scratch) {
            let path = scratch.join(CA_FILE);
            std::fs::write(&path, backend.ca_pem()?).map_err(|source| Failure::Write {
                path: path.clone(),
                source,
            })?;
            for (name, value) in env::interception(&url, &path.to_string_lossy()) {
                set(&name, value);
            }
        }
        if let Some(junit) = &how.junit
            && let Ok(path) = std::path::absolute(junit)
        {
            set("EFSM_JUNIT", path.to_string_lossy().into_owned());
        }
        surroundings.add_own(&mut stack);
        for (name, text) in &how.env {
            let value = if text.contains("${") {
                env::expand(text, &stack).map_err(|unknown| unknown_variable(&unknown, &stack))?
            } else {
                text.clone()
            };
            stack.retain(|(known, _)| known != name);
            stack.push((name.clone(), value));
        }
        Ok(Self {
            of_machine: efsm_sandbox::inherited_env(&[]),
            passed: passed(&how.pass_env),
            stack,
        })
    }

    /// Those that are not the caller's.
    pub(super) fn stack_json(&self) -> Value {
        let map: Map<String, Value> = self
            .stack
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect();
        map.into()
    }

    /// Those that a command needs for the programs of this machine: it has others in a container.
    pub(super) fn of_machine(&self) -> Vec<(OsString, OsString)> {
        self.of_machine.clone()
    }

    pub(super) fn of_command(&self) -> Vec<(OsString, OsString)> {
        let is_ours = |name: &OsString| self.stack.iter().any(|(own, _)| name == own.as_str());
        let passed = self.passed.iter().filter(|(name, _)| !is_ours(name));
        let stack = self
            .stack
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        passed.cloned().chain(stack).collect()
    }
}

/// The caller's own that were asked for by name.
fn passed(pass: &[String]) -> Vec<(OsString, OsString)> {
    std::env::vars_os()
        .filter(|(name, _)| {
            let Some(name) = name.to_str() else {
                return false;
            };
            pass.iter().any(|asked| match asked.strip_suffix('*') {
                Some(prefix) => name.starts_with(prefix),
                None => name == asked,
            })
        })
        .collect()
}

fn unknown_variable(unknown: &str, known: &[(String, String)]) -> Failure {
    let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    Failure::Options {
        what: format!("--env: there is no variable `{unknown}`"),
        hint: format!("these there are: {}", names.join(", ")),
    }
}
