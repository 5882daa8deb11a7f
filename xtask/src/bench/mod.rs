//! `cargo xtask bench`: efsm beside a bare hyper server in one run, as ratios of medians.
//!
//! Rounds of both sides alternate, so that a machine that slows down slows both. The server runs on one core and
//! the load on another where `taskset` can pin them.

mod database;
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
use load::Load;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Processes of each side.
    starts: usize,
    /// Rounds of load on each side.
    rounds: usize,
    /// Of each round.
    seconds: u32,
}

const FULL: Effort = Effort {
    starts: 51,
    rounds: 7,
    seconds: 3,
};

/// Enough to see that the benchmarks themselves work.
const QUICK: Effort = Effort {
    starts: 3,
    rounds: 1,
    seconds: 1,
};

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
    let known = ["start", "http", "database", "storage", "all"];
    if !known.contains(&which) {
        return Tally::fail(format!("no benchmark `{which}`: use {}", known.join(", ")));
    }
    let built = Run::new("release binaries", "cargo", &root)
        .args(
            "build --release -p efsm-cli -p bare-hyper -p efsm -p efsm-database --bin efsm --bin bare-hyper \
             --example stacks --example figures"
                .split_whitespace(),
        )
        .check();
    if built.failed > 0 {
        return built;
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let effort = if has("--quick") { QUICK } else { FULL };
    let release = target(&root).join("release");
    let load = match load::find(&target(&root)) {
        Ok(load) => load,
        Err(problem) => return Tally::fail(problem),
    };
    let wants = |name: &str| which == name || which == "all";
    let mut rows = Vec::new();
    let mut problems = Vec::new();
    let mut take = |measured: Result<Vec<Row>, String>| match measured {
        Ok(measured) => rows.extend(measured),
        Err(problem) => problems.push(problem),
    };
    if wants("start") {
        take(start::measure(&release, effort));
    }
    if wants("http") {
        take(http::measure(&release, &load, effort));
    }
    if wants("database") {
        take(database::measure(&release, &load, effort));
    }
    if wants("storage") {
        take(storage::measure(&release, &load, effort));
    }
    let table = table(&rows);
    println!("\n{table}");
    if has("--write") {
        let page = document(&table, &load);
        let written = std::fs::write(root.join("docs/benchmarks.md"), page);
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

fn document(table: &str, load: &Load) -> String {
    let pinned = if load::can_pin() {
        "the server pinned to one core and the load to another"
    } else {
        "nothing pinned"
    };
    format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench all --write`: efsm beside a bare hyper server (`benches/bare-hyper`) built in the same\n\
         workspace on the same runtime, in one run, rounds alternating, medians. Rates are shown with the server's own CPU\n\
         time for each request; of the two ratios the lower must meet the budget.\n\n\
         Machine: {}. Load: {}, {pinned}.\n\n\
         {table}",
        machine(),
        load.name(),
    )
}

/// Processor, cores and compiler.
fn machine() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1))
        .unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let compiler = server::output(std::process::Command::new("rustc").arg("--version"));
    let compiler = compiler.unwrap_or_default();
    format!("{model}, {cores} cores, {}", compiler.trim())
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
