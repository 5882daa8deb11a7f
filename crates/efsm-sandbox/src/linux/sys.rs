//! The only `unsafe` code of this crate: three calls that have no safe form.
#![allow(
    unsafe_code,
    reason = "a hook between fork and exec, unshare, and naming a descriptor by its number are unsafe by their signatures"
)]

use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::io::{FdFlags, fcntl_setfd};
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

/// Makes every descriptor but the three standard ones end with the next program: those that this process was started with
/// by accident, such as a folder of the machine, must not reach the command.
pub(crate) fn keep_no_descriptors() -> io::Result<()> {
    let numbers: Vec<RawFd> = std::fs::read_dir("/proc/self/fd")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|number| *number > 2)
        .collect();
    for number in numbers {
        // SAFETY: the number was that of an open descriptor a moment ago, and this process has one thread, which closed
        // none since but that of the listing itself. For that one the call fails, and nothing but its flags was at stake.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        match fcntl_setfd(descriptor, FdFlags::CLOEXEC) {
            Ok(()) | Err(rustix::io::Errno::BADF) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
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
