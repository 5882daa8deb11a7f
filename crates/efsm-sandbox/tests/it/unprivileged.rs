//! The same attacks once more as an ordinary user, when the tests are run by root: other mechanisms hold then.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use efsm_sandbox::Tier;

use crate::{probes, support};

const NOBODY: u32 = 65534;

fn ordinary_user_is_held(tier: Tier) {
    if !rustix::process::getuid().is_root() {
        println!("left out: the tests are run by an ordinary user already");
        return;
    }
    // The build folder may lie where nobody may look, and temporary folders are private in a sandbox.
    let folder = tempfile::tempdir_in("/opt").unwrap();
    let readable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), readable).unwrap();
    let copy = |from: &Path| {
        let to = folder.path().join(from.file_name().unwrap());
        std::fs::copy(from, &to).unwrap();
        to
    };
    let tests = copy(&std::env::current_exe().unwrap());
    let helper = copy(support::HELPER.as_ref());
    let probe = copy(support::PROBE.as_ref());
    let scratch = folder.path().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    chown(&scratch, Some(NOBODY), Some(NOBODY)).unwrap();
    let mut attacker = probes::attacker(&tests, tier, &helper, &probe);
    attacker
        .current_dir(&scratch)
        .env("TMPDIR", &scratch)
        .env("HOME", &scratch)
        .uid(NOBODY)
        .gid(NOBODY);
    probes::finish(attacker);
}

#[test]
fn ordinary_user_is_held_in_the_limits_tier() {
    ordinary_user_is_held(Tier::Limits);
}

#[test]
fn ordinary_user_is_held_in_the_namespaces_tier() {
    ordinary_user_is_held(Tier::Namespaces);
}
