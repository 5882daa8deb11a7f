use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::up::StackOptions;
use crate::registry::Name;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  efsm run -- pytest -q
  efsm run examples/checkout --watch -- npm test
  efsm run --api stripe --db file --summary -- ./gradlew test

Exit codes: the command's own; 128+n when signal n ended it; 124 after
--timeout; 125 when efsm itself failed; 126 when the command cannot be run;
127 when it is not found.")]
pub(crate) struct Run {
    /// An efsm.yaml, or the folder that holds one [default: ./efsm.yaml if it is there, else all services empty]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) how: RunOptions,
    /// The command with its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  efsm setup shop --api stripe --api https://api.example.com --db --test-cmd pytest
  efsm setup shop --api stripe --serve-mock       # until: efsm down shop

The first line of the output is the environment as JSON; then comes what the
command writes. Exit codes: see `efsm run --help`.")]
pub(crate) struct Setup {
    /// The stack's name
    pub(crate) name: Name,
    /// An efsm.yaml, or the folder that holds one [default: ./efsm.yaml if it is there, else all services empty]
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    /// The command that runs the tests, for `sh -c`
    #[arg(long, value_name = "CMD")]
    pub(crate) test_cmd: Option<OsString>,
    /// Leave the stack running in the background
    #[arg(long)]
    pub(crate) serve_mock: bool,
    #[command(flatten)]
    pub(crate) how: RunOptions,
}

/// How a command is run against a stack of its own.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub(crate) stack: StackOptions,
    /// What DATABASE_URL is: the stack's libSQL address, or a SQLite file that is filled before and read back after
    #[arg(long, value_enum, value_name = "KIND", num_args = 0..=1, default_missing_value = "libsql")]
    pub(crate) db: Option<DatabaseKind>,
    /// Set a variable for the command; `${DATABASE_URL}` and the like stand for the stack's
    #[arg(long, short, value_name = "NAME=TEXT", value_parser = assignment)]
    pub(crate) env: Vec<(String, String)>,
    /// Hand this variable of your own on, too; `PYTHON*` for all that begin so
    #[arg(long, value_name = "NAME")]
    pub(crate) pass_env: Vec<String>,
    /// Send the command's web requests through the stack [default: when an API or a stub names a host]
    #[arg(long, overrides_with = "no_intercept")]
    pub(crate) intercept: bool,
    /// Leave its web requests alone
    #[arg(long, overrides_with = "intercept")]
    pub(crate) no_intercept: bool,

    /// Run it again when a file changes, each time from the prepared stack
    #[arg(long, help_heading = "Results")]
    pub(crate) watch: bool,
    /// Sum up the JUnit report that the command writes to this file; its path is in EFSM_JUNIT
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) junit: Option<PathBuf>,
    /// When it fails, say which requests no stub matched, and what else was refused
    #[arg(long, help_heading = "Results")]
    pub(crate) summary: bool,
    /// Write how it ended, and what was enforced, to this file as JSON
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) report: Option<PathBuf>,

    /// How the command is kept apart: the strongest that works here, or this one
    #[arg(long, value_enum, value_name = "TIER", default_value_t = SandboxArg::Auto, help_heading = "Sandbox")]
    pub(crate) sandbox: SandboxArg,
    /// Do not run it with limits alone
    #[arg(long, help_heading = "Sandbox")]
    pub(crate) require_isolation: bool,
    /// The image of the docker tier; it must be there
    #[arg(long, help_heading = "Sandbox")]
    pub(crate) image: Option<String>,
    /// A file or folder besides the current one that it may write to
    #[arg(long, value_name = "PATH", help_heading = "Sandbox")]
    pub(crate) writable: Vec<PathBuf>,
    /// End it after this time: 90s, 1h30m [default: 30m]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Sandbox")]
    pub(crate) timeout: Option<Duration>,
    /// Memory of all its processes [default: 8GiB]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Sandbox")]
    pub(crate) memory: Option<u64>,
    /// Its processes and threads at one time [default: 1024]
    #[arg(long, value_name = "NUMBER", help_heading = "Sandbox")]
    pub(crate) processes: Option<u64>,
    /// Processors at one time [default: all]
    #[arg(long, value_name = "NUMBER", help_heading = "Sandbox")]
    pub(crate) cpus: Option<f64>,
    /// The largest file that it may write [default: 4GiB]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Sandbox")]
    pub(crate) file_size: Option<u64>,
    /// The most output that is shown; the rest is counted [default: 256MiB]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Sandbox")]
    pub(crate) output: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DatabaseKind {
    Libsql,
    File,
    /// Not there yet
    #[value(hide = true)]
    Postgres,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SandboxArg {
    Auto,
    #[value(alias = "podman")]
    Docker,
    Namespaces,
    Limits,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("write NAME=TEXT, as in DB_URI='${DATABASE_URL}'")?;
    let is_name = !name.is_empty()
        && name
            .chars()
            .enumerate()
            .all(|(at, c)| c == '_' || c.is_ascii_alphabetic() || (at > 0 && c.is_ascii_digit()));
    if !is_name {
        return Err(format!("`{name}` cannot be the name of a variable"));
    }
    Ok((name.to_owned(), value.to_owned()))
}

fn duration(text: &str) -> Result<Duration, String> {
    efsm_config::duration(text)
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "write a duration with its unit: 90s, 5m, 1h30m".to_owned())
}

fn size(text: &str) -> Result<u64, String> {
    efsm_config::size(text).ok_or_else(|| "write a size with its unit: 512MiB, 2GiB".to_owned())
}
