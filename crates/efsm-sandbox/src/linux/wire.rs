//! What the caller and its helper tell each other: frames of JSON on a Unix socket, with file descriptors beside them.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Enforced, Lacking, Measure};

/// The helper's first frame: what to set up before there is a supervisor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Both sides must speak the same frames.
    pub(crate) version: String,
    pub(crate) namespaces: bool,
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) processes: Option<u64>,
    pub(crate) cpus: Option<f64>,
}

/// The second frame, with up to three descriptors: standard input if there is one, output, error.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub(crate) setting: Setting,
    pub(crate) has_stdin: bool,
    pub(crate) program: OsString,
    pub(crate) args: Vec<OsString>,
    pub(crate) env: Vec<(OsString, OsString)>,
    pub(crate) workspace: PathBuf,
    pub(crate) writable: Vec<PathBuf>,
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) processes: Option<u64>,
    pub(crate) cpus: Option<f64>,
    pub(crate) file_size_bytes: Option<u64>,
    /// The home folders whose secrets are hidden.
    pub(crate) homes: Vec<PathBuf>,
}

/// Where the supervisor finds itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Setting {
    Host,
    Namespaces,
    Container,
}

/// What the caller sends from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Command {
    Signal(i32),
    Kill,
}

/// What the helper tells.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    /// Comes with the listener for [`Spec::listen`] at this index.
    Listener(usize),
    Started {
        enforced: Vec<Enforced>,
        lacking: Vec<Lacking>,
    },
    NotStarted {
        why: Refusal,
        message: String,
    },
    Ended {
        status: Status,
        survivors: u32,
    },
    /// The supervisor is gone without a word.
    Broken(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Refusal {
    NotFound,
    NotExecutable,
    /// The tier, not the command.
    SetUp,
    /// Both sides are of different versions.
    Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Code(i32),
    Signal(i32),
    Over(Measure),
}
