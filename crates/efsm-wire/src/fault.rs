//! What a fault rule does to an answer, wherever the rule was drawn: by the gateway for a request, or by a
//! service for one of its operations.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use bytes::Bytes;
use efsm_core::fault::Fault;
use efsm_core::{Body, BodyError, Context, Effect, Response, SocketFault};
use http::StatusCode;
use http_body::{Body as HttpBody, Frame, SizeHint};
use serde_json::Value;

use crate::answer;

/// Waits as long as the rule says; then answers in the place of `operation`, or lets it answer and cuts its
/// body off where the rule says so.
pub async fn apply(
    fault: &Fault,
    context: &Context,
    operation: impl Future<Output = Response>,
) -> Response {
    let effect = fault.effect();
    if let Some(delay) = effect.delay_ms {
        context.clock().sleep(Duration::from_millis(delay)).await;
    }
    if let Some(response) = instead(effect) {
        return response;
    }
    let response = operation.await;
    match effect.truncate {
        Some(bytes) => response.map(|body| Body::from_stream(Truncated::new(body, bytes))),
        None => response,
    }
}

/// The answer that takes the operation's place, if the rule gives one.
fn instead(effect: &Effect) -> Option<Response> {
    let socket = match effect {
        Effect { reset: true, .. } => Some(SocketFault::Reset),
        Effect { drop: true, .. } => Some(SocketFault::Close),
        _ => None,
    };
    if let Some(socket) = socket {
        let mut response = answer::empty(StatusCode::SERVICE_UNAVAILABLE);
        response.extensions_mut().insert(socket);
        return Some(response);
    }
    let code = effect
        .status
        .and_then(|code| StatusCode::from_u16(code).ok());
    let status = code.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Some(match (&effect.body, code) {
        (None, None) => return None,
        (None, Some(_)) => answer::error(status, "a fault rule of the stack answers here"),
        // Without a status the text is the message of an error of our own.
        (Some(Value::String(text)), None) => answer::error(status, text.clone()),
        (Some(Value::String(text)), Some(_)) => answer::text(status, text.clone()),
        (Some(body), _) => answer::json(status, body),
    })
}

/// A body that says its full length and breaks off early.
struct Truncated {
    body: Body,
    length: SizeHint,
    left: u64,
    cut: bool,
    /// The break waits one turn, in which hyper writes what it was given: an error drops that too.
    flushed: bool,
}

impl Truncated {
    fn new(body: Body, bytes: u64) -> Self {
        Self {
            length: body.size_hint(),
            body,
            left: bytes,
            cut: false,
            flushed: false,
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
            if !self.flushed {
                self.flushed = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use efsm_core::Entropy;
    use serde_json::json;

    async fn applied(effect: Value, body: &'static str) -> Response {
        let context = Context::default();
        let rules = json!([{ "effect": effect }]);
        context
            .faults()
            .set(serde_json::from_value(rules).unwrap())
            .unwrap();
        let fault = context
            .faults()
            .for_request("http", &Entropy::seeded(1), |_| None)
            .unwrap();
        apply(&fault, &context, async { Response::new(body.into()) }).await
    }

    #[tokio::test]
    async fn status_and_body_stand_in_the_place_of_the_answer() {
        for (effect, status, expected) in [
            (
                json!({"status": 503}),
                503,
                r#"{"error":"a fault rule of the stack answers here"}"#,
            ),
            (json!({"body": "on fire"}), 500, r#"{"error":"on fire"}"#),
            (json!({"status": 418, "body": "teapot"}), 418, "teapot"),
            (json!({"status": 400, "body": {"a": 1}}), 400, r#"{"a":1}"#),
        ] {
            let response = applied(effect, "own").await;
            assert_eq!(response.status(), status);
            assert_eq!(response.into_body().collect(1000).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn truncated_answer_announces_its_length_and_breaks_off() {
        let mut body = applied(json!({"truncate": 2}), "abcdef").await.into_body();
        assert_eq!(body.size_hint().exact(), Some(6));
        assert_eq!(body.next_piece().await.unwrap().unwrap(), "ab");
        assert!(matches!(body.next_piece().await, Err(BodyError::Fault)));
        let whole = applied(json!({"truncate": 6}), "abcdef").await.into_body();
        assert_eq!(whole.collect(10).await.unwrap(), "abcdef");
    }
}
