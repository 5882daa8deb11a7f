//! Nothing outlives a run, whoever dies first.

use std::process::{Command, Stdio};

use efsm_sandbox::{Choice, SandboxError, Tier, steering};
use rustix::process::{Pid, Signal, kill_process};

use crate::docker::PROBE_INSIDE;
use crate::probes::is_offered;
use crate::support::{policy, shell, try_run, try_run_with, workspace, writable_workspace};
use crate::world::{eventually, mark, marked};

pub(crate) const SCRIPT: &str = r#"setsid "$PROBE" sleep-as "$MARK" & ( ( "$PROBE" sleep-as "$MARK" & ) & ); exec "$PROBE" sleep-as "$MARK""#;

/// Started as a process of its own by the tests below, which kill it.
#[tokio::test]
async fn caller() {
    let (Ok(tier), Ok(mark)) = (
        std::env::var("EFSM_TEST_TIER"),
        std::env::var("EFSM_TEST_MARK"),
    ) else {
        return;
    };
    let Ok(Choice::Only(tier)) = tier.parse() else {
        panic!("{tier} is a tier");
    };
    let folder = writable_workspace();
    let mut job = shell(SCRIPT, folder.path()).env("MARK", mark);
    let mut policy = policy(tier);
    policy.container.image = std::env::var("EFSM_TEST_IMAGE").ok();
    if tier == Tier::Docker {
        job = job.env("PROBE", PROBE_INSIDE);
    }
    let _ = try_run(job, &policy).await;
}

fn kill(pid: i32) {
    let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
}

/// How many processes the script has when all of them run.
pub(crate) const ALL_THREE: usize = 3;

/// Gives the pid of the caller.
pub(crate) async fn killed_caller_takes_all_with_it(tier: Tier, image: Option<&str>) -> u32 {
    let mark = mark(&format!("caller-{tier}"));
    // The caller cannot remove its own folders: they are in one of ours.
    let temporary = workspace();
    let mut caller = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "deaths::caller", "--nocapture"])
        .env("EFSM_TEST_TIER", tier.name())
        .env("EFSM_TEST_MARK", &mark)
        .env("TMPDIR", temporary.path())
        .envs(image.map(|image| ("EFSM_TEST_IMAGE", image)))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the command runs", || marked(&mark).len() >= ALL_THREE).await;
    kill(caller.id() as i32);
    caller.wait().unwrap();
    eventually("nothing is left", || marked(&mark).is_empty()).await;
    assert_eq!(efsm_folders(temporary.path()), Vec::<String>::new());
    caller.id()
}

/// What efsm, and not the test, made in the folder for temporary files.
fn efsm_folders(temporary: &std::path::Path) -> Vec<String> {
    std::fs::read_dir(temporary)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("efsm-"))
        .collect()
}

#[tokio::test]
async fn killed_caller_takes_all_with_it_in_the_limits_tier() {
    killed_caller_takes_all_with_it(Tier::Limits, None).await;
}

#[tokio::test]
async fn killed_caller_takes_all_with_it_in_the_namespaces_tier() {
    if is_offered(&policy(Tier::Namespaces), Tier::Namespaces).await {
        killed_caller_takes_all_with_it(Tier::Namespaces, None).await;
    }
}

/// The pid of the helper's process of `role` that is above the marked ones.
fn helper_above(mark: &str, role: &str) -> i32 {
    let mut pid = marked(mark)[0];
    loop {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let parent = status
            .lines()
            .find_map(|line| line.strip_prefix("PPid:"))
            .unwrap();
        pid = parent.trim().parse().unwrap();
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
        if line.contains(role) {
            return pid;
        }
        assert!(pid > 1, "no {role} above {mark}");
    }
}

async fn killed_helper_ends_the_run(tier: Tier, role: &str) {
    if !is_offered(&policy(tier), tier).await {
        return;
    }
    let mark = mark(&format!("{role}-{tier}"));
    let folder = workspace();
    let job = shell(SCRIPT, folder.path()).env("MARK", &mark);
    let policy = policy(tier);
    let killer = async {
        eventually("the command runs", || marked(&mark).len() >= ALL_THREE).await;
        kill(helper_above(&mark, role));
    };
    let (ran, ()) = tokio::join!(try_run(job, &policy), killer);
    if let Err(error) = ran {
        assert!(matches!(error, SandboxError::Broken(_)), "{error}");
        assert_eq!(error.exit_code(), 125);
    }
    eventually("nothing is left", || marked(&mark).is_empty()).await;
}

#[tokio::test]
async fn killed_supervisor_ends_the_run() {
    killed_helper_ends_the_run(Tier::Limits, "supervisor").await;
    killed_helper_ends_the_run(Tier::Namespaces, "supervisor").await;
}

#[tokio::test]
async fn killed_guardian_ends_the_run() {
    killed_helper_ends_the_run(Tier::Limits, "guardian").await;
    killed_helper_ends_the_run(Tier::Namespaces, "guardian").await;
}

#[tokio::test]
async fn dropped_run_ends_at_once() {
    let mark = mark("dropped");
    let folder = workspace();
    let job = shell(SCRIPT, folder.path()).env("MARK", &mark);
    let policy = policy(Tier::Limits);
    tokio::select! {
        _ = try_run(job, &policy) => panic!("the command does not end by itself"),
        () = eventually("the command runs", || marked(&mark).len() >= ALL_THREE) => {}
    }
    eventually("nothing is left", || marked(&mark).is_empty()).await;
}

#[tokio::test]
async fn stopped_run_may_clean_up_first() {
    let folder = workspace();
    let (steer, orders) = steering();
    let script = "trap 'echo cleaned; exit 0' TERM; echo > ready; while :; do sleep 0.05; done";
    let ready = folder.path().join("ready");
    let stopper = async {
        eventually("the command is ready", || ready.exists()).await;
        steer.stop();
    };
    let policy = policy(Tier::Limits);
    let job = shell(script, folder.path());
    let (ran, ()) = tokio::join!(try_run_with(job, &policy, orders), stopper);
    let ran = ran.unwrap();
    assert_eq!(ran.stdout, "cleaned\n");
    assert_eq!(ran.outcome.end, efsm_sandbox::End::Cancelled);
}
