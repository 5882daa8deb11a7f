//! What was measured, as a table.

use std::fmt::Write as _;

use super::load::{Load, Rate, can_pin};
use super::server::output;
use super::{Measured, median};

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) efsm: String,
    pub(crate) beside: String,
    pub(crate) ratio: String,
    pub(crate) budget: &'static str,
    /// `None` for what is told without a budget.
    pub(crate) is_met: Option<bool>,
}

impl Row {
    pub(crate) fn is_over(&self) -> bool {
        self.is_met == Some(false)
    }

    /// A value that has nothing beside it and must be less than `most`.
    pub(crate) fn alone(
        what: &str,
        value: f64,
        unit: &str,
        most: f64,
        budget: &'static str,
    ) -> Self {
        let digits = if unit == "ms" { 3 } else { 1 };
        Self {
            what: what.to_owned(),
            efsm: format!("{value:.digits$} {unit}"),
            beside: "-".to_owned(),
            ratio: "-".to_owned(),
            budget,
            is_met: Some(value < most),
        }
    }

    /// Two rates that must stand at least in a ratio: per second, and per second of the server's own CPU time. The
    /// lower counts: the first is flattered when the load generator is the slower side, the second when the server
    /// waits.
    pub(crate) fn of_rates(
        what: &str,
        efsm: &[Rate],
        (name, beside): (&str, &[Rate]),
        least: f64,
        budget: &'static str,
    ) -> Self {
        let of =
            |rates: &[Rate], value: fn(&Rate) -> f64| median(rates.iter().map(value).collect());
        let wall = |rates: &[Rate]| of(rates, |rate| rate.per_second);
        let cpu = |rates: &[Rate]| of(rates, |rate| rate.per_cpu_second);
        let shown = |rates: &[Rate]| {
            let micros = 1e6 / cpu(rates);
            format!("{:.0}/s, {micros:.1} us CPU each", wall(rates))
        };
        let ratio = |value: f64| {
            if least > 2.0 {
                format!("{value:.0}x")
            } else {
                format!("{:.0} %", value * 100.0)
            }
        };
        let by_wall = wall(efsm) / wall(beside);
        let by_cpu = cpu(efsm) / cpu(beside);
        Self {
            what: what.to_owned(),
            efsm: shown(efsm),
            beside: format!("{name}: {}", shown(beside)),
            ratio: format!("{}, by CPU {}", ratio(by_wall), ratio(by_cpu)),
            budget,
            is_met: Some(by_wall.min(by_cpu) >= least),
        }
    }
}

pub(super) fn table(rows: &[Row]) -> String {
    let mut table = String::from(
        "| what | efsm | beside it | ratio | budget | met |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for row in rows {
        let met = match row.is_met {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "-",
        };
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} | {} | {met} |",
            row.what, row.efsm, row.beside, row.ratio, row.budget
        );
    }
    table
}

pub(super) fn document(all: &Measured, load: &Load) -> String {
    let pinned = if can_pin() {
        "the server pinned to one core and the load to another"
    } else {
        "nothing pinned"
    };
    let mut page = format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench all --write`: efsm beside a bare hyper server (`benches/bare-hyper`) built in the same\n\
         workspace on the same runtime, and beside other programs where a row says so; in one run, rounds alternating, medians.\n\
         The bare server answers GET with the bytes and headers of efsm's static stub, `matched-stub-id` too.\n\
         Rates are shown with the server's own CPU time for each request; of the two ratios the lower must meet the budget.\n\n\
         Machine: {}. Load: {}, {pinned}.\n\n\
         {}",
        machine(),
        load.name(),
        table(&all.rows),
    );
    if !all.left_out.is_empty() {
        page.push_str("\nLeft out on this machine:\n\n");
        for reason in &all.left_out {
            let _ = writeln!(page, "- {reason}");
        }
    }
    page
}

/// Processor, cores, compiler, and how busy the machine was with other things.
fn machine() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1))
        .unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let compiler = output(std::process::Command::new("rustc").arg("--version"));
    let compiler = compiler.unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().nth(2).unwrap_or("?");
    format!(
        "{model}, {cores} cores, {}, load average {load} over the last 15 minutes",
        compiler.trim()
    )
}
