//! What the command prints.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use efsm::EphemeralMockServer;
use serde_json::{Map, Value, json};

use crate::failure::Failure;

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

/// The table of a stack that is up: fits 80 columns.
pub(crate) fn up_table(server: &EphemeralMockServer, took: Duration) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(table(server, took, out.is_terminal()).as_bytes())?;
    out.flush()
}

fn table(server: &EphemeralMockServer, took: Duration, with_colour: bool) -> String {
    let bold = |text: &str| {
        if with_colour {
            format!("\x1b[1m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    };
    let url = server.url();
    let mut text = format!(
        "{} {} is up at {} after {}\n\n",
        bold("efsm"),
        env!("CARGO_PKG_VERSION"),
        bold(&url),
        milliseconds(took),
    );
    let services = server.stack().services();
    let urls: Vec<String> = services
        .iter()
        .map(|service| format!("{url}{}/", service.prefix()))
        .collect();
    let width = urls.iter().map(String::len).max().unwrap_or(0);
    text.push_str(&bold(&format!(
        "{:<10}{:<width$}  POINT AT IT",
        "SERVICE", "URL"
    )));
    text.push('\n');
    let mut row = |name: &str, url: &str, hint: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<10}{url:<width$}  {hint}");
    };
    for (service, service_url) in services.iter().zip(&urls) {
        row(service.name(), service_url, hint(service.name()));
    }
    row(
        "control",
        &format!("{url}/_efsm/"),
        "snapshots, forks, clock, faults",
    );
    if let Some(token) = server.stack().token() {
        let _ = writeln!(text, "\nThe control API asks for this token: {token}");
    }
    let _ = writeln!(
        text,
        "\nVariables for your clients: curl '{url}/_efsm/env?format=sh'\n\
         Ctrl-C makes everything vanish."
    );
    text
}

fn milliseconds(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}

/// One line for programs.
pub(crate) fn up_json(server: &EphemeralMockServer, took: Duration) -> io::Result<()> {
    let url = server.url();
    let services: Map<String, Value> = server
        .stack()
        .services()
        .iter()
        .map(|service| {
            let entry = json!({ "url": format!("{url}{}/", service.prefix()) });
            (service.name().to_owned(), entry)
        })
        .collect();
    let env: Map<String, Value> = server
        .env()
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect();
    let line = json!({
        "id": server.stack().id(),
        "name": server.stack().name(),
        "url": url,
        "port": server.port(),
        "pid": std::process::id(),
        "version": env!("CARGO_PKG_VERSION"),
        "took_ms": took.as_secs_f64() * 1000.0,
        "token": server.stack().token(),
        "services": services,
        "env": env,
    });
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
