//! Faults of single operations: rules that name a bucket, a key or an operation.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use bytes::Bytes;
use efsm_core::fault::Fault;
use efsm_core::{Body, BodyError, Context, Effect, Note, Response, SocketFault};
use http::StatusCode;
use http_body::{Body as HttpBody, Frame, SizeHint};
use serde_json::Value;

use crate::service::NAME;

/// The first rule that fits an operation, of which `value` looks up what it knows by name.
pub(super) fn draw<'v>(
    context: &Context,
    value: impl Fn(&str) -> Option<Cow<'v, str>>,
) -> Option<Fault> {
    let fault = context
        .faults()
        .for_operation(NAME, context.entropy(), &value)?;
    let id = &fault.rule.id;
    let operation = value("operation").unwrap_or("an unknown operation".into());
    let note = Note::new(format!("fault {id} on {operation}")).with("rule", id.clone());
    let names = ["operation", "bucket", "key"];
    let note = names
        .into_iter()
        .fold(note, |note, name| match value(name) {
            Some(text) => note.with(name, text.into_owned()),
            None => note,
        });
    context.record(NAME, "fault", note);
    Some(fault)
}

/// Waits as long as the rule says, and gives the answer that takes the operation's place.
pub(super) async fn before(fault: &Fault, context: &Context) -> Option<Response> {
    let effect = fault.effect();
    if let Some(delay) = effect.delay_ms {
        context.clock().sleep(Duration::from_millis(delay)).await;
    }
    instead(effect)
}

/// Does to the operation's own answer what the rule says.
pub(super) fn after(fault: &Fault, response: Response) -> Response {
    match fault.effect().truncate {
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
    let code = effect
        .status
        .and_then(|code| StatusCode::from_u16(code).ok());
    Some(match (code, &effect.body) {
        (None, None) => return None,
        (Some(code), None) => efsm_wire::error(code, "a fault rule of the stack answers here"),
        (Some(code), Some(Value::String(text))) => efsm_wire::text(code, text.clone()),
        (Some(code), Some(body)) => efsm_wire::json(code, body),
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
    cut: bool,
}

impl Truncated {
    fn new(body: Body, bytes: u64) -> Self {
        Self {
            length: body.size_hint(),
            body,
            left: bytes,
            cut: false,
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
        if self.cut || (self.left == 0 && !self.body.is_end_stream()) {
            return Poll::Ready(Some(Err(BodyError::Fault)));
        }
        let left = self.left;
        Pin::new(&mut self.body).poll_frame(cx).map_ok(|frame| {
            frame.map_data(|data| {
                let sent = data.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                self.left -= sent as u64;
                self.cut = sent < data.len();
                data.slice(..sent)
            })
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.length
    }
}
