//! The `efsm` command: the only crate that prints and ends the process.

mod args;
mod control;
mod detach;
mod down;
mod failure;
mod journal;
mod output;
mod registry;
mod scratch;
mod signals;
mod state;
mod status;
mod up;

use std::process::ExitCode;

use clap::Parser as _;
use efsm_core::Stopwatch;

use args::{Arguments, Command};

fn main() -> ExitCode {
    // Before any thread: the helper of a sandbox has one alone.
    if let Some(code) = efsm_sandbox::main_if_asked() {
        return code;
    }
    let started = Stopwatch::start();
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Up(up) => up::run(up, started),
        Command::Down(down) => down::run(&down),
        Command::Status(status) => status::run(&status),
        Command::Logs(logs) => journal::run(&logs),
        Command::Env(env) => state::env(&env),
        Command::Snapshot(snapshot) => state::snapshot(&snapshot),
        Command::Restore(restore) => state::restore(&restore),
        Command::Fork(fork) => state::fork(fork),
        Command::Reset(reset) => state::reset(&reset),
        Command::Schema => output::schema(),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            let code = failure.exit_code();
            failure.report();
            ExitCode::from(code)
        }
    }
}
