//! Serving: from a request to the answer of the stub that matches it.

mod body;
mod fault;
mod graphql;
mod mocked;
mod proxy;
mod resource;
mod respond;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use efsm_core::{Body, BoxFuture, Request, Response, Stopwatch};
use efsm_wire::BadInput;
use futures_util::FutureExt as _;
use parking_lot::Mutex;

use crate::engine::pattern::Probe;
use crate::engine::request::LoggedRequest;
use crate::engine::serve_event::{self, Answer, ServeEvent, SubEvent, Timing};
use crate::engine::state::{Matched, State};
use crate::engine::stub::Stub;
use crate::service::{HttpService, NAME};

/// What is known of a request while it is served.
pub(super) struct Serving {
    pub(super) state: Arc<State>,
    pub(super) request: Arc<LoggedRequest>,
    pub(super) stub: Arc<Stub>,
    pub(super) response: usize,
    pub(super) id: uuid::Uuid,
    pub(super) sub_events: Mutex<Vec<SubEvent>>,
    pub(super) watch: Stopwatch,
}

impl HttpService {
    pub(crate) fn serve(&self, mut request: Request) -> BoxFuture<'_, Response> {
        let limit = self.context().limits().body_bytes;
        match std::mem::take(&mut request.body) {
            Body::Empty => self.answer(request, Bytes::new()),
            Body::Full(bytes) if bytes.len() as u64 <= limit => self.answer(request, bytes),
            body => Box::pin(async move {
                match body.collect(limit).await {
                    Ok(bytes) => self.answer(request, bytes).await,
                    Err(error) => BadInput::from(error).into(),
                }
            }),
        }
    }

    fn answer(&self, mut request: Request, body: Bytes) -> BoxFuture<'_, Response> {
        let watch = Stopwatch::start();
        let upgrade = request.upgrade.take();
        let request = LoggedRequest::new(request, body, self.context().now());
        let state = self.current();
        let Some(Matched { stub, response }) = self.matched(&state, &request) else {
            if state.specs.is_empty() {
                return self.unmatched(&state, request, watch);
            }
            return match self.mocked(&state, request, upgrade, watch) {
                Ok(answer) => answer,
                Err((request, watch)) => self.unmatched(&state, request, watch),
            };
        };
        let settings = &state.settings;
        let is_immediate = settings.fixed_delay.is_none()
            && settings.delay.is_none()
            && stub.response.fixed_delay.is_none()
            && stub.response.delay.is_none()
            && stub.response.dribble.is_none()
            && stub.listeners.is_empty()
            && state.specs.is_empty()
            && !self.options().global_templating;
        if is_immediate && let Some(prepared) = stub.prepared() {
            let response = body::prepared(prepared, &stub, &request);
            let event = event(self.new_id(), request, Some(stub), 0, Answer::Prepared);
            self.log(event, &watch, Duration::ZERO);
            return std::future::ready(response).boxed();
        }
        let serving = Serving {
            id: self.new_id(),
            state,
            request: Arc::new(request),
            stub,
            response,
            sub_events: Mutex::default(),
            watch,
        };
        Box::pin(self.respond(serving))
    }

    /// The stub that answers; a scenario or sequence moves on with it.
    fn matched(&self, state: &State, request: &LoggedRequest) -> Option<Matched> {
        let probe = Probe::new(request);
        let stub = state.find(&probe)?;
        if !state.is_moved_by(stub) {
            return Some(Matched {
                stub: stub.clone(),
                response: 0,
            });
        }
        let entropy = self.context().entropy();
        self.edit(|now| now.take_turn(&probe, stub, state.revision, |n| entropy.below(n)))
    }

    /// Puts a served request into the journal.
    pub(in crate::wire) fn log(
        &self,
        event: ServeEvent,
        watch: &Stopwatch,
        delay: Duration,
    ) -> Arc<ServeEvent> {
        let timing = &event.timing;
        timing
            .process_us
            .store(watch.elapsed().as_micros() as u64, Ordering::Relaxed);
        timing
            .added_delay_ms
            .store(delay.as_millis() as u64, Ordering::Relaxed);
        let event = Arc::new(event);
        self.context().journal().append_shared(
            event.request.at(),
            NAME,
            serve_event::KIND,
            event.clone(),
        );
        event
    }
}

/// A serve event without sub-events.
pub(in crate::wire) fn event(
    id: uuid::Uuid,
    request: LoggedRequest,
    stub: Option<Arc<Stub>>,
    response: usize,
    answer: Answer,
) -> ServeEvent {
    ServeEvent {
        id,
        request,
        stub,
        response,
        mock: None,
        answer,
        timing: Timing::default(),
        sub_events: Mutex::default(),
    }
}
