//! `cargo xtask tidy`: the invariants of ARCHITECTURE.md that no lint knows. Each finding names a file, a
//! line, and what to do.

mod arrows;
mod registries;
mod sources;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tally::Tally;
use crate::{docs, root};

pub(crate) fn run() -> Tally {
    println!("\n── tidy");
    let root = root();
    let files = tracked(&root);
    if files.is_empty() {
        return Tally::fail("tidy: git lists no files: run it in a clone");
    }
    let mut findings = arrows::check(&root);
    findings.extend(essentials(&files));
    findings.extend(docs::check(&root));
    for file in &files {
        findings.extend(sources::check(&root, file));
    }
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Tally::pass(),
        count => Tally::fail(format!("tidy: {count} findings")),
    }
}

/// What a clone is not complete without.
fn essentials(files: &[PathBuf]) -> Vec<String> {
    [
        ".ci/run",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Cargo.lock",
        "LICENSE",
        "README.md",
        "deny.toml",
    ]
    .iter()
    .filter(|needed| !files.iter().any(|file| file == Path::new(needed)))
    .map(|needed| format!("{needed}: missing, or ignored by git"))
    .collect()
}

/// The files that git tracks or would track, relative to the root.
fn tracked(root: &Path) -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output();
    let Ok(output) = output else {
        return Vec::new();
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(PathBuf::from)
        .filter(|path| root.join(path).is_file())
        .collect()
}
