//! Namespaces of one's own: entered in two steps, because a PID namespace begins with the next child.

use std::fs;

use rustix::thread::UnshareFlags;

use super::sys;

/// The guardian's step: a user namespace, in which this user keeps its number, and a PID namespace for the supervisor.
pub(super) fn enter_users() -> Result<(), String> {
    let (uid, gid) = (rustix::process::getuid(), rustix::process::getgid());
    sys::unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWPID)
        .map_err(|e| explain("a user namespace cannot be made", &e))?;
    let write = |file: &str, text: String| {
        fs::write(format!("/proc/self/{file}"), text)
            .map_err(|e| explain("the user cannot be mapped into its namespace", &e))
    };
    // Without it the kernel lets nobody but root map a group.
    write("setgroups", "deny".to_owned())?;
    let (uid, gid) = (uid.as_raw(), gid.as_raw());
    write("uid_map", format!("{uid} {uid} 1"))?;
    write("gid_map", format!("{gid} {gid} 1"))?;
    keep_capabilities().map_err(|e| explain("the namespace's capabilities cannot be kept", &e))
}

/// A program that is not root's loses its capabilities when it starts; the ambient ones are passed on to the supervisor.
fn keep_capabilities() -> rustix::io::Result<()> {
    let mut sets = rustix::thread::capabilities(None)?;
    sets.inheritable = sets.permitted;
    rustix::thread::set_capabilities(None, sets)?;
    for capability in sets.permitted.iter() {
        rustix::thread::configure_capability_in_ambient_set(capability, true)?;
    }
    Ok(())
}

/// The supervisor's step: everything else. The mounts are its own, and not the guardian's, so that the guardian still sees the
/// control groups that it removes.
pub(super) fn enter_rest() -> Result<(), String> {
    let flags = UnshareFlags::NEWNS
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS
        | UnshareFlags::NEWCGROUP;
    sys::unshare(flags).map_err(|e| explain("the other namespaces cannot be made", &e))
}

/// The usual reasons, which the kernel's error number does not tell.
pub(super) fn explain(what: &str, error: &dyn std::fmt::Display) -> String {
    let setting = |name: &str| {
        fs::read_to_string(format!("/proc/sys/{name}")).map(|text| text.trim().to_owned())
    };
    let is = |name: &str, value: &str| setting(name).is_ok_and(|found: String| found == value);
    let hint = if is("kernel/apparmor_restrict_unprivileged_userns", "1") {
        ": AppArmor restricts user namespaces here (Ubuntu 24.04 and later); `sysctl kernel.apparmor_restrict_unprivileged_userns=0` lifts it"
    } else if is("kernel/unprivileged_userns_clone", "0") {
        ": `sysctl kernel.unprivileged_userns_clone=1` allows it"
    } else if is("user/max_user_namespaces", "0") {
        ": `sysctl user.max_user_namespaces=10000` allows it"
    } else if fs::exists("/.dockerenv").unwrap_or(false)
        || fs::exists("/run/.containerenv").unwrap_or(false)
    {
        ": this is a container, whose engine forbids it"
    } else {
        ""
    };
    format!("{what}: {error}{hint}")
}
