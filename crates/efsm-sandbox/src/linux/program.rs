//! Finding the command as a shell would, so that its refusal can say what a shell would say.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::wire::{Refusal, Spec};

/// What `execvp` searches when there is no `PATH`.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

pub(super) fn find(spec: &Spec) -> Result<PathBuf, (Refusal, String)> {
    let name = &spec.program;
    if name.as_bytes().contains(&b'/') {
        // Relative to where the command runs.
        return Ok(spec.workspace.join(name));
    }
    let mut env = spec.env.iter();
    let path = env
        .find(|(name, _)| name == "PATH")
        .map_or(OsStr::new(USUAL_PATH), |(_, v)| v);
    let mut not_executable = None;
    for folder in std::env::split_paths(path) {
        let candidate = spec.workspace.join(folder).join(name);
        if !candidate.is_file() {
            continue;
        }
        if access(&candidate, Access::EXEC_OK).is_ok() {
            return Ok(candidate);
        }
        not_executable = Some(candidate);
    }
    Err(match not_executable {
        Some(path) => refused(&path, &io::Error::from(io::ErrorKind::PermissionDenied)),
        None => (Refusal::NotFound, path.display().to_string()),
    })
}

/// What the kernel's refusal to run `path` means.
pub(super) fn refused(path: &Path, error: &io::Error) -> (Refusal, String) {
    let exists = fs::metadata(path).is_ok();
    match error.kind() {
        io::ErrorKind::NotFound if exists => {
            let missing = interpreter(path).unwrap_or_else(|| "its loader".to_owned());
            (
                Refusal::NotExecutable,
                format!("its interpreter {missing} does not exist"),
            )
        }
        io::ErrorKind::NotFound => (Refusal::NotFound, format!("there is no {}", path.display())),
        io::ErrorKind::PermissionDenied if path.is_dir() => {
            (Refusal::NotExecutable, "it is a folder".to_owned())
        }
        io::ErrorKind::PermissionDenied => (
            Refusal::NotExecutable,
            "permission denied: is it executable (chmod +x), and may its folder be entered?"
                .to_owned(),
        ),
        io::ErrorKind::ArgumentListTooLong => (
            Refusal::NotExecutable,
            "its arguments and variables are longer than the kernel allows".to_owned(),
        ),
        _ => (Refusal::NotExecutable, error.to_string()),
    }
}

/// The interpreter that a script names in its first line.
fn interpreter(path: &Path) -> Option<String> {
    let mut head = [0; 256];
    let length = File::open(path).ok()?.read(&mut head).ok()?;
    let line = head[..length].strip_prefix(b"#!")?;
    let line = line.split(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    line.split_whitespace().next().map(str::to_owned)
}
