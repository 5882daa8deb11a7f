//! Who may depend on whom: the arrows of ARCHITECTURE.md, read from the manifests.

use std::fs;
use std::path::Path;

const SERVICES: [&str; 5] = [
    "efsm-http",
    "efsm-database",
    "efsm-auth",
    "efsm-queue",
    "efsm-storage",
];

/// Crates of one idea, which know nothing of stacks.
const PURE: &[&str] = &[
    "efsm-document",
    "efsm-generate",
    "efsm-graphql",
    "efsm-javatext",
    "efsm-jose",
    "efsm-jsonpath",
    "efsm-matchers",
    "efsm-spec",
    "efsm-specdiff",
    "efsm-template",
    "efsm-xml",
];

pub(super) fn check(root: &Path) -> Vec<String> {
    let mut findings = Vec::new();
    let Ok(crates) = fs::read_dir(root.join("crates")) else {
        return vec!["crates: the folder cannot be read".to_owned()];
    };
    for entry in crates.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let manifest = fs::read_to_string(entry.path().join("Cargo.toml")).unwrap_or_default();
        if !manifest.contains("[lints]\nworkspace = true") {
            findings.push(format!(
                "crates/{name}/Cargo.toml: no `[lints] workspace = true`: add it"
            ));
        }
        for dependency in own_dependencies(&manifest) {
            if !may_depend(&name, dependency) {
                findings.push(format!(
                    "crates/{name}/Cargo.toml: {name} must not depend on {dependency}: see the arrows in ARCHITECTURE.md"
                ));
            }
        }
    }
    findings
}

/// The crates of this workspace under `[dependencies]`.
fn own_dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let from = manifest
        .find("\n[dependencies]")
        .map_or(manifest.len(), |at| at + 15);
    let section = &manifest[from..];
    let to = section.find("\n[").unwrap_or(section.len());
    section[..to]
        .lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| *name == "efsm" || name.starts_with("efsm-"))
}

fn may_depend(name: &str, on: &str) -> bool {
    match name {
        "efsm-core" => false,
        "efsm-wire" | "efsm-tls" | "efsm-sandbox" => on == "efsm-core",
        "efsm-config" => ["efsm-core", "efsm-document"].contains(&on),
        "efsm-gateway" => ["efsm-core", "efsm-wire", "efsm-tls"].contains(&on),
        name if PURE.contains(&name) => PURE.contains(&on),
        name if SERVICES.contains(&name) => {
            ["efsm-core", "efsm-wire"].contains(&on) || PURE.contains(&on)
        }
        "efsm" => on != "efsm-cli",
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_stand_on_core_and_not_on_each_other() {
        assert!(may_depend("efsm-queue", "efsm-core"));
        assert!(may_depend("efsm-http", "efsm-template"));
        assert!(!may_depend("efsm-queue", "efsm-storage"));
        assert!(!may_depend("efsm-gateway", "efsm-http"));
        assert!(!may_depend("efsm-core", "efsm-wire"));
    }

    #[test]
    fn dependencies_are_read_from_their_section_alone() {
        let manifest = "[package]\nname = \"x\"\n\n[dependencies]\nbytes.workspace = true\nefsm-core.workspace = true\nefsm-wire = { path = \"x\" }\n\n[dev-dependencies]\nefsm-http.workspace = true\n";
        let found: Vec<&str> = own_dependencies(manifest).collect();
        assert_eq!(found, ["efsm-core", "efsm-wire"]);
    }
}
