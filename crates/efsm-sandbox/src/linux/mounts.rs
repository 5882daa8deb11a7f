//! The file system inside: read-only, with the workspace writable, private temporary folders, a small /dev, a /proc of its own,
//! and without the secrets.
//!
//! The mounts are changed in place. A new root would have to be put together from the same parts, and the kernel protects these
//! as well: in a user namespace an inherited mount can be made stricter and covered, and neither can be undone without
//! capabilities in it, which the command does not have.

use std::ffi::CString;
use std::fs::{self, File};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, StatVfsMountFlags};
use rustix::mount::{
    MountFlags, MountPropagationFlags, mount, mount_bind, mount_bind_recursive, mount_change,
    mount_remount,
};

use super::mountinfo::{self, Mount};
use super::namespaces::explain;
use super::secrets;
use super::wire::Spec;

/// Folders that are empty and private inside.
const PRIVATE: [&str; 2] = ["/tmp", "/var/tmp"];
/// Device files that programs expect; all others are gone.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
/// NixOS has its programs here.
const KEPT_OF_RUN: [&str; 3] = ["current-system", "booted-system", "opengl-driver"];

/// Gives what the command may write to.
pub(super) fn arrange(spec: &Spec) -> Result<Vec<PathBuf>, String> {
    mount_change(
        "/",
        MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
    )
    .map_err(|e| explain("mounts cannot be made private", &e))?;
    let writable: Vec<PathBuf> = std::iter::once(&spec.workspace)
        .chain(&spec.writable)
        .cloned()
        .collect();
    // Held before anything is covered, in case that they lie in what is.
    let held: Vec<OwnedFd> = writable
        .iter()
        .map(|path| hold(path).map_err(|e| format!("{}: {e}", path.display())))
        .collect::<Result<_, String>>()?;
    let secrets = secrets::existing(&spec.homes);
    devices().map_err(|e| format!("/dev: {e}"))?;
    run_folder().map_err(|e| format!("/run: {e}"))?;
    for path in &secrets {
        hide(path).map_err(|e| format!("{} cannot be hidden: {e}", path.display()))?;
    }
    // Memory of its own, bounded like the rest of it.
    let (private, inside) = private_folders(spec);
    let size = spec
        .memory_bytes
        .map_or(String::new(), |bytes| format!(",size={bytes}"));
    for folder in &private {
        tmpfs(folder, &format!("mode=1777{size}"), MountFlags::empty())
            .map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    // Covered by what is private already, so that it is not there any more.
    for folder in &inside {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    tmpfs(
        Path::new("/dev/shm"),
        &format!("mode=1777{size}"),
        MountFlags::empty(),
    )
    .map_err(|e| format!("/dev/shm: {e}"))?;
    let strict = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("proc", "/proc", "proc", strict, None).map_err(|e| explain("/proc", &e))?;
    for (path, fd) in writable.iter().zip(&held) {
        bring_back(path, fd)
            .map_err(|e| format!("{} cannot be made writable: {e}", path.display()))?;
    }
    drop(held);
    let mut all = writable;
    all.extend(private);
    all.push(PathBuf::from("/dev/shm"));
    all.push(PathBuf::from("/dev/pts"));
    let traps = secrets::traps(&spec.workspace);
    for path in &traps {
        mount_bind_recursive(path, path).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    freeze(&all, &traps)?;
    // This process stood on what was the root before.
    let _ = std::env::set_current_dir("/");
    Ok(all)
}

/// The usual ones, and the one that the command is told to use: those to cover, and those that lie in one of them.
fn private_folders(spec: &Spec) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let told = spec.env.iter().filter(|(name, _)| name == "TMPDIR");
    let mut folders: Vec<PathBuf> = PRIVATE
        .iter()
        .map(PathBuf::from)
        .chain(told.map(|(_, folder)| PathBuf::from(folder)))
        .filter_map(|folder| fs::canonicalize(folder).ok())
        // What may be written anyway stays what it is.
        .filter(|folder| folder.is_dir() && !folder.starts_with(&spec.workspace))
        .filter(|folder| !spec.writable.iter().any(|path| folder.starts_with(path)))
        .filter(|folder| folder != Path::new("/"))
        .collect();
    folders.sort();
    folders.dedup();
    let outer = folders.clone();
    folders.into_iter().partition(|folder| {
        !outer
            .iter()
            .any(|other| other != folder && folder.starts_with(other))
    })
}

fn hold(path: &Path) -> rustix::io::Result<OwnedFd> {
    rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
}

/// The name of what `fd` holds, whatever covers its path by now.
fn name_of(fd: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

fn tmpfs(on: &Path, options: &str, flags: MountFlags) -> std::io::Result<()> {
    let options = CString::new(options)?;
    let flags = flags | MountFlags::NOSUID | MountFlags::NODEV;
    mount("tmpfs", on, "tmpfs", flags, Some(options.as_c_str()))?;
    Ok(())
}

fn devices() -> std::io::Result<()> {
    let held: Vec<(&str, OwnedFd)> = DEVICES
        .iter()
        .filter_map(|name| Some((*name, hold(&Path::new("/dev").join(name)).ok()?)))
        .collect();
    tmpfs(Path::new("/dev"), "mode=755,size=64k", MountFlags::NOEXEC)?;
    for (name, fd) in held {
        let path = Path::new("/dev").join(name);
        File::create(&path)?;
        mount_bind(name_of(&fd), &path)?;
    }
    for folder in ["pts", "shm"] {
        fs::create_dir(Path::new("/dev").join(folder))?;
    }
    let options = c"newinstance,ptmxmode=0666,mode=620";
    let strict = MountFlags::NOSUID | MountFlags::NOEXEC;
    mount("devpts", "/dev/pts", "devpts", strict, Some(options))?;
    for (target, link) in [
        ("pts/ptmx", "ptmx"),
        ("/proc/self/fd", "fd"),
        ("/proc/self/fd/0", "stdin"),
        ("/proc/self/fd/1", "stdout"),
        ("/proc/self/fd/2", "stderr"),
    ] {
        symlink(target, Path::new("/dev").join(link))?;
    }
    // What covers a secret that is a file.
    File::create(EMPTY)?;
    Ok(())
}

const EMPTY: &str = "/dev/.empty";

/// Sockets of daemons (docker.sock is a way out), of the desktop, of agents that hold keys; secrets of services.
fn run_folder() -> std::io::Result<()> {
    let run = Path::new("/run");
    if !run.is_dir() {
        return Ok(());
    }
    let kept: Vec<(PathBuf, PathBuf)> = KEPT_OF_RUN
        .iter()
        .map(|name| run.join(name))
        .filter_map(|link| Some((fs::read_link(&link).ok()?, link)))
        .collect();
    tmpfs(run, "mode=755,size=64k", MountFlags::NOEXEC)?;
    for (target, link) in kept {
        symlink(target, link)?;
    }
    // Where it is no link to /run.
    let var_run = Path::new("/var/run");
    if fs::symlink_metadata(var_run).is_ok_and(|status| status.is_dir()) {
        hide(var_run)?;
    }
    Ok(())
}

fn hide(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return tmpfs(path, "mode=555,size=4k", MountFlags::RDONLY);
    }
    mount_bind(EMPTY, path)?;
    Ok(())
}

/// Puts what `fd` holds back at its path, writable, with whatever is mounted in it.
fn bring_back(path: &Path, fd: &OwnedFd) -> std::io::Result<()> {
    if !path.exists() {
        // It lay in a folder that is private now.
        let is_dir = fs::metadata(name_of(fd))?.is_dir();
        if is_dir {
            fs::create_dir_all(path)?;
        } else {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            File::create(path)?;
        }
    }
    mount_bind_recursive(name_of(fd), path)?;
    Ok(())
}

/// Makes every mount but the writable ones read-only, and takes devices and set-user-id away from all.
fn freeze(writable: &[PathBuf], traps: &[PathBuf]) -> Result<(), String> {
    let mounts = mountinfo::read().map_err(|e| format!("the list of mounts: {e}"))?;
    let may_write = |path: &Path| {
        writable.iter().any(|allowed| path.starts_with(allowed))
            && !traps.iter().any(|trap| path.starts_with(trap))
    };
    for Mount { path, flags } in &mounts {
        let mut flags = *flags | MountFlags::NOSUID;
        if !path.starts_with("/dev") {
            flags |= MountFlags::NODEV;
        }
        if !may_write(path) {
            flags |= MountFlags::RDONLY;
        }
        // What is covered by another mount cannot be reached by its path, and neither by the command.
        let _ = mount_remount(path, MountFlags::BIND | flags, c"");
    }
    // Whatever stood in the way of one of them must not go unnoticed.
    for Mount { path, .. } in mounts.iter().filter(|mount| !may_write(&mount.path)) {
        match rustix::fs::statvfs(path) {
            Ok(status) if !status.f_flag.contains(StatVfsMountFlags::RDONLY) => {
                return Err(format!("{} cannot be made read-only", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}
