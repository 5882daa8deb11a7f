//! Which tier may run a command.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Enforced;

/// How a command is kept apart, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// A container of Docker or Podman.
    Docker,
    /// Namespaces, Landlock and seccomp of this machine's kernel.
    Namespaces,
    /// Resource limits and clean ends. **Not a security boundary.**
    Limits,
}

impl Tier {
    pub const ALL: [Self; 3] = [Self::Docker, Self::Namespaces, Self::Limits];

    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Namespaces => "namespaces",
            Self::Limits => "limits",
        }
    }

    /// Whether code that means harm is held back.
    pub fn is_boundary(self) -> bool {
        self != Self::Limits
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the caller asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The strongest tier that works here. Docker is among them only when an image is named, because the command's
    /// tools are on this machine and not in an image that nobody chose.
    #[default]
    Auto,
    /// This one or an error.
    Only(Tier),
}

impl std::str::FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "docker" | "podman" => Ok(Self::Only(Tier::Docker)),
            "namespaces" => Ok(Self::Only(Tier::Namespaces)),
            "limits" => Ok(Self::Only(Tier::Limits)),
            _ => Err(format!(
                "`{text}` is no tier: choose auto, docker, namespaces or limits"
            )),
        }
    }
}

/// Which tiers may be used, and with which container.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub choice: Choice,
    /// Without isolation the command does not run: `limits` is refused.
    pub require_isolation: bool,
    pub container: Container,
    /// The executable that supervises. Without it: this one when it calls [`main_if_asked`](crate::main_if_asked), else
    /// the one in `EFSM_BIN`, else `efsm` on the `PATH`.
    pub helper: Option<PathBuf>,
}

/// The container of the Docker tier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// The image, which must be there: nothing is pulled.
    pub image: Option<String>,
    /// `UID:GID` or a name. Without it, the owner of the workspace, or 65534 where that is root.
    pub user: Option<String>,
    /// The engine's socket, `unix:///path`. Without it, `DOCKER_HOST`, `CONTAINER_HOST` and the usual places.
    pub engine: Option<String>,
}

/// What one tier can do on this machine, found out by doing it.
#[derive(Clone, Debug, Serialize)]
pub struct TierReport {
    pub tier: Tier,
    pub available: bool,
    /// What stands in the way, and what would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    pub enforces: Vec<Enforced>,
    pub lacks: Vec<crate::Lacking>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_are_chosen_by_name() {
        assert_eq!("auto".parse(), Ok(Choice::Auto));
        for tier in Tier::ALL {
            assert_eq!(tier.name().parse(), Ok(Choice::Only(tier)));
        }
        assert!("chroot".parse::<Choice>().is_err());
    }
}
