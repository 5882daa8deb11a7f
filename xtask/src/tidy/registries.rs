//! Which registry is used is a setting of the machine, not of the repository.

/// Settings that name a registry, in the files that package managers read.
const SETTINGS: [&str; 6] = [
    "--index-url",
    "--extra-index-url",
    "--find-links",
    "trusted-host",
    "replace-with",
    "registry=",
];

/// A lock file says where each package came from: only the public registries are everyone's.
const LOCK_FILES: [(&str, &str, &str); 2] = [
    (
        "package-lock.json",
        "\"resolved\":",
        "https://registry.npmjs.org/",
    ),
    (
        "Cargo.lock",
        "source =",
        "registry+https://github.com/rust-lang/crates.io-index",
    ),
];

pub(super) fn check_text(name: &str, text: &str) -> Vec<String> {
    let file = name.rsplit('/').next().unwrap_or(name);
    let is_setting = ["requirements.txt", ".npmrc", "pip.conf", "config.toml"].contains(&file)
        || name.starts_with(".ci/");
    let lock_file = LOCK_FILES.iter().find(|(lock, _, _)| *lock == file);
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if is_setting && SETTINGS.iter().any(|setting| line.contains(setting)) {
            findings.push(format!(
                "{name}:{}: names a registry: leave that to the machine's own settings",
                index + 1
            ));
        }
        if let Some((_, source, public)) = lock_file
            && line.contains(source)
            && !line.contains(public)
        {
            findings.push(format!(
                "{name}:{}: this package comes from a registry that is not public",
                index + 1
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, text: &str, findings: usize) {
        let found = check_text(name, text);
        assert_eq!(found.len(), findings, "{found:?}");
    }

    #[test]
    fn only_public_registries_are_named() {
        check("clients/python/requirements.txt", "httpx==1", 0);
        check(
            "clients/python/requirements.txt",
            "--index-url https://x",
            1,
        );
        check("docs/a.md", "pip --index-url https://x", 0);
        let npm = "\"resolved\": \"https://registry.npmjs.org/a.tgz\"";
        check("clients/node/package-lock.json", npm, 0);
        let mirror = "\"resolved\": \"https://npm.local/a.tgz\"";
        check("clients/node/package-lock.json", mirror, 1);
        check("Cargo.lock", "source = \"git+https://x\"", 1);
    }
}
