use std::ffi::OsString;

use clap::{Args, ValueEnum};

/// The port of Prism, which those who come from it expect.
const PORT: u16 = 4010;

#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_help = "Examples:\n  efsm mock openapi.yaml\n  efsm mock -p 4010 --dynamic --errors petstore.json\n  \
                  efsm mock --stateful openapi.yaml"
)]
pub(crate) struct Mock {
    /// OpenAPI 3.0 or 3.1, Swagger 2.0, GraphQL, a Postman collection or a HAR recording: a path, or a URL on this machine
    pub(crate) spec: String,
    #[command(flatten)]
    pub(crate) shared: PrismOptions,
    /// Collections and their items keep what is sent to them
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(crate) stateful: bool,
    /// Let the real API at this URL answer, and keep its answers as examples: written to --record-to at the end
    #[arg(long, value_name = "URL")]
    pub(crate) record: Option<String>,
    /// Where the description with the recorded examples is written
    #[arg(
        long,
        value_name = "FILE",
        default_value = "recorded.json",
        requires = "record"
    )]
    pub(crate) record_to: std::path::PathBuf,
}

#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_help = "Example:\n  efsm proxy openapi.yaml http://127.0.0.1:3000 --errors"
)]
pub(crate) struct Proxy {
    /// The description of the API: a path, or a URL on this machine
    pub(crate) spec: String,
    /// Where the API is
    #[arg(value_name = "URL")]
    pub(crate) upstream: String,
    #[command(flatten)]
    pub(crate) shared: PrismOptions,
    /// Check requests
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set, alias = "validateRequest")]
    pub(crate) validate_request: bool,
    /// The HTTP proxy through which the API is reached
    #[arg(long = "upstream-proxy", value_name = "URL", alias = "upstreamProxy")]
    pub(crate) through: Option<String>,
}

/// What Prism's commands take, under Prism's names.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct PrismOptions {
    /// The port; 0 is any free one
    #[arg(long, short, default_value_t = PORT)]
    pub(crate) port: u16,
    /// The address to listen on
    #[arg(long, short = 'h', default_value = "127.0.0.1")]
    pub(crate) host: String,
    /// Generate data instead of using examples
    #[arg(long, short, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(crate) dynamic: bool,
    /// Answer with an error where a request or an answer breaks the description
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(crate) errors: bool,
    /// Make generated data follow from this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) seed: Option<String>,
    /// Let pages of any origin read the answers
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(crate) cors: bool,
    /// Generate bodies even where the description has examples
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = clap::ArgAction::Set, alias = "ignoreExamples")]
    pub(crate) ignore_examples: bool,
    /// Without effect: generated objects have the properties that their schemas ask for
    #[arg(long = "json-schema-faker-fillProperties", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = clap::ArgAction::Set, aliases = ["jsonSchemaFakerFillProperties", "json-schema-faker-fill-properties"])]
    pub(crate) fill_properties: Option<bool>,
    /// Without effect: efsm answers on several threads anyway
    #[arg(long, short, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(crate) multiprocess: Option<bool>,
    /// Which lines of the log are printed
    #[arg(long, short, value_enum, default_value_t = Verbosity::Info, alias = "verboseLevel", ignore_case = true)]
    pub(crate) verbose_level: Verbosity,
    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    pub(crate) help: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Verbosity {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
    Silent,
}

/// The command line with Prism's ways of writing a switch brought into one: `--errors false`, `-m false` and
/// `--no-cors` become `--errors=false`, `-m=false` and `--cors=false`. Other commands' arguments stay as they are.
pub(crate) fn unified(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    let is_ours = args
        .get(1)
        .is_some_and(|command| command == "mock" || command == "proxy");
    if !is_ours {
        return args;
    }
    let mut unified: Vec<OsString> = args.drain(..2).collect();
    for arg in args {
        let text = arg.to_string_lossy();
        let is_value = text == "true" || text == "false";
        match unified.last_mut() {
            Some(last) if is_value && is_switch(&last.to_string_lossy()) => {
                last.push("=");
                last.push(&arg);
            }
            _ => match text.strip_prefix("--no-") {
                Some(name) if is_switch(&format!("--{name}")) => {
                    unified.push(format!("--{name}=false").into());
                }
                _ => unified.push(arg),
            },
        }
    }
    unified
}

fn is_switch(arg: &str) -> bool {
    matches!(
        arg,
        "-d" | "-m"
            | "--dynamic"
            | "--errors"
            | "--cors"
            | "--ignore-examples"
            | "--ignoreExamples"
            | "--json-schema-faker-fillProperties"
            | "--jsonSchemaFakerFillProperties"
            | "--multiprocess"
            | "--stateful"
            | "--validate-request"
            | "--validateRequest"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, expected: &str) {
        let args = written.split(' ').map(OsString::from);
        let unified: Vec<String> = unified(args)
            .into_iter()
            .map(|arg| arg.into_string().unwrap())
            .collect();
        assert_eq!(unified.join(" "), expected);
    }

    #[test]
    fn switches_may_be_written_as_for_prism() {
        check(
            "efsm mock -m false -d s.yaml",
            "efsm mock -m=false -d s.yaml",
        );
        check(
            "efsm mock --errors true --no-cors s.yaml",
            "efsm mock --errors=true --cors=false s.yaml",
        );
        check("efsm proxy s.yaml true", "efsm proxy s.yaml true");
        check("efsm up -d false", "efsm up -d false");
    }
}
