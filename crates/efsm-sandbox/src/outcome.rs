//! How a run ended, and under what.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Tier;

/// A run that took place.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    pub end: End,
    pub exit_code: u8,
    pub isolation: Isolation,
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    pub stdout: Written,
    pub stderr: Written,
    /// Processes that the command left behind and that were ended.
    pub survivors_ended: u32,
    /// What could not be removed afterwards. Empty unless something outside failed, such as the engine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    Code(i32),
    Signal(i32),
    TimedOut,
    /// The caller asked for the end.
    Cancelled,
    /// It was ended because all its processes together passed this limit.
    Over(Measure),
}

impl End {
    /// The code as a shell gives it: the command's own, 128+n for a signal, 124 for a timeout.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Code(code) => code as u8,
            Self::Signal(signal) => 128 + (signal & 0x7f) as u8,
            Self::TimedOut => 124,
            Self::Cancelled => 128 + 15,
            Self::Over(_) => 128 + 9,
        }
    }

    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }
}

/// Bytes of one stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Written by the command.
    pub bytes: u64,
    /// Passed on; less than `bytes` when the limit cut it.
    pub passed_on: u64,
}

impl Written {
    pub fn is_cut(self) -> bool {
        self.passed_on < self.bytes
    }
}

/// What was really in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Isolation {
    /// `docker`, `namespaces`, or `none` for the limits alone.
    #[serde(rename = "isolation", serialize_with = "tier_as_isolation")]
    pub tier: Tier,
    pub enforced: Vec<Enforced>,
    pub lacking: Vec<Lacking>,
    /// Stronger tiers that were tried or wanted first, and why they were not used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
}

impl Isolation {
    pub fn is_boundary(&self) -> bool {
        self.tier.is_boundary()
    }

    /// What a person must be told before trusting this run; `None` when there is nothing.
    pub fn warning(&self) -> Option<String> {
        let mut lines: Vec<String> = self
            .passed_over
            .iter()
            .map(|passed| format!("the {} tier was not used: {}", passed.tier, passed.why))
            .collect();
        if !self.is_boundary() {
            lines.push(
                "the command runs with limits only, which is not a security boundary: it can read and write what you can"
                    .to_owned(),
            );
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    pub fn enforces(&self, measure: Measure) -> bool {
        self.enforced.iter().any(|e| e.measure == measure)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    pub tier: Tier,
    pub why: String,
}

/// One thing that a sandbox may hold a command to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Nothing outside of the workspace can be written.
    Filesystem,
    /// Keys and tokens of the home folder and the machine's sockets cannot be read.
    Secrets,
    /// No network but the stack.
    Network,
    /// No process outside can be seen, signalled or traced.
    Processes,
    /// No privileges can be gained.
    Privileges,
    /// Dangerous calls of the kernel are refused.
    SystemCalls,
    /// Only the variables that it was given.
    Environment,
    Memory,
    ProcessCount,
    Cpus,
    FileSize,
    OutputSize,
    Timeout,
    /// Nothing survives the command.
    Survivors,
}

/// A measure that is in force, and by which means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforced {
    pub measure: Measure,
    pub by: String,
}

/// A measure that is not, or not wholly, in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacking {
    pub measure: Measure,
    pub why: String,
}

fn milliseconds<S: serde::Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(duration.as_millis() as u64)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn tier_as_isolation<S: serde::Serializer>(tier: &Tier, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(match tier {
        Tier::Limits => "none",
        tier => tier.name(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_a_shell() {
        for (end, code) in [
            (End::Code(0), 0),
            (End::Code(42), 42),
            (End::Signal(15), 143),
            (End::TimedOut, 124),
            (End::Cancelled, 143),
            (End::Over(Measure::Memory), 137),
        ] {
            assert_eq!(end.exit_code(), code, "{end:?}");
        }
    }

    #[test]
    fn limits_alone_call_themselves_no_isolation() {
        let isolation = Isolation {
            tier: Tier::Limits,
            enforced: Vec::new(),
            lacking: Vec::new(),
            passed_over: Vec::new(),
        };
        assert_eq!(
            serde_json::to_value(&isolation).unwrap()["isolation"],
            "none"
        );
        assert!(
            isolation
                .warning()
                .unwrap()
                .contains("not a security boundary")
        );
    }
}
