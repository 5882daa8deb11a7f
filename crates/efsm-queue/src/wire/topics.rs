//! `/topics`: their names, their figures, and making one before anybody publishes to it.

use efsm_core::Response;
use efsm_wire::{error_with_hint, json};
use http::StatusCode;
use serde_json::{Value, json as value};

use super::refusal;
use crate::{QueueService, TopicName, TopicStatus};

pub(super) fn list(service: &QueueService) -> Response {
    json(StatusCode::OK, &value!({ "topics": service.topics() }))
}

pub(super) fn show(service: &QueueService, topic: &TopicName) -> Response {
    match service.topic(topic.as_str()) {
        Some(status) => json(StatusCode::OK, &figures(topic, status)),
        None => error_with_hint(
            StatusCode::NOT_FOUND,
            format!("there is no topic {topic}"),
            "publish to it, or make it with PUT; GET /queue/topics lists those that are there",
        ),
    }
}

/// 201 for a new topic, 200 for one that was there.
pub(super) fn create(service: &QueueService, topic: &TopicName) -> Response {
    match service.make_topic(topic) {
        Ok((true, status)) => json(StatusCode::CREATED, &figures(topic, status)),
        Ok((false, status)) => json(StatusCode::OK, &figures(topic, status)),
        Err(refused) => refusal(&refused),
    }
}

fn figures(topic: &TopicName, status: TopicStatus) -> Value {
    value!({
        "topic": topic.as_str(),
        "message_count": status.message_count,
        "last_seq": status.last_seq,
    })
}
