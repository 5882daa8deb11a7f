//! `GET /consume/{topic}?limit=10&from=1`: a peek that removes nothing.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use efsm_core::{Body, Response};
use efsm_wire::{error_with_hint, query_value};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use super::{refusal, subscribe};
use crate::{Message, QueueService, StartFrom, TopicName};

const DEFAULT_LIMIT: usize = 10;

/// Longer messages are sent from where they are kept, shorter ones are copied together.
const LONG_BYTES: usize = 16 * 1024;

pub(super) fn answer(service: &QueueService, topic: &TopicName, query: Option<&str>) -> Response {
    let limit = match query_value(query, "limit") {
        None => DEFAULT_LIMIT,
        Some(text) => match text.parse::<usize>() {
            Ok(limit) => limit,
            Err(_) => {
                return error_with_hint(
                    StatusCode::BAD_REQUEST,
                    format!("limit must be a whole number, and {text:?} was given"),
                    "use ?limit=10 for the ten oldest messages",
                );
            }
        },
    };
    let after = match query_value(query, "from").map(|text| subscribe::start_from(&text)) {
        None | Some(Ok(StartFrom::Earliest)) => 0,
        Some(Ok(StartFrom::Seq(seq))) => seq.saturating_sub(1),
        Some(_) => {
            return error_with_hint(
                StatusCode::BAD_REQUEST,
                "from must be a sequence number",
                "use ?from=11 for the messages from the eleventh on",
            );
        }
    };
    match service.consume_after(topic.as_str(), after, limit) {
        Ok(messages) => response(topic, &messages),
        Err(refused) => refusal(&refused),
    }
}

fn response(topic: &TopicName, messages: &[Message]) -> Response {
    let mut response = Response::new(body(topic, messages));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The messages stand in the answer as they were published, byte by byte.
fn body(topic: &TopicName, messages: &[Message]) -> Body {
    let mut pieces = VecDeque::new();
    let mut short = BytesMut::new();
    let name = serde_json::Value::from(topic.as_str());
    short.extend_from_slice(format!(r#"{{"topic":{name},"messages":["#).as_bytes());
    for (index, message) in messages.iter().enumerate() {
        if index > 0 {
            short.extend_from_slice(b",");
        }
        if message.body.len() < LONG_BYTES {
            short.extend_from_slice(&message.body);
        } else {
            pieces.push_back(short.split().freeze());
            pieces.push_back(message.body.clone());
        }
    }
    short.extend_from_slice(format!(r#"],"count":{}}}"#, messages.len()).as_bytes());
    if pieces.is_empty() {
        return short.freeze().into();
    }
    pieces.push_back(short.freeze());
    Body::Pieces(
        pieces
            .into_iter()
            .filter(|p: &Bytes| !p.is_empty())
            .collect(),
    )
}
