//! The service: one stack's mocks.

mod calls;
mod endpoints;
pub(crate) mod feeds;
pub(crate) mod nearest;
mod root_dir;
mod specs;
mod templating;

use std::sync::{Arc, OnceLock, Weak};

use efsm_core::limits::MemoryShare;
use efsm_core::{
    Context, Cut, Face, OutOfMemory, Part, Request, ResetDepth, ResponseFuture, RestoreError,
    Service, StateCell, Status, Stopwatch,
};
use efsm_javatext::JavaRegex;
use parking_lot::Mutex;
use tokio::task::JoinSet;
use uuid::Uuid;

pub use self::calls::{Call, CountFailure, Times, VerifyFailure};
pub use self::endpoints::Endpoint;
use self::feeds::{Feeds, Pushed};
pub use self::nearest::{Difference, Nearest, Unmatched};
use self::templating::Signer;
use crate::engine::mock::Claim;
use crate::engine::pattern::Probe;
use crate::engine::request::LoggedRequest;
use crate::engine::state::State;
use crate::files::Root;
use crate::wire::client::Client;

pub(crate) const NAME: &str = "http";

/// The HTTP mocks of one stack. Clones share them.
#[derive(Clone, Debug)]
pub struct HttpService(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    context: Context,
    /// Behind a pointer, so that a request takes the whole state in one step and matches outside the lock.
    state: StateCell<Arc<State>>,
    options: HttpOptions,
    client: Client,
    memory: MemoryShare,
    /// The directory that was loaded; not part of the state, because a fork must not write into its origin's.
    root: Arc<Mutex<Option<Root>>>,
    shutdown: Mutex<Option<Hook>>,
    signer: Mutex<Option<Signer>>,
    feeds: Arc<Feeds>,
    /// What waits to be done behind answers, without the service itself; it ends with it.
    waiting: Mutex<JoinSet<()>>,
    permitted: OnceLock<Arc<[JavaRegex]>>,
    started: Stopwatch,
}

/// A service that may be gone.
#[derive(Clone, Debug)]
pub(crate) struct WeakService(Weak<Inner>);

impl WeakService {
    pub(crate) fn upgrade(&self) -> Option<HttpService> {
        self.0.upgrade().map(HttpService)
    }
}

/// What ends the stack.
struct Hook(Arc<dyn Fn() + Send + Sync>);

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

/// What a stack decides about its mocks when it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpOptions {
    /// What happens to a request that came through the stack as a forward proxy, for a host without stubs.
    pub unknown_hosts: UnknownHosts,
    /// Render templates in every stub, not only in those with the `response-template` transformer.
    pub global_templating: bool,
    /// Regular expressions for the names that the `systemValue` helper may read; `wiremock.*` when empty.
    pub permitted_system_keys: Vec<String>,
    /// Hosts that can be reached below a path of the stack, too.
    pub stand_ins: Vec<StandIn>,
}

/// A host for which the path `/{authority}/...` stands: requests there are answered as if they had come to the
/// stack as the forward proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    pub scheme: http::uri::Scheme,
    /// The host, with its port if it has one.
    pub authority: http::uri::Authority,
}

/// What a forward proxy does with hosts that have no stub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownHosts {
    /// 403: nothing leaves the machine by accident.
    #[default]
    Refuse,
    /// The request goes to the host that it names.
    PassOn,
}

impl HttpService {
    pub fn new(context: Context) -> Self {
        Self::with_options(context, HttpOptions::default())
    }

    pub fn with_options(context: Context, options: HttpOptions) -> Self {
        Self(Arc::new(Inner {
            state: context.cell(Arc::default()),
            options,
            client: Client::default(),
            memory: context.memory().share(),
            root: Arc::default(),
            shutdown: Mutex::default(),
            signer: Mutex::default(),
            feeds: Arc::default(),
            waiting: Mutex::default(),
            permitted: OnceLock::new(),
            started: Stopwatch::start(),
            context,
        }))
    }

    /// Says how `POST /__admin/shutdown` ends the stack; without it the call is refused.
    pub fn on_shutdown(&self, hook: impl Fn() + Send + Sync + 'static) {
        *self.0.shutdown.lock() = Some(Hook(Arc::new(hook)));
    }

    pub(crate) fn shutdown_hook(&self) -> Option<Arc<dyn Fn() + Send + Sync>> {
        self.0.shutdown.lock().as_ref().map(|hook| hook.0.clone())
    }

    pub(crate) fn context(&self) -> &Context {
        &self.0.context
    }

    pub(crate) fn options(&self) -> &HttpOptions {
        &self.0.options
    }

    /// A hand on the service that does not keep it.
    pub(crate) fn downgrade(&self) -> WeakService {
        WeakService(Arc::downgrade(&self.0))
    }

    /// Begins what may wait for long behind an answer. It ends with the service, unless it keeps it.
    pub(crate) fn spawn_waiting(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut waiting = self.0.waiting.lock();
        while waiting.try_join_next().is_some() {}
        waiting.spawn(work);
    }

    pub(crate) fn feeds(&self) -> &Arc<Feeds> {
        &self.0.feeds
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    /// The state as it is now; what follows does not change it.
    pub(crate) fn current(&self) -> Arc<State> {
        self.0.state.read(Arc::clone)
    }

    /// Applies one change to the state.
    pub(crate) fn edit<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        self.0.state.update(|state| {
            let state = Arc::make_mut(state);
            let result = change(state);
            if state.stored_bytes != self.0.memory.bytes() {
                self.0.memory.set(state.stored_bytes);
            }
            result
        })
    }

    /// Takes room for `more` bytes than the service stores now; the next edit settles what was really needed.
    pub(crate) fn take_room(&self, more: u64) -> Result<(), OutOfMemory> {
        self.0.memory.take(more)
    }

    /// Gives back what was taken and not needed.
    pub(crate) fn settle_room(&self) {
        self.0.memory.set(self.current().stored_bytes);
    }

    pub(crate) fn uptime(&self) -> std::time::Duration {
        self.0.started.elapsed()
    }

    pub(crate) fn new_id(&self) -> Uuid {
        self.context().entropy().uuid()
    }

    /// Drops the service's own entries of the journal.
    pub(crate) fn forget_calls(&self) {
        self.context()
            .journal()
            .retain(|entry| entry.service != NAME);
    }
}

impl Service for HttpService {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prefix(&self) -> &'static str {
        "/http"
    }

    fn http(&self, mut request: Request) -> ResponseFuture<'_> {
        if request.route.face == Face::Admin {
            return ResponseFuture::new(self.admin(request));
        }
        crate::wire::to_real_host(&mut request, &self.options().stand_ins);
        self.serve(request)
    }

    fn claims(&self, head: &http::request::Parts) -> bool {
        let state = self.current();
        if state.stubs.is_empty() && state.specs.is_empty() {
            return false;
        }
        let mut probe = http::Request::new(());
        *probe.method_mut() = head.method.clone();
        *probe.uri_mut() = head.uri.clone();
        *probe.headers_mut() = head.headers.clone();
        let request = LoggedRequest::new(
            Request::new(probe),
            bytes::Bytes::new(),
            self.context().now(),
        );
        // Only a stub that names the very path: a catch-all must not take the stack's own pages away.
        let is_described = state
            .specs
            .iter()
            .any(|spec| spec.mock.claim(&request) >= Claim::Operation);
        if is_described {
            return true;
        }
        let probe = Probe::new(&request);
        state
            .stubs
            .find(&request, |stub| {
                stub.pattern.url.is_exact() && stub.pattern.fits_head(&probe)
            })
            .is_some()
    }

    fn status(&self) -> Status {
        let state = self.current();
        Status::default()
            .with("stubs", state.stubs.len())
            .with("specs", state.specs.len())
            .with("scenarios", state.stubs.scenarios().count())
            .with("files", state.files.len())
            .with("calls", self.calls().len())
            .with_memory(state.stored_bytes)
    }

    fn reset(&self, depth: ResetDepth, cut: &Cut<'_>) {
        if depth == ResetDepth::All {
            for spec in self.current().specs.iter() {
                self.feeds().push(&spec.id, None, &Pushed::End);
            }
        }
        self.0.state.update_at(cut, |state| match depth {
            ResetDepth::Data => Arc::make_mut(state).reset_progress(),
            // The revision goes on: a request under way must see that its stub is gone.
            ResetDepth::All => {
                *state = Arc::new(State {
                    revision: state.revision + 1,
                    ..State::default()
                });
            }
        });
        self.settle_room();
        self.forget_calls();
    }

    fn snapshot(&self, cut: &Cut<'_>) -> Part {
        Part::new(NAME, self.0.state.snapshot(cut))
    }

    fn restore(&self, part: &Part, cut: &Cut<'_>) -> Result<(), RestoreError> {
        let mut state = State::clone(part.state::<Arc<State>>()?);
        state.revision = state.revision.max(self.current().revision) + 1;
        self.0.memory.set(state.stored_bytes);
        self.0.state.replace(cut, Arc::new(state));
        Ok(())
    }
}
