//! Recording: stubs made of requests that were proxied.

mod generate;
mod spec;

use uuid::Uuid;

pub use self::generate::{BodyFile, Exchange, Recorded, generate};
pub use self::spec::{Criteria, OutputFormat, RecordSpec};

/// Whether a recording is under way, and what it takes.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    pub status: RecorderStatus,
    pub spec: RecordSpec,
    /// Only entries of the journal after this one belong to the recording.
    pub since: u64,
    /// The stub that proxies while the recording runs.
    pub proxy: Option<Uuid>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecorderStatus {
    #[default]
    NeverStarted,
    Recording,
    Stopped,
}

impl RecorderStatus {
    pub fn name(self) -> &'static str {
        match self {
            Self::NeverStarted => "NeverStarted",
            Self::Recording => "Recording",
            Self::Stopped => "Stopped",
        }
    }
}
