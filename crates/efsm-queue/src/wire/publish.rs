//! `POST /publish/{topic}` with any JSON.

use bytes::Bytes;
use efsm_core::{Body, Response};
use efsm_wire::input::parse_json;
use efsm_wire::json;
use http::StatusCode;
use serde_json::json as value;
use serde_json::value::RawValue;

use super::refusal;
use crate::{QueueService, TopicName};

pub(super) async fn answer(service: &QueueService, topic: &TopicName, body: Body) -> Response {
    let limit = service.context().limits().body_bytes;
    let body = match body.collect(limit).await {
        Ok(body) => body,
        Err(unread) => return efsm_wire::BadInput::from(unread).into(),
    };
    // Checked, not parsed: a number keeps every digit. The copy is as long as the message, where the body
    // may be a small slice of a large read buffer.
    let raw: Box<RawValue> = match parse_json(&body) {
        Ok(raw) => raw,
        Err(bad) => return bad.into(),
    };
    let text: Box<str> = raw.into();
    let body = Bytes::from(text.into_boxed_bytes());
    match service.publish_checked(topic, body) {
        Ok(publication) => json(
            StatusCode::OK,
            &value!({"topic": topic.as_str(), "message_count": publication.message_count}),
        ),
        Err(refused) => refusal(&refused),
    }
}
