//! What the command says when it cannot do what it was told.

use std::path::PathBuf;

use efsm::{ConfigErrors, ServerError};
use efsm_gateway::BindError;
use miette::{Diagnostic, Report};

/// The exit code of efsm's own failures, as distinct from those of a command that it runs.
pub(crate) const OWN_FAILURE: u8 = 125;

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
    #[error("standard output cannot be written: {0}")]
    Output(#[from] std::io::Error),
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
            error => Self::Start(error),
        }
    }
}

impl Failure {
    /// Prints the report to standard error.
    pub(crate) fn report(self) {
        eprintln!("{:?}", Report::new(self));
    }
}
