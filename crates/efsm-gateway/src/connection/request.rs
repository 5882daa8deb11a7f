//! Who answers a request: what dispatch, guard and fault rules make of it, and what is asked of a service.

#![expect(
    clippy::inline_always,
    reason = "a request is some hundred bytes, and each call that is not inlined copies them"
)]

use std::any::Any;
use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use efsm_core::fault::Fault;
use efsm_core::http::{Face, Route};
use efsm_core::{
    Body, KeptParts, Note, Request, Response, ResponseFuture, Service, SocketFault, Upgrade,
};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use tokio::sync::oneshot;

use super::Caller;
use super::body::OutgoingBody;
use super::http1::Aftermath;
use super::registry::{Entry, InFlight};
use super::tunnel::{self, Tunnel};
use crate::Stack;
use crate::control;
use crate::dispatch::Target;

/// What all requests of one connection share.
pub(crate) struct Answering {
    pub(crate) caller: Caller,
    pub(crate) entry: Arc<Entry>,
    pub(crate) aftermath: Arc<Aftermath>,
}

/// hyper drops the connection (HTTP/1.1) or resets the stream (HTTP/2) on it; what was asked for
/// is then done to the socket.
#[derive(Debug, thiserror::Error)]
#[error("a fault takes the place of the answer")]
pub(crate) struct Broken;

/// What hyper is given for a request.
pub(crate) type Answered = Result<hyper::Response<OutgoingBody>, Broken>;

impl Answering {
    /// Finds who answers, and asks.
    #[inline(always)]
    pub(crate) fn respond(&self, target: Target, head: Parts, body: Body) -> ResponseFuture<'_> {
        let Caller { host, stack, .. } = &self.caller;
        if is_guarded(&target)
            && let Err(refusal) = stack.guard.check(&head.headers, &head.uri)
        {
            return ResponseFuture::Ready(refusal);
        }
        match target {
            Target::Service { name, route } => self.ask_by_name(name, head, body, route),
            Target::Unclaimed { name, route } => {
                let claimant = stack.service("http").filter(|http| http.claims(&head));
                match claimant.map(|http| http.name()) {
                    Some(http) => self.ask_by_name(http, head, body, Route::default()),
                    None => self.ask_by_name(name, head, body, route),
                }
            }
            Target::Control { mount } => {
                let face = Face::Control;
                let request = self.request(head, body, Route { face, mount });
                ResponseFuture::new(control::answer(host.clone(), stack.clone(), request))
            }
            Target::Mcp => match host.mcp() {
                Some(mcp) => {
                    let request = self.request(head, body, Route::default());
                    ResponseFuture::Pending(mcp.answer(host.clone(), stack.clone(), request))
                }
                None => ResponseFuture::Ready(efsm_wire::error_with_hint(
                    StatusCode::NOT_IMPLEMENTED,
                    "no MCP is served here",
                    "start the stack with `efsm up` or `efsm mcp`, or use the control API under /_efsm/",
                )),
            },
            Target::Health => match stack.service("http").filter(|http| http.claims(&head)) {
                Some(http) => self.ask(http, head, body, Route::default()),
                None => ResponseFuture::Ready(health(stack, &head)),
            },
            Target::Tunnel { is_own } => ResponseFuture::Ready(self.open_tunnel(head, is_own)),
            Target::Nobody => ResponseFuture::Ready(nobody(&head)),
        }
    }

    /// Asks a service, or lets a fault rule have its way with the answer.
    #[inline(always)]
    fn ask_by_name(
        &self,
        name: &'static str,
        head: Parts,
        body: Body,
        route: Route,
    ) -> ResponseFuture<'_> {
        let stack = &self.caller.stack;
        let Some(service) = stack.service(name) else {
            return ResponseFuture::Ready(nobody(&head));
        };
        // What steers a service is not what a test wants to break.
        let is_steering = matches!(route.face, Face::Admin | Face::Control);
        let fault = if is_steering {
            None
        } else {
            fault_for(stack, name, &head)
        };
        match fault {
            None => self.ask(service, head, body, route),
            Some(fault) => ResponseFuture::new(async move {
                let asked = async move { self.ask(service, head, body, route).await };
                efsm_wire::fault::apply(&fault, &stack.context, asked).await
            }),
        }
    }

    #[inline(always)]
    fn ask<'a>(
        &'a self,
        service: &'a Arc<dyn Service>,
        head: Parts,
        body: Body,
        route: Route,
    ) -> ResponseFuture<'a> {
        let is_control = route.face == Face::Control;
        let mut request = self.request(head, body, route);
        if is_control {
            let (stack, name) = (self.caller.stack.clone(), service.name());
            request.kept = Some(KeptParts::new(move |id| {
                stack.kept_snapshot(id)?.part(name).cloned()
            }));
        }
        let asked = AssertUnwindSafe(|| {
            if is_control {
                ResponseFuture::Pending(service.control(request))
            } else {
                service.http(request)
            }
        });
        std::panic::catch_unwind(asked)
            .unwrap_or_else(|panic| ResponseFuture::Ready(panicked(&*panic)))
    }

    #[inline(always)]
    fn request(&self, head: Parts, body: Body, route: Route) -> Request {
        let asks_for_upgrade = head.version == http::Version::HTTP_11
            && head
                .headers
                .keys()
                .any(|name| name == http::header::UPGRADE);
        let upgrade = asks_for_upgrade.then(|| {
            let (sender, io) = oneshot::channel();
            *self.aftermath.upgrade.lock() = Some(sender);
            self.aftermath.awaits_upgrade.store(true, Ordering::Relaxed);
            Upgrade::new(async move {
                io.await.map_err(|_| {
                    std::io::Error::other("the connection ended before it was upgraded")
                })
            })
        });
        Request {
            head,
            body,
            route,
            peer: self.caller.peer,
            upgrade,
            kept: None,
        }
    }

    /// Grants a CONNECT: what follows on the connection, or on the stream of HTTP/2, is the tunnel's.
    fn open_tunnel(&self, mut head: Parts, is_own: bool) -> Response {
        if self.caller.tunnel.is_some() {
            return efsm_wire::error_with_hint(
                StatusCode::NOT_IMPLEMENTED,
                "a CONNECT inside of a tunnel is not supported",
                "send it to the stack itself, outside of any tunnel",
            );
        }
        let Some(tunnel) = Tunnel::to(&head.uri, is_own) else {
            return efsm_wire::error_with_hint(
                StatusCode::BAD_REQUEST,
                format!("CONNECT {} names no host", head.uri),
                "send CONNECT host:port (RFC 9110 section 9.3.6)",
            );
        };
        if head.version < http::Version::HTTP_2 {
            *self.aftermath.tunnel.lock() = Some(tunnel);
        } else if let Some(stream) = head.extensions.remove() {
            let caller = self.caller.through(tunnel);
            tokio::spawn(tunnel::serve_stream(
                caller,
                stream,
                self.entry.begin_request(),
            ));
        }
        efsm_wire::empty(StatusCode::OK)
    }

    pub(crate) fn hand_over(&self, mut response: Response, in_flight: InFlight) -> Answered {
        if !response.extensions().is_empty()
            && let Some(fault) = response.extensions_mut().remove::<SocketFault>()
        {
            *self.aftermath.fault.lock() = Some(fault);
            return Err(Broken);
        }
        let is_upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if !is_upgraded && self.aftermath.awaits_upgrade.load(Ordering::Relaxed) {
            // Asked for and not granted: what the connection was to become is given up.
            self.aftermath.upgrade.lock().take();
            self.aftermath
                .awaits_upgrade
                .store(false, Ordering::Relaxed);
        }
        let is_endless = matches!(response.body(), Body::Stream(_))
            && response
                .headers()
                .get(http::header::CONTENT_TYPE)
                .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let mut stopping = is_endless.then(|| self.caller.stack.stopping.subscribe());
        Ok(response.map(|body| {
            let body = OutgoingBody::new(body, in_flight);
            match stopping.take() {
                None => body,
                Some(mut stopping) => body.until(async move {
                    let _ = stopping.wait_for(|stopping| *stopping).await;
                }),
            }
        }))
    }
}

pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    efsm_wire::error_with_hint(
        StatusCode::INTERNAL_SERVER_ERROR,
        format!("efsm failed on this request: {message}"),
        "this is a bug in efsm, other requests go on: please report it with the request",
    )
}

fn is_guarded(target: &Target) -> bool {
    match target {
        Target::Control { .. } | Target::Mcp => true,
        Target::Service { route, .. } => matches!(route.face, Face::Admin | Face::Control),
        Target::Unclaimed { .. } | Target::Health | Target::Tunnel { .. } | Target::Nobody => false,
    }
}

fn fault_for(stack: &Stack, service: &'static str, head: &Parts) -> Option<Fault> {
    let context = &stack.context;
    let fault = context
        .faults()
        .for_request(service, context.entropy(), |name| {
            Some(Cow::Borrowed(match name {
                "method" => head.method.as_str(),
                "path" => head.uri.path(),
                "query" => head.uri.query().unwrap_or(""),
                "host" => match head.uri.host() {
                    Some(host) => host,
                    None => head.headers.get(http::header::HOST)?.to_str().ok()?,
                },
                _ => return None,
            }))
        })?;
    context.record(
        service,
        "fault",
        Note::new(format!(
            "fault {} on {} {}",
            fault.rule.id,
            head.method,
            head.uri.path()
        ))
        .with("rule", fault.rule.id.clone())
        .with("method", head.method.as_str())
        .with("path", head.uri.path()),
    );
    Some(fault)
}

fn health(stack: &Stack, head: &Parts) -> Response {
    if !matches!(head.method, http::Method::GET | http::Method::HEAD) {
        return efsm_wire::method_not_allowed(&head.method, "GET, HEAD");
    }
    let services: Vec<&str> = stack.services.iter().map(|s| s.name()).collect();
    let mut response = efsm_wire::json(
        StatusCode::OK,
        &serde_json::json!({ "status": "ok", "services": services }),
    );
    response.headers_mut().insert(
        http::header::CACHE_CONTROL,
        HeaderValue::from_static("no-store"),
    );
    response
}

fn nobody(head: &Parts) -> Response {
    efsm_wire::error_with_hint(
        StatusCode::NOT_FOUND,
        format!("no service of this stack answers at {}", head.uri.path()),
        "GET /_efsm/status lists the services that are enabled",
    )
}
