//! The fixture that the official conformance suite of the Model Context Protocol calls (`test_*` tools, resources and
//! prompts), at `/mcp` of a stack: what it proves is our own HTTP stack under the SDK. Prints its URL and runs until its
//! input ends. `clients/mcp-conformance` starts it.
#![expect(
    deprecated,
    reason = "the suite asks for what 2026-07-28 deprecated, at the revision that has it"
)]

mod fixture;
mod listing;
mod prompts;
mod rounds;
mod tools;

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use efsm::EphemeralMockServer;
use efsm_core::{BoxFuture, Request, Response};
use efsm_gateway::{Host, Mcp, Stack};
use fixture::Fixture;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

struct Mounted(StreamableHttpService<Fixture, LocalSessionManager>);

impl Mcp for Mounted {
    fn answer(
        &self,
        _: Arc<Host>,
        _: Arc<Stack>,
        request: Request,
    ) -> BoxFuture<'static, Response> {
        Box::pin(efsm_mcp::sdk::answer(self.0.clone(), request))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = EphemeralMockServer::builder().port(0).start()?;
    let fixture = Fixture::default();
    let service = StreamableHttpService::new(
        move || Ok(fixture.clone()),
        Arc::new(LocalSessionManager::default()),
        efsm_mcp::sdk::at_a_port(),
    );
    server.host().serve_mcp(Arc::new(Mounted(service)));
    let mut out = std::io::stdout();
    writeln!(out, "{}/mcp", server.stack().url())?;
    out.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    server.stop();
    Ok(())
}
