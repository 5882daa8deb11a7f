//! The `efsm` command, as the binary and the Python package's script run it: the only crate that prints.

mod again;
mod args;
mod control;
mod detach;
mod diff;
mod doctor;
mod down;
mod export;
mod failure;
mod init;
mod journal;
mod mcp;
mod mock;
mod output;
mod progress;
mod registry;
mod run;
mod scratch;
mod shell;
mod signals;
mod state;
mod status;
mod up;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;
use efsm_core::Stopwatch;

use args::{Arguments, Command};
use failure::Failure;

/// Runs the command line `args`, whose first is the program's name.
///
/// A wrong command line, `--help` and `--version` end the process, as clap does it.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let started = Stopwatch::start();
    Failure::set_style();
    let args: Vec<OsString> = args.into_iter().collect();
    again::started_with(args.len());
    let arguments = Arguments::parse_from(args::unified(args));
    let done = match arguments.command {
        Command::Run(arguments) => run::run(*arguments),
        Command::Setup(arguments) => run::setup(*arguments),
        Command::Up(up) => up::run(up, started),
        Command::Down(down) => down::run(&down),
        Command::Status(status) => status::run(&status),
        Command::Logs(logs) => journal::run(&logs),
        Command::Env(env) => state::env(&env),
        Command::Snapshot(snapshot) => state::snapshot(&snapshot),
        Command::Restore(restore) => state::restore(&restore),
        Command::Fork(fork) => state::fork(fork),
        Command::Reset(reset) => state::reset(&reset),
        Command::Mock(mock) => mock::mock(&mock),
        Command::Proxy(proxy) => mock::proxy(&proxy),
        Command::Diff(diff) => diff::run(&diff),
        Command::Init(init) => init::run(&init),
        Command::Mcp(arguments) => mcp::run(&arguments),
        Command::Schema => output::schema(),
        Command::Export(export) => export::run(export),
        Command::Doctor(doctor) => doctor::run(&doctor),
        Command::Completions(completions) => shell::completions(&completions),
        Command::Man(man) => shell::man(&man),
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
