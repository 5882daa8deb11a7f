//! Systems whose processes cannot be held together the way Linux allows: everything says so.

use std::process::ExitCode;

use tokio::sync::mpsc;

use crate::{Chunk, Job, Orders, Outcome, Policy, SandboxError, Tier, TierReport};

const WHY: &str = "running commands in a sandbox needs Linux: use a container or a virtual machine with it, or start the stack with `efsm up` and run the command yourself";

pub fn main_if_asked() -> Option<ExitCode> {
    None
}

/// Nothing runs here, so nothing is left.
pub fn remove_leftovers() {}

pub async fn run(
    _job: Job,
    _policy: &Policy,
    _output: mpsc::Sender<Chunk>,
    _orders: Orders,
) -> Result<Outcome, SandboxError> {
    Err(SandboxError::Unavailable {
        tier: Tier::Limits,
        why: WHY.to_owned(),
    })
}

pub async fn available(policy: &Policy) -> Vec<TierReport> {
    let mut reports = Vec::new();
    for tier in Tier::ALL {
        reports.push(report(tier, policy).await);
    }
    reports
}

pub async fn report(tier: Tier, _policy: &Policy) -> TierReport {
    TierReport {
        tier,
        available: false,
        why_not: Some(WHY.to_owned()),
        enforces: Vec::new(),
        lacks: Vec::new(),
    }
}
