//! The command line, as people type it.

mod diff;
mod mcp;
mod mock;
mod run;
mod stacks;
mod tools;
mod up;

use clap::{Parser, Subcommand};

pub(crate) use diff::Diff;
pub(crate) use mcp::{Client, Install, Mcp, McpCommand};
pub(crate) use mock::{Mock, PrismOptions, Proxy, Verbosity, unified};
pub(crate) use run::{DatabaseKind, Run, RunOptions, SandboxArg, Setup};
pub(crate) use stacks::{Down, Env, Fork, Logs, Reset, Restore, Snapshot, Status};
pub(crate) use tools::{Completions, Doctor, Export, ExportForm, ExportOptions, Init, Man};
pub(crate) use up::{StackOptions, Up};

/// A complete backend for tests on one port: HTTP mocks, a SQL database, an OAuth2 provider, message
/// queues and object storage. In memory, up in milliseconds, gone when you are done.
#[derive(Debug, Parser)]
#[command(
    name = "efsm",
    version,
    disable_help_subcommand = true,
    help_template = HELP
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// clap lists commands in one row; newcomers look for what they want to do.
const HELP: &str = "\
{about}

Usage: efsm COMMAND [OPTIONS]

Start here:
  efsm up                       everything, empty, at http://127.0.0.1:8888
  efsm up --detach efsm.yaml    as a file describes it, in the background
  efsm run -- pytest -q         your tests, against a stack of their own

Tests:
  run         Run a command against a stack of its own
  setup       Prepare APIs and a database, print the environment, run tests

An API from its description:
  mock        Answer as it says: OpenAPI, Swagger, GraphQL, Postman, HAR
  proxy       Stand before the real API, and check both ways
  diff        Which changes of a description break its clients

A stack:
  up          Bring a stack up
  down        End a stack that runs
  status      What runs, where, and what it holds
  logs        What happened in a stack: its journal
  env         The variables that clients of a stack need

Its state:
  snapshot    Keep a stack's whole state under a name
  restore     Put a stack back to where a snapshot found it
  fork        Open another stack with everything that one holds
  reset       Empty a stack's services

Agents:
  mcp         Serve an agent, or write that into its client's settings

efsm.yaml:
  init        Write one to begin with
  schema      Print its JSON Schema
  export      The same stack for Docker Compose or Kubernetes

This machine:
  doctor      What is available here, and why not more
  completions Completions for bash, zsh, fish and others
  man         The manual page

{options}

Exit codes: 0 done or stopped by a signal, 2 a wrong command line, 3 no such
stack, 125 efsm itself failed; `run` and `setup` end with their command's.
`efsm COMMAND --help` says more.
";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a command against a stack of its own, in a sandbox, with the stack's addresses in its environment
    Run(Box<Run>),
    /// Prepare a stack with mocks of the named APIs, print its environment as JSON, and run tests against it
    Setup(Box<Setup>),
    /// Bring a stack up and keep it until Ctrl-C
    Up(Up),
    /// End a stack that runs, with all its forks
    Down(Down),
    /// What runs, where, and what it holds
    Status(Status),
    /// What happened in a stack: its journal, oldest first
    Logs(Logs),
    /// Print the variables that clients of a stack need
    Env(Env),
    /// Keep a stack's whole state under a name: data, clock, journal, faults
    Snapshot(Snapshot),
    /// Put a stack back to where a snapshot found it
    Restore(Restore),
    /// Open another stack, on a port of its own, with everything that one holds
    Fork(Fork),
    /// Empty a stack's services
    Reset(Reset),
    /// Answer as the description of an API says, with Prism's flags and answers
    Mock(Mock),
    /// Stand before the real API, and check requests and answers against its description
    Proxy(Proxy),
    /// Say which changes of an API's description break its clients
    Diff(Diff),
    /// Write a commented efsm.yaml to begin with
    Init(Init),
    /// Serve an agent over standard input and output: the Model Context Protocol
    Mcp(Mcp),
    /// Print the JSON Schema of efsm.yaml
    Schema,
    /// Print what runs the same efsm.yaml elsewhere: a compose file, Kubernetes manifests
    Export(Export),
    /// Say what is available on this machine, and why not more
    Doctor(Doctor),
    /// Print the completions of a shell
    Completions(Completions),
    /// Print the manual page
    Man(Man),
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
        command.build();
        insta::assert_snapshot!("help", command.render_help().to_string());
        check_help(&mut command, "help");
    }

    fn check_help(command: &mut clap::Command, name: &str) {
        for sub in command.get_subcommands_mut() {
            let name = format!("{name}_{}", sub.get_name());
            insta::assert_snapshot!(name.as_str(), sub.render_help().to_string());
            check_help(sub, &name);
        }
    }

    #[test]
    fn help_fits_a_terminal() {
        let long: Vec<&str> = HELP.lines().filter(|line| line.len() > 80).collect();
        assert!(long.is_empty(), "{long:#?}");
    }

    #[test]
    fn help_lists_every_command_once() {
        for sub in Arguments::command().get_subcommands() {
            let listed = HELP
                .lines()
                .filter(|line| line.split_whitespace().next() == Some(sub.get_name()))
                .filter(|line| line.starts_with("  "));
            assert_eq!(
                listed.count(),
                1,
                "{}: list it in a group of HELP",
                sub.get_name()
            );
        }
    }
}
