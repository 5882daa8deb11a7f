//! Commands about efsm.yaml, the machine and the shell.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

use crate::registry::Name;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  efsm init && efsm up\n  efsm init shop")]
pub(crate) struct Init {
    /// The folder for it; made when it is not there
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Replace an efsm.yaml that is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The docker tier's image: without one, that tier is not tried
    #[arg(long)]
    pub(crate) image: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  efsm completions bash > ~/.local/share/bash-completion/completions/efsm\n  \
                  efsm completions zsh > ~/.zfunc/_efsm\n  efsm completions fish > ~/.config/fish/completions/efsm.fish"
)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  efsm man | man -l -\n  efsm man --dir /usr/local/share/man/man1"
)]
pub(crate) struct Man {
    /// Write a page for every command into this folder, instead of printing the first
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(subcommand)]
    pub(crate) form: ExportForm,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExportForm {
    /// A compose file: the stack, and a service that runs tests against it
    #[command(
        after_help = "Example:\n  efsm export compose efsm.yaml --test-image shop-tests > compose.yaml"
    )]
    Compose(ExportOptions),
    /// Kubernetes manifests: Deployment, Service, NetworkPolicy, and a Job that runs tests with efsm as a sidecar
    #[command(
        after_help = "Example:\n  efsm export kubernetes efsm.yaml --test-image shop-tests | kubectl apply -f -"
    )]
    Kubernetes(ExportOptions),
}

#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    /// An efsm.yaml, or the folder that holds one [default: ./efsm.yaml if it is there, else all services empty]
    pub(crate) config: Option<PathBuf>,
    /// The name of everything [default: the file's, else `efsm`]
    #[arg(long)]
    pub(crate) name: Option<Name>,
    /// The image that holds efsm
    #[arg(long, default_value = concat!("efsm:", env!("CARGO_PKG_VERSION")))]
    pub(crate) image: String,
    /// The image that holds the tests
    #[arg(long, default_value = "tests:latest")]
    pub(crate) test_image: String,
    /// The command that runs them, for `sh -c` [default: the image's own]
    #[arg(long, value_name = "CMD")]
    pub(crate) test_cmd: Option<String>,
}
