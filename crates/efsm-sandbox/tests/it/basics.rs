//! What holds in every tier, shown in the one that every machine has.

use std::time::Duration;

use bytes::Bytes;
use efsm_sandbox::{
    Choice, End, Job, Measure, Orders, Policy, SandboxError, Stdin, Tier, available, steering,
};

use crate::probes::is_offered;
use crate::support::{policy, ran, shell, try_run, try_run_with, workspace};

#[tokio::test]
async fn output_and_code_are_the_commands_own() {
    let folder = workspace();
    let job = shell("echo out; echo err >&2; exit 42", folder.path());
    let ran = ran(job, &policy(Tier::Limits)).await;
    assert_eq!(ran.outcome.end, End::Code(42));
    assert_eq!(ran.outcome.exit_code, 42);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("out\n", "err\n")
    );
    assert_eq!(ran.outcome.stdout.bytes, 4);
    let json = serde_json::to_value(&ran.outcome).unwrap();
    assert_eq!(json["isolation"]["isolation"], "none");
}

#[tokio::test]
async fn environment_is_exactly_the_jobs() {
    let folder = workspace();
    let job = Job::new(crate::support::PROBE, folder.path())
        .args(["environment"])
        .env("ONLY", "this")
        .env("ONLY", "that");
    let ran = ran(job, &policy(Tier::Limits)).await;
    assert_eq!(ran.stdout, "ONLY=that\n");
}

#[tokio::test]
async fn input_is_given_and_ends() {
    let folder = workspace();
    let mut job = shell("cat; echo done", folder.path());
    job.stdin = Stdin::Bytes(Bytes::from_static(b"\x00\xff given\n"));
    let ran = ran(job, &policy(Tier::Limits)).await;
    assert!(ran.stdout.ends_with(" given\ndone\n"), "{}", ran.stdout);
    assert_eq!(ran.outcome.stdout.bytes, 14);
}

#[tokio::test]
async fn command_that_never_reads_its_input_ends_all_the_same() {
    let folder = workspace();
    let mut job = shell("exit 3", folder.path());
    job.stdin = Stdin::Bytes(Bytes::from(vec![b'x'; 4 << 20]));
    let ran = ran(job, &policy(Tier::Limits)).await;
    assert_eq!(ran.outcome.end, End::Code(3));
}

#[tokio::test]
async fn death_by_signal_is_told_apart() {
    let folder = workspace();
    let ran = ran(shell("kill -USR1 $$", folder.path()), &policy(Tier::Limits)).await;
    assert_eq!(ran.outcome.end, End::Signal(10));
    assert_eq!(ran.outcome.exit_code, 138);
}

#[tokio::test]
async fn refusals_have_the_codes_of_a_shell() {
    let folder = workspace();
    let write = |name: &str, text: &str, mode: u32| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    write("plain", "text", 0o644);
    write("orphaned", "#!/no/such/interpreter -x\n", 0o755);
    write("script", "#!/bin/sh\nexit 7\n", 0o755);
    write("bare", "exit 8\n", 0o755);
    for (program, code, says) in [
        ("no-such-command", 127, "not found"),
        ("./no-such-file", 127, "not found"),
        ("./plain", 126, "chmod +x"),
        ("/tmp", 126, "folder"),
        ("./orphaned", 126, "/no/such/interpreter"),
    ] {
        let mut job = shell("", folder.path());
        job.program = program.into();
        let refusal = try_run(job, &policy(Tier::Limits)).await.err().unwrap();
        assert_eq!(refusal.exit_code(), code, "{program}: {refusal}");
        assert!(refusal.to_string().contains(says), "{program}: {refusal}");
    }
    for (program, code) in [("./script", 7), ("./bare", 8)] {
        let mut job = shell("", folder.path());
        job.program = program.into();
        job.args.clear();
        let ran = ran(job, &policy(Tier::Limits)).await;
        assert_eq!(ran.outcome.end, End::Code(code), "{program}");
    }
}

#[tokio::test]
async fn impossible_jobs_are_refused_before_anything_starts() {
    let folder = workspace();
    let job = shell("true", folder.path());
    let mut cases = vec![
        Job::new("", folder.path()),
        Job::new("true", folder.path().join("missing")),
        Job::new("tr\0ue", folder.path()),
        job.clone().env("A=B", "c"),
        job.clone().env("", "c"),
    ];
    let mut unwritable = job;
    unwritable.writable.push(folder.path().join("missing"));
    cases.push(unwritable);
    for job in cases {
        let refusal = try_run(job, &policy(Tier::Limits)).await.err().unwrap();
        assert!(matches!(refusal, SandboxError::Invalid(_)), "{refusal}");
        assert_eq!(refusal.exit_code(), 125);
    }
}

#[tokio::test]
async fn timeout_ends_a_command_that_ignores_sigterm() {
    let folder = workspace();
    let mut job = shell(
        "trap '' TERM; echo on; while :; do sleep 1; done",
        folder.path(),
    );
    job.limits.timeout = Some(Duration::from_millis(300));
    job.limits.kill_grace = Duration::from_millis(100);
    let ran = ran(job, &policy(Tier::Limits)).await;
    assert_eq!(ran.outcome.end, End::TimedOut);
    assert_eq!(ran.outcome.exit_code, 124);
    assert_eq!(ran.stdout, "on\n");
}

#[tokio::test]
async fn signals_are_passed_on() {
    let folder = workspace();
    let (steer, orders) = steering();
    let script = "trap 'echo caught; exit 5' INT; echo ready > ready; while :; do sleep 0.05; done";
    let job = shell(script, folder.path());
    let ready = folder.path().join("ready");
    let signaller = async {
        while !ready.exists() {
            tokio::task::yield_now().await;
        }
        steer.signal(2);
    };
    let policy = policy(Tier::Limits);
    let (ran, ()) = tokio::join!(try_run_with(job, &policy, orders), signaller);
    let ran = ran.unwrap();
    assert_eq!(ran.outcome.end, End::Code(5));
    assert_eq!(ran.stdout, "caught\n");
}

#[tokio::test]
async fn killed_run_is_cancelled() {
    let folder = workspace();
    let (steer, orders) = steering();
    steer.kill();
    let job = shell("sleep 1000", folder.path());
    let ran = try_run_with(job, &policy(Tier::Limits), orders)
        .await
        .unwrap();
    assert_eq!(ran.outcome.end, End::Cancelled);
}

#[tokio::test]
async fn fewer_processors_are_a_limit_with_or_without_a_control_group() {
    let folder = workspace();
    let mut job = shell("grep Cpus_allowed_list /proc/self/status", folder.path());
    job.limits.cpus = Some(1.0);
    let ran = ran(job, &policy(Tier::Limits)).await;
    let enforced = &ran.outcome.isolation.enforced;
    let by = &enforced
        .iter()
        .find(|e| e.measure == Measure::Cpus)
        .unwrap()
        .by;
    let is_bound_to_one = !ran.stdout.contains(['-', ',']);
    assert!(
        by == "a control group" || is_bound_to_one,
        "{by}: {}",
        ran.stdout
    );
}

#[tokio::test]
async fn output_that_nobody_takes_does_not_hold_the_command_up() {
    let folder = workspace();
    let (output, chunks) = tokio::sync::mpsc::channel(1);
    drop(chunks);
    let job = shell("head -c 1000000 /dev/zero; exit 6", folder.path());
    let outcome = efsm_sandbox::run(job, &policy(Tier::Limits), output, Orders::none())
        .await
        .unwrap();
    assert_eq!(outcome.end, End::Code(6));
    assert_eq!(
        (outcome.stdout.bytes, outcome.stdout.passed_on),
        (1_000_000, 0)
    );
}

/// A folder of the machine that somebody left open would be a way out.
#[tokio::test]
async fn open_descriptors_of_the_caller_do_not_reach_the_command() {
    let folder = workspace();
    let outside = workspace();
    let left_open = std::fs::File::open(outside.path()).unwrap();
    rustix::io::fcntl_setfd(&left_open, rustix::io::FdFlags::empty()).unwrap();
    let name = outside.path().display().to_string();
    for tier in [Tier::Limits, Tier::Namespaces] {
        if is_offered(&policy(tier), tier).await {
            let ran = ran(shell("ls -l /proc/self/fd", folder.path()), &policy(tier)).await;
            assert!(ran.stdout.contains(" 1 -> "), "{}", ran.stdout);
            assert!(!ran.stdout.contains(&name), "{tier}: {}", ran.stdout);
        }
    }
}

#[tokio::test]
async fn temporary_folder_of_ones_own_is_private_too() {
    let folder = workspace();
    let temporary = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let policy = policy(Tier::Namespaces);
    if !is_offered(&policy, Tier::Namespaces).await {
        return;
    }
    let script = "echo x > \"$TMPDIR/file\" && ls \"$TMPDIR\"";
    let job = shell(script, folder.path()).env("TMPDIR", temporary.path());
    let ran = ran(job, &policy).await;
    assert_eq!(ran.stdout, "file\n", "{}", ran.stderr);
    assert!(!temporary.path().join("file").exists());
}

#[tokio::test]
async fn ten_runs_at_once_do_not_meet() {
    let runs = (0..10).map(|number| async move {
        let folder = workspace();
        let script = format!("echo {number} > mine; sleep 0.1; cat mine; exit {number}");
        let ran = ran(shell(&script, folder.path()), &policy(Tier::Limits)).await;
        assert_eq!(ran.stdout, format!("{number}\n"));
        assert_eq!(ran.outcome.end, End::Code(number));
    });
    futures_util::future::join_all(runs).await;
}

#[tokio::test]
async fn isolation_that_is_required_is_not_given_up() {
    let folder = workspace();
    let policy = Policy {
        choice: Choice::Only(Tier::Limits),
        require_isolation: true,
        ..policy(Tier::Limits)
    };
    let refusal = try_run(shell("true", folder.path()), &policy)
        .await
        .err()
        .unwrap();
    assert!(
        matches!(refusal, SandboxError::NoIsolation { .. }),
        "{refusal}"
    );
    assert_eq!(refusal.exit_code(), 125);
}

#[tokio::test]
async fn limits_are_there_on_every_machine_and_call_themselves_no_boundary() {
    let reports = available(&policy(Tier::Limits)).await;
    let limits = &reports[2];
    assert!(limits.available, "{limits:?}");
    assert!(
        limits
            .lacks
            .iter()
            .any(|lack| lack.measure == Measure::Filesystem)
    );
    assert!(
        limits
            .enforces
            .iter()
            .any(|e| e.measure == Measure::Timeout)
    );
}
