//! Where the helper's executable is.

use std::path::{Path, PathBuf};

use super::helper;
use crate::{Policy, SandboxError};

/// The one that the policy names, else this executable when it is one, else `EFSM_BIN`, else `efsm` on the `PATH`.
pub(super) fn helper(policy: &Policy) -> Result<PathBuf, SandboxError> {
    if let Some(path) = &policy.helper {
        return Ok(path.clone());
    }
    if helper::this_executable_is_one() {
        // The link, and not what it points at: it works after the file was replaced or removed.
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    if let Some(path) = std::env::var_os("EFSM_BIN").filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        if is_executable(&path) {
            return Ok(path);
        }
        return Err(SandboxError::NoHelper {
            why: format!("EFSM_BIN is {}, which cannot be run", path.display()),
        });
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("efsm"))
        .find(|candidate| is_executable(candidate))
        .ok_or_else(|| SandboxError::NoHelper {
            why: "EFSM_BIN is not set".to_owned(),
        })
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}
