//! The Model Context Protocol server: a stack in an agent's hands, over stdio and at `/mcp` of every stack.
//!
//! | module | holds |
//! | --- | --- |
//! | [`sdk`] | the protocol, through the official SDK: the only module that names it |
//! | [`tools`] | what an agent can do, one tool a file |
//! | [`stacks`] | which stacks it can do it to, and which of them it may end |
//! | `resources`, `prompt` | what it can read, and where it can begin |
//! | [`reply`] | results that fit a context window |
//! | `fit` | values that fit so many characters |
//!
//! Every call names its stack: nothing is remembered from one call to the next but the stacks themselves.
//! Protocol revisions: 2025-11-25 and 2026-07-28, <https://modelcontextprotocol.io/specification>.

mod fit;
mod prompt;
pub mod reply;
mod resources;
pub mod sdk;
pub mod stacks;
pub mod tools;

use std::sync::Arc;

use efsm::EphemeralMockServer;
use efsm_core::{BoxFuture, Request, Response};
use efsm_gateway::{Host, Stack};
use efsm_sandbox::Policy;
use tokio::io::{AsyncRead, AsyncWrite};

pub use reply::Failure;
pub use stacks::Stacks;

/// What a server lets an agent do.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether `run_tests` may run commands on this machine, and calls may name its files.
    pub allow_run: bool,
    /// Whether stacks that the agent did not start may be stopped.
    pub allow_stop: bool,
    /// How commands are kept apart.
    pub sandbox: Policy,
}

/// Serves one client over this process's standard input and output, until the input ends. Stacks that the client
/// started end with it.
pub async fn serve_stdio(options: Options) -> std::io::Result<()> {
    serve(tokio::io::stdin(), tokio::io::stdout(), options).await
}

/// [`serve_stdio`] over any other pair of pipes.
pub async fn serve(
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
    mut options: Options,
) -> std::io::Result<()> {
    let stacks = Stacks::new(options.clone());
    // The client of a process's standard input runs commands on this machine anyway.
    options.allow_run = true;
    let server = sdk::Server::new(stacks.clone(), options, resources::Whole::default());
    let served = sdk::lines(server, input, output).await;
    stacks.end().await;
    served
}

/// Answers at `/mcp` of `server` and of every stack that is forked from it. Stacks that an agent starts there end with
/// the server.
pub fn mount(server: &EphemeralMockServer, options: Options) {
    let host = server.host();
    let stacks = Stacks::of(host, options);
    host.serve_mcp(Arc::new(Mounted {
        whole: resources::Whole::default(),
        weak: stacks.downgrade(),
        _held: Some(stacks),
    }));
}

/// What answers at a port.
struct Mounted {
    weak: stacks::WeakStacks,
    whole: resources::Whole,
    /// The stack on whose port it is holds the stacks; those that an agent started must not hold themselves.
    _held: Option<Stacks>,
}

impl Mounted {
    fn on_started(stacks: &Stacks) -> Arc<Self> {
        Arc::new(Self {
            weak: stacks.downgrade(),
            whole: resources::Whole::default(),
            _held: None,
        })
    }
}

impl efsm_gateway::Mcp for Mounted {
    fn answer(
        &self,
        _: Arc<Host>,
        _: Arc<Stack>,
        request: Request,
    ) -> BoxFuture<'static, Response> {
        let Some(stacks) = self.weak.upgrade() else {
            let ended = efsm_wire::error_with_hint(
                http::StatusCode::SERVICE_UNAVAILABLE,
                "the server that started this stack has ended",
                "start another with `efsm mcp` or `efsm up`",
            );
            return Box::pin(std::future::ready(ended));
        };
        let options = stacks.options().clone();
        let server = sdk::Server::new(stacks, options, self.whole.clone());
        Box::pin(sdk::http(server, request))
    }
}
