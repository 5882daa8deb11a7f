//! Versions of the protocol and its two encodings.

use std::fmt;

/// A version of Hrana; each holds all that those before it have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    Hrana1,
    Hrana2,
    Hrana3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Json,
    Protobuf,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hrana1 => "hrana1",
            Self::Hrana2 => "hrana2",
            Self::Hrana3 => "hrana3",
        })
    }
}
