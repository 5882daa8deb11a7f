//! Starts: of the process, and of one more stack in a running one; and what they weigh.

use std::path::Path;
use std::process::Command;

use super::server::{Kind, Server, output};
use super::{Effort, Row, median};

pub(super) fn measure(release: &Path, effort: Effort) -> Result<Vec<Row>, String> {
    let (mut efsm, mut bare, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    let mut bare_memory = Vec::new();
    // The first of each reads the binary from the disk and does not count.
    for run in 0..=effort.starts {
        let a = Server::unpinned(Kind::BareHyper, release)?;
        let b = Server::unpinned(Kind::Efsm, release)?;
        if run > 0 {
            bare.push(a.first_answer.as_secs_f64() * 1000.0);
            bare_memory.push(a.resident_mib());
            efsm.push(b.first_answer.as_secs_f64() * 1000.0);
            memory.push(b.resident_mib());
        }
    }
    let (efsm, bare) = (median(efsm), median(bare));
    let (memory, bare_memory) = (median(memory), median(bare_memory));
    let mut rows = vec![
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
    ];
    let binary = std::fs::metadata(release.join("efsm")).map_err(|e| format!("the binary: {e}"))?;
    rows.push(alone(
        "size of the binary",
        binary.len() as f64 / f64::from(1 << 20),
        "MiB",
        30.0,
        "under 30 MiB",
    ));
    rows.extend(stacks(release)?);
    Ok(rows)
}

/// What the example `stacks` measures inside one process.
fn stacks(release: &Path) -> Result<Vec<Row>, String> {
    let script = format!(
        "ulimit -n $(ulimit -H -n) 2>/dev/null; exec '{}'",
        release.join("examples/stacks").display()
    );
    let report = output(Command::new("sh").args(["-c", &script]))?;
    let value = |name: &str| -> Result<f64, String> {
        report
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
            .ok_or_else(|| format!("no {name} in {report}"))
    };
    Ok(vec![
        alone(
            "library start of one more stack",
            value("start_ms ")?,
            "ms",
            1.0,
            "under 1 ms",
        ),
        alone(
            "1,000 live stacks",
            value("resident_mib ")?,
            "MiB",
            200.0,
            "under 200 MiB",
        ),
        alone(
            "fork of a stack with 100 MB of objects",
            value("fork_objects_ms ")?,
            "ms",
            2.0,
            "under 2 ms",
        ),
        alone(
            "fork of a stack with a 100 MB database",
            value("fork_database_ms ")?,
            "ms",
            2.0,
            "under 2 ms",
        ),
        alone(
            "first SELECT in such a fork",
            value("first_select_ms ")?,
            "ms",
            1.0,
            "under 1 ms",
        ),
    ])
}

/// A row that has nothing beside it.
fn alone(what: &str, value: f64, unit: &str, most: f64, budget: &'static str) -> Row {
    let digits = if unit == "ms" { 3 } else { 1 };
    Row {
        what: what.to_owned(),
        efsm: format!("{value:.digits$} {unit}"),
        beside: "-".to_owned(),
        ratio: "-".to_owned(),
        budget,
        is_met: value < most,
    }
}
