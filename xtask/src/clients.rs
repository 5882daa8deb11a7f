//! The real clients under `clients/`, each in its own language, against the binary that was just built.

use std::path::{Path, PathBuf};

use crate::root;
use crate::run::Run;
use crate::tally::Tally;

pub(crate) fn run() -> Tally {
    let root = root();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let binary = target.join("debug").join("efsm");
    let mut tally = Tally::default();
    let python = root.join("clients/python");
    if python.join("requirements.txt").exists() {
        tally.add(run_python(&python, &target, &binary));
    }
    tally.add(run_python_package(&root, &target));
    for folder in ["clients/node", "clients/prisma"] {
        if root.join(folder).join("package.json").exists() {
            tally.add(run_node(&root, folder, &binary));
        }
    }
    tally.add(run_mcp_conformance(&root, &target, &binary));
    let rust = root.join("clients/rust");
    if rust.join("Cargo.toml").exists() {
        tally.add(run_rust(&rust, &target, &binary));
    }
    tally
}

/// A workspace of its own, built beside the others.
fn run_rust(folder: &Path, target: &Path, binary: &Path) -> Tally {
    Run::new("clients/rust", "cargo", folder)
        .args(["test", "--locked", "--quiet"])
        .env("CARGO_TARGET_DIR", target.join("clients-rust"))
        .env("EFSM_BIN", binary)
        .count()
}

/// pytest in a virtual environment under `target/`, made anew when the requirements change.
fn run_python(folder: &Path, target: &Path, binary: &Path) -> Tally {
    let python = match venv("clients/python", folder, target) {
        Ok(python) => python,
        Err(tally) => return tally,
    };
    Run::new("clients/python", &python, folder)
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no"])
        .env("EFSM_BIN", binary)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .count()
}

/// The wheel of clients/python-package, built in the profile of the tests, in a virtual environment of its own.
fn run_python_package(root: &Path, target: &Path) -> Tally {
    let name = "clients/python-package";
    let folder = root.join(name);
    let tests = folder.join("tests");
    let python = match venv(name, &tests, target) {
        Ok(python) => python,
        Err(tally) => return tally,
    };
    let wheels = target.join("wheels");
    let mut tally = install_wheel(&python, &wheels, "dev");
    if tally.failed == 0 {
        tally.add(
            Run::new(name, &python, &tests)
                .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no"])
                .env("EFSM_WHEELS", &wheels)
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .count(),
        );
    }
    tally
}

/// Builds the wheel of this tree in a profile of cargo's, alone in `wheels`, and installs it.
pub(crate) fn install_wheel(python: &Path, wheels: &Path, profile: &str) -> Tally {
    let folder = root().join("clients/python-package");
    // One wheel alone: an older one must not be taken in its place.
    let _ = std::fs::remove_dir_all(wheels);
    let wheels = wheels.to_string_lossy();
    let pip = |what: &str, args: &[&str]| {
        Run::new(what, python, &folder)
            .args(["-m", "pip", "--quiet", "--disable-pip-version-check"])
            .args(args.iter().copied())
            .check()
    };
    let profile = format!("build-args=--profile {profile}");
    let mut tally = pip(
        "the wheel of clients/python-package",
        &["wheel", "--no-deps", "-C", &profile, "-w", &wheels, "."],
    );
    if tally.failed == 0 {
        let options = ["install", "--force-reinstall", "--no-index", "-f"];
        tally.add(pip(
            "its installation",
            &[&options[..], &[&*wheels, "sin-code-efsm"]].concat(),
        ));
    }
    tally
}

/// Makes a virtual environment, or says what is missing; one that is there stays as it is.
pub(crate) fn make_venv(venv: &Path) -> Result<(), String> {
    let root = root();
    let python = venv.join("bin/python");
    let pip = ["-m", "pip", "--version"];
    if Run::new("pip", &python, &root).args(pip).succeeds() {
        return Ok(());
    }
    let has_python = Run::new("python3", "python3", &root)
        .args(["--version"])
        .succeeds();
    if !has_python {
        return Err("there is no python3 on this machine".to_owned());
    }
    let made = Run::new("a virtual environment", "python3", &root)
        .args(["-m", "venv", &venv.to_string_lossy()])
        .check();
    if made.failed > 0 {
        return Err(
            "python3 cannot make a virtual environment (Debian: apt-get install python3-venv)"
                .to_owned(),
        );
    }
    Ok(())
}

/// The interpreter of a virtual environment under `target/` with the requirements of `folder`, made anew when
/// these change; or what stands in the way.
fn venv(name: &str, folder: &Path, target: &Path) -> Result<PathBuf, Tally> {
    let venv = target.join(name.replace('/', "-"));
    let python = venv.join("bin/python");
    make_venv(&venv).map_err(|lack| Tally::leave_out(format!("{name}: {lack}")))?;
    let wanted = std::fs::read(folder.join("requirements.txt")).unwrap_or_default();
    let stamp = venv.join("requirements.installed");
    if std::fs::read(&stamp).ok().as_ref() != Some(&wanted) {
        let installed = Run::new(&format!("requirements of {name}"), &python, folder)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(["-r", "requirements.txt"])
            .check();
        if installed.failed > 0 {
            return Err(installed);
        }
        // Only the stamp is lost when this fails; the next run installs again.
        let _ = std::fs::write(&stamp, &wanted);
    }
    Ok(python)
}

/// The official suite of the Model Context Protocol, which brings a node of its own: a registry that cannot be reached
/// leaves it out.
fn run_mcp_conformance(root: &Path, target: &Path, binary: &Path) -> Tally {
    let name = "clients/mcp-conformance";
    let folder = &root.join(name);
    if !Run::new("npm", "npm", folder)
        .args(["--version"])
        .succeeds()
    {
        return Tally::leave_out(format!("{name}: there is no npm on this machine"));
    }
    let install = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    let bounded = ["--fetch-retries=1", "--fetch-timeout=60000"];
    let installed = Run::new(&format!("packages of {name}"), "npm", folder)
        .args(install.into_iter().chain(bounded))
        .check();
    if installed.failed > 0 {
        return Tally::leave_out(format!(
            "{name}: npm could not install the suite: is the registry reachable?"
        ));
    }
    let built = Run::new("the fixture of the conformance suite", "cargo", root)
        .args([
            "build",
            "--quiet",
            "-p",
            "efsm-mcp",
            "--example",
            "conformance",
        ])
        .check();
    if built.failed > 0 {
        return built;
    }
    Run::new(name, "npm", folder)
        .args(["test", "--silent"])
        .env("EFSM_BIN", binary)
        .env(
            "EFSM_MCP_FIXTURE",
            target.join("debug/examples/conformance"),
        )
        .count()
}

/// node's own test runner, after `npm ci`.
fn run_node(root: &Path, name: &str, binary: &Path) -> Tally {
    let folder = &root.join(name);
    for program in ["node", "npm"] {
        if !Run::new(program, program, folder)
            .args(["--version"])
            .succeeds()
        {
            return Tally::leave_out(format!("{name}: there is no {program} on this machine"));
        }
    }
    let installed = Run::new(&format!("packages of {name}"), "npm", folder)
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .check();
    if installed.failed > 0 {
        return installed;
    }
    Run::new(name, "npm", folder)
        .args(["test", "--silent"])
        .env("EFSM_BIN", binary)
        .count()
}
