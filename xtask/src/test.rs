//! `cargo xtask test`: everything that must hold.

use crate::run::Run;
use crate::tally::Tally;
use crate::{clients, root, specs, tidy};

pub(crate) fn run() -> Tally {
    let root = root();
    let cargo = |what: &str, args: &str| Run::new(what, "cargo", &root).args(args.split(' '));
    let mut tally = cargo("format", "fmt --all --check").check();
    tally.add(
        cargo(
            "lints",
            "clippy --quiet --workspace --all-targets -- -D warnings",
        )
        .check(),
    );
    tally.add(tidy::run());
    tally.add(workspace_tests());
    if !has_engine() {
        tally.add(Tally::leave_out(
            "the docker tier of the sandbox: no engine is there; `.ci/with-engine cargo xtask test` starts one for root",
        ));
    }
    tally.add(specs::run());
    let built = cargo("the efsm binary", "build --quiet -p efsm-cli").check();
    let is_built = built.failed == 0;
    tally.add(built);
    if is_built {
        tally.add(clients::run());
    }
    tally
}

/// Whether the tests of containers ran; without an engine they pass over themselves.
fn has_engine() -> bool {
    std::env::var_os("DOCKER_HOST").is_some()
        || ["/var/run/docker.sock", "/run/podman/podman.sock"]
            .iter()
            .any(|socket| std::path::Path::new(socket).exists())
}

/// All tests of the workspace with as many file descriptors as the machine grants: the test of ten
/// thousand connections holds both ends of each.
fn workspace_tests() -> Tally {
    let tests = "cargo test --workspace --no-fail-fast";
    if cfg!(unix) {
        let script = format!("ulimit -n $(ulimit -H -n) 2>/dev/null; exec {tests}");
        return Run::new("tests", "sh", &root())
            .args(["-c", &script])
            .count();
    }
    Run::new("tests", "cargo", &root())
        .args(tests.split(' ').skip(1))
        .count()
}
