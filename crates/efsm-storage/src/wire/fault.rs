//! Faults of single operations: rules that name a bucket, a key or an operation.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use bytes::Bytes;
use efsm_core::{Body, BodyError, Context, Effect, Response, SocketFault};
use http::StatusCode;
use http_body::{Body as HttpBody, Frame, SizeHint};
use serde_json::Value;

use crate::service::NAME;

/// Answers with `answer`, or does to it what the first rule that fits says. `value` looks up what the
/// operation knows by name.
pub(super) async fn around<'v>(
    context: &Context,
    value: impl Fn(&str) -> Option<Cow<'v, str>>,
    answer: impl Future<Output = Response>,
) -> Response {
    let Some(fault) = context
        .faults()
        .for_operation(NAME, context.entropy(), value)
    else {
        return answer.await;
    };
    let effect = fault.effect();
    if let Some(delay) = effect.delay_ms {
        context.clock().sleep(Duration::from_millis(delay)).await;
    }
    if let Some(response) = instead(effect) {
        return response;
    }
    let response = answer.await;
    match effect.truncate {
        Some(bytes) => response.map(|body| Body::from_stream(Truncated::new(body, bytes))),
        None => response,
    }
}

fn instead(effect: &Effect) -> Option<Response> {
    let socket = match effect {
        Effect { reset: true, .. } => Some(SocketFault::Reset),
        Effect { drop: true, .. } => Some(SocketFault::Close),
        _ => None,
    };
    if let Some(socket) = socket {
        let mut response = efsm_wire::empty(StatusCode::SERVICE_UNAVAILABLE);
        response.extensions_mut().insert(socket);
        return Some(response);
    }
    let status =
        |code: u16| StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Some(match (effect.status, &effect.body) {
        (None, None) => return None,
        (Some(code), None) => efsm_wire::error(status(code), "a fault rule of the stack"),
        (Some(code), Some(Value::String(text))) => efsm_wire::text(status(code), text.clone()),
        (Some(code), Some(body)) => efsm_wire::json(status(code), body),
        // Without a status the body is the message of an error of our own.
        (None, Some(Value::String(text))) => {
            efsm_wire::error(StatusCode::INTERNAL_SERVER_ERROR, text.clone())
        }
        (None, Some(body)) => efsm_wire::json(StatusCode::INTERNAL_SERVER_ERROR, body),
    })
}

/// A body that says its full length and breaks off early.
struct Truncated {
    body: Body,
    length: SizeHint,
    left: u64,
}

impl Truncated {
    fn new(body: Body, bytes: u64) -> Self {
        Self {
            length: body.size_hint(),
            body,
            left: bytes,
        }
    }
}

impl HttpBody for Truncated {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.left == 0 && !self.body.is_end_stream() {
            return Poll::Ready(Some(Err(BodyError::Fault)));
        }
        let left = self.left;
        Pin::new(&mut self.body).poll_frame(cx).map_ok(|frame| {
            frame.map_data(|data| {
                let sent = data.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                self.left -= sent as u64;
                data.slice(..sent)
            })
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.length
    }
}
