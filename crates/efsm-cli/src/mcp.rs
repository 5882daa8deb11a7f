//! `efsm mcp`: the Model Context Protocol over standard input and output.

mod install;

use std::process::ExitCode;

use efsm_mcp::Options;
use efsm_sandbox::Policy;

use crate::args::{Mcp, McpCommand};
use crate::failure::Failure;

pub(crate) fn run(arguments: &Mcp) -> Result<ExitCode, Failure> {
    if let Some(McpCommand::Install(install)) = &arguments.command {
        return install::run(install);
    }
    let options = Options {
        allow_run: true,
        allow_stop: arguments.allow_stop,
        sandbox: Policy {
            choice: arguments.sandbox.into(),
            require_isolation: arguments.require_isolation,
            ..Policy::default()
        },
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(efsm_mcp::serve_stdio(options))?;
    // A read of standard input that nobody answers any more must not hold the process.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}
