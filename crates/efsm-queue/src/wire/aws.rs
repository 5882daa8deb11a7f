//! What AWS clients are told: that SQS and SNS are not implemented, in the shape that their SDKs read.

use efsm_core::http::AwsScope;
use efsm_core::{Body, Request, Response};
use efsm_wire::{form_pairs, query_value};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use crate::QueueService;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");
const TARGET: &str = "x-amz-target";

/// The code that AWS gives to a failure on its own side; no SDK repeats a 501.
const CODE: &str = "InternalFailure";

/// As long as a Query request may be here: only its `Action` is looked for.
const LONGEST_FORM_BYTES: u64 = 1 << 20;

pub(super) async fn answer(service: &QueueService, request: Request, scope: &AwsScope) -> Response {
    let request_id = service.context().entropy().uuid().to_string();
    let target = request.header(TARGET).map(str::to_owned);
    let is_json = target.is_some()
        || request
            .header(CONTENT_TYPE)
            .is_some_and(|value| value.starts_with("application/x-amz-json"));
    let action = match target {
        Some(target) => target.rsplit('.').next().map(str::to_owned),
        None => action(request).await,
    };
    let message = format!(
        "The API action '{}' of the service '{}' is not implemented",
        action.as_deref().unwrap_or("unknown"),
        scope.service
    );
    let (content_type, body) = if is_json {
        let body = json!({"__type": CODE, "message": message}).to_string();
        ("application/x-amz-json-1.0", body)
    } else {
        (
            "text/xml",
            query_error(&scope.service, &message, &request_id),
        )
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(request_id) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, request_id);
    }
    if is_json {
        headers.insert(
            QUERY_ERROR,
            HeaderValue::from_static("InternalFailure;Receiver"),
        );
    }
    response
}

/// The `Action` of a Query request, from its URL or its form.
async fn action(request: Request) -> Option<String> {
    if let Some(action) = query_value(request.query(), "Action") {
        return Some(action.into_owned());
    }
    let form = request.body.collect(LONGEST_FORM_BYTES).await.ok()?;
    form_pairs(&form)
        .into_iter()
        .find(|(name, _)| name == "Action")
        .map(|(_, value)| value)
}

fn query_error(service: &str, message: &str, request_id: &str) -> String {
    let namespace = match service {
        "sns" => "http://sns.amazonaws.com/doc/2010-03-31/",
        _ => "http://queue.amazonaws.com/doc/2012-11-05/",
    };
    let message = escaped(message);
    format!(
        "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"{namespace}\"><Error><Type>Receiver</Type>\
         <Code>{CODE}</Code><Message>{message}</Message></Error>\
         <RequestId>{request_id}</RequestId></ErrorResponse>"
    )
}

/// Text between two tags. Control characters are not XML at all and become question marks.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c if c.is_control() => escaped.push('?'),
            c => escaped.push(c),
        }
    }
    escaped
}
