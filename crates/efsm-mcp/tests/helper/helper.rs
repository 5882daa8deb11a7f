//! Supervises the commands of the tests' sandboxes: a test binary cannot, because its `main` is the harness's.

use std::process::ExitCode;

fn main() -> ExitCode {
    efsm_sandbox::main_if_asked().unwrap_or(ExitCode::FAILURE)
}
