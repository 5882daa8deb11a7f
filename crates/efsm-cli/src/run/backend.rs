//! The stack that the command talks to.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;

use efsm::{Config, EphemeralMockServer};
use efsm_sandbox::StackPort;
use serde_json::{Value, json};

use super::Plan;
use super::relay::Relay;
use super::summary::Unmatched;
use crate::again;
use crate::control::Control;
use crate::failure::Failure;
use crate::output::Announcement;
use crate::up;

#[derive(Debug)]
pub(super) enum Backend {
    /// It vanishes with this value.
    Here(EphemeralMockServer),
    /// It stays.
    Background(Box<Announcement>, Control, SocketAddr),
}

impl Backend {
    /// A stack in this process. Any free port, unless the configuration asks for one: many runs go side by side.
    pub(super) fn here(plan: &Plan, mut config: Config) -> Result<Self, Failure> {
        config.port = config.port.or(Some(0));
        if let Some(name) = &plan.name {
            config.name = Some(name.to_string());
        }
        // They are in the configuration already.
        let mut options = plan.how.stack.clone();
        options.api.clear();
        let server = up::builder(config, options)?.start()?;
        Ok(Self::Here(server))
    }

    /// A stack of `efsm up --detach`.
    pub(super) fn in_background(plan: &Plan) -> Result<Self, Failure> {
        let lost = |what: String| Failure::Detach { what, hint: None };
        let mut command =
            again::command().map_err(|e| lost(format!("efsm cannot find itself: {e}")))?;
        command.args(["up", "--detach", "--json"]);
        if let Some(name) = &plan.name {
            command.arg(format!("--name={name}"));
        }
        command.args(plan.how.stack.to_arguments());
        if let Some(config) = &plan.config {
            command.arg("--").arg(config);
        }
        let done = command
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|e| lost(format!("the background process cannot be started: {e}")))?;
        let announcement: Announcement =
            serde_json::from_slice(&done.stdout).map_err(|_| Failure::Said {
                code: done.status.code().unwrap_or_default().clamp(1, 255) as u8,
            })?;
        let address = address_of(&announcement.url)?;
        let control = announcement.control();
        Ok(Self::Background(Box::new(announcement), control, address))
    }

    pub(super) fn url(&self) -> String {
        match self {
            Self::Here(server) => server.url(),
            Self::Background(announcement, ..) => announcement.url.clone(),
        }
    }

    pub(super) fn port(&self) -> Arc<dyn StackPort> {
        match self {
            Self::Here(server) => server.sandbox_port(),
            // Another process accepts there: its connections are passed on.
            Self::Background(_, _, address) => Arc::new(Relay::to(*address)),
        }
    }

    pub(super) fn ca_pem(&self) -> Result<String, Failure> {
        match self {
            Self::Here(server) => server.stack().ca_pem().map_err(|e| Failure::Options {
                what: e.to_string(),
                hint: "run without interception: --no-intercept".to_owned(),
            }),
            Self::Background(_, control, _) => control.text("ca.pem"),
        }
    }

    pub(super) fn describe(&self) -> Value {
        match self {
            Self::Here(server) => {
                let url = server.url();
                let services: serde_json::Map<String, Value> = server
                    .stack()
                    .services()
                    .iter()
                    .map(|service| {
                        let at = json!({ "url": format!("{url}{}/", service.prefix()) });
                        (service.name().to_owned(), at)
                    })
                    .collect();
                json!({
                    "name": null, "url": url, "port": server.port(), "pid": std::process::id(),
                    "services": services, "detached": false,
                })
            }
            Self::Background(announcement, ..) => {
                let mut line = json!(announcement);
                if let Some(line) = line.as_object_mut() {
                    line.shift_remove("took_ms");
                }
                line
            }
        }
    }

    /// What the command will find again; `None` for a stack that others may use meanwhile.
    pub(super) fn snapshot(&self) -> Option<efsm::Snapshot> {
        match self {
            Self::Here(server) => Some(server.snapshot()),
            Self::Background(..) => None,
        }
    }

    pub(super) fn restore(&self, snapshot: Option<&efsm::Snapshot>) {
        if let (Self::Here(server), Some(snapshot)) = (self, snapshot) {
            // A stack's own snapshot fits it.
            let _ = server.restore(snapshot);
        }
    }

    pub(super) fn export_database(&self) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Here(server) => server
                .database()
                .export()
                .map(|bytes| bytes.to_vec())
                .map_err(|e| database(&e.to_string())),
            Self::Background(_, control, _) => control.download("/db/export"),
        }
    }

    pub(super) fn import_database(&self, image: Vec<u8>) -> Result<(), Failure> {
        match self {
            Self::Here(server) => server
                .database()
                .import(&image)
                .map_err(|e| database(&e.to_string())),
            Self::Background(_, control, _) => control.upload("/db/import", image),
        }
    }

    /// The requests that no stub matched, oldest first.
    pub(super) fn unmatched(&self) -> Vec<Unmatched> {
        match self {
            Self::Here(server) if server.stack().service("http").is_some() => server
                .http()
                .unmatched_calls()
                .iter()
                .map(Unmatched::of)
                .collect(),
            Self::Here(..) => Vec::new(),
            Self::Background(_, control, _) => control
                .admin("requests/unmatched?nearest=true")
                .ok()
                .and_then(|answer| answer["requests"].as_array().cloned())
                .unwrap_or_default()
                .iter()
                .rev()
                .map(Unmatched::of_json)
                .collect(),
        }
    }

    /// The journal's entries of other services that tell of something refused.
    pub(super) fn refusals(&self) -> Vec<Value> {
        let entries: Vec<Value> = match self {
            Self::Here(server) => {
                let query = efsm_core::journal::Query::default();
                let page = server.stack().journal(&query);
                page.entries.iter().map(efsm_core::Entry::to_json).collect()
            }
            Self::Background(_, control, _) => control
                .get("journal")
                .ok()
                .and_then(|page| page["entries"].as_array().cloned())
                .unwrap_or_default(),
        };
        entries
            .into_iter()
            .filter(super::summary::is_refusal)
            .collect()
    }
}

fn address_of(url: &str) -> Result<SocketAddr, Failure> {
    let authority = url.strip_prefix("http://").unwrap_or(url);
    authority.parse().map_err(|_| Failure::Options {
        what: format!("the stack's address is not one that a command can be given: {url}"),
        hint: "bind it to an IP address".to_owned(),
    })
}

fn database(why: &str) -> Failure {
    Failure::Options {
        what: format!("--db file: the stack's database refuses: {why}"),
        hint: "check the file with `sqlite3 FILE 'PRAGMA integrity_check'`".to_owned(),
    }
}
