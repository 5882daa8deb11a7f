//! The `efsm` command: the only crate that prints and ends the process.

mod args;
mod failure;
mod output;
mod signals;
mod up;

use std::process::ExitCode;

use clap::Parser as _;
use efsm_core::Stopwatch;

use args::{Arguments, Command};

fn main() -> ExitCode {
    let started = Stopwatch::start();
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Up(up) => up::run(up, started),
        Command::Schema => output::schema(),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            failure.report();
            ExitCode::from(failure::OWN_FAILURE)
        }
    }
}
