//! Serving: from a request to the answer of the stub that matches it.

#![expect(
    clippy::inline_always,
    reason = "a request is some hundred bytes, and each call that is not inlined copies them"
)]

mod body;
mod fault;
mod graphql;
mod mocked;
mod proxy;
mod resource;
mod respond;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use efsm_core::{Body, Request, ResponseFuture, Stopwatch, Upgrade};
use efsm_wire::BadInput;

use crate::engine::delay;
use crate::engine::pattern::Probe;
use crate::engine::request::{KeptContent, KeptRequest, LoggedRequest};
use crate::engine::serve_event::{self, Answer, Built, ServeEvent, Timing};
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
    pub(super) delay: Duration,
    /// Its entry in the journal, when that was made with the match.
    pub(super) logged: Option<Arc<ServeEvent>>,
    pub(super) watch: Stopwatch,
}

impl HttpService {
    #[inline(always)]
    pub(crate) fn serve(&self, mut request: Request) -> ResponseFuture<'_> {
        let limit = self.context().limits().body_bytes;
        let body = match std::mem::take(&mut request.body) {
            Body::Empty => Bytes::new(),
            Body::Full(bytes) if bytes.len() as u64 <= limit => bytes,
            body => {
                return ResponseFuture::new(async move {
                    match body.collect(limit).await {
                        Ok(bytes) => self.answer(request, bytes).await,
                        Err(error) => BadInput::from(error).into(),
                    }
                });
            }
        };
        self.answer(request, body)
    }

    #[inline(always)]
    fn answer(&self, mut request: Request, body: Bytes) -> ResponseFuture<'_> {
        let upgrade = request.upgrade.take();
        let request = LoggedRequest::new(request, body, self.context().now());
        let state = self.current();
        let probe = Probe::new(&request);
        let Some(stub) = state.find(&probe) else {
            return self.without_stub(&state, request, upgrade, Stopwatch::start());
        };
        if state.is_moved_by(stub) {
            let watch = Stopwatch::start();
            let Some(turn) = self.take_turn(&state, &probe, stub, &watch) else {
                return self.without_stub(&state, request, upgrade, watch);
            };
            let serving = Serving {
                state,
                request: Arc::new(request),
                stub: turn.matched.stub,
                response: turn.matched.response,
                id: turn.id,
                delay: turn.delay,
                logged: turn.logged,
                watch,
            };
            return self.respond(serving);
        }
        let settings = &state.settings;
        let is_immediate = settings.fixed_delay.is_none()
            && settings.delay.is_none()
            && stub.response.fixed_delay.is_none()
            && stub.response.delay.is_none()
            && stub.response.dribble.is_none()
            && stub.listeners.is_empty()
            && state.specs.is_empty()
            && !self.options().global_templating;
        let id = self.new_id();
        if is_immediate && let Some(prepared) = stub.prepared() {
            // Nothing was waited for: the time that it took is none that milliseconds could tell.
            let event = event(id, &request, Some(stub.clone()), 0, Answer::Prepared);
            let journal = self.context().journal();
            journal.append(request.at(), NAME, serve_event::KIND, event);
            return body::prepared(prepared, stub, &request);
        }
        let entropy = self.context().entropy();
        let serving = Serving {
            id,
            stub: stub.clone(),
            response: 0,
            delay: delay::of(&stub.response, settings, || entropy.unit()),
            logged: None,
            request: Arc::new(request),
            state,
            watch: Stopwatch::start(),
        };
        self.respond(serving)
    }

    /// The answer of a description or, where none fits, the one that says so.
    fn without_stub(
        &self,
        state: &State,
        request: LoggedRequest,
        upgrade: Option<Upgrade>,
        watch: Stopwatch,
    ) -> ResponseFuture<'_> {
        if state.specs.is_empty() {
            return self.unmatched(state, request, watch);
        }
        match self.mocked(state, request, upgrade, watch) {
            Ok(answer) => answer,
            Err((request, watch)) => self.unmatched(state, request, watch),
        }
    }

    /// Moves a scenario or a sequence on with its answer. What is known by then stands in the journal before the
    /// next request can move it further.
    fn take_turn(
        &self,
        state: &State,
        probe: &Probe<'_>,
        stub: &Arc<Stub>,
        watch: &Stopwatch,
    ) -> Option<Turn> {
        let entropy = self.context().entropy();
        self.edit(|now| {
            let matched = now.take_turn(probe, stub, state.revision, |n| entropy.below(n))?;
            let definition = matched.stub.definition(matched.response);
            let delay = delay::of(definition, &now.settings, || entropy.unit());
            let id = self.new_id();
            // A description may yet have something to say of the answer.
            let is_checked = !now.specs.is_empty();
            let answer = (!is_checked)
                .then(|| self.answer_at_hand(&matched))
                .flatten();
            let logged = answer.map(|answer| {
                let stub = Some(matched.stub.clone());
                let event = event(id, probe.request, stub, matched.response, answer);
                self.log(event, watch, delay)
            });
            Some(Turn {
                matched,
                id,
                delay,
                logged,
            })
        })
    }

    /// What a stub answers, as far as it is known without making it for the request.
    fn answer_at_hand(&self, matched: &Matched) -> Option<Answer> {
        let stub = &matched.stub;
        let definition = stub.definition(matched.response);
        if self.options().global_templating || stub.resource.is_some() || !definition.is_static() {
            return None;
        }
        let mut headers = definition.header_map();
        stub.mark(&mut headers);
        Some(Answer::from(Built {
            status: definition.status.fixed(),
            content: KeptContent::new(&headers, &definition.body_bytes()),
            fault: None,
            proxied: false,
        }))
    }

    /// Puts a served request into the journal.
    pub(in crate::wire) fn log(
        &self,
        mut event: ServeEvent,
        watch: &Stopwatch,
        delay: Duration,
    ) -> Arc<ServeEvent> {
        event.timing = Timing {
            added_delay_ms: delay.as_millis() as u64,
            process_ms: watch.elapsed().as_millis() as u64,
        };
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

/// What a request took of a scenario or a sequence.
struct Turn {
    matched: Matched,
    id: uuid::Uuid,
    delay: Duration,
    logged: Option<Arc<ServeEvent>>,
}

/// A serve event without sub-events.
#[inline(always)]
pub(in crate::wire) fn event(
    id: uuid::Uuid,
    request: &LoggedRequest,
    stub: Option<Arc<Stub>>,
    response: usize,
    answer: Answer,
) -> ServeEvent {
    ServeEvent {
        id,
        request: KeptRequest::new(request),
        stub,
        response,
        mock: None,
        answer,
        timing: Timing::default(),
        sub_events: Vec::new(),
    }
}
