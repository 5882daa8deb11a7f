//! One suite of attacks for all tiers. The table says which tier must stop which; docs/sandboxing.md shows the same one.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use efsm_sandbox::{Choice, End, Job, JobLimits, Policy, StackPort, Tier};
use tempfile::TempDir;

use crate::docker;
use crate::support::{self, PROBE, Ran, ran_without_trace};
use crate::world::{eventually, is_running, mark, marked};

const MIB: u64 = 1 << 20;

/// What an attack can aim at, made anew for each.
pub(crate) struct Target {
    pub(crate) workspace: TempDir,
    /// Neither the workspace nor in a folder that is private anyway.
    outside: TempDir,
    home: TempDir,
    /// A port of the host that is not the stack's.
    listener: TcpListener,
    victim: std::process::Child,
    mark: String,
}

impl Target {
    fn new(attack: &str, tier: Tier) -> Self {
        let folder = || {
            let made = tempfile::Builder::new().tempdir_in(env!("CARGO_TARGET_TMPDIR"));
            // An ordinary user may not write to the build folder.
            made.or_else(|_| tempfile::tempdir()).unwrap()
        };
        let (workspace, outside, home) = (folder(), folder(), folder());
        std::fs::create_dir_all(workspace.path().join(".git/hooks")).unwrap();
        for (folder, file) in [
            (".ssh", "id_ed25519"),
            (".aws", "credentials"),
            (".", ".npmrc"),
        ] {
            std::fs::create_dir_all(home.path().join(folder)).unwrap();
            std::fs::write(home.path().join(folder).join(file), "a secret").unwrap();
        }
        let mark = mark(&attack.replace(' ', "-"));
        if tier == Tier::Docker {
            support::give_away(workspace.path());
            support::give_away(outside.path());
        }
        Self {
            workspace,
            outside,
            home,
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            victim: Command::new(probe_here()).arg("sleep").spawn().unwrap(),
            mark,
        }
    }
}

/// The probe on this machine, wherever the attacks find theirs.
fn probe_here() -> String {
    std::env::var("EFSM_TEST_PROBE").unwrap_or_else(|_| PROBE.to_owned())
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}

struct Attack {
    name: &'static str,
    /// In the shell, with `$PROBE`, `$OUTSIDE`, `$PORT`, `$PARENT`, `$VICTIM` and `$MARK`.
    script: &'static str,
    limits: fn(&mut JobLimits),
    got_through: fn(&Target, &Ran) -> bool,
    stopped_by: &'static [Tier],
}

const ALL: &[Tier] = &Tier::ALL;
const BOUNDARIES: &[Tier] = &[Tier::Docker, Tier::Namespaces];

fn no_limits(_: &mut JobLimits) {}

fn succeeded(_: &Target, ran: &Ran) -> bool {
    ran.outcome.end.is_success()
}

fn brief(limits: &mut JobLimits) {
    limits.timeout = Some(Duration::from_secs(1));
    limits.kill_grace = Duration::from_millis(100);
}

fn lives_on(target: &Target, _: &Ran) -> bool {
    !marked(&target.mark).is_empty()
}

const ATTACKS: &[Attack] = &[
    Attack {
        name: "write outside of the workspace",
        script: r#""$PROBE" write "$OUTSIDE/file"; "$PROBE" write "$HOME/.profile""#,
        limits: no_limits,
        got_through: |target, _| {
            target.outside.path().join("file").exists()
                || target.home.path().join(".profile").exists()
        },
        stopped_by: BOUNDARIES,
    },
    Attack {
        name: "plant a git hook in the workspace",
        script: r#""$PROBE" write .git/hooks/pre-commit"#,
        limits: no_limits,
        got_through: |target, _| {
            target
                .workspace
                .path()
                .join(".git/hooks/pre-commit")
                .exists()
        },
        stopped_by: BOUNDARIES,
    },
    Attack {
        name: "read the secrets of the home folder",
        script: r#"for f in .ssh/id_ed25519 .aws/credentials .npmrc; do "$PROBE" read "$HOME/$f"; done; true"#,
        limits: no_limits,
        got_through: |_, ran| ran.stdout.contains("a secret"),
        stopped_by: BOUNDARIES,
    },
    Attack {
        name: "find the sockets of daemons in /run",
        script: r#"[ -n "$("$PROBE" list /run 2>/dev/null | grep -v '^\.')" ]"#,
        limits: no_limits,
        got_through: succeeded,
        stopped_by: BOUNDARIES,
    },
    Attack {
        name: "open the machine's devices",
        script: r#""$PROBE" list /dev | grep -E '^(kmsg|mem|kvm|loop-control|vd[a-z]|sd[a-z]|nvme.*)$'"#,
        limits: no_limits,
        got_through: succeeded,
        stopped_by: BOUNDARIES,
    },
    Attack {
        name: "reach the network by TCP",
        script: r#""$PROBE" connect 192.0.2.1:80"#,
        limits: no_limits,
        got_through: succeeded,
        stopped_by: BOUNDARIES,
    },
    Attack {
        name: "reach the network by UDP",
        script: r#""$PROBE" udp 192.0.2.1:53"#,
        limits: no_limits,
        got_through: succeeded,
        stopped_by: BOUNDARIES,
    },
    Attack {
        name: "reach another port of the host",
        script: r#""$PROBE" connect "127.0.0.1:$PORT""#,
        limits: no_limits,
        got_through: succeeded,
        stopped_by: BOUNDARIES,
    },
    Attack {
        name: "read the environment of its caller",
        script: r#""$PROBE" read "/proc/$PARENT/environ""#,
        limits: no_limits,
        // That of a process of the sandbox with the same number may be read.
        got_through: |_, ran| {
            ran.outcome.end.is_success() && ran.stdout.contains("CARGO_MANIFEST_DIR=")
        },
        stopped_by: BOUNDARIES,
    },
    Attack {
        name: "kill a process outside",
        script: r#"kill -9 "$VICTIM""#,
        limits: no_limits,
        // The signal was sent, even where the process is not gone yet.
        got_through: |target, ran| {
            ran.outcome.end.is_success() || !is_running(target.victim.id() as i32)
        },
        stopped_by: BOUNDARIES,
    },
    Attack {
        name: "keep or gain privileges",
        script: r"! { grep -q '^CapEff:.0000000000000000$' /proc/self/status && grep -q '^CapBnd:.0000000000000000$' /proc/self/status && grep -q '^NoNewPrivs:.1$' /proc/self/status; }",
        limits: no_limits,
        got_through: succeeded,
        stopped_by: BOUNDARIES,
    },
    Attack {
        name: "call what the kernel need not offer",
        script: r"! grep -q '^Seccomp:.2$' /proc/self/status",
        limits: no_limits,
        got_through: succeeded,
        stopped_by: BOUNDARIES,
    },
    Attack {
        name: "fork bomb",
        script: r#""$PROBE" spawn 400 "$MARK""#,
        limits: |limits| limits.processes = Some(50),
        got_through: |_, ran| ran.outcome.end.is_success(),
        stopped_by: ALL,
    },
    Attack {
        name: "memory bomb",
        script: r#""$PROBE" memory 1024"#,
        limits: |limits| limits.memory_bytes = Some(256 * MIB),
        got_through: succeeded,
        stopped_by: ALL,
    },
    Attack {
        name: "memory bomb of many processes",
        script: r#""$PROBE" memory-by-many 8 100"#,
        limits: |limits| limits.memory_bytes = Some(256 * MIB),
        got_through: succeeded,
        stopped_by: ALL,
    },
    Attack {
        name: "giant file",
        script: r#""$PROBE" file giant 64"#,
        limits: |limits| limits.file_size_bytes = Some(8 * MIB),
        got_through: |target, _| {
            let giant = target.workspace.path().join("giant");
            std::fs::metadata(giant).is_ok_and(|file| file.len() > 8 * MIB)
        },
        stopped_by: ALL,
    },
    Attack {
        name: "endless output",
        script: r#"exec "$PROBE" pour"#,
        limits: |limits| {
            brief(limits);
            limits.output_bytes = Some(MIB);
        },
        got_through: |_, ran| {
            !ran.outcome.stdout.is_cut()
                || ran.stdout.len() as u64 != MIB
                || ran.outcome.end != End::TimedOut
        },
        stopped_by: ALL,
    },
    Attack {
        name: "run on after the timeout",
        script: r#"exec "$PROBE" sleep-as "$MARK""#,
        limits: brief,
        got_through: |target, ran| ran.outcome.end != End::TimedOut || lives_on(target, ran),
        stopped_by: ALL,
    },
    Attack {
        name: "ignore SIGTERM",
        script: r#"trap '' TERM; "$PROBE" sleep-as "$MARK"; "$PROBE" sleep-as "$MARK""#,
        limits: brief,
        got_through: |target, ran| ran.outcome.end != End::TimedOut || lives_on(target, ran),
        stopped_by: ALL,
    },
    Attack {
        name: "leave a double-forked orphan",
        script: r#"( ( "$PROBE" sleep-as "$MARK" & ) & ); true"#,
        limits: no_limits,
        got_through: lives_on,
        stopped_by: ALL,
    },
    Attack {
        name: "escape by setsid",
        script: r#"setsid "$PROBE" sleep-as "$MARK" & setsid setsid "$PROBE" sleep-as "$MARK" & sleep 0.2"#,
        limits: no_limits,
        got_through: lives_on,
        stopped_by: ALL,
    },
];

/// These may fail where nothing stops them: without a network, in a container.
const DEPEND_ON_THE_MACHINE: [&str; 5] = [
    "find the sockets of daemons in /run",
    "open the machine's devices",
    "reach the network by TCP",
    "reach the network by UDP",
    "call what the kernel need not offer",
];

/// The attack's command, aimed at `target`.
fn job(attack: &Attack, target: &Target, probe: &str) -> Job {
    let port = target.listener.local_addr().unwrap().port().to_string();
    let mut job = support::shell(attack.script, target.workspace.path())
        .env("PROBE", probe)
        .env("HOME", target.home.path())
        .env("OUTSIDE", target.outside.path())
        .env("PORT", port)
        .env("PARENT", std::process::id().to_string())
        .env("VICTIM", target.victim.id().to_string())
        .env("MARK", &target.mark);
    // Nothing but the limit in question ends it, and a machine under load has time for it.
    job.limits.timeout = Some(Duration::from_mins(2));
    (attack.limits)(&mut job.limits);
    job
}

/// All attacks in one tier, each against what the table says.
pub(crate) async fn attack(policy: &Policy, tier: Tier, probe: &str) {
    for attack in ATTACKS {
        let target = Target::new(attack.name, tier);
        let ran = ran_without_trace(job(attack, &target, probe), policy).await;
        let got_through = (attack.got_through)(&target, &ran);
        let must_stop = attack.stopped_by.contains(&tier);
        let said = format!(
            "{} in {tier}: {:?}\n{}{}",
            attack.name,
            ran.outcome.end,
            &ran.stdout[..ran.stdout.len().min(500)],
            ran.stderr
        );
        assert_eq!(ran.outcome.isolation.tier, tier, "{said}");
        assert!(!(must_stop && got_through), "not stopped: {said}");
        // An attack that cannot succeed would prove nothing.
        let must_succeed = !must_stop && !DEPEND_ON_THE_MACHINE.contains(&attack.name);
        assert!(!must_succeed || got_through, "no attack: {said}");
        eventually("no process is left", || marked(&target.mark).is_empty()).await;
    }
}

/// A stack that says so.
#[derive(Debug)]
struct Stack(SocketAddr);

impl StackPort for Stack {
    fn address(&self) -> SocketAddr {
        self.0
    }

    fn adopt(&self, listener: TcpListener) -> std::io::Result<Box<dyn Send + Sync>> {
        let lent = Lent(listener.try_clone()?);
        std::thread::spawn(move || serve(&listener));
        Ok(Box::new(lent))
    }
}

struct Lent(TcpListener);

impl Drop for Lent {
    fn drop(&mut self) {
        // Wakes the thread that accepts.
        let _ = rustix::net::shutdown(&self.0, rustix::net::Shutdown::Both);
    }
}

fn serve(listener: &TcpListener) {
    while let Ok((mut tcp, _)) = listener.accept() {
        let _ = tcp.read(&mut [0; 4096]);
        let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthe stack");
    }
}

/// What must work in a tier, or nobody would use it.
pub(crate) async fn work(policy: &Policy, tier: Tier, probe: &str) {
    let target = Target::new("work", tier);
    // Free on the host, and closed again: inside it is the stack's.
    let address = if tier == Tier::Limits {
        let listener = target.listener.try_clone().unwrap();
        std::thread::spawn(move || serve(&listener));
        target.listener.local_addr().unwrap()
    } else {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap()
    };
    let script = r#"set -e
"$PROBE" get "$STACK" / | grep 'the stack'
"$PROBE" get "$STACK" / | grep 'the stack'
"$PROBE" listen
echo made > made
echo temporary > /tmp/efsm-probe-$$ && rm /tmp/efsm-probe-$$
echo lost > /dev/null
head -c 4 /dev/urandom > /dev/null
echo extra > "$EXTRA/file"
echo one > one && ln one two && mv two three && rm three
echo done"#;
    let extra = &target.outside;
    let mut job = support::shell(script, target.workspace.path())
        .env("PROBE", probe)
        .env("STACK", address.to_string())
        .env("EXTRA", extra.path());
    job.writable.push(extra.path().to_owned());
    job.stacks.push(Arc::new(Stack(address)));
    let ran = support::ran(job, policy).await;
    assert!(
        ran.stdout.ends_with("done\n"),
        "{tier}: {}{}",
        ran.stdout,
        ran.stderr
    );
    assert_eq!(ran.outcome.end, End::Code(0));
    let made = |folder: &Path, name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(made(target.workspace.path(), "made"), "made\n");
    assert_eq!(made(extra.path(), "file"), "extra\n");
}

/// The reason, printed, when the machine does not offer the tier.
pub(crate) async fn is_offered(policy: &Policy, tier: Tier) -> bool {
    let report = efsm_sandbox::report(tier, policy).await;
    if let Some(why) = &report.why_not {
        println!("left out: the {tier} tier: {why}");
    }
    report.available
}

/// Runs in a process of its own, started by the tests below: what is left by an attack is counted, and other tests would count, too.
/// Does nothing otherwise.
#[tokio::test]
async fn in_a_process_of_its_own() {
    let Ok(tier) = std::env::var("EFSM_TEST_ATTACK") else {
        return;
    };
    let Ok(Choice::Only(tier)) = tier.parse() else {
        panic!("{tier} is a tier");
    };
    let mut policy = support::policy(tier);
    let mut probe = probe_here();
    if tier == Tier::Docker {
        let Some(with_image) = docker::policy().await else {
            return;
        };
        policy = with_image;
        probe = docker::PROBE_INSIDE.to_owned();
    }
    policy.helper = std::env::var_os("EFSM_TEST_HELPER").map(Into::into);
    if is_offered(&policy, tier).await {
        work(&policy, tier, &probe).await;
        attack(&policy, tier, &probe).await;
        println!("attacked the {tier} tier");
    }
}

/// The test binary again, with these copies of helper and probe.
pub(crate) fn attacker(tests: &Path, tier: Tier, helper: &Path, probe: &Path) -> Command {
    let mut command = Command::new(tests);
    command
        .args(["--exact", "probes::in_a_process_of_its_own", "--nocapture"])
        .env("EFSM_TEST_ATTACK", tier.name())
        .env("EFSM_TEST_HELPER", helper)
        .env("EFSM_TEST_PROBE", probe);
    command
}

pub(crate) fn finish(mut attacker: Command) {
    let output = attacker.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("attacked the") || said.contains("left out"),
        "{said}"
    );
    for line in said.lines().filter(|line| line.contains("left out")) {
        println!("{line}");
    }
}

pub(crate) fn all_of(tier: Tier) {
    let tests = std::env::current_exe().unwrap();
    // A temporary folder of its own: what is left in it is counted.
    let temporary = support::workspace();
    let mut attacker = attacker(&tests, tier, support::HELPER.as_ref(), PROBE.as_ref());
    attacker.env("TMPDIR", temporary.path());
    finish(attacker);
}

#[test]
fn limits_tier_holds_what_it_says() {
    all_of(Tier::Limits);
}

#[test]
fn namespaces_tier_holds_what_it_says() {
    all_of(Tier::Namespaces);
}

#[test]
fn documentation_shows_this_table() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/sandboxing.md");
    let page = std::fs::read_to_string(page).unwrap();
    let cell = |attack: &Attack, tier| {
        if attack.stopped_by.contains(&tier) {
            "stopped"
        } else {
            "**not stopped**"
        }
    };
    let rows = ATTACKS.iter().map(|attack| {
        format!(
            "| {} | {} | {} | {} |",
            attack.name,
            cell(attack, Tier::Docker),
            cell(attack, Tier::Namespaces),
            cell(attack, Tier::Limits)
        )
    });
    let (_, table) = page.split_once("| attack |").unwrap();
    // After the rest of the heading and the line below it.
    let shown = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    assert_eq!(shown.collect::<Vec<_>>(), rows.collect::<Vec<_>>());
}
