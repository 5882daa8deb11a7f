//! Starting a run in one tier, and finding out whether a tier works.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use tokio::process::Child;
use tokio::sync::mpsc;

use super::channel::AsyncChannel;
use super::scratch::Scratch;
use super::session::{self, Ended};
use super::wire::{Plan, Setting};
use super::{cgroup, docker, helper, locate};
use crate::{Chunk, Job, Orders, Policy, SandboxError, Tier, TierReport};

/// What cannot be removed is named beside the end.
pub(super) type Attempt = Result<(Ended, Vec<String>), SandboxError>;

pub(super) async fn attempt(
    tier: Tier,
    job: &Job,
    policy: &Policy,
    output: &mpsc::Sender<Chunk>,
    orders: &mut Orders,
) -> Attempt {
    match tier {
        Tier::Docker => docker::attempt(job, policy, output, orders).await,
        Tier::Namespaces | Tier::Limits => on_host(tier, job, policy, output, orders).await,
    }
}

async fn on_host(
    tier: Tier,
    job: &Job,
    policy: &Policy,
    output: &mpsc::Sender<Chunk>,
    orders: &mut Orders,
) -> Attempt {
    let is_isolated = tier == Tier::Namespaces;
    let plan = Plan {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        namespaces: is_isolated,
        memory_bytes: job.limits.memory_bytes,
        processes: job.limits.processes,
        cpus: job.limits.cpus,
    };
    let (mut channel, mut guardian) = start_helper(policy)?;
    channel
        .send(&plan, &[])
        .await
        .map_err(SandboxError::io("the supervisor cannot be told what to do"))?;
    let setting = if is_isolated {
        Setting::Namespaces
    } else {
        Setting::Host
    };
    let spec = session::spec(job, setting);
    let ended = session::conduct(channel, job, tier, &spec, output, orders).await;
    // The channel is closed by now, so the guardian ends; only then is everything of it gone.
    let _ = guardian.wait().await;
    if ended.is_err() {
        cgroup::remove_those_of_the_dead();
    }
    Ok((ended?, Vec::new()))
}

fn start_helper(policy: &Policy) -> Result<(AsyncChannel, Child), SandboxError> {
    let path = locate::helper(policy)?;
    let io = SandboxError::io;
    let (ours, theirs) = UnixStream::pair().map_err(io("no socket can be made"))?;
    ours.set_nonblocking(true)
        .map_err(io("no socket can be made"))?;
    let ours = tokio::net::UnixStream::from_std(ours).map_err(io("no socket can be made"))?;
    let child = tokio::process::Command::new(&path)
        .args([helper::MARK, helper::GUARDIAN])
        .env_clear()
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .spawn()
        .map_err(|e| SandboxError::NoHelper {
            why: format!("{}: {e}", path.display()),
        })?;
    Ok((AsyncChannel::new(ours), child))
}

/// What each tier can do here, the strongest first, found out by running a command that does nothing.
pub async fn available(policy: &Policy) -> Vec<TierReport> {
    let mut reports = Vec::new();
    for tier in Tier::ALL {
        reports.push(report(tier, policy).await);
    }
    reports
}

/// Runs a command that does nothing.
async fn try_out(tier: Tier, policy: &Policy) -> Attempt {
    let mut scratch = None;
    let (program, workspace) = match tier {
        Tier::Docker => {
            let io = || SandboxError::io("no folder can be made");
            let made = scratch.insert(Scratch::new().map_err(io())?);
            let workspace = made.folder_for_all("workspace").map_err(io())?;
            (docker::helper_inside(policy)?, workspace)
        }
        // These work on a full disk, too.
        Tier::Namespaces | Tier::Limits => {
            (vec!["/proc/self/exe".to_owned()], std::env::temp_dir())
        }
    };
    let job = Job::new(&program[0], workspace)
        .args(&program[1..])
        .args([helper::MARK, helper::NOTHING]);
    let (output, _nobody) = mpsc::channel(1);
    let tried = attempt(tier, &job, policy, &output, &mut Orders::none()).await;
    drop(scratch);
    tried
}

/// What one tier can do here: see [`available`].
pub async fn report(tier: Tier, policy: &Policy) -> TierReport {
    let ended = try_out(tier, policy).await;
    let (ended, why_not) = match ended {
        Ok((ended, _)) if ended.end.is_success() => (Some(ended), None),
        Ok((ended, _)) => (
            None,
            Some(format!(
                "a command that does nothing ended with {:?}",
                ended.end
            )),
        ),
        Err(SandboxError::Unavailable { why, .. }) => (None, Some(why)),
        Err(error) => (None, Some(error.to_string())),
    };
    let (enforces, lacks) = ended.map_or_else(Default::default, |e| (e.enforced, e.lacking));
    TierReport {
        tier,
        available: why_not.is_none(),
        why_not,
        enforces,
        lacks,
    }
}
