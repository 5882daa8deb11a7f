//! The lines that Prism prints, which scripts wait for and people read.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use efsm::{Clock, Entry, EphemeralMockServer, Journal, ServeEvent};
use efsm_spec::mock::{Level, Line, Scope};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::args::Verbosity;

/// Between two writes.
const PAUSE: Duration = Duration::from_millis(5);

/// How long the end waits for who reads the output.
const PATIENCE: Duration = Duration::from_secs(1);

const INFO: &str = "ℹ  info     ";

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
            self.line("[CLI]", INFO, message);
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

    /// Prints what happens to each request from now on; `None` when nothing of it is to be told.
    pub(super) fn follow(&self, server: &EphemeralMockServer) -> io::Result<Option<Follower>> {
        if self.level > Verbosity::Error {
            return Ok(None);
        }
        let log = self.clone();
        let journal = server.journal().clone();
        let runtime = server.host().runtime().clone();
        let (ends, end) = watch::channel(());
        let (done, is_done) = mpsc::channel();
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                log.print(&journal, &runtime, end);
                // Nobody may be waiting.
                let _ = done.send(());
            })?;
        Ok(Some(Follower { ends, is_done }))
    }

    fn print(&self, journal: &Journal, runtime: &Handle, mut end: watch::Receiver<()>) {
        let mut seen = 0;
        let mut text = String::new();
        loop {
            let is_last = runtime.block_on(async {
                tokio::select! {
                    () = journal.changed_since(seen) => false,
                    _ = end.changed() => true,
                }
            });
            let page = journal.read(&efsm::JournalQuery {
                since: seen,
                ..efsm::JournalQuery::default()
            });
            seen = page.last_seq;
            let time = self.time();
            text.clear();
            for entry in &page.entries {
                self.request(&time, entry, &mut text);
            }
            drop(page);
            // A reader that has gone away is no reason to end: requests are still answered.
            let _ = io::stdout().lock().write_all(text.as_bytes());
            if is_last {
                return;
            }
            // What happens meanwhile is written at once: under load a line costs little then.
            thread::sleep(PAUSE);
        }
    }

    /// Adds the lines of a request.
    fn request(&self, time: &str, entry: &Entry, out: &mut String) {
        let Some(event) = entry.detail_as::<ServeEvent>() else {
            return;
        };
        let (method, path) = (event.request.method(), event.request.path());
        let mut line = |scope: Scope, label: &str, message: &str| {
            // Writing to a text cannot fail.
            let _ = match scope {
                Scope::Server => {
                    let method = Lower(method.as_str());
                    writeln!(
                        out,
                        "[{time}] › [HTTP SERVER] {method} {path} {label} {message}"
                    )
                }
                scope => {
                    let scope = scope.as_str();
                    writeln!(out, "[{time}] ›     [{scope}] {label} {message}")
                }
            };
        };
        if self.level <= Verbosity::Info {
            line(Scope::Server, INFO, "Request received");
        }
        for Line {
            scope,
            level,
            message,
        } in event.mock.iter().flat_map(|mock| &*mock.log)
        {
            let (level, label) = match level {
                Level::Debug => (Verbosity::Debug, "●  debug    "),
                Level::Info => (Verbosity::Info, INFO),
                Level::Success => (Verbosity::Info, "✔  success  "),
                Level::Warn => (Verbosity::Warn, "⚠  warning  "),
                Level::Error => (Verbosity::Error, "✖  error    "),
            };
            if self.level <= level {
                line(*scope, label, message);
            }
        }
    }

    fn line(&self, scope: &str, label: &str, message: &str) {
        let _ = writeln!(io::stdout().lock(), "{}", self.text(scope, label, message));
    }

    fn text(&self, scope: &str, label: &str, message: &str) -> String {
        format!("[{}] › {scope} {label} {message}", self.time())
    }

    /// The time of day, in whole seconds.
    fn time(&self) -> String {
        // `2026-01-31T12:00:00.123Z`
        let now = self.clock.now().to_string();
        now.get(11..19).unwrap_or_default().to_owned()
    }
}

/// The thread that prints. A reader who takes their time holds it up, and no answer.
#[derive(Debug)]
pub(super) struct Follower {
    ends: watch::Sender<()>,
    is_done: mpsc::Receiver<()>,
}

impl Follower {
    /// Ends when everything is printed, or when nobody reads it.
    pub(super) fn finish(self) {
        drop(self.ends);
        let _ = self.is_done.recv_timeout(PATIENCE);
    }
}

/// A text in lower case.
struct Lower<'a>(&'a str);

impl fmt::Display for Lower<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .chars()
            .try_for_each(|c| f.write_char(c.to_ascii_lowercase()))
    }
}
