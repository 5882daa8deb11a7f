//! The command line, as people type it.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A complete backend for tests on one port: HTTP mocks, a SQL database, an OAuth2 provider, message
/// queues and object storage. In memory, up in milliseconds, gone when you are done.
#[derive(Debug, Parser)]
#[command(
    name = "efsm",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "Start here:\n  efsm up                   everything, empty, on http://127.0.0.1:8888\n  \
                  efsm up efsm.yaml         everything, as the file describes it\n\n\
                  Exit codes: 0 done or stopped by a signal, 2 a wrong command line, 125 efsm itself failed."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bring a stack up and keep it until Ctrl-C
    Up(Up),
    /// Print the JSON Schema of efsm.yaml
    Schema,
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct Up {
    /// An efsm.yaml, or the folder that holds one; without it, all services empty
    pub(crate) config: Option<PathBuf>,
    /// The port; taken or missing, any free one [preferred: 8888]
    #[arg(long, short)]
    pub(crate) port: Option<u16>,
    /// Fail when the port is taken, instead of choosing another
    #[arg(long)]
    pub(crate) strict_port: bool,
    /// The address to listen on; one that is not loopback makes the control API ask for a token
    #[arg(long, value_name = "IP")]
    pub(crate) bind: Option<IpAddr>,
    /// Only these services, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', num_args = 1..)]
    pub(crate) services: Vec<ServiceArg>,
    /// Run this SQL file in the database first; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) seed_sql: Vec<PathBuf>,
    /// Make every id and random value follow from this number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// A WireMock folder: stubs in mappings/, files in __files/
    #[arg(long, value_name = "DIR")]
    pub(crate) root_dir: Option<PathBuf>,
    /// Render templates in every stub, not only in those that ask for it
    #[arg(long)]
    pub(crate) global_response_templating: bool,
    /// As a forward proxy, pass requests for hosts without stubs on, instead of refusing them
    #[arg(long)]
    pub(crate) pass_unknown_hosts: bool,
    /// A name for the stack
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Answer every host without a token: for a container network
    #[arg(long)]
    pub(crate) trust_network: bool,
    /// Print one line of JSON instead of the table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ServiceArg {
    Http,
    Database,
    Auth,
    Queue,
    Storage,
}

impl From<ServiceArg> for efsm::ServiceName {
    fn from(service: ServiceArg) -> Self {
        match service {
            ServiceArg::Http => Self::Http,
            ServiceArg::Database => Self::Database,
            ServiceArg::Auth => Self::Auth,
            ServiceArg::Queue => Self::Queue,
            ServiceArg::Storage => Self::Storage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn help_reads_well() {
        let mut command = Arguments::command().term_width(100);
        insta::assert_snapshot!("help", command.render_long_help().to_string());
        let up = command.find_subcommand_mut("up").unwrap();
        insta::assert_snapshot!("help_up", up.render_help().to_string());
    }
}
