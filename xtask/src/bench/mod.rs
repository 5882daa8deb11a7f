//! `cargo xtask bench`: efsm beside what does the same with less, or with more, in one run and as ratios of medians.
//!
//! Rounds of both sides alternate, so that a machine that slows down slows both. The server runs on one core and
//! the load on another where `taskset` can pin them.
//!
//! A benchmark is a module with a `measure` and a line in [`BENCHES`].

mod auth;
mod database;
mod http;
mod load;
mod python;
mod server;
mod specs;
mod start;
mod storage;
mod table;
mod venv;
mod wiremock;

use std::path::{Path, PathBuf};

use crate::root;
use crate::run::Run;
use crate::tally::Tally;
use load::Load;
use table::Row;

/// The benchmarks in the order in which they run.
const BENCHES: [(&str, Measure); 8] = [
    ("start", start::measure),
    ("http", http::measure),
    ("wiremock", wiremock::measure),
    ("database", database::measure),
    ("specs", specs::measure),
    ("storage", storage::measure),
    ("auth", auth::measure),
    ("python", python::measure),
];

type Measure = fn(&Setup) -> Result<Measured, String>;

/// What a benchmark finds.
pub(crate) struct Setup {
    /// The release binaries, with the examples in `examples/`.
    pub(crate) release: PathBuf,
    /// Where tools are kept that a benchmark fetches.
    pub(crate) tools: PathBuf,
    pub(crate) load: Load,
    pub(crate) effort: Effort,
}

/// What a benchmark gives.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) rows: Vec<Row>,
    /// What this machine cannot measure, and what it lacks.
    pub(crate) left_out: Vec<String>,
}

impl From<Vec<Row>> for Measured {
    fn from(rows: Vec<Row>) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }
}

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

/// All benchmarks together in less than 10 minutes.
const FULL: Effort = Effort {
    starts: 41,
    rounds: 7,
    seconds: 2,
};

/// Enough to see that the benchmarks themselves work.
const QUICK: Effort = Effort {
    starts: 3,
    rounds: 1,
    seconds: 1,
};

pub(crate) fn run(arguments: &[String]) -> Tally {
    let root = root();
    let which = arguments.first().map_or("all", String::as_str);
    let benches: Vec<_> = BENCHES
        .into_iter()
        .filter(|(name, _)| which == *name || which == "all")
        .collect();
    if benches.is_empty() {
        let names = BENCHES.map(|(name, _)| name).join(", ");
        return Tally::fail(format!("no benchmark `{which}`: use all, {names}"));
    }
    for (what, arguments) in [
        (
            "release binaries",
            "build --release -p efsm-cli -p bare-hyper --bin efsm --bin bare-hyper",
        ),
        (
            "release examples",
            "build --release -p efsm -p efsm-database -p efsm-spec --example stacks --example tokens --example figures --example documents",
        ),
    ] {
        let built = Run::new(what, "cargo", &root)
            .args(arguments.split(' '))
            .check();
        if built.failed > 0 {
            return built;
        }
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let target = target(&root);
    let tools = target.join("tools");
    let setup = Setup {
        load: match load::find(&tools) {
            Ok(load) => load,
            Err(problem) => return Tally::fail(problem),
        },
        release: target.join("release"),
        tools,
        effort: if has("--quick") { QUICK } else { FULL },
    };
    let mut all = Measured::default();
    let mut tally = Tally::default();
    for (name, measure) in benches {
        println!("\n── bench {name}");
        match measure(&setup) {
            Ok(measured) => {
                all.rows.extend(measured.rows);
                all.left_out.extend(measured.left_out);
            }
            Err(problem) => tally.add(Tally::fail(format!("bench {name}: {problem}"))),
        }
    }
    println!("\n{}", table::table(&all.rows));
    if has("--write") {
        let page = table::document(&all, &setup.load);
        let written = std::fs::write(root.join("docs/benchmarks.md"), page);
        if let Err(e) = written {
            tally.add(Tally::fail(format!("docs/benchmarks.md: {e}")));
        }
    }
    for row in &all.rows {
        // A budget that is missed is told in the table; only a benchmark that cannot run fails.
        tally.add(Tally::pass());
        if row.is_over() {
            println!(
                "over budget: {} is {} (budget {})",
                row.what, row.ratio, row.budget
            );
        }
    }
    for reason in all.left_out {
        tally.add(Tally::leave_out(reason));
    }
    tally
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from)
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
