//! Commands about stacks that run. A stack is named by its own name, or by that of a fork.

use clap::{Args, ValueEnum};

use super::up::ServiceArg;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  efsm down\n  efsm down shop\n  efsm down --all")]
pub(crate) struct Down {
    /// The stack, or a fork; may be left out while only one runs
    pub(crate) name: Option<String>,
    /// Every stack of yours that runs
    #[arg(long, conflicts_with = "name")]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  efsm status\n  efsm status --json | jq -r '.[].url'\n\nExit codes: 0, or 3 when NAME does not run or does not answer."
)]
pub(crate) struct Status {
    /// Only this one, with its forks
    pub(crate) name: Option<String>,
    /// Print a list in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  efsm logs -f\n  efsm logs shop --service http --grep 404\n  efsm logs --json | jq .summary"
)]
pub(crate) struct Logs {
    /// The stack, or a fork; may be left out while only one runs
    pub(crate) name: Option<String>,
    /// Go on with what happens from now on, until the stack ends
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Only the newest of these
    #[arg(long, short = 'n', value_name = "NUMBER")]
    pub(crate) tail: Option<usize>,
    /// Only this service's entries; `stack` for what concerns the whole
    #[arg(long)]
    pub(crate) service: Option<String>,
    /// Only entries whose JSON contains this text, ignoring case
    #[arg(long, value_name = "TEXT", conflicts_with = "follow")]
    pub(crate) grep: Option<String>,
    /// Print each entry as a line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  eval \"$(efsm env)\"\n  efsm env shop --format dotenv > .env.test\n  efsm env --format github >> \"$GITHUB_ENV\""
)]
pub(crate) struct Env {
    /// The stack, or a fork; may be left out while only one runs
    pub(crate) name: Option<String>,
    /// How they are written
    #[arg(long, value_enum, default_value_t = EnvFormat::Sh)]
    pub(crate) format: EnvFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvFormat {
    Sh,
    Dotenv,
    Json,
    Github,
}

impl EnvFormat {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Sh => "sh",
            Self::Dotenv => "dotenv",
            Self::Json => "json",
            Self::Github => "github",
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  efsm snapshot seeded\n  efsm snapshot --list --stack shop")]
pub(crate) struct Snapshot {
    /// A name for the snapshot; it has an id in any case
    #[arg(value_name = "SNAPSHOT", conflicts_with_all = ["list", "delete"])]
    pub(crate) name: Option<String>,
    /// The stack, or a fork; may be left out while only one runs
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: Option<String>,
    /// List the snapshots that are kept, oldest first
    #[arg(long, conflicts_with = "delete")]
    pub(crate) list: bool,
    /// Forget this snapshot
    #[arg(long, value_name = "SNAPSHOT")]
    pub(crate) delete: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  efsm restore seeded --stack shop")]
pub(crate) struct Restore {
    /// The snapshot's name or id
    pub(crate) snapshot: String,
    /// The stack, or a fork; may be left out while only one runs
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: Option<String>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  efsm fork --name test-7\n  efsm fork --stack shop --snapshot seeded --json\n\n`efsm down test-7` ends the fork alone; it ends with its parent in any case."
)]
pub(crate) struct Fork {
    /// The stack, or a fork; may be left out while only one runs
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: Option<String>,
    /// From this snapshot of it, instead of from what it holds now
    #[arg(long)]
    pub(crate) snapshot: Option<String>,
    /// The fork's name
    #[arg(long)]
    pub(crate) name: Option<crate::registry::Name>,
    /// The fork's port [default: any free one]
    #[arg(long, short)]
    pub(crate) port: Option<u16>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  efsm reset\n  efsm reset shop --services queue,storage --all")]
pub(crate) struct Reset {
    /// The stack, or a fork; may be left out while only one runs
    pub(crate) name: Option<String>,
    /// Only these services, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', num_args = 1..)]
    pub(crate) services: Vec<ServiceArg>,
    /// Also what prepared the stack: stubs, tables, users, topics
    #[arg(long)]
    pub(crate) all: bool,
}
