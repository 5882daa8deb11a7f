//! From a job and a policy to an outcome.

use tokio::sync::mpsc;

use super::tiers;
use crate::job::{canonical, first_fault};
use crate::{
    Choice, Chunk, Isolation, Job, Orders, Outcome, PassedOver, Policy, SandboxError, Tier,
};

/// Runs a command to its end, and ends everything that it started.
///
/// Output is sent as it comes; a slow receiver slows the command down, a dropped one does not. Dropping the future ends the
/// command and all its processes at once. Needs a tokio runtime with time and I/O.
/// Where the supervising executable is found: see [`Policy::helper`].
pub async fn run(
    mut job: Job,
    policy: &Policy,
    output: mpsc::Sender<Chunk>,
    mut orders: Orders,
) -> Result<Outcome, SandboxError> {
    if let Some(fault) = first_fault(&job) {
        return Err(SandboxError::Invalid(fault));
    }
    super::scratch::remove_leftovers();
    let io = SandboxError::io;
    job.workspace = canonical(&job.workspace).map_err(io("the workspace"))?;
    for path in &mut job.writable {
        *path = canonical(path).map_err(io("a file that the command may write"))?;
    }
    let mut passed_over = Vec::new();
    let wanted = match policy.choice {
        Choice::Only(tier) => vec![tier],
        Choice::Auto => Tier::ALL.to_vec(),
    };
    let is_only = wanted.len() == 1;
    for tier in wanted {
        if policy.require_isolation && !tier.is_boundary() {
            break;
        }
        match tiers::attempt(tier, &job, policy, &output, &mut orders).await {
            Ok(ended) => {
                let (ended, left_behind) = ended;
                return Ok(Outcome {
                    end: ended.end,
                    exit_code: ended.end.exit_code(),
                    isolation: Isolation {
                        tier,
                        enforced: ended.enforced,
                        lacking: ended.lacking,
                        passed_over,
                    },
                    duration: ended.duration,
                    stdout: ended.stdout,
                    stderr: ended.stderr,
                    survivors_ended: ended.survivors,
                    left_behind,
                });
            }
            // Nothing of the command has run: the next tier may try.
            Err(SandboxError::Unavailable { why, .. }) if !is_only => {
                passed_over.push(PassedOver { tier, why });
            }
            Err(error) => return Err(error),
        }
    }
    let why = passed_over
        .iter()
        .map(|passed| format!("{}: {}", passed.tier, passed.why))
        .collect::<Vec<_>>();
    Err(SandboxError::NoIsolation {
        why: if why.is_empty() {
            "the limits tier was asked for".to_owned()
        } else {
            why.join("; ")
        },
    })
}
