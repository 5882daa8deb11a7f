//! Starts: of the process, and of one more stack in a running one; and what they weigh.

use std::path::Path;
use std::process::Command;

use super::server::{Kind, Server, output};
use super::table::Row;
use super::{Measured, Setup, median};

pub(super) fn measure(setup: &Setup) -> Result<Measured, String> {
    let Setup {
        release, effort, ..
    } = setup;
    let (mut efsm, mut bare, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    let mut bare_memory = Vec::new();
    // The first of each reads the binary from the disk and does not count.
    for run in 0..=effort.starts {
        let a = Server::unpinned(&Kind::BareHyper, release)?;
        let b = Server::unpinned(&Kind::Efsm, release)?;
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
            beside: format!("bare hyper: {bare:.1} ms"),
            ratio: format!("{:.1}x", efsm / bare),
            budget: "at most 3x and under 15 ms",
            is_met: Some(efsm <= 3.0 * bare && efsm < 15.0),
        },
        Row {
            what: "idle resident memory of `efsm up`".to_owned(),
            efsm: format!("{memory:.1} MiB"),
            beside: format!("bare hyper: {bare_memory:.1} MiB"),
            ratio: format!("{:.1}x", memory / bare_memory),
            budget: "under 15 MiB",
            is_met: Some(memory < 15.0),
        },
    ];
    let binary = std::fs::metadata(release.join("efsm")).map_err(|e| format!("the binary: {e}"))?;
    rows.push(Row::alone(
        "size of the binary",
        binary.len() as f64 / f64::from(1 << 20),
        "MiB",
        30.0,
        "under 30 MiB",
    ));
    rows.extend(stacks(release)?);
    Ok(rows.into())
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
        Row::alone(
            "library start of one more stack",
            value("start_ms ")?,
            "ms",
            1.0,
            "under 1 ms",
        ),
        Row::alone(
            "1,000 live stacks",
            value("resident_mib ")?,
            "MiB",
            200.0,
            "under 200 MiB",
        ),
        Row::alone(
            "fork of a stack with 100 MB of objects",
            value("fork_objects_ms ")?,
            "ms",
            2.0,
            "under 2 ms",
        ),
        Row::alone(
            "fork of a stack with a 100 MB database",
            value("fork_database_ms ")?,
            "ms",
            2.0,
            "under 2 ms",
        ),
        Row::alone(
            "first SELECT in such a fork",
            value("first_select_ms ")?,
            "ms",
            1.0,
            "under 1 ms",
        ),
    ])
}
