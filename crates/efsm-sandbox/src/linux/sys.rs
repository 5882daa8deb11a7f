//! The only `unsafe` code of this crate: two calls that have no safe form.
#![allow(
    unsafe_code,
    reason = "a hook between fork and exec, and unshare, are unsafe by their signatures"
)]

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::thread::UnshareFlags;

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

/// Moves this process, or its next children, into namespaces of their own.
pub(crate) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    debug_assert!(
        !flags.intersects(UnshareFlags::FILES | UnshareFlags::FS),
        "these change what open descriptors mean"
    );
    // SAFETY: what is unsafe about unshare is CLONE_FILES, after which descriptors mean different files in different
    // threads. Namespaces leave the table of descriptors alone, and the flags above are never passed.
    unsafe { rustix::thread::unshare_unsafe(flags) }?;
    Ok(())
}
