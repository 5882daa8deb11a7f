//! `cargo xtask bench`: efsm beside a bare hyper server in one run, as ratios of medians.
//!
//! Rounds of both sides alternate, so that a machine that slows down slows both. The server runs on one core and
//! the load on another where `taskset` can pin them.

mod http;
mod load;
mod server;
mod start;
mod storage;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::root;
use crate::run::Run;
use crate::tally::Tally;

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    efsm: String,
    beside: String,
    ratio: String,
    budget: &'static str,
    is_met: bool,
}

pub(crate) fn run(arguments: &[String]) -> Tally {
    let root = root();
    let which = arguments.first().map_or("all", String::as_str);
    let known = ["start", "http", "storage", "all"];
    if !known.contains(&which) {
        return Tally::fail(format!("no benchmark `{which}`: use {}", known.join(", ")));
    }
    let built = Run::new("release binaries", "cargo", &root)
        .args(
            "build --release -p efsm-cli -p bare-hyper -p efsm --bin efsm --bin bare-hyper --example stacks"
                .split(' '),
        )
        .check();
    if built.failed > 0 {
        return built;
    }
    let release = target(&root).join("release");
    let wants = |name: &str| which == name || which == "all";
    let mut rows = Vec::new();
    let mut problems = Vec::new();
    let mut take = |measured: Result<Vec<Row>, String>| match measured {
        Ok(measured) => rows.extend(measured),
        Err(problem) => problems.push(problem),
    };
    if wants("start") {
        take(start::measure(&release));
    }
    if wants("http") {
        take(http::measure(&release));
    }
    if wants("storage") {
        take(storage::measure(&release));
    }
    let table = table(&rows);
    println!("\n{table}");
    if arguments.iter().any(|a| a == "--write") {
        let written = std::fs::write(root.join("docs/benchmarks.md"), document(&table));
        if let Err(e) = written {
            problems.push(format!("docs/benchmarks.md: {e}"));
        }
    }
    let mut tally = Tally::default();
    for row in &rows {
        // A budget that is missed is told in the table; only a benchmark that cannot run fails.
        tally.passed += 1;
        if !row.is_met {
            println!(
                "over budget: {} is {} (budget {})",
                row.what, row.ratio, row.budget
            );
        }
    }
    for problem in problems {
        tally.add(Tally::fail(problem));
    }
    tally
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from)
}

fn table(rows: &[Row]) -> String {
    let mut table = String::from(
        "| what | efsm | bare hyper | ratio | budget | met |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for row in rows {
        let met = if row.is_met { "yes" } else { "**no**" };
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} | {} | {met} |",
            row.what, row.efsm, row.beside, row.ratio, row.budget
        );
    }
    table
}

fn document(table: &str) -> String {
    format!(
        "# Benchmarks\n\n\
         Measured by `cargo xtask bench all --write` on {} cores: efsm beside a bare hyper server built in the same\n\
         workspace, in one run, rounds alternating, medians. The server is pinned to one core and the load (`wrk`) to\n\
         another. Rates are requests per second of the server's CPU time, which a busy neighbour changes least.\n\n\
         {table}",
        std::thread::available_parallelism().map_or(1, usize::from)
    )
}

/// The middle of the values; the mean of the two middle ones when their number is even.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median(Vec::new()).is_nan());
    }
}
