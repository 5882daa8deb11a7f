//! The service: one stack's mocks.

mod calls;
mod endpoints;

use std::sync::Arc;

use efsm_core::{
    BoxFuture, Context, Cut, Face, Part, Request, ResetDepth, Response, RestoreError, Service,
    StateCell, Status, Stopwatch,
};
use uuid::Uuid;

pub use self::calls::{Call, CountFailure, Times, VerifyFailure};
pub use self::endpoints::Endpoint;
use crate::engine::request::LoggedRequest;
use crate::engine::state::State;

pub(crate) const NAME: &str = "http";

/// The HTTP mocks of one stack. Clones share them.
#[derive(Clone, Debug)]
pub struct HttpService(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    context: Context,
    state: StateCell<State>,
    started: Stopwatch,
}

impl HttpService {
    pub fn new(context: Context) -> Self {
        Self(Arc::new(Inner {
            state: context.cell(State::default()),
            started: Stopwatch::start(),
            context,
        }))
    }

    pub(crate) fn context(&self) -> &Context {
        &self.0.context
    }

    pub(crate) fn state(&self) -> &StateCell<State> {
        &self.0.state
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

    fn http(&self, request: Request) -> BoxFuture<'_, Response> {
        match request.route.face {
            Face::Admin => Box::pin(self.admin(request)),
            _ => self.serve(request),
        }
    }

    fn claims(&self, head: &http::request::Parts) -> bool {
        let stubs = self.state().read(|state| state.stubs.clone());
        if stubs.is_empty() {
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
        stubs
            .find(&request, |stub| {
                stub.pattern.url.is_exact() && stub.pattern.matches(&request)
            })
            .is_some()
    }

    fn status(&self) -> Status {
        let stubs = self.state().read(|state| state.stubs.clone());
        Status::default().with("stubs", stubs.len())
    }

    fn reset(&self, depth: ResetDepth, cut: &Cut<'_>) {
        self.state().update_at(cut, |state| {
            if depth == ResetDepth::All {
                *state = State::default();
            }
        });
        self.forget_calls();
    }

    fn snapshot(&self, cut: &Cut<'_>) -> Part {
        Part::new(NAME, self.state().snapshot(cut))
    }

    fn restore(&self, part: &Part, cut: &Cut<'_>) -> Result<(), RestoreError> {
        self.state().replace(cut, part.state::<State>()?.clone());
        Ok(())
    }
}
