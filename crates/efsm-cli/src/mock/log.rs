//! The lines that Prism prints, which scripts wait for and people read.

use std::io::{self, Write as _};

use efsm::{Clock, Entry, EphemeralMockServer, Journal, ServeEvent};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::args::Verbosity;

#[derive(Clone, Debug)]
pub(super) struct Log {
    level: Verbosity,
    clock: Clock,
}

impl Log {
    pub(super) fn new(level: Verbosity) -> Self {
        Self {
            level,
            clock: Clock::system(),
        }
    }

    pub(super) fn starting(&self) {
        if self.level < Verbosity::Silent {
            self.line("[CLI]", "…  awaiting ", "Starting Prism…");
        }
    }

    pub(super) fn info(&self, message: &str) {
        if self.level <= Verbosity::Info {
            self.line("[CLI]", "ℹ  info     ", message);
        }
    }

    /// The line that says that requests are answered; printed whatever the level, because scripts wait for it.
    pub(super) fn listening(&self, url: &str) -> io::Result<()> {
        let line = self.text(
            "[CLI]",
            "▶  start    ",
            &format!("Prism is listening on {url}"),
        );
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }

    /// Prints what happens to each request from now on.
    pub(super) fn follow(&self, server: &EphemeralMockServer) -> JoinHandle<()> {
        let journal = server.journal().clone();
        let log = self.clone();
        server.host().runtime().spawn(async move {
            if log.level <= Verbosity::Error {
                log.print(&journal).await;
            }
        })
    }

    async fn print(&self, journal: &Journal) {
        let mut seen = 0;
        loop {
            journal.changed_since(seen).await;
            let page = journal.read(&efsm::JournalQuery {
                since: seen,
                ..efsm::JournalQuery::default()
            });
            seen = page.last_seq;
            for entry in &page.entries {
                self.request(entry);
            }
        }
    }

    fn request(&self, entry: &Entry) {
        let Some(event) = entry.detail_as::<ServeEvent>() else {
            return;
        };
        let method = event.request.method().as_str().to_ascii_lowercase();
        let server = format!("[HTTP SERVER] {method} {}", event.request.path());
        if self.level <= Verbosity::Info {
            self.line(&server, "ℹ  info     ", "Request received");
        }
        for line in event.mock.iter().flat_map(|mock| &mock.log) {
            let text = |field: &str| line.get(field).and_then(Value::as_str).unwrap_or("");
            let scope = match text("scope") {
                "HTTP SERVER" => server.clone(),
                scope => format!("    [{scope}]"),
            };
            let (level, label) = match text("level") {
                "debug" => (Verbosity::Debug, "●  debug    "),
                "success" => (Verbosity::Info, "✔  success  "),
                "warning" => (Verbosity::Warn, "⚠  warning  "),
                "error" => (Verbosity::Error, "✖  error    "),
                _ => (Verbosity::Info, "ℹ  info     "),
            };
            if self.level <= level {
                self.line(&scope, label, text("message"));
            }
        }
    }

    /// A reader that has gone away is no reason to end: requests are still answered.
    fn line(&self, scope: &str, label: &str, message: &str) {
        let _ = writeln!(io::stdout().lock(), "{}", self.text(scope, label, message));
    }

    fn text(&self, scope: &str, label: &str, message: &str) -> String {
        let now = self.clock.now().to_string();
        // `2026-01-31T12:00:00.123Z`: the time of day, in whole seconds.
        let time = now.get(11..19).unwrap_or_default();
        format!("[{time}] › {scope} {label} {message}")
    }
}
