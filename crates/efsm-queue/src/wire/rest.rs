//! Which path and method is which call.
//!
//! A topic is all of the path after the call's name, decoded: `/publish/a/b` and `/publish/a%2Fb` name the
//! topic `a/b`.

use efsm_core::{Note, Request, Response};
use efsm_wire::{decode, error_with_hint, method_not_allowed};
use http::{Method, StatusCode};

use super::{consume, publish, refusal, subscribe, topics};
use crate::service::NAME;
use crate::{QueueService, TopicName};

pub(super) async fn answer(service: &QueueService, request: Request) -> Response {
    let path = request.path().to_owned();
    let method = request.method().clone();
    let is_read = method == Method::GET || method == Method::HEAD;
    let (call, topic) = split(&path);
    if call == "topics" && topic.is_none() {
        return if is_read {
            topics::list(service)
        } else {
            method_not_allowed(&method, "GET, HEAD")
        };
    }
    if !["publish", "consume", "subscribe", "topics"].contains(&call) {
        return error_with_hint(
            StatusCode::NOT_FOUND,
            format!("queue has no call at {path}"),
            "queue has /publish/{topic}, /consume/{topic}, /subscribe/{topic}, /topics and /topics/{topic}",
        );
    }
    let topic = match decode(topic.unwrap_or("")) {
        Ok(topic) => match TopicName::new(&topic) {
            Ok(topic) => topic,
            Err(refused) => return refusal(&refused),
        },
        Err(bad) => return bad.into(),
    };
    let context = service.context();
    let fault = context
        .faults()
        .for_operation(NAME, context.entropy(), |name| {
            Some(match name {
                "operation" => call.into(),
                "topic" => topic.as_str().into(),
                "method" => method.as_str().into(),
                _ => return None,
            })
        });
    let Some(fault) = fault else {
        return call_on(service, call, &topic, request).await;
    };
    let summary = format!("fault {} on {call} {topic}", fault.rule.id);
    let note = Note::new(summary).with("rule", fault.rule.id.clone());
    context.record(NAME, "fault", note.with("topic", topic.as_str()));
    efsm_wire::fault::apply(&fault, context, call_on(service, call, &topic, request)).await
}

/// A call that names a topic.
async fn call_on(
    service: &QueueService,
    call: &str,
    topic: &TopicName,
    request: Request,
) -> Response {
    let method = request.method().clone();
    let is_read = method == Method::GET || method == Method::HEAD;
    match (call, &method) {
        ("publish", &Method::POST) => publish::answer(service, topic, request.body).await,
        ("publish", _) => method_not_allowed(&method, "POST"),
        ("consume", _) if is_read => consume::answer(service, topic, request.query()),
        ("subscribe", &Method::GET) => subscribe::answer(service, topic, request),
        ("subscribe", _) => method_not_allowed(&method, "GET"),
        ("topics", &Method::PUT) => topics::create(service, topic),
        ("topics", _) if is_read => topics::show(service, topic),
        ("topics", _) => method_not_allowed(&method, "GET, HEAD, PUT"),
        _ => method_not_allowed(&method, "GET, HEAD"),
    }
}

/// The call's name and the raw topic after it, if there is a slash between them.
fn split(path: &str) -> (&str, Option<&str>) {
    let path = path.strip_prefix('/').unwrap_or(path);
    match path.split_once('/') {
        Some((call, topic)) => (call, Some(topic)),
        None => (path, None),
    }
}
