//! The stack as a value in a test: start, use, snapshot, fork, stop.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use efsm_auth::{AuthError, AuthService};
use efsm_config::{Config, ConfigErrors, ServiceName};
use efsm_core::{
    Clock, ClockState, Context, Entropy, Faults, Journal, ResetDepth, RestoreError, Service,
};
use efsm_database::DatabaseService;
use efsm_gateway::{
    BindError, ForkError, ForkOptions, Host, Preference, Snapshot, Stack, StartError, StartOptions,
};
use efsm_http::{
    Endpoint, HttpError, HttpOptions, HttpService, Reply, RootDirError, SpecDefinition, SpecLoader,
    UnknownHosts,
};
use efsm_queue::QueueService;
use efsm_storage::StorageService;

use crate::assembly::{self, Recipe};
use crate::prepare;
use crate::runtime::{self, Shared};

/// The port that is tried first when none is asked for.
pub const PREFERRED_PORT: u16 = 8888;

/// A running stack. Dropping it closes the port and frees everything.
///
/// The builder's `start` gives a running server and a stopped one cannot be started again, so that
/// starting a running server is not a mistake that can be written. Any number run side by side in
/// one process, on one runtime, and share nothing.
///
/// Agents: `/mcp` answers once `efsm_mcp::mount(&server, efsm_mcp::Options::default())` was called, with the crate
/// `efsm-mcp`, which this one does not depend on. `efsm up` calls it.
#[derive(Debug)]
pub struct EphemeralMockServer {
    runtime: Arc<Shared>,
    host: Arc<Host>,
    stack: Arc<Stack>,
    /// A fork stops its own stack; the server that was started stops the forks made over HTTP, too.
    is_fork: bool,
    is_stopped: AtomicBool,
}

/// How a server is to start. Without a word: all five services, empty, on 127.0.0.1, port 8888 or, when
/// that is taken, any free one.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    config: Config,
    http: HttpOptions,
    root_dir: Option<PathBuf>,
    specs: Vec<(SpecDefinition, Loading)>,
    trust_network: bool,
    public_url: Option<String>,
}

/// How the files beside a description are found.
#[derive(Clone)]
struct Loading(Arc<dyn SpecLoader + Send + Sync>);

impl std::fmt::Debug for Loading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Loading")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(
        "a stack that passes requests for unknown hosts on, and that other machines reach at {ip}, is an open proxy: bind \
         127.0.0.1, refuse unknown hosts, or say that the network is trusted (--trust-network)"
    )]
    OpenProxy { ip: IpAddr },
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    #[error("the auth service refuses its settings: {0}")]
    Auth(#[from] AuthError),
    #[error("the runtime could not be started: {0}")]
    Runtime(#[from] io::Error),
    #[error(transparent)]
    Restore(#[from] RestoreError),
    #[error(transparent)]
    RootDir(#[from] RootDirError),
    #[error(transparent)]
    Spec(#[from] HttpError),
    #[error("the server is stopped: start another")]
    Stopped,
}

impl From<StartError> for ServerError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Bind(error) => Self::Bind(error),
            StartError::Ended => Self::Stopped,
        }
    }
}

impl From<ForkError> for ServerError {
    fn from(error: ForkError) -> Self {
        match error {
            ForkError::Start(error) => error.into(),
            ForkError::Restore(error) => Self::Restore(error),
        }
    }
}

impl Builder {
    /// This port if it is free, else any; 0 asks for any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.config.port = Some(port);
        self
    }

    /// A taken port is an error.
    pub fn strict_port(mut self, is_strict: bool) -> Self {
        self.config.strict_port = is_strict;
        self
    }

    pub fn bind(mut self, ip: IpAddr) -> Self {
        self.config.bind = ip;
        self
    }

    /// Only these services; the prefixes of the others are then free for stubs.
    pub fn services(mut self, services: impl IntoIterator<Item = ServiceName>) -> Self {
        self.config.services = services.into_iter().collect();
        self
    }

    /// Makes every id and random value follow from `seed`.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = Some(seed);
        self
    }

    /// Everything that `efsm.yaml` can say. What was set before is replaced.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// As [`Builder::config`], read from a file or the folder that holds `efsm.yaml`.
    pub fn config_file(self, path: impl AsRef<Path>) -> Result<Self, ConfigErrors> {
        Ok(self.config(efsm_config::load(path)?.config))
    }

    /// What the HTTP mocks do with hosts that have no stub, and whether every stub is a template.
    pub fn http_options(mut self, options: HttpOptions) -> Self {
        self.http = options;
        self
    }

    /// A WireMock folder: the stubs of its `mappings/`, the files of its `__files/`.
    pub fn root_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.root_dir = Some(path.into());
        self
    }

    /// Serves a description of an API where no stub matches; `loader` finds the files that it refers to.
    pub fn spec(
        mut self,
        definition: SpecDefinition,
        loader: impl SpecLoader + Send + Sync + 'static,
    ) -> Self {
        self.specs.push((definition, Loading(Arc::new(loader))));
        self
    }

    /// Lets every host reach the control API without a token, and, with [`UnknownHosts::PassOn`], every other host
    /// through the stack.
    pub fn trust_network(mut self, is_trusted: bool) -> Self {
        self.trust_network = is_trusted;
        self
    }

    /// The URL by which clients elsewhere reach the stack, when it is not its own address: in variables, as the
    /// issuer of tokens, in links.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        let url: String = url.into();
        self.public_url = Some(url.trim_end_matches('/').to_owned());
        self
    }

    /// Starts the stack; its port is ready when this returns. Does not block on the network, so it
    /// may be called on a thread of any runtime.
    pub fn start(self) -> Result<EphemeralMockServer, ServerError> {
        let config = self.config;
        let passes_on = self.http.unknown_hosts == UnknownHosts::PassOn;
        if passes_on && !config.bind.is_loopback() && !self.trust_network {
            return Err(ServerError::OpenProxy { ip: config.bind });
        }
        let runtime = runtime::shared()?;
        let surroundings = crate::env::Surroundings::of(&config)?;
        let recipe = Arc::new(Recipe::new(&config, surroundings, self.http)?);
        let context = context(&config);
        let services = efsm_gateway::Assembly::services(&*recipe, &context);
        prepare::prepare(&config, &services, &context)?;
        let http = assembly::service::<HttpService>(&services);
        if let (Some(path), Some(http)) = (&self.root_dir, &http) {
            http.load_root_dir(path)?;
        }
        if let Some(http) = &http {
            for (definition, loading) in &self.specs {
                http.add_spec(definition, &*loading.0)?;
            }
        }
        let host = Host::new(runtime.handle().clone());
        let preferred = config.port.unwrap_or(PREFERRED_PORT);
        let options = StartOptions {
            ip: config.bind,
            port: match preferred {
                0 => Preference::Any,
                port if config.strict_port => Preference::Strictly(port),
                port => Preference::Port(port),
            },
            name: config.name,
            trust_network: self.trust_network,
            public_url: self.public_url,
        };
        let stack = host.start(recipe, context, services, options)?;
        if let Some(http) = http {
            // Weak: the service lives in the stack, which the host holds.
            let host = Arc::downgrade(&host);
            http.on_shutdown(move || {
                if let Some(host) = host.upgrade() {
                    host.begin_end();
                }
            });
        }
        Ok(EphemeralMockServer {
            runtime,
            host,
            stack,
            is_fork: false,
            is_stopped: AtomicBool::new(false),
        })
    }

    /// As [`Builder::start`], for those who look for the asynchronous form: files and SQL of a
    /// configuration are worked through on a thread that may block.
    pub async fn start_async(self) -> Result<EphemeralMockServer, ServerError> {
        let runtime = runtime::shared()?;
        runtime
            .handle()
            .spawn_blocking(move || self.start())
            .await
            .map_err(|e| ServerError::Runtime(io::Error::other(e)))?
    }
}

fn context(config: &Config) -> Context {
    let clock = match (config.clock.now, config.clock.is_frozen) {
        (None, false) => Clock::system(),
        (now, is_frozen) => {
            let clock = Clock::system();
            let change = efsm_core::ClockChange {
                now,
                freeze: is_frozen,
                ..efsm_core::ClockChange::default()
            };
            // Setting or freezing alone cannot leave the range of timestamps.
            let _: Result<ClockState, _> = clock.change(change);
            clock
        }
    };
    let entropy = config
        .seed
        .map_or_else(Entropy::from_system, Entropy::seeded);
    Context::new(clock, entropy, config.limits.clone())
}

impl EphemeralMockServer {
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// `http://127.0.0.1:8888`
    pub fn url(&self) -> String {
        self.stack.url()
    }

    /// `None` once the server is stopped.
    pub fn port(&self) -> Option<u16> {
        (!self.is_stopped()).then(|| self.stack.address().port())
    }

    pub fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Acquire)
    }

    /// The stack itself: its id, kept snapshots, services, token.
    pub fn stack(&self) -> &Arc<Stack> {
        &self.stack
    }

    /// All stacks that were started or forked from this one.
    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    fn service<S: Service>(&self, name: &str) -> Arc<S> {
        assembly::service(self.stack.services()).unwrap_or_else(|| {
            panic!("the stack was started without the {name} service: name it in `services`")
        })
    }

    /// The HTTP mocks. Panics when the stack was started without them, as its siblings do.
    pub fn http(&self) -> Arc<HttpService> {
        self.service("http")
    }

    pub fn database(&self) -> Arc<DatabaseService> {
        self.service("database")
    }

    pub fn auth(&self) -> Arc<AuthService> {
        self.service("auth")
    }

    pub fn queue(&self) -> Arc<QueueService> {
        self.service("queue")
    }

    pub fn storage(&self) -> Arc<StorageService> {
        self.service("storage")
    }

    /// Answers `method` at `path` with `response`: JSON, text, bytes or a whole reply.
    pub fn add_endpoint(
        &self,
        method: &str,
        path: &str,
        response: impl Into<Reply>,
    ) -> Result<Endpoint, HttpError> {
        self.http().add_endpoint(method, path, response)
    }

    pub fn clock(&self) -> &Clock {
        self.stack.context().clock()
    }

    pub fn journal(&self) -> &Journal {
        self.stack.context().journal()
    }

    pub fn faults(&self) -> &Faults {
        self.stack.context().faults()
    }

    /// Every variable that a client needs.
    pub fn env(&self) -> Vec<(String, String)> {
        self.stack.env()
    }

    /// The whole state as a value: data, clock, journal, faults, counters. Copies nothing.
    pub fn snapshot(&self) -> Snapshot {
        self.stack.snapshot()
    }

    /// Puts everything back where the snapshot found it, whole or not at all.
    pub fn restore(&self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        self.stack.restore(snapshot)
    }

    /// Empties every service to `depth`, and the journal.
    pub fn reset(&self, depth: ResetDepth) {
        // Only names can be unknown, and none is given.
        let _ = self.stack.reset(None, depth);
    }

    /// Another server on a free port, with everything that this one holds; neither sees the other afterwards.
    pub fn fork(&self) -> Result<Self, ServerError> {
        self.fork_with(ForkOptions::default())
    }

    /// A fork of a snapshot, on a port or under a name of one's own.
    pub fn fork_with(&self, options: ForkOptions) -> Result<Self, ServerError> {
        if self.is_stopped() {
            return Err(ServerError::Stopped);
        }
        let stack = self.host.fork(&self.stack, options)?;
        Ok(Self {
            runtime: self.runtime.clone(),
            host: self.host.clone(),
            stack,
            is_fork: true,
            is_stopped: AtomicBool::new(false),
        })
    }

    /// Stops accepting, lets the requests under way finish within the drain limit, closes the port and
    /// empties the services. Stopping a stopped server does nothing.
    ///
    /// Blocks this thread meanwhile; inside a runtime use [`EphemeralMockServer::stop_async`].
    pub fn stop(&self) {
        if let Some(end) = self.ending(false) {
            self.runtime.wait(end);
        }
    }

    pub async fn stop_async(&self) {
        if let Some(end) = self.ending(false) {
            // It fails only when the runtime ends first, and then everything has vanished.
            let _ = self.runtime.handle().spawn(end).await;
        }
    }

    fn ending(&self, at_once: bool) -> Option<impl Future<Output = ()> + Send + 'static> {
        if self.is_stopped.swap(true, Ordering::AcqRel) {
            return None;
        }
        let (host, stack, is_fork) = (self.host.clone(), self.stack.clone(), self.is_fork);
        Some(async move {
            match (is_fork, at_once) {
                (true, true) => host.kill(&stack).await,
                (true, false) => host.stop(&stack).await,
                (false, true) => host.end_now().await,
                (false, false) => host.end().await,
            }
            // Handles to services may outlive the server: what they hold goes now.
            let _ = stack.reset(None, ResetDepth::All);
        })
    }
}

impl Drop for EphemeralMockServer {
    fn drop(&mut self) {
        if let Some(end) = self.ending(true) {
            self.runtime.wait(end);
        }
    }
}
