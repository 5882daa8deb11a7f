//! One request over its whole time: from hyper, to whoever answers it, and back.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use efsm_core::http::Face;
use efsm_core::{Body, BoxFuture, FixedResponse, Response, ResponseFuture};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;

use super::body;
use super::registry::InFlight;
use super::request::{Answered, Answering, panicked};
use crate::dispatch::{self, Target};

/// The largest form that the dispatch looks into for an AWS action.
const FORM_BYTES: u64 = 64 * 1024;

/// Answers a request. What a service has at hand costs no future of its own: hyper moves the one that it is given, and
/// one that can wait for everything that a request may wait for is large.
pub(crate) fn answer(answering: &Answering, request: hyper::Request<Incoming>) -> Answer<'_> {
    let (head, incoming) = request.into_parts();
    let patience = answering.caller.stack.context.limits().body_timeout;
    let (body, is_read) = body::incoming(incoming, patience);
    answer_of_parts(answering, head, body, is_read)
}

/// The same; `is_read` tells, of a body that comes bit by bit, whether it was read to its end.
pub(crate) fn answer_of_parts(
    answering: &Answering,
    mut head: Parts,
    body: Body,
    is_read: Option<Arc<AtomicBool>>,
) -> Answer<'_> {
    let in_flight = answering.entry.begin_request();
    let stack = &answering.caller.stack;
    let limits = stack.context.limits();
    if let Some(refusal) = oversized(&head, limits.header_bytes) {
        return Answer::Ready(Some(answering.hand_over(refusal, in_flight)));
    }
    let is_http1 = head.version < http::Version::HTTP_2;
    let exchange = Exchange {
        answering,
        in_flight,
        is_read: is_read.filter(|_| is_http1),
    };
    let target = match &answering.caller.tunnel {
        None => dispatch::dispatch(&head, None, &stack.directory),
        Some(tunnel) => tunnel.target(&mut head, answering.caller.peer.tls, &stack.directory),
    };
    if is_undecided(&target) && dispatch::needs_form(&head) && is_small(&body) {
        return Answer::OfForm(Box::pin(exchange.of_form(head, body)));
    }
    match answering.respond(target, head, body) {
        ResponseFuture::Ready(response) => Answer::Ready(Some(exchange.end(response))),
        ResponseFuture::Fixed(fixed) => Answer::Fixed(Some((exchange, fixed))),
        ResponseFuture::Pending(answer) => Answer::Asked(Some(exchange), answer),
    }
}

/// An answer at hand, or on its way.
pub(crate) enum Answer<'a> {
    Ready(Option<Answered>),
    Fixed(Option<(Exchange<'a>, Arc<FixedResponse>)>),
    Asked(Option<Exchange<'a>>, BoxFuture<'a, Response>),
    OfForm(BoxFuture<'a, Answered>),
}

impl Future for Answer<'_> {
    type Output = Answered;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answered> {
        match self.get_mut() {
            // hyper polls an answer once it is there no more.
            Self::Ready(answered) => answered.take().map_or(Poll::Pending, Poll::Ready),
            Self::Fixed(fixed) => fixed.take().map_or(Poll::Pending, |(exchange, fixed)| {
                Poll::Ready(exchange.end(fixed.response()))
            }),
            Self::Asked(exchange, answer) => {
                let response = ready!(poll_isolated(answer, cx));
                let exchange = exchange.take();
                exchange.map_or(Poll::Pending, |exchange| {
                    Poll::Ready(exchange.end(response))
                })
            }
            Self::OfForm(answer) => answer.as_mut().poll(cx),
        }
    }
}

/// A request between its arrival and its answer.
pub(crate) struct Exchange<'a> {
    answering: &'a Answering,
    in_flight: InFlight,
    /// Over HTTP/1.1, whether the request's body was read to its end.
    is_read: Option<Arc<AtomicBool>>,
}

impl Exchange<'_> {
    /// Answers a request whose form has to tell whom it is for.
    async fn of_form(self, head: Parts, body: Body) -> Answered {
        let form = match body.collect(FORM_BYTES).await {
            Ok(form) => form,
            Err(error) => return self.end(efsm_wire::BadInput::from(error).into()),
        };
        let directory = &self.answering.caller.stack.directory;
        let target = dispatch::dispatch(&head, Some(&form), directory);
        let response = match self.answering.respond(target, head, form.into()) {
            ResponseFuture::Ready(response) => response,
            ResponseFuture::Fixed(fixed) => fixed.response(),
            ResponseFuture::Pending(mut answer) => {
                poll_fn(|cx| poll_isolated(&mut answer, cx)).await
            }
        };
        self.end(response)
    }

    /// The mark that the request is under way, for an answer that is handed over as it is.
    pub(crate) fn into_in_flight(self) -> InFlight {
        self.in_flight
    }

    fn end(self, mut response: Response) -> Answered {
        // hyper closes a connection whose request it did not read; a client that is not told would send its next
        // request into the closing socket.
        let is_unread = |is_read: Arc<AtomicBool>| !is_read.load(Ordering::Relaxed);
        if self.is_read.is_some_and(is_unread) {
            let close = HeaderValue::from_static("close");
            response
                .headers_mut()
                .insert(http::header::CONNECTION, close);
        }
        self.answering.hand_over(response, self.in_flight)
    }
}

/// Runs a service so that its panic, a bug of ours, costs this one request and no other.
fn poll_isolated(answer: &mut BoxFuture<'_, Response>, cx: &mut Context<'_>) -> Poll<Response> {
    let polled = std::panic::catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx)));
    polled.unwrap_or_else(|panic| Poll::Ready(panicked(&*panic)))
}

/// Whether only the form of a request can tell that it is not for a stub.
fn is_undecided(target: &Target) -> bool {
    match target {
        Target::Nobody => true,
        Target::Service { route, .. } => route.face == Face::Rest && route.mount == 0,
        _ => false,
    }
}

fn is_small(body: &Body) -> bool {
    body.size_hint()
        .exact()
        .is_some_and(|length| length <= FORM_BYTES)
}

fn oversized(head: &Parts, limit_bytes: usize) -> Option<Response> {
    let target = head.uri.path().len() + head.uri.query().map_or(0, str::len);
    let fields: usize = head
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    (target + fields > limit_bytes).then(|| {
        let status = if target > limit_bytes {
            StatusCode::URI_TOO_LONG
        } else {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
        };
        efsm_wire::error_with_hint(
            status,
            format!(
                "the request's line and headers have {} bytes, and the limit is {limit_bytes}",
                target + fields
            ),
            "send long input in the body, or raise the limit `header`",
        )
    })
}
