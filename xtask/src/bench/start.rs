//! Starts: of the process, and of one more stack in a running one; and what they weigh.

use std::path::Path;
use std::process::Command;

use super::server::{Kind, Server, output};
use super::{Row, median};

const RUNS: usize = 30;

pub(super) fn measure(release: &Path) -> Result<Vec<Row>, String> {
    let (mut efsm, mut bare, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    let mut bare_memory = Vec::new();
    for _ in 0..RUNS {
        let server = Server::start(Kind::BareHyper, release)?;
        bare.push(server.first_answer.as_secs_f64() * 1000.0);
        bare_memory.push(server.resident_mib());
        let server = Server::start(Kind::Efsm, release)?;
        efsm.push(server.first_answer.as_secs_f64() * 1000.0);
        memory.push(server.resident_mib());
    }
    let (efsm, bare) = (median(efsm), median(bare));
    let (memory, bare_memory) = (median(memory), median(bare_memory));
    let stacks = stacks(release)?;
    Ok(vec![
        Row {
            what: "process start to first 200, five services".to_owned(),
            efsm: format!("{efsm:.1} ms"),
            beside: format!("{bare:.1} ms"),
            ratio: format!("{:.1}x", efsm / bare),
            budget: "at most 3x and under 15 ms",
            is_met: efsm <= 3.0 * bare && efsm < 15.0,
        },
        Row {
            what: "idle resident memory of `efsm up`".to_owned(),
            efsm: format!("{memory:.1} MiB"),
            beside: format!("{bare_memory:.1} MiB"),
            ratio: format!("{:.1}x", memory / bare_memory),
            budget: "under 15 MiB",
            is_met: memory < 15.0,
        },
        Row {
            what: "library start of one more stack".to_owned(),
            efsm: format!("{:.3} ms", stacks.start_ms),
            beside: "-".to_owned(),
            ratio: "-".to_owned(),
            budget: "under 1 ms",
            is_met: stacks.start_ms < 1.0,
        },
        Row {
            what: "1,000 live stacks".to_owned(),
            efsm: format!("{:.0} MiB", stacks.resident_mib),
            beside: "-".to_owned(),
            ratio: "-".to_owned(),
            budget: "under 200 MiB",
            is_met: stacks.resident_mib < 200.0,
        },
        Row {
            what: "fork of a stack that holds 100 MB".to_owned(),
            efsm: format!("{:.3} ms", stacks.fork_ms),
            beside: "-".to_owned(),
            ratio: "-".to_owned(),
            budget: "under 2 ms",
            is_met: stacks.fork_ms < 2.0,
        },
    ])
}

struct Stacks {
    start_ms: f64,
    resident_mib: f64,
    fork_ms: f64,
}

/// What the example `stacks` measures inside one process.
fn stacks(release: &Path) -> Result<Stacks, String> {
    let script = format!(
        "ulimit -n $(ulimit -H -n) 2>/dev/null; exec '{}'",
        release.join("examples/stacks").display()
    );
    let report = output(Command::new("sh").args(["-c", &script]))?;
    let value = |name: &str| {
        report
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
            .ok_or_else(|| format!("no {name} in {report}"))
    };
    Ok(Stacks {
        start_ms: value("start_ms")?,
        resident_mib: value("resident_mib")?,
        fork_ms: value("fork_ms")?,
    })
}
