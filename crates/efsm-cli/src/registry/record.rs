use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Process;

/// What is known of a stack without asking it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) process: Process,
    /// `None` while it starts.
    pub(crate) url: Option<String>,
    /// What its control API asks for, if it does.
    pub(crate) token: Option<String>,
    pub(crate) config: Option<PathBuf>,
    /// The folder in which it was started.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) detached: bool,
}

impl Record {
    pub(super) fn starting(name: String, process: Process) -> Self {
        Self {
            name,
            process,
            url: None,
            token: None,
            config: None,
            folder: std::env::current_dir().ok(),
            detached: false,
        }
    }

    pub(crate) fn url_or_state(&self) -> &str {
        self.url.as_deref().unwrap_or("no address yet: it starts")
    }
}
