use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::SandboxArg;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  efsm mcp install --client claude-code\n  efsm mcp install --client cursor --print\n\n\
                  Over HTTP the same server is at /mcp of every stack that `efsm up` brings up."
)]
pub(crate) struct Mcp {
    #[command(subcommand)]
    pub(crate) command: Option<McpCommand>,
    /// Let the agent stop stacks that it did not start
    #[arg(long)]
    pub(crate) allow_stop: bool,
    /// How `run_tests` keeps commands apart: the strongest tier that works here, or this one
    #[arg(long, value_enum, value_name = "TIER", default_value_t = SandboxArg::Auto)]
    pub(crate) sandbox: SandboxArg,
    /// Refuse to run commands with limits alone
    #[arg(long)]
    pub(crate) require_isolation: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum McpCommand {
    /// Write a client's configuration, keeping all that is there, or print it
    Install(Install),
}

#[derive(Debug, Args)]
pub(crate) struct Install {
    /// Whose configuration
    #[arg(long, value_enum)]
    pub(crate) client: Client,
    /// Print what would be written, and where, and write nothing
    #[arg(long)]
    pub(crate) print: bool,
    /// Replace an entry `efsm` that is there and differs
    #[arg(long)]
    pub(crate) force: bool,
    /// The configuration file, in the place of the client's usual one
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Client {
    /// .mcp.json of the current folder
    ClaudeCode,
    ClaudeDesktop,
    /// .cursor/mcp.json of the current folder
    Cursor,
    /// .vscode/mcp.json of the current folder
    Vscode,
    Windsurf,
    Gemini,
    Codex,
    /// opencode.json of the current folder
    Opencode,
    Zed,
}
