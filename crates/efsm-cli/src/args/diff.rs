use clap::Args;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  efsm diff openapi-1.yaml openapi-2.yaml\n  efsm diff --json old.json http://127.0.0.1:8080/openapi.json\n\n\
                  Exit codes: 0 nothing breaks, 1 something does, 2 a wrong command line, 125 a description cannot be read."
)]
pub(crate) struct Diff {
    /// The description that clients know: a path, or a URL on this machine
    pub(crate) old: String,
    /// The description that is to replace it
    pub(crate) new: String,
    /// Print the changes as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
