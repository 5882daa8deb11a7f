//! The stacks of one process, or of one server in a library: started, forked and stopped here.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use efsm_core::{BoxFuture, Context, Request, Response, RestoreError, Service, Stopwatch};
use efsm_tls::CertificateAuthority;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::connection::{self, Connections};
use crate::dispatch::Directory;
use crate::lent::{Adopted, ExtraListener, LentListener};
use crate::listener::{self, BindError, Preference};
use crate::snapshots::Snapshots;
use crate::stack::{Assembly, Stack};
use crate::{Guard, Snapshot};

/// A tree of stacks: the one that was started and all that were forked from it. Two hosts share nothing.
pub struct Host {
    weak: Weak<Host>,
    runtime: Handle,
    stacks: Mutex<Stacks>,
    /// Turns true once, when everything is to end.
    ended: watch::Sender<bool>,
    mcp: OnceLock<Arc<dyn Mcp>>,
}

/// What answers at `/mcp` of every stack of a host: the Model Context Protocol, which the gateway does not speak.
pub trait Mcp: Send + Sync {
    /// Answers one request that was addressed to `stack` and that the guard let through.
    fn answer(
        &self,
        host: Arc<Host>,
        stack: Arc<Stack>,
        request: Request,
    ) -> BoxFuture<'static, Response>;
}

#[derive(Default)]
struct Stacks {
    running: BTreeMap<String, Arc<Stack>>,
    last_id: u64,
}

/// How to start a stack.
#[derive(Clone, Debug)]
pub struct StartOptions {
    pub ip: IpAddr,
    pub port: Preference,
    pub name: Option<String>,
    pub trust_network: bool,
    /// By which URL clients elsewhere reach the stack, without a slash at the end; its forks, on other ports, are
    /// reached by their addresses.
    pub public_url: Option<String>,
}

impl Default for StartOptions {
    fn default() -> Self {
        Self {
            ip: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            port: Preference::Any,
            name: None,
            trust_network: false,
            public_url: None,
        }
    }
}

/// How to fork a stack.
#[derive(Clone, Debug)]
pub struct ForkOptions {
    /// From this snapshot; without it, from the stack as it is.
    pub snapshot: Option<Snapshot>,
    pub port: Preference,
    pub name: Option<String>,
}

impl Default for ForkOptions {
    fn default() -> Self {
        Self {
            snapshot: None,
            port: Preference::Any,
            name: None,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("the stack has ended: start another")]
    Ended,
}

#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Restore(#[from] RestoreError),
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

impl Host {
    /// A host whose stacks run on `runtime`.
    pub fn new(runtime: Handle) -> Arc<Self> {
        Arc::new_cyclic(|weak| Self {
            weak: weak.clone(),
            runtime,
            stacks: Mutex::default(),
            ended: watch::Sender::new(false),
            mcp: OnceLock::new(),
        })
    }

    /// Lets `mcp` answer at `/mcp` of every stack of this host; the first one that is given stays.
    pub fn serve_mcp(&self, mcp: Arc<dyn Mcp>) {
        let _: Result<(), Arc<dyn Mcp>> = self.mcp.set(mcp);
    }

    pub(crate) fn mcp(&self) -> Option<&Arc<dyn Mcp>> {
        self.mcp.get()
    }

    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Binds a port and answers on it with `services`, which the assembly made in `context` and the
    /// caller has filled: the first connection finds them prepared.
    pub fn start(
        &self,
        assembly: Arc<dyn Assembly>,
        context: Context,
        services: Vec<Arc<dyn Service>>,
        options: StartOptions,
    ) -> Result<Arc<Stack>, StartError> {
        let listener = {
            let _runtime = self.runtime.enter();
            listener::bind(options.ip, options.port)?
        };
        let address = local_address(&listener, options.ip)?;
        let is_reachable = !options.ip.is_loopback() && !options.trust_network;
        let token = is_reachable.then(new_token);
        self.run(listener, |id| Stack {
            id,
            name: options.name,
            parent: None,
            directory: Directory {
                services: services.iter().map(|s| (s.name(), s.prefix())).collect(),
                own: Some(address),
            },
            services,
            context,
            assembly,
            snapshots: Mutex::default(),
            authority: CertificateAuthority::default(),
            address,
            public_url: options.public_url,
            guard: Guard {
                bound: address,
                token,
                trust_network: options.trust_network,
            },
            started: Stopwatch::start(),
            connections: Connections::default(),
            stopping: watch::Sender::new(false),
            listening: watch::Sender::new(true),
        })
    }

    /// Another stack with everything that `parent` holds, on a port of its own. From then on neither
    /// sees the other.
    pub fn fork(&self, parent: &Stack, options: ForkOptions) -> Result<Arc<Stack>, ForkError> {
        let snapshot = options.snapshot.unwrap_or_else(|| parent.snapshot());
        let kept: Snapshots = parent.snapshots.lock().clone();
        let whole = parent.context();
        let context = Context::new(
            efsm_core::Clock::from_state(snapshot.context().clock),
            efsm_core::Entropy::from_state(snapshot.context().entropy.clone()),
            whole.limits().clone(),
        );
        let services = parent.assembly.services(&context);
        {
            let cut = context.gate().cut();
            for service in &services {
                if let Some(part) = snapshot.part(service.name()) {
                    service.restore(part, &cut)?;
                }
            }
            context.restore(snapshot.context(), &cut);
        }
        let ip = parent.address.ip();
        let listener = {
            let _runtime = self.runtime.enter();
            listener::bind(ip, options.port).map_err(StartError::from)?
        };
        let address = local_address(&listener, ip).map_err(StartError::from)?;
        let stack = self.run(listener, |id| Stack {
            id,
            name: options.name,
            parent: Some(parent.id.clone()),
            directory: Directory {
                services: parent.directory.services.clone(),
                own: Some(address),
            },
            services,
            context,
            assembly: parent.assembly.clone(),
            snapshots: Mutex::new(kept),
            // Clients that trust a stack trust its forks.
            authority: parent.authority.clone(),
            address,
            public_url: None,
            guard: Guard {
                bound: address,
                ..parent.guard.clone()
            },
            started: Stopwatch::start(),
            connections: Connections::default(),
            stopping: watch::Sender::new(false),
            listening: watch::Sender::new(true),
        })?;
        Ok(stack)
    }

    fn run(
        &self,
        listener: TcpListener,
        stack: impl FnOnce(String) -> Stack,
    ) -> Result<Arc<Stack>, StartError> {
        let mut stacks = self.stacks.lock();
        if *self.ended.borrow() {
            return Err(StartError::Ended);
        }
        stacks.last_id += 1;
        let stack = Arc::new(stack(format!("stack-{}", stacks.last_id)));
        stacks.running.insert(stack.id.clone(), stack.clone());
        drop(stacks);
        let url = stack.url();
        for service in &stack.services {
            service.listening(&url);
        }
        let host = self.weak.upgrade().ok_or(StartError::Ended)?;
        self.runtime
            .spawn(connection::accept(host, stack.clone(), listener));
        Ok(stack)
    }

    /// Lets a running stack answer on `listener`, too, until the returned value is dropped or the stack stops.
    pub fn lend(&self, stack: &Arc<Stack>, listener: ExtraListener) -> Result<Adopted, StartError> {
        let host = self.weak.upgrade().ok_or(StartError::Ended)?;
        let listener = {
            let _runtime = self.runtime.enter();
            LentListener::new(listener).map_err(|source| BindError::Io {
                address: stack.address,
                source,
            })?
        };
        let (adopted, lent) = Adopted::new();
        let accepting = connection::accept_on_lent(host, stack.clone(), listener, lent);
        self.runtime.spawn(accepting);
        Ok(adopted)
    }

    /// The running stacks, in the order in which they were started.
    pub fn stacks(&self) -> Vec<Arc<Stack>> {
        let mut stacks: Vec<_> = self.stacks.lock().running.values().cloned().collect();
        stacks.sort_by_key(|stack| number_of(&stack.id));
        stacks
    }

    /// A running stack by id, else by name.
    pub fn stack(&self, id_or_name: &str) -> Option<Arc<Stack>> {
        let stacks = self.stacks.lock();
        let by_name = || {
            let mut running = stacks.running.values();
            running.find(|stack| stack.name() == Some(id_or_name))
        };
        stacks.running.get(id_or_name).or_else(by_name).cloned()
    }

    /// Closes a stack's port at once, lets its requests finish within the drain limit, and drops it.
    pub async fn stop(&self, stack: &Stack) {
        self.begin_stop(stack);
        let patience = stack.context.limits().drain_timeout;
        stack.connections.drained(patience).await;
        stack.unlistened().await;
    }

    /// Closes a stack's port and its connections at once, whatever is under way.
    pub async fn kill(&self, stack: &Stack) {
        self.begin_stop(stack);
        stack.connections.drained(Duration::ZERO).await;
        stack.unlistened().await;
    }

    /// As [`Host::stop`], without waiting for the requests under way.
    pub fn begin_stop(&self, stack: &Stack) {
        self.stacks.lock().running.remove(&stack.id);
        stack.stopping.send_replace(true);
        stack.connections.drain();
    }

    /// Stops every stack; the host can start no other afterwards.
    pub async fn end(&self) {
        self.begin_end();
        let stacks = self.stacks();
        // All ports close before the first drain is waited for.
        for stack in &stacks {
            self.begin_stop(stack);
        }
        for stack in &stacks {
            self.stop(stack).await;
        }
    }

    /// Stops every stack at once, whatever is under way.
    pub async fn end_now(&self) {
        self.begin_end();
        for stack in self.stacks() {
            self.kill(&stack).await;
        }
    }

    /// Asks for the end: whoever waits in [`Host::ended`] goes on to [`Host::end`].
    pub fn begin_end(&self) {
        self.ended.send_replace(true);
    }

    /// Waits until somebody asked for the end.
    pub async fn ended(&self) {
        // The sender lives in `self`: the wait can only end by the value.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }
}

fn number_of(id: &str) -> u64 {
    id.rsplit('-')
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(0)
}

fn local_address(listener: &TcpListener, ip: IpAddr) -> Result<std::net::SocketAddr, BindError> {
    listener.local_addr().map_err(|source| BindError::Io {
        address: (ip, 0).into(),
        source,
    })
}

/// From the system's entropy: a seed that a test chose must not decide who may control the stack.
fn new_token() -> String {
    use std::fmt::Write as _;
    efsm_core::entropy::system_bytes()[..16]
        .iter()
        .fold(String::new(), |mut token, byte| {
            let _ = write!(token, "{byte:02x}");
            token
        })
}
