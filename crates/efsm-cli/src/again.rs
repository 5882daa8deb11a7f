//! This command once more, as a process of its own.

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::sync::OnceLock;

/// What stands before the command's own arguments: the program alone, or an interpreter with its script.
static PREFIX: OnceLock<Vec<OsString>> = OnceLock::new();

/// To be told at the start: how many of the process's arguments are the command's, its name included.
pub(crate) fn started_with(arguments: usize) {
    let all: Vec<OsString> = std::env::args_os().collect();
    let scripts = all.len().saturating_sub(arguments);
    // Set already: the process runs several command lines, all by the same program.
    let _ = PREFIX.set(all.into_iter().skip(1).take(scripts).collect());
}

/// The same program, without arguments yet.
pub(crate) fn command() -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(PREFIX.get().into_iter().flatten());
    Ok(command)
}
