//! `efsm export`: what runs the same efsm.yaml elsewhere.

mod compose;
mod kubernetes;
mod yaml;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use efsm::Config;
use efsm::env::Surroundings;
use serde_json::Value;

use crate::args::{Export, ExportForm, ExportOptions};
use crate::failure::Failure;
use crate::up;

/// The port inside of a container.
const PORT: u16 = 8888;
/// Where the configuration is mounted.
const MOUNT: &str = "/stack";
/// A user without a name and without rights, by number: Kubernetes can check that it is not root.
const USER: u32 = 65532;
/// What the process needs besides what it stores.
const ROOM_BYTES: u64 = 256 << 20;

/// What both forms are made from.
struct Plan {
    name: String,
    image: String,
    test_image: String,
    test_command: Option<String>,
    config: Config,
    surroundings: Surroundings,
    /// The folder of the configuration and the files in it that it reads, itself first; `None` without one.
    files: Option<Files>,
}

struct Files {
    folder: PathBuf,
    relative: Vec<PathBuf>,
}

pub(crate) fn run(export: Export) -> Result<ExitCode, Failure> {
    let (text, options) = match export.form {
        ExportForm::Compose(options) => {
            let plan = Plan::new(options)?;
            (yaml::documents(&[compose::file(&plan)]), plan)
        }
        ExportForm::Kubernetes(options) => {
            let plan = Plan::new(options)?;
            (yaml::documents(&kubernetes::manifests(&plan)?), plan)
        }
    };
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "# Made by `efsm export` {} from {}. Images: {}, {}.",
        env!("CARGO_PKG_VERSION"),
        options.config_name(),
        options.image,
        options.test_image
    )?;
    out.write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

impl Plan {
    fn new(options: ExportOptions) -> Result<Self, Failure> {
        let loaded = up::configuration(options.config.as_deref())?;
        let name = match (options.name, &loaded.config.name) {
            (Some(name), _) => name.into_string(),
            (None, Some(name)) => name.clone(),
            (None, None) => "efsm".to_owned(),
        };
        Ok(Self {
            name: label(&name),
            image: options.image,
            test_image: options.test_image,
            test_command: options.test_cmd,
            files: Files::of(&loaded.sources)?,
            // The same errors that the stack would tell at its start.
            surroundings: Surroundings::of(&loaded.config)?,
            config: loaded.config,
        })
    }

    fn config_name(&self) -> String {
        self.files.as_ref().map_or_else(
            || "no configuration".to_owned(),
            |files| files.relative[0].display().to_string(),
        )
    }

    /// The arguments of efsm in a container that others reach at `url`.
    fn served_at(&self, url: &str) -> Vec<String> {
        let mut arguments = self.arguments("0.0.0.0");
        arguments.push(format!("--public-url={url}"));
        // Who may reach the port is the network's to say.
        arguments.push("--trust-network".to_owned());
        arguments
    }

    fn arguments(&self, bind: &str) -> Vec<String> {
        let mut arguments = vec!["up".to_owned()];
        if let Some(files) = &self.files {
            arguments.push(format!("{MOUNT}/{}", files.relative[0].display()));
        }
        arguments.extend([
            format!("--bind={bind}"),
            format!("--port={PORT}"),
            "--strict-port".to_owned(),
            format!("--name={}", self.name),
        ]);
        arguments
    }

    /// Succeeds when the stack answers; an image needs no other tool for it.
    fn health_command(&self) -> Vec<String> {
        ["efsm", "status", &self.name].map(str::to_owned).to_vec()
    }

    fn variables(&self, url: &str) -> Vec<(String, String)> {
        self.surroundings.variables(url)
    }

    /// The cap of what is stored, and room beside it: the stack refuses before the kernel kills.
    fn memory_bytes(&self) -> u64 {
        self.config.limits.memory_bytes.saturating_add(ROOM_BYTES)
    }
}

impl Files {
    fn of(sources: &[PathBuf]) -> Result<Option<Self>, Failure> {
        let Some(configuration) = sources.first() else {
            return Ok(None);
        };
        let absolute = |path: &Path| {
            path.canonicalize().map_err(|source| Failure::File {
                path: path.to_owned(),
                source,
            })
        };
        let folder = absolute(configuration)?
            .parent()
            .unwrap_or(Path::new("/"))
            .to_owned();
        let mut relative = Vec::new();
        for source in sources {
            let path = absolute(source)?;
            let Ok(below) = path.strip_prefix(&folder) else {
                return Err(Failure::Options {
                    what: format!(
                        "{} is not in the folder of the configuration, {}: it would be missing elsewhere",
                        path.display(),
                        folder.display()
                    ),
                    hint: "move it below that folder".to_owned(),
                });
            };
            if !relative.iter().any(|known| known == below) {
                relative.push(below.to_owned());
            }
        }
        Ok(Some(Self { folder, relative }))
    }
}

/// A name that Kubernetes and DNS take: small letters, digits and `-`, at most 50 so that suffixes fit.
fn label(name: &str) -> String {
    let label: String = name
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(50)
        .collect();
    let label = label.trim_matches('-');
    if label.starts_with(|c: char| c.is_ascii_alphabetic()) {
        label.to_owned()
    } else {
        format!("efsm-{label}").trim_end_matches('-').to_owned()
    }
}

/// `["sh", "-c", command]`.
fn shell(command: &str) -> Value {
    ["sh", "-c", command].as_slice().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_labels() {
        for (name, expected) in [
            ("shop", "shop"),
            ("My_Shop.2", "my-shop-2"),
            ("7", "efsm-7"),
            ("---", "efsm"),
        ] {
            assert_eq!(label(name), expected);
        }
    }
}
