//! /proc/self/mountinfo, as far as a mount can be made stricter by it. See proc_pid_mountinfo(5).

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use rustix::mount::MountFlags;

#[derive(Debug, PartialEq)]
pub(super) struct Mount {
    pub(super) path: PathBuf,
    /// What it is held to already, and must stay held to: the kernel refuses to loosen it.
    pub(super) flags: MountFlags,
}

pub(super) fn read() -> io::Result<Vec<Mount>> {
    Ok(parse(&fs::read("/proc/self/mountinfo")?))
}

fn parse(text: &[u8]) -> Vec<Mount> {
    text.split(|byte| *byte == b'\n').filter_map(line).collect()
}

fn line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ').skip(4);
    let path = PathBuf::from(OsString::from_vec(unescape(fields.next()?)));
    let flags = fields
        .next()?
        .split(|byte| *byte == b',')
        .map(|option| match option {
            b"ro" => MountFlags::RDONLY,
            b"nosuid" => MountFlags::NOSUID,
            b"nodev" => MountFlags::NODEV,
            b"noexec" => MountFlags::NOEXEC,
            _ => MountFlags::empty(),
        })
        .fold(MountFlags::empty(), |all, flag| all | flag);
    Some(Mount { path, flags })
}

/// Blanks, tabs, newlines and backslashes stand as three octal digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let octal = (byte == b'\\')
            .then(|| after.get(..3))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.push(octal.unwrap_or(byte));
        rest = if octal.is_some() { &after[3..] } else { after };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_flags_are_read() {
        let text = b"22 1 254:0 / / rw,relatime - ext4 /dev/root rw\n\
            30 22 0:5 / /a\\040b\\134 ro,nosuid,nodev,noexec shared:1 - tmpfs tmpfs rw\nnonsense\n";
        let mounts = parse(text);
        assert_eq!(mounts.len(), 2);
        assert_eq!(mounts[0].path, PathBuf::from("/"));
        assert_eq!(mounts[0].flags, MountFlags::empty());
        assert_eq!(mounts[1].path, PathBuf::from("/a b\\"));
        assert!(
            mounts[1]
                .flags
                .contains(MountFlags::RDONLY | MountFlags::NOEXEC)
        );
    }
}
