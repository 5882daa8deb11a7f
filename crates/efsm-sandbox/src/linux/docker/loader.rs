//! What an executable needs to run in an image that has other libraries, or none: its loader and its libraries.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) executable: PathBuf,
    /// `None` for an executable that is linked statically.
    pub(super) loader: Option<PathBuf>,
    /// By the names under which they are looked for.
    pub(super) libraries: Vec<(String, PathBuf)>,
}

pub(super) fn find(executable: &Path) -> io::Result<Loaded> {
    let loader = interpreter(&mut File::open(executable)?)?;
    let libraries = match &loader {
        None => Vec::new(),
        Some(loader) => {
            let listed = Command::new(loader)
                .arg("--list")
                .arg(executable)
                .output()?;
            if !listed.status.success() {
                return Err(io::Error::other("its loader cannot list its libraries"));
            }
            parse(&String::from_utf8_lossy(&listed.stdout))
        }
    };
    Ok(Loaded {
        executable: executable.to_owned(),
        loader: loader.map(std::fs::canonicalize).transpose()?,
        libraries,
    })
}

/// Lines of `name => /path (0x7f...)`.
fn parse(listed: &str) -> Vec<(String, PathBuf)> {
    listed
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.trim().split_once(" => ")?;
            let path = rest.rsplit_once(" (").map_or(rest, |(path, _)| path);
            let path = std::fs::canonicalize(path).ok()?;
            // A loader may list itself, under its whole path.
            (!name.contains('/')).then(|| (name.to_owned(), path))
        })
        .collect()
}

/// The program header PT_INTERP of a 64-bit ELF file in this machine's byte order; see elf(5).
fn interpreter(file: &mut (impl Read + Seek)) -> io::Result<Option<PathBuf>> {
    const PT_INTERP: u32 = 3;
    const LONGEST_PATH: u64 = 4096;
    let bad = || io::Error::new(io::ErrorKind::InvalidData, "it is no 64-bit ELF executable");
    let mut head = [0; 64];
    file.read_exact(&mut head).map_err(|_| bad())?;
    if !head.starts_with(b"\x7fELF\x02") {
        return Err(bad());
    }
    let offset = u64::from_ne_bytes(head[32..40].try_into().map_err(|_| bad())?);
    let size = u64::from(u16::from_ne_bytes([head[54], head[55]]));
    let count = u64::from(u16::from_ne_bytes([head[56], head[57]]));
    for index in 0..count {
        let mut header = [0; 56];
        let at = offset.checked_add(index * size).ok_or_else(bad)?;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut header).map_err(|_| bad())?;
        if header[..4] != PT_INTERP.to_ne_bytes() {
            continue;
        }
        let at = u64::from_ne_bytes(header[8..16].try_into().map_err(|_| bad())?);
        let length = u64::from_ne_bytes(header[32..40].try_into().map_err(|_| bad())?);
        let mut path = vec![0; length.min(LONGEST_PATH) as usize];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut path).map_err(|_| bad())?;
        let path = String::from_utf8(path).map_err(|_| bad())?;
        return Ok(Some(PathBuf::from(path.trim_end_matches('\0'))));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loader_of_this_test_is_found() {
        let found = find(&std::env::current_exe().unwrap()).unwrap();
        assert_eq!(found.loader.is_some(), !found.libraries.is_empty());
    }

    #[test]
    fn nonsense_is_no_executable() {
        for bytes in [&b""[..], b"#!/bin/sh\n", &[0x7f; 200], b"\x7fELF\x02"] {
            assert!(interpreter(&mut io::Cursor::new(bytes)).is_err());
        }
        // A whole head that promises headers which are not there.
        let mut head = vec![0xff; 64];
        head[..5].copy_from_slice(b"\x7fELF\x02");
        assert!(interpreter(&mut io::Cursor::new(head)).is_err());
    }
}
