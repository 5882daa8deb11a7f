//! The chores of the repository, each a command: `cargo xtask test | specs | bench | tidy | docs | deny | ci`.

mod bench;
mod ci;
mod clients;
mod deny;
mod docs;
mod run;
mod specs;
mod tally;
mod test;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use tally::Tally;

const HELP: &str = "\
cargo xtask COMMAND

  test    everything that must hold: format, lints, tidy, tests, and the real clients of clients/
  specs   the part of test that mocks big published API descriptions, which it fetches (76 MB)
  bench   efsm beside a bare hyper server and others: all, or one of
          start | http | wiremock | database | specs | storage | auth
          --write for docs/benchmarks.md, --quick to see whether the benchmarks themselves work
  tidy    the repository's invariants that no lint knows
  docs    writes the pages of docs/ that are made from the code
  deny    licences and advisories of what ships, by cargo-deny where it is installed
  ci      deny and test, as .ci/run calls it
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let tally = match arguments.first().map(String::as_str) {
        Some("test") => test::run(),
        Some("specs") => specs::run(),
        Some("tidy") => tidy::run(),
        Some("docs") => docs::run(),
        Some("deny") => deny::run(),
        Some("ci") => ci::run(),
        Some("bench") => bench::run(&arguments[1..]),
        _ => {
            print!("{HELP}");
            return ExitCode::from(2);
        }
    };
    report(&tally)
}

/// Says what was left out and why, then the line that sums everything up.
fn report(tally: &Tally) -> ExitCode {
    println!();
    for reason in &tally.left_out {
        println!("left out: {reason}");
    }
    for failure in &tally.failures {
        println!("failed: {failure}");
    }
    println!("{tally}");
    if tally.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The repository's root: chores work from wherever they are called.
fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
