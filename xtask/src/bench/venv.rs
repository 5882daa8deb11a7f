//! Interpreters with what a benchmark imports, each made once among the tools.

use std::path::{Path, PathBuf};

use super::Setup;
use crate::clients::{install_wheel, make_venv};
use crate::root;
use crate::run::Run;

const FASTAPI: [&str; 2] = ["fastapi==0.165.0", "uvicorn==0.54.0"];

/// A Python with FastAPI, or what is missing.
pub(super) fn fastapi(tools: &Path) -> Result<PathBuf, String> {
    let root = root();
    let venv = tools.join("fastapi");
    let python = venv.join("bin/python");
    let has_fastapi = Run::new("python", &python, &root)
        .args(["-c", "import fastapi, uvicorn"])
        .succeeds();
    if has_fastapi {
        return Ok(python);
    }
    make_venv(&venv)?;
    let install = ["-m", "pip", "install", "--quiet"];
    let installed = Run::new("FastAPI, to compare with", &python, &root)
        .args(install)
        .args(["--disable-pip-version-check"])
        .args(FASTAPI)
        .check();
    if installed.failed > 0 {
        return Err("there is no Python that can install FastAPI, so it was not run".to_owned());
    }
    Ok(python)
}

/// A Python with this tree's package, built for release, or what is missing.
pub(super) fn package(setup: &Setup) -> Result<PathBuf, String> {
    let venv = setup.tools.join("package");
    let python = venv.join("bin/python");
    make_venv(&venv)?;
    let wheels = setup.release.join("wheels");
    if install_wheel(&python, &wheels, "release").failed > 0 {
        return Err("the wheel could not be built: maturin comes from a registry".to_owned());
    }
    Ok(python)
}
