//! Serving: from a request to the answer of the stub that matches it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use efsm_core::{Body, BoxFuture, Request, Response, Stopwatch};
use efsm_wire::BadInput;
use futures_util::FutureExt as _;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;

use crate::engine::request::LoggedRequest;
use crate::engine::response::{BodyDefinition, Prepared, ResponseDefinition};
use crate::engine::serve_event::{self, Answer, ServeEvent, Timing};
use crate::engine::stub::Stub;
use crate::service::{HttpService, NAME};

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

    fn answer(&self, request: Request, body: Bytes) -> BoxFuture<'_, Response> {
        let watch = Stopwatch::start();
        let request = LoggedRequest::new(request, body, self.context().now());
        let stubs = self.state().read(|state| state.stubs.clone());
        let stub = stubs
            .find(&request, |stub| stub.pattern.matches(&request))
            .cloned();
        let Some(stub) = stub else {
            let response = crate::wire::unmatched::answer(&request);
            self.log(request, None, Answer::NotMatched, 0, &watch);
            return std::future::ready(response).boxed();
        };
        let delay = stub.response.fixed_delay;
        if let (Some(prepared), None) = (stub.prepared(), delay) {
            let response = prepared_response(prepared);
            self.log(request, Some(stub.clone()), Answer::Prepared, 0, &watch);
            return std::future::ready(response).boxed();
        }
        Box::pin(async move {
            let delay_ms = delay.map_or(0, |delay| delay.as_millis() as u64);
            let response = self.build(request, stub, delay_ms, &watch).await;
            if let Some(delay) = delay {
                self.context().clock().sleep(delay).await;
            }
            response
        })
    }

    async fn build(
        &self,
        request: LoggedRequest,
        stub: Arc<Stub>,
        delay_ms: u64,
        watch: &Stopwatch,
    ) -> Response {
        if let Some(prepared) = stub.prepared() {
            let response = prepared_response(prepared);
            self.log(
                request,
                Some(stub.clone()),
                Answer::Prepared,
                delay_ms,
                watch,
            );
            return response;
        }
        let request = Arc::new(request);
        let definition = match &stub.response.body {
            BodyDefinition::Computed(responder) => {
                let (responder, request) = (responder.clone(), request.clone());
                let computed = tokio::task::spawn_blocking(move || (responder.0)(&request)).await;
                match computed {
                    Ok(reply) => reply.into_definition(),
                    Err(_) => failed("the function that answers this endpoint panicked"),
                }
            }
            _ => stub.response.clone(),
        };
        let mut headers = definition.header_map();
        stub.mark(&mut headers);
        let (status, body) = (definition.status.fixed(), definition.body_bytes());
        let answer = Answer::Built {
            status,
            headers: headers.clone(),
            body: body.clone(),
            fault: None,
        };
        // The thread that computed the answer is done with the request by now.
        if let Some(request) = Arc::into_inner(request) {
            self.log(request, Some(stub), answer, delay_ms, watch);
        }
        response(status, headers, body)
    }

    fn log(
        &self,
        request: LoggedRequest,
        stub: Option<Arc<Stub>>,
        answer: Answer,
        added_delay_ms: u64,
        watch: &Stopwatch,
    ) {
        let at = request.at();
        let event = ServeEvent {
            id: self.new_id(),
            request,
            stub,
            answer,
            timing: Timing {
                added_delay_ms,
                ..Timing::default()
            },
            sub_events: Mutex::default(),
        };
        event
            .timing
            .process_us
            .store(watch.elapsed().as_micros() as u64, Ordering::Relaxed);
        self.context()
            .journal()
            .append(at, NAME, serve_event::KIND, event);
    }
}

fn failed(message: &str) -> ResponseDefinition {
    crate::engine::reply::Reply::from(message)
        .status(500)
        .into_definition()
}

fn prepared_response(prepared: &Prepared) -> Response {
    response(
        prepared.status,
        prepared.headers.clone(),
        prepared.body.clone(),
    )
}

fn response(status: StatusCode, headers: HeaderMap, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
