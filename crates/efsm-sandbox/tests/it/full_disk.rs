//! A disk without room: the command hears of it, and the run ends as ever.

use std::path::Path;
use std::process::Command;

use efsm_sandbox::{End, Policy, Tier};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::support::{self, ran};
use crate::{docker, probes};

/// A workspace of 64 KiB, unmounted in the end.
struct Small(tempfile::TempDir);

impl Small {
    fn new() -> Option<Self> {
        let folder = support::workspace();
        let options = Some(c"size=64k,nr_inodes=64,mode=777");
        match mount(
            "tmpfs",
            folder.path(),
            "tmpfs",
            MountFlags::empty(),
            options,
        ) {
            Ok(()) => Some(Self(folder)),
            Err(e) => {
                println!("left out: a full disk: no small one can be mounted: {e}");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = unmount(self.0.path(), UnmountFlags::DETACH);
    }
}

async fn full_disk_is_the_commands_to_report(policy: &Policy, path: Option<&str>) {
    let Some(disk) = Small::new() else { return };
    let mut job = support::shell(
        "cat /dev/zero > filler; echo more > more || exit 5",
        disk.path(),
    );
    if let Some(path) = path {
        job = job.env("PATH", path);
    }
    let ran = ran(job, policy).await;
    assert_eq!(ran.outcome.end, End::Code(5), "{}", ran.stderr);
    assert!(ran.stderr.contains("No space left"), "{}", ran.stderr);
    assert_eq!(ran.outcome.left_behind, Vec::<String>::new());
}

#[tokio::test]
async fn full_workspace_in_every_tier() {
    for tier in [Tier::Limits, Tier::Namespaces] {
        let policy = support::policy(tier);
        if probes::is_offered(&policy, tier).await {
            full_disk_is_the_commands_to_report(&policy, None).await;
        }
    }
    if let Some(policy) = docker::policy().await {
        full_disk_is_the_commands_to_report(&policy, Some("/bin")).await;
    }
}

/// Started by the test below with a temporary folder that has no room.
#[tokio::test]
async fn with_no_room_for_its_own() {
    if std::env::var_os("EFSM_TEST_NO_ROOM").is_none() {
        return;
    }
    // Namespaces and limits need none; a container's socket does.
    let workspace = tempfile::tempdir_in("/var/tmp").unwrap();
    for tier in [Tier::Limits, Tier::Namespaces] {
        let policy = support::policy(tier);
        if probes::is_offered(&policy, tier).await {
            let ran = ran(support::shell("echo ran", workspace.path()), &policy).await;
            assert_eq!(ran.stdout, "ran\n", "{}", ran.stderr);
        }
    }
    if let Some(mut policy) = docker_policy() {
        policy.container.image = std::env::var("EFSM_TEST_IMAGE").ok();
        let job = support::shell("true", workspace.path());
        let refusal = support::try_run(job, &policy).await.err().unwrap();
        assert_eq!(refusal.exit_code(), 125, "{refusal}");
        assert!(refusal.to_string().contains("No space left"), "{refusal}");
    }
    println!("had no room");
}

fn docker_policy() -> Option<Policy> {
    std::env::var_os("EFSM_TEST_IMAGE").map(|_| support::policy(Tier::Docker))
}

#[tokio::test]
async fn full_temporary_folder_is_told() {
    let Some(disk) = Small::new() else { return };
    // Every inode is taken, too.
    for number in 0.. {
        if std::fs::create_dir(disk.path().join(format!("{number}"))).is_err() {
            break;
        }
    }
    let _ = std::fs::write(disk.path().join("0/filler"), vec![0; 1 << 20]);
    let image = docker::policy()
        .await
        .and_then(|policy| policy.container.image);
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "full_disk::with_no_room_for_its_own",
            "--nocapture",
        ])
        .env("TMPDIR", disk.path())
        .env("EFSM_TEST_NO_ROOM", "1")
        .envs(image.map(|image| ("EFSM_TEST_IMAGE", image)))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("had no room"), "{said}");
}
