//! Server-Sent Events, as the HTML standard's section 9.2 has them.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use efsm_core::{Body, BodyError, Response};
use futures_util::Stream;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http_body::Frame;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often a comment is sent while there is no event, so that both sides notice a dead peer.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One event. Missing fields are not written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub id: Option<String>,
    /// The event's type; browsers take `message` when missing.
    pub event: Option<String>,
    pub data: String,
}

impl Event {
    pub fn data(data: impl Into<String>) -> Self {
        Self {
            data: data.into(),
            ..Self::default()
        }
    }

    pub fn with_id(mut self, id: impl std::fmt::Display) -> Self {
        self.id = Some(id.to_string());
        self
    }

    pub fn with_event(mut self, event: impl Into<String>) -> Self {
        self.event = Some(event.into());
        self
    }

    /// The event's lines and the empty line that ends it.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, value) in [("id", &self.id), ("event", &self.event)] {
            if let Some(value) = value {
                // A line break inside would end the field and start another.
                let value = value.replace(['\r', '\n', '\0'], " ");
                text.extend([name, ": ", &value, "\n"]);
            }
        }
        // A reader ends a line at CR LF, at a lone LF and at a lone CR, and joins the data's lines by LF.
        for line in self.data.replace("\r\n", "\n").split(['\r', '\n']) {
            text.extend(["data: ", line, "\n"]);
        }
        text.push('\n');
        text
    }
}

/// A 200 that sends `events` as they come, until they end or the client goes away.
pub fn response(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let mut keep_alive = interval(KEEP_ALIVE);
    keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut response = Response::new(Body::from_stream(EventBody {
        events: Box::pin(events),
        keep_alive,
    }));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The id that a reconnecting client saw last.
pub fn last_event_id(headers: &http::HeaderMap) -> Option<&str> {
    headers.get("last-event-id")?.to_str().ok()
}

struct EventBody {
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
    keep_alive: Interval,
}

impl http_body::Body for EventBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let text = match self.events.as_mut().poll_next(cx) {
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(event)) => event.to_text(),
            Poll::Pending => match self.keep_alive.poll_tick(cx) {
                // The first tick comes at once: the comment opens the stream for clients that
                // wait for a first byte before they report it open.
                Poll::Ready(_) => ":\n\n".to_owned(),
                Poll::Pending => return Poll::Pending,
            },
        };
        Poll::Ready(Some(Ok(Frame::data(text.into()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    #[test]
    fn event_is_written_line_by_line() {
        let event = Event::data("a\r\nb").with_id(7).with_event("x\ny");
        assert_eq!(event.to_text(), "id: 7\nevent: x y\ndata: a\ndata: b\n\n");
        assert_eq!(Event::data("").to_text(), "data: \n\n");
    }

    #[test]
    fn lone_carriage_return_ends_a_line_and_not_the_field() {
        for (data, lines) in [
            ("a\rid: 9", "data: a\ndata: id: 9\n\n"),
            ("a\r\rb", "data: a\ndata: \ndata: b\n\n"),
            ("\r", "data: \ndata: \n\n"),
            ("a\r\n", "data: a\ndata: \n\n"),
            ("a\r\r\nb", "data: a\ndata: \ndata: b\n\n"),
        ] {
            assert_eq!(Event::data(data).to_text(), lines, "{data:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn events_end_the_response_when_they_end() {
        let events = stream::iter([Event::data("1"), Event::data("2")]);
        let body = response(events).into_body().collect(1000).await.unwrap();
        assert_eq!(body, "data: 1\n\ndata: 2\n\n");
    }

    #[tokio::test(start_paused = true)]
    async fn silent_stream_sends_comments() {
        let mut body = response(stream::pending()).into_body();
        for _ in 0..3 {
            assert_eq!(body.next_piece().await.unwrap().unwrap(), ":\n\n");
        }
    }
}
