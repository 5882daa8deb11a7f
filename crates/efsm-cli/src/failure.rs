//! What the command says when it cannot do what it was told.

use std::io::{self, Write as _};
use std::path::PathBuf;

use efsm::{ConfigErrors, ServerError};
use efsm_gateway::BindError;
use miette::{Diagnostic, Report};

use crate::registry::{Record, RegistryError};

/// The exit code of efsm's own failures, as distinct from those of a command that it runs.
pub(crate) const OWN_FAILURE: u8 = 125;
/// That of commands about a stack that does not run.
pub(crate) const NO_STACK: u8 = 3;

#[derive(Debug, thiserror::Error, Diagnostic)]
pub(crate) enum Failure {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(Box<ConfigErrors>),
    #[error("{0}")]
    #[diagnostic(
        code(efsm::port),
        help("give another --port, or leave out --strict-port to get a free one")
    )]
    Port(BindError),
    #[error("the stack cannot start: {0}")]
    #[diagnostic(code(efsm::start))]
    Start(ServerError),
    #[error("{path} cannot be read: {source}")]
    #[diagnostic(
        code(efsm::file),
        help("check the path; it is relative to the current folder")
    )]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{what}")]
    #[diagnostic(code(efsm::spec))]
    Spec {
        what: String,
        #[help]
        hint: String,
    },
    #[error("standard output cannot be written: {0}")]
    Output(#[from] std::io::Error),
    #[error("{what}")]
    #[diagnostic(code(efsm::stack))]
    NoStack {
        what: String,
        #[help]
        hint: String,
    },
    #[error("{what}")]
    #[diagnostic(code(efsm::stack))]
    Ambiguous {
        what: String,
        #[help]
        hint: String,
    },
    #[error("the stack `{name}` is starting and has no address yet")]
    #[diagnostic(code(efsm::stack), help("try again in a moment"))]
    Starting { name: String },
    #[error("the stack `{name}` at {url} does not answer: {why}")]
    #[diagnostic(
        code(efsm::stack),
        help("`efsm status` says whether it runs; `efsm down {name}` ends it")
    )]
    Unreachable {
        name: String,
        url: String,
        why: String,
    },
    #[error("the stack `{name}` refuses: {what}")]
    #[diagnostic(code(efsm::stack))]
    Refused {
        name: String,
        what: String,
        #[help]
        hint: Option<String>,
    },
    #[error("{error}")]
    #[diagnostic(code(efsm::name))]
    Name {
        error: RegistryError,
        #[help]
        hint: String,
    },
    #[error("{0}")]
    #[diagnostic(
        code(efsm::name),
        help("write another `name` in the configuration, or give one with --name")
    )]
    BadName(#[from] crate::registry::BadName),
    #[error("{what}")]
    #[diagnostic(code(efsm::options))]
    Options {
        what: String,
        #[help]
        hint: String,
    },
    #[error("{what}")]
    #[diagnostic(code(efsm::sandbox))]
    Isolation {
        what: String,
        #[help]
        hint: String,
    },
    /// Another efsm has told it already.
    #[error("the background process ended with {code}")]
    Said { code: u8 },
    #[error("{what}")]
    #[diagnostic(code(efsm::command))]
    Command { what: String, code: u8 },
    #[error("what the command wrote cannot be passed on: {0}")]
    #[diagnostic(
        code(efsm::output),
        help("the command was ended; a full disk may be why, when the output goes to a file")
    )]
    CommandOutput(std::io::Error),
    #[error("{path} cannot be written: {source}")]
    #[diagnostic(
        code(efsm::file),
        help("check its folder, its permissions, and the room on the disk")
    )]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{what}")]
    #[diagnostic(code(efsm::detach))]
    Detach {
        what: String,
        #[help]
        hint: Option<String>,
    },
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        Self::Config(Box::new(errors))
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Bind(error) => Self::Port(error),
            ServerError::Config(errors) => errors.into(),
            ServerError::Spec(error) => Self::Spec {
                what: error.to_string(),
                hint: "mend the description; what is only partly wrong is served, with a warning"
                    .to_owned(),
            },
            error => Self::Start(error),
        }
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let hint = match &error {
            RegistryError::Taken(record) => format!(
                "give this one another --name, or end that one first: efsm down {}",
                record.name
            ),
            RegistryError::Folder(_) | RegistryError::Write { .. } => {
                "set XDG_RUNTIME_DIR to a folder that you alone can enter".to_owned()
            }
        };
        Self::Name { error, hint }
    }
}

impl Failure {
    pub(crate) fn nothing_runs() -> Self {
        Self::NoStack {
            what: "no stack is running".to_owned(),
            hint: "start one: efsm up --detach".to_owned(),
        }
    }

    pub(crate) fn no_stack(name: &str, running: &[Record]) -> Self {
        let hint = if running.is_empty() {
            format!("none is running; start it: efsm up --detach --name {name}")
        } else {
            format!("these run: {}", names(running))
        };
        Self::NoStack {
            what: format!("no stack `{name}` is running"),
            hint,
        }
    }

    pub(crate) fn several(running: &[Record]) -> Self {
        Self::Ambiguous {
            what: "several stacks are running: say which one".to_owned(),
            hint: format!("these run: {}", names(running)),
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::NoStack { .. } => NO_STACK,
            Self::Command { code, .. } | Self::Said { code } => *code,
            _ => OWN_FAILURE,
        }
    }

    /// Lines are the terminal's to wrap: a command that is to be copied stays in one piece.
    pub(crate) fn set_style() {
        // It fails when a style is set already.
        let _ = miette::set_hook(Box::new(|_| {
            Box::new(miette::MietteHandlerOpts::new().wrap_lines(false).build())
        }));
    }

    /// Prints the report to standard error.
    pub(crate) fn report(self) {
        if matches!(self, Self::Said { .. }) {
            return;
        }
        // Whoever read the output has seen enough, as `head` does: no reason to complain.
        if matches!(&self, Self::Output(e) if e.kind() == std::io::ErrorKind::BrokenPipe) {
            return;
        }
        // Where nothing can be written, the exit code still tells.
        let _ = writeln!(io::stderr(), "{:?}", Report::new(self));
    }
}

fn names(records: &[Record]) -> String {
    let names: Vec<&str> = records.iter().map(|record| record.name.as_str()).collect();
    names.join(", ")
}
