//! `GET /subscribe/{topic}?from=`: Server-Sent Events, or a WebSocket when the request asks for one.

use efsm_core::{Request, Response};
use efsm_wire::{error_with_hint, query_value, sse as events, websocket as socket};
use http::StatusCode;

use super::{refusal, sse, websocket};
use crate::{QueueService, StartFrom, TopicName};

pub(super) fn answer(service: &QueueService, topic: &TopicName, request: Request) -> Response {
    let from = match start(&request) {
        Ok(from) => from,
        Err(response) => return response,
    };
    // The subscription stands before the answer goes out: whoever has seen the answer misses nothing that
    // is published then.
    let is_socket = socket::is_upgrade(&request.head.headers);
    match service.subscribe(topic.as_str(), from) {
        Err(refused) => refusal(&refused),
        Ok(subscription) if is_socket => websocket::answer(request, subscription),
        Ok(subscription) => sse::answer(subscription),
    }
}

/// A reconnecting client repeats the URL it began with; what it saw last is newer and wins.
fn start(request: &Request) -> Result<StartFrom, Response> {
    let bad = |name: &str, text: &str, hint: &str| {
        error_with_hint(
            StatusCode::BAD_REQUEST,
            format!("{name} is not a place in a topic: {text:?}"),
            hint,
        )
    };
    if let Some(id) = events::last_event_id(&request.head.headers).filter(|id| !id.is_empty()) {
        return id.parse().map(StartFrom::After).map_err(|_| {
            bad(
                "Last-Event-ID",
                id,
                "send the id of the last event, a sequence number",
            )
        });
    }
    match query_value(request.query(), "from") {
        None => Ok(StartFrom::New),
        Some(text) => start_from(&text).map_err(|()| {
            bad(
                "from",
                &text,
                "use a sequence number, start for the oldest message, or new for those to come",
            )
        }),
    }
}

/// Reads `from=`.
pub(super) fn start_from(text: &str) -> Result<StartFrom, ()> {
    match text {
        "start" | "earliest" => Ok(StartFrom::Earliest),
        "new" | "latest" => Ok(StartFrom::New),
        number => number.parse().map(StartFrom::Seq).map_err(|_| ()),
    }
}
