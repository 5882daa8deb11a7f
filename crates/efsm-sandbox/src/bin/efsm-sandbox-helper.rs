//! The helper alone: for packages of the library that come without the `efsm` command, and for the tests here.

use std::process::ExitCode;

fn main() -> ExitCode {
    efsm_sandbox::main_if_asked().unwrap_or_else(|| {
        eprintln!("efsm-sandbox-helper is started by efsm itself: point EFSM_BIN at it");
        ExitCode::from(2)
    })
}
