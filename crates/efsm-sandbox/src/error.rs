//! Why a command did not run, or its end is not known.

use crate::Tier;

#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Something about the job itself.
    #[error("{0}")]
    Invalid(String),
    #[error("{program}: command not found: check its name, and the PATH that it is given ({path})")]
    NotFound { program: String, path: String },
    #[error("{program} cannot be run: {why}")]
    NotExecutable { program: String, why: String },
    #[error("the {tier} tier does not work here: {why}")]
    Unavailable { tier: Tier, why: String },
    #[error(
        "isolation is required, and no tier that isolates works here: {why}; without --require-isolation the command runs with limits alone"
    )]
    NoIsolation { why: String },
    #[error(
        "no efsm binary was found to supervise the command: put `efsm` on the PATH, or set EFSM_BIN to it ({why})"
    )]
    NoHelper { why: String },
    /// The supervisor ended or spoke nonsense.
    #[error("the command's supervisor failed: {0}")]
    Broken(String),
    #[error("{what}: {source}")]
    Io {
        what: &'static str,
        #[source]
        source: std::io::Error,
    },
}

impl SandboxError {
    /// As shells do: 127 for a command that is not there, 126 for one that cannot be run; 125 for the rest.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound { .. } => 127,
            Self::NotExecutable { .. } => 126,
            _ => 125,
        }
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
