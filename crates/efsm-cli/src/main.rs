//! The `efsm` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before any thread: the helper of a sandbox has one alone.
    if let Some(code) = efsm_sandbox::main_if_asked() {
        return code;
    }
    efsm_cli::run(std::env::args_os())
}
