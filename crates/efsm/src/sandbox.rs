//! Running commands against a stack: `efsm-sandbox`, and the port through which a sandboxed command reaches it.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use efsm::EphemeralMockServer;
//! use efsm::sandbox::{Job, Orders, Policy, inherited_env, run};
//!
//! let server = EphemeralMockServer::builder().port(0).start_async().await?;
//! let mut job = Job::new("pytest", ".").args(["-q"]);
//! job.host_env = inherited_env(&[]);
//! for (name, value) in server.env() {
//!     job = job.env(name, value);
//! }
//! job.stacks.push(server.sandbox_port());
//! let (output, mut chunks) = tokio::sync::mpsc::channel(16);
//! tokio::spawn(async move { while let Some(chunk) = chunks.recv().await { /* show it */ let _ = chunk; } });
//! let outcome = run(job, &Policy::default(), output, Orders::none()).await?;
//! assert_eq!(outcome.exit_code, 0);
//! # Ok(()) }
//! ```

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Weak};

use efsm_gateway::{ExtraListener, Host, Stack};
pub use efsm_sandbox::*;

use crate::EphemeralMockServer;

/// A stack's port, lent to sandboxes.
#[derive(Clone, Debug)]
struct Port {
    /// Weak: a run must not keep a stopped server's stacks.
    host: Weak<Host>,
    stack: Weak<Stack>,
    address: SocketAddr,
}

impl StackPort for Port {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn adopt(&self, listener: TcpListener) -> io::Result<Box<dyn Send + Sync>> {
        let (Some(host), Some(stack)) = (self.host.upgrade(), self.stack.upgrade()) else {
            return Err(io::Error::other("the stack has stopped"));
        };
        let adopted = host
            .lend(&stack, ExtraListener::Tcp(listener))
            .map_err(io::Error::other)?;
        Ok(Box::new(adopted))
    }
}

/// What a [`Job`] needs to reach a stack at its own address, whatever network the job runs in.
pub fn port(host: &Arc<Host>, stack: &Arc<Stack>) -> Arc<dyn StackPort> {
    let mut address = stack.address();
    // The address in the stack's URL.
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
            address.set_ip(std::net::Ipv6Addr::LOCALHOST.into());
        }
        _ => {}
    }
    Arc::new(Port {
        host: Arc::downgrade(host),
        stack: Arc::downgrade(stack),
        address,
    })
}

impl EphemeralMockServer {
    /// The [`port`] of this server's stack.
    pub fn sandbox_port(&self) -> Arc<dyn StackPort> {
        port(self.host(), self.stack())
    }
}
