//! What the command prints of a stack that came up.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use efsm::EphemeralMockServer;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::control::Control;
use crate::failure::Failure;
use crate::registry::Claim;

/// What to point at a service, in a few words: the table fits 80 columns.
fn hint(service: &str) -> &'static str {
    match service {
        "http" => "API clients, WireMock clients",
        "database" => "libSQL clients, POST execute",
        "auth" => "OAuth2 clients, POST oauth/token",
        "queue" => "publish/TOPIC, subscribe/TOPIC",
        "storage" => "PUT and GET BUCKET/KEY",
        _ => "",
    }
}

/// A stack that is up: a line of JSON for programs, a table for people.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Announcement {
    id: String,
    pub(crate) name: Option<String>,
    pub(crate) url: String,
    port: Option<u16>,
    pid: u32,
    version: String,
    took_ms: f64,
    token: Option<String>,
    services: IndexMap<String, ServiceAt>,
    env: IndexMap<String, String>,
    /// Whether other commands find it by its name.
    listed: bool,
    detached: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct ServiceAt {
    url: String,
}

impl Announcement {
    pub(crate) fn of(server: &EphemeralMockServer, claim: Option<&Claim>, took: Duration) -> Self {
        let url = server.url();
        let services = server.stack().services().iter().map(|service| {
            let url = format!("{url}{}/", service.prefix());
            (service.name().to_owned(), ServiceAt { url })
        });
        Self {
            id: server.stack().id().to_owned(),
            name: server.stack().name().map(str::to_owned),
            services: services.collect(),
            url,
            port: server.port(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            took_ms: took.as_secs_f64() * 1000.0,
            token: server.stack().token().map(str::to_owned),
            env: server.env().into_iter().collect(),
            listed: claim.is_some(),
            detached: claim.is_some_and(Claim::is_detached),
        }
    }

    pub(crate) fn control(&self) -> Control {
        let name = self.name.as_deref().unwrap_or_default();
        Control::new(name, &self.url, self.token.clone())
    }

    /// Fits 80 columns.
    fn table(&self, with_colour: bool) -> String {
        let bold = |text: &str| {
            if with_colour {
                format!("\x1b[1m{text}\x1b[0m")
            } else {
                text.to_owned()
            }
        };
        let url = &self.url;
        let mut text = format!(
            "{} {} is up at {} after {:.1} ms\n\n",
            bold("efsm"),
            self.version,
            bold(url),
            self.took_ms,
        );
        let urls = self.services.values().map(|service| service.url.len());
        let width = urls.max().unwrap_or(0);
        text.push_str(&bold(&format!(
            "{:<10}{:<width$}  POINT AT IT",
            "SERVICE", "URL"
        )));
        text.push('\n');
        let mut row = |name: &str, url: &str, hint: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<10}{url:<width$}  {hint}");
        };
        for (name, service) in &self.services {
            row(name, &service.url, hint(name));
        }
        row(
            "control",
            &format!("{url}/_efsm/"),
            "snapshots, forks, clock, faults",
        );
        if let Some(token) = &self.token {
            let _ = writeln!(text, "\nThe control API asks for this token: {token}");
        }
        let name = self.name.as_deref().unwrap_or_default();
        let variables = if self.listed {
            format!("eval \"$(efsm env {name})\"")
        } else {
            format!("curl '{url}/_efsm/env?format=sh'")
        };
        let end = if self.detached {
            format!("efsm down {name}")
        } else {
            "Ctrl-C".to_owned()
        };
        let _ = writeln!(
            text,
            "\nVariables for your clients: {variables}\n{end} makes everything vanish."
        );
        text
    }
}

pub(crate) fn table(announcement: &Announcement) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let table = announcement.table(out.is_terminal());
    out.write_all(table.as_bytes())?;
    out.flush()
}

/// One line for programs.
pub(crate) fn line(announcement: &Announcement) -> io::Result<()> {
    let line = serde_json::to_string(announcement)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// The JSON Schema of efsm.yaml.
pub(crate) fn schema() -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{:#}", efsm_config::json_schema())?;
    Ok(ExitCode::SUCCESS)
}
