//! The only `unsafe` code of this crate: a call that has no safe form.
#![allow(
    unsafe_code,
    reason = "a hook between fork and exec is unsafe by its signature"
)]

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Runs `hook` in the child before the program.
///
/// To be called in the helper alone, which has one thread.
pub(crate) fn before_exec(
    command: &mut Command,
    hook: impl FnMut() -> io::Result<()> + Send + Sync + 'static,
) {
    // SAFETY: after a fork of a process with several threads only async-signal-safe functions may be called, because
    // another thread may have held a lock, such as the allocator's, that nobody releases in the child. The helper
    // is a process of its own with a single thread (it starts no runtime and no thread: `helper::main` runs before anything
    // else of the binary), so every lock is free and the hook may allocate and call what it likes.
    unsafe {
        command.pre_exec(hook);
    }
}
