//! What a command may not read although its user can.

use std::fs;
use std::path::{Path, PathBuf};

/// Below the home folder: keys, tokens, sessions and histories of the usual tools.
const OF_HOME: &[&str] = &[
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".oci",
    ".config/gcloud",
    ".config/gh",
    ".config/hub",
    ".config/glab-cli",
    ".config/doctl",
    ".config/heroku",
    ".config/op",
    ".config/rclone",
    ".config/containers",
    ".config/configstore",
    ".config/github-copilot",
    ".config/git/credentials",
    ".docker",
    ".kube",
    ".helm",
    ".terraform.d",
    ".vault-token",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".git-credentials",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".gem/credentials",
    ".bundle/config",
    ".composer/auth.json",
    ".m2/settings.xml",
    ".m2/settings-security.xml",
    ".gradle/gradle.properties",
    ".nuget/NuGet/NuGet.Config",
    ".cache/huggingface/token",
    ".huggingface",
    ".kaggle",
    ".databrickscfg",
    ".boto",
    ".s3cfg",
    ".pgpass",
    ".my.cnf",
    ".password-store",
    ".local/share/keyrings",
    ".local/share/kwalletd",
    ".mozilla",
    ".thunderbird",
    ".config/google-chrome",
    ".config/chromium",
    ".config/BraveSoftware",
    ".config/microsoft-edge",
    ".config/Signal",
    ".config/Slack",
    ".claude",
    ".claude.json",
    ".codex",
    ".gemini",
    ".bash_history",
    ".zsh_history",
    ".local/share/fish",
    ".python_history",
    ".node_repl_history",
    ".psql_history",
    ".mysql_history",
    ".rediscli_history",
    ".lesshst",
];

/// Of the machine: what root may read, and where its daemons' sockets are.
const OF_MACHINE: &[&str] = &[
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/kubernetes",
    "/etc/rancher",
    "/etc/docker",
    "/etc/ssl/private",
    "/etc/letsencrypt",
    "/var/lib/docker",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/kubelet",
    "/var/lib/rancher",
    "/var/spool/cron",
    "/sys/firmware",
    "/sys/kernel/debug",
    "/sys/kernel/tracing",
    "/sys/kernel/security",
    "/sys/fs/bpf",
];

/// Those that exist, links followed, so that what is hidden is the thing and not its name.
pub(super) fn existing(homes: &[PathBuf]) -> Vec<PathBuf> {
    let mut homes = homes.to_vec();
    if rustix::process::getuid().is_root() {
        // Root reads its own home whatever `HOME` says.
        homes.push(PathBuf::from("/root"));
    }
    let of_homes = homes
        .iter()
        .flat_map(|home| OF_HOME.iter().map(move |name| home.join(name)));
    let mut found: Vec<PathBuf> = of_homes
        .chain(OF_MACHINE.iter().map(PathBuf::from))
        .chain(host_keys())
        .filter_map(|path| fs::canonicalize(path).ok())
        .filter(|path| path != Path::new("/"))
        .collect();
    found.sort();
    found.dedup();
    found
}

fn host_keys() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir("/etc/ssh") else {
        return Vec::new();
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension().is_none()
                && path
                    .file_name()
                    .is_some_and(|name| name.as_encoded_bytes().starts_with(b"ssh_host_"))
        })
        .collect()
}

/// Files of a workspace that run or steer programs outside of the sandbox later: writing them would be a way out.
pub(super) fn traps(workspace: &Path) -> Vec<PathBuf> {
    [".git/hooks", ".git/config"]
        .iter()
        .map(|name| workspace.join(name))
        .filter(|path| fs::symlink_metadata(path).is_ok_and(|status| !status.is_symlink()))
        .collect()
}
