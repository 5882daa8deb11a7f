//! Answers from descriptions, and the check of stubs' answers against them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use efsm_core::{Response, ResponseFuture, Stopwatch, Upgrade};
use efsm_wire::websocket;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use super::{body, event};
use crate::engine::mock::{
    Claim, MockAnswer, MockBody, MockHit, MockState, Received, Spec, Step, Turn,
};
use crate::engine::request::{KeptContent, LoggedRequest, unpacked};
use crate::engine::response::Proxy;
use crate::engine::serve_event::Built;
use crate::engine::state::State;
use crate::service::HttpService;

const VIOLATIONS: &str = "sl-violations";

impl HttpService {
    /// Answers a request that no stub matches from the description that fits it best; gives it back when none does.
    pub(super) fn mocked(
        &self,
        state: &State,
        request: LoggedRequest,
        upgrade: Option<Upgrade>,
        watch: Stopwatch,
    ) -> Result<ResponseFuture<'_>, (LoggedRequest, Stopwatch)> {
        let Some(spec) = best(state, &request) else {
            return Err((request, watch));
        };
        if websocket::is_upgrade(request.headers())
            && let Some(graphql) = spec.mock.clone().graphql()
        {
            let (answer, response) = self.graphql_socket(&spec, graphql, &request, upgrade);
            self.told(&spec, &request, answer, false, &watch);
            return Ok(ResponseFuture::Ready(response));
        }
        let entropy = self.context().entropy().next_u64();
        let now = request.at();
        let step = if spec.mock.is_stateful() {
            self.edit(|state| {
                let mut own = state.mock_states.get(&spec.id).cloned().unwrap_or_default();
                let step = spec.mock.answer(
                    &request,
                    &mut Turn {
                        now,
                        entropy,
                        state: &mut own,
                    },
                );
                state.keep_mock_state(spec.id, own);
                step
            })
        } else {
            let mut own = MockState::default();
            spec.mock.answer(
                &request,
                &mut Turn {
                    now,
                    entropy,
                    state: &mut own,
                },
            )
        };
        Ok(match step {
            Step::Answered(answer) => {
                ResponseFuture::Ready(self.told(&spec, &request, *answer, false, &watch))
            }
            Step::Events(events) => {
                let answer = self.graphql_events(&spec, *events);
                ResponseFuture::Ready(self.told(&spec, &request, answer, false, &watch))
            }
            Step::Forward(pending) => ResponseFuture::new(async move {
                let proxy = Proxy {
                    through: pending.through().map(str::to_owned),
                    ..Proxy::to(pending.base_url())
                };
                let fetched = self.fetch(&request, &proxy, &HeaderMap::new()).await;
                if let Some(reason) = &fetched.error {
                    let answer = pending.failed(&request, reason);
                    return self.told(&spec, &request, answer, true, &watch);
                }
                let limit = self.context().limits().body_bytes;
                let mut headers = fetched.headers;
                let content = unpacked(&headers, fetched.body, limit);
                headers.remove(http::header::CONTENT_ENCODING);
                headers.remove(http::header::CONTENT_LENGTH);
                let received = Received {
                    status: fetched.status,
                    headers,
                    body: content,
                };
                let answer = pending.received(&request, &received, entropy);
                self.told(&spec, &request, answer, true, &watch)
            }),
        })
    }

    /// Puts the answer into the journal and on the wire.
    fn told(
        &self,
        spec: &Spec,
        request: &LoggedRequest,
        answer: MockAnswer,
        proxied: bool,
        watch: &Stopwatch,
    ) -> Response {
        let MockAnswer {
            status,
            headers,
            body: content,
            operation,
            violations,
            log,
            is_described,
            callbacks,
        } = answer;
        let (whole, stream) = match content {
            MockBody::Whole(bytes) => (bytes, None),
            MockBody::Stream(stream) => (Bytes::new(), Some(stream)),
        };
        let built = Built {
            status,
            content: KeptContent::new(&headers, &whole),
            fault: None,
            proxied,
        };
        let mut response = body::answer(request, status, headers, whole);
        if let Some(stream) = stream {
            *response.body_mut() = stream;
        }
        let mut event = event(self.new_id(), request, None, 0, built.into());
        event.mock = Some(Box::new(MockHit {
            spec: spec.id,
            name: spec.name.clone(),
            operation,
            violations,
            log,
            is_described,
        }));
        let event = self.log(event, watch, Duration::ZERO);
        self.call_back(callbacks, &event);
        response
    }
}

/// The description that fits best; of equal ones, the newest.
fn best(state: &State, request: &LoggedRequest) -> Option<Arc<Spec>> {
    if let [only] = state.specs.as_slice()
        && only.is_fallback
        && !request.is_proxied()
    {
        return Some(only.clone());
    }
    let mut best: Option<(Claim, &Arc<Spec>)> = None;
    for spec in state.specs.iter() {
        let claim = spec.mock.claim(request);
        let is_candidate = claim > Claim::Nothing || (spec.is_fallback && !request.is_proxied());
        if is_candidate && best.is_none_or(|(than, _)| claim > than) {
            best = Some((claim, spec));
        }
    }
    best.map(|(_, spec)| spec.clone())
}

/// What a stub's answer breaks of the description that knows the request.
pub(super) fn checked(
    state: &State,
    request: &LoggedRequest,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Option<(Arc<Spec>, Vec<Value>)> {
    let spec = best(state, request)?;
    if spec.mock.claim(request) < Claim::Operation {
        return None;
    }
    let violations = spec.mock.check(request, status, headers, body);
    (!violations.is_empty()).then_some((spec, violations))
}

/// The header that tells a client what is wrong.
pub(super) fn violations_header(violations: &[Value]) -> Option<(&'static str, HeaderValue)> {
    let text = efsm_spec::mock::header_of(violations)?;
    Some((VIOLATIONS, HeaderValue::from_str(&text).ok()?))
}
