//! Runs a command in a tier and keeps what it said.

use std::path::{Path, PathBuf};

use efsm_sandbox::{Choice, Chunk, Job, Orders, Outcome, Policy, SandboxError, Stream, Tier, run};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::world::{World, eventually};

pub(crate) const HELPER: &str = env!("CARGO_BIN_EXE_efsm-sandbox-helper");
pub(crate) const PROBE: &str = env!("CARGO_BIN_EXE_efsm-sandbox-probe");

pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn policy(tier: Tier) -> Policy {
    Policy {
        choice: Choice::Only(tier),
        helper: Some(PathBuf::from(HELPER)),
        ..Policy::default()
    }
}

pub(crate) fn workspace() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// One that the user of a container may write to.
pub(crate) fn writable_workspace() -> TempDir {
    let folder = workspace();
    give_away(folder.path());
    folder
}

/// Root's folders become nobody's: as root nothing runs in a container.
pub(crate) fn give_away(path: &Path) {
    if rustix::process::getuid().is_root() {
        std::os::unix::fs::chown(path, Some(65534), Some(65534)).expect("root may");
    }
}

/// `sh -c script` in `workspace`, with a `PATH` and nothing else.
pub(crate) fn shell(script: &str, workspace: &Path) -> Job {
    Job::new("sh", workspace)
        .args(["-c", script])
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("PROBE", PROBE)
}

pub(crate) async fn try_run(job: Job, policy: &Policy) -> Result<Ran, SandboxError> {
    try_run_with(job, policy, Orders::none()).await
}

/// As [`ran`], and nothing but the workspace may be other than before. For a process with no other tests.
pub(crate) async fn ran_without_trace(job: Job, policy: &Policy) -> Ran {
    let before = World::now();
    let ran = try_run_with(job, policy, Orders::none())
        .await
        .expect("a run");
    let is_as_before = || World::now() == before;
    // The runtime reaps and closes in its own time.
    let what = format!("the world is as before: {before:?}");
    eventually(&what, is_as_before).await;
    assert_eq!(ran.outcome.left_behind, Vec::<String>::new());
    ran
}

pub(crate) async fn try_run_with(
    job: Job,
    policy: &Policy,
    orders: Orders,
) -> Result<Ran, SandboxError> {
    let (sender, mut receiver) = mpsc::channel::<Chunk>(16);
    let collected = tokio::spawn(async move {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        while let Some(chunk) = receiver.recv().await {
            match chunk.stream {
                Stream::Stdout => stdout.extend_from_slice(&chunk.bytes),
                Stream::Stderr => stderr.extend_from_slice(&chunk.bytes),
            }
        }
        (stdout, stderr)
    });
    let outcome = run(job, policy, sender, orders).await?;
    let (stdout, stderr) = collected.await.expect("the collector");
    Ok(Ran {
        outcome,
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    })
}

pub(crate) async fn ran(job: Job, policy: &Policy) -> Ran {
    try_run(job, policy).await.expect("a run")
}
