//! The Python package: import, start and first answer beside the same with FastAPI and uvicorn; and what the fixture
//! `efsm` costs a test.

use std::path::Path;
use std::process::Command;

use super::server::output;
use super::table::Row;
use super::{Measured, Setup, median, venv};
use crate::root;

/// Times that FastAPI must take.
const TIMES: f64 = 10.0;
const FORKS: &str = "1000";

pub(super) fn measure(setup: &Setup) -> Result<Measured, String> {
    let mut measured = Measured::default();
    let python = match venv::package(setup) {
        Ok(python) => python,
        Err(lack) => {
            measured.left_out.push(format!("bench python: {lack}"));
            return Ok(measured);
        }
    };
    match venv::fastapi(&setup.tools) {
        Ok(fastapi) => {
            let start = starts(&python, &fastapi, setup.effort.starts)?;
            measured.rows.push(start);
        }
        Err(lack) => measured.left_out.push(format!("bench python: {lack}")),
    }
    let forks = script(&python, "python_forks.py", &[FORKS])?;
    measured.rows.push(Row::alone(
        "fork and teardown of the pytest fixture",
        median(forks),
        "ms",
        5.0,
        "under 5 ms",
    ));
    Ok(measured)
}

/// Each round is a process of either side; the first of each reads from the disk and does not count.
fn starts(python: &Path, fastapi: &Path, rounds: usize) -> Result<Row, String> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let a = script(python, "python_start.py", &[])?;
        let b = script(fastapi, "python_start_fastapi.py", &[])?;
        if round > 0 {
            ours.extend(a);
            theirs.extend(b);
        }
    }
    let (ours, theirs) = (median(ours), median(theirs));
    Ok(Row {
        what: "Python: import, start and first 200 in one process".to_owned(),
        efsm: format!("{ours:.1} ms"),
        beside: format!("FastAPI and uvicorn: {theirs:.0} ms"),
        ratio: format!("{:.0}x", theirs / ours),
        budget: "at least 10x",
        is_met: Some(theirs / ours >= TIMES),
    })
}

/// The numbers that a script prints, a line each.
fn script(python: &Path, name: &str, arguments: &[&str]) -> Result<Vec<f64>, String> {
    let path = root().join("xtask/bench").join(name);
    let said = output(Command::new(python).arg(path).args(arguments))?;
    said.lines()
        .map(|line| line.parse().map_err(|_| format!("{name} said {line:?}")))
        .collect()
}
