use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::registry::Name;

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[command(
    after_help = "Examples:\n  efsm up\n  efsm up examples/checkout --port 0 --json\n  \
                  efsm up --detach --name shop && eval \"$(efsm env shop)\""
)]
pub(crate) struct Up {
    /// An efsm.yaml, or the folder that holds one [default: ./efsm.yaml if it is there, else all services empty]
    pub(crate) config: Option<PathBuf>,
    /// Leave it running in the background, and return when it is ready
    #[arg(long, short)]
    pub(crate) detach: bool,
    /// The port; taken or missing, any free one [preferred: 8888]
    #[arg(long, short)]
    pub(crate) port: Option<u16>,
    /// Fail when the port is taken, instead of choosing another
    #[arg(long)]
    pub(crate) strict_port: bool,
    /// The address to listen on; one that is not loopback makes the control API ask for a token
    #[arg(long, value_name = "IP")]
    pub(crate) bind: Option<IpAddr>,
    /// Its name, by which the other commands find it [default: the file's, else `default`]
    #[arg(long)]
    pub(crate) name: Option<Name>,
    /// Answer every host without a token: for a container network
    #[arg(long)]
    pub(crate) trust_network: bool,
    /// The URL by which clients elsewhere reach it, such as http://efsm:8888
    #[arg(long, value_name = "URL", value_parser = url)]
    pub(crate) public_url: Option<String>,
    /// Let agents that connect to /mcp run commands on this machine, in the sandbox
    #[arg(long)]
    pub(crate) allow_run: bool,
    #[command(flatten)]
    pub(crate) stack: StackOptions,
    /// Print one line of JSON instead of the table
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a stack is made of, on top of its file.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Stack")]
pub(crate) struct StackOptions {
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
    /// As a forward proxy, pass requests for hosts without stubs on, instead of refusing them. On an address that
    /// other machines reach, this needs --trust-network
    #[arg(long)]
    pub(crate) pass_unknown_hosts: bool,
    /// An API that the application calls: `stripe` is a mock with state at STRIPE_BASE_URL, a URL stands for the stubs of
    /// its host; may be given several times
    #[arg(long, value_name = "NAME|URL", value_parser = api)]
    pub(crate) api: Vec<String>,
}

fn url(text: &str) -> Result<String, String> {
    let is_url = text
        .split_once("://")
        .is_some_and(|(scheme, host)| matches!(scheme, "http" | "https") && !host.is_empty());
    if is_url && !text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        Ok(text.to_owned())
    } else {
        Err("write a URL with http:// or https:// and a host".to_owned())
    }
}

fn api(text: &str) -> Result<String, efsm::api::BadApi> {
    text.parse::<efsm::Api>().map(|_| text.to_owned())
}

impl StackOptions {
    /// The same options as arguments of another efsm.
    pub(crate) fn to_arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        let mut add = |name: &str, value: OsString| {
            let mut argument = OsString::from(name);
            argument.push("=");
            argument.push(value);
            arguments.push(argument);
        };
        for service in &self.services {
            let name = efsm::ServiceName::from(*service).as_str();
            add("--services", name.into());
        }
        for path in &self.seed_sql {
            add("--seed-sql", path.into());
        }
        if let Some(seed) = self.seed {
            add("--seed", seed.to_string().into());
        }
        if let Some(path) = &self.root_dir {
            add("--root-dir", path.into());
        }
        for api in &self.api {
            add("--api", api.into());
        }
        if self.global_response_templating {
            arguments.push("--global-response-templating".into());
        }
        if self.pass_unknown_hosts {
            arguments.push("--pass-unknown-hosts".into());
        }
        arguments
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
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
