//! GraphQL over HTTP (<https://graphql.github.io/graphql-over-http/draft/>): a request to an answer, without a socket.
//!
//! Beside what the specification says:
//!
//! - without `Accept`, and for `*/*`, the answer is `application/json`, as old clients expect;
//! - a body of `application/graphql` is the query itself;
//! - batches (a JSON array) are refused with 400, and persisted queries with `PersistedQueryNotSupported`, upon
//!   which clients send the whole query;
//! - a browser that asks for a page gets one that says what is here.

mod accept;
mod parameters;

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value as Json;

use crate::api::{Api, GraphQlRequest, Prepared, Response};
use crate::error::GraphQlError;
use crate::syntax::ast::OperationKind;
use jiff::Timestamp;

pub use accept::MediaType;
use parameters::Refusal;
pub(crate) use parameters::from_parameters;

/// A request whose body was read.
#[derive(Clone, Copy, Debug)]
pub struct HttpRequest<'r> {
    pub method: &'r Method,
    pub headers: &'r HeaderMap,
    /// The raw query string, without the question mark.
    pub query: Option<&'r str>,
    pub body: &'r [u8],
}

/// What to answer, and what to put into the journal.
#[derive(Debug)]
pub struct HttpAnswer {
    pub status: StatusCode,
    pub media_type: &'static str,
    pub allow: Option<&'static str>,
    pub body: Answer,
    pub summary: Summary,
}

#[derive(Debug)]
pub enum Answer {
    Text(String),
    /// Server-Sent Events: a response to every event of this operation, see [`over_sse`](crate::over_sse).
    Events(Result<Box<Prepared>, Response>),
}

/// What was asked and how it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub operation: Option<String>,
    pub kind: Option<OperationKind>,
    /// The messages of the errors.
    pub errors: Vec<String>,
}

impl Summary {
    pub fn of(prepared: &Prepared) -> Self {
        Self {
            operation: prepared.name().map(str::to_owned),
            kind: Some(prepared.kind()),
            errors: Vec::new(),
        }
    }

    pub fn with_errors(mut self, response: &Response) -> Self {
        self.errors
            .extend(response.errors.iter().map(|error| error.message.clone()));
        self
    }
}

/// Answers a request. Only a subscription, or what asks for Server-Sent Events, is left to be run.
pub fn answer(api: &Api, request: &HttpRequest<'_>, now: Timestamp) -> HttpAnswer {
    let accepted = accept::negotiate(request.headers);
    let asks_for_page = *request.method == Method::GET
        && parameters::is_without_query(request.query)
        && accept::prefers_html(request.headers);
    if asks_for_page {
        return page();
    }
    let Some(media_type) = accepted else {
        let message = "Accept allows none of application/graphql-response+json, application/json, text/event-stream";
        let refusal = Refusal::new(StatusCode::NOT_ACCEPTABLE, message);
        return refused(&refusal, MediaType::Json);
    };
    let parsed = match parameters::read(request) {
        Ok(parsed) => parsed,
        Err(refusal) => return refused(&refusal, media_type),
    };
    let prepared = match api.prepare(&parsed) {
        Ok(prepared) => prepared,
        Err(response) if media_type == MediaType::EventStream => {
            return HttpAnswer {
                status: StatusCode::OK,
                media_type: media_type.name(),
                allow: None,
                summary: unprepared(&parsed).with_errors(&response),
                body: Answer::Events(Err(response)),
            };
        }
        Err(response) => {
            let summary = unprepared(&parsed).with_errors(&response);
            return whole(
                request_error_status(media_type),
                media_type,
                &response,
                summary,
            );
        }
    };
    let summary = Summary::of(&prepared);
    if *request.method == Method::GET && prepared.kind() == OperationKind::Mutation {
        let message = "Can only perform a mutation operation from a POST request.";
        let mut refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message);
        refusal.allow = Some("POST");
        let mut answer = refused(&refusal, media_type);
        answer.summary = Summary {
            errors: answer.summary.errors,
            ..summary
        };
        return answer;
    }
    if media_type == MediaType::EventStream {
        return HttpAnswer {
            status: StatusCode::OK,
            media_type: media_type.name(),
            allow: None,
            body: Answer::Events(Ok(Box::new(prepared))),
            summary,
        };
    }
    if prepared.kind() == OperationKind::Subscription {
        let response = Response::refused(
            GraphQlError::new(
                "A subscription is a stream: ask with `Accept: text/event-stream`, or over a WebSocket with the subprotocol graphql-transport-ws.",
            )
            .with_code("BAD_REQUEST"),
        );
        let summary = summary.with_errors(&response);
        return whole(StatusCode::BAD_REQUEST, media_type, &response, summary);
    }
    let response = api.execute(&prepared, now, None);
    let summary = summary.with_errors(&response);
    whole(StatusCode::OK, media_type, &response, summary)
}

/// The operation's name is all that is known of a request that was not understood.
fn unprepared(request: &GraphQlRequest) -> Summary {
    Summary {
        operation: request.operation_name.clone(),
        ..Summary::default()
    }
}

/// The status of a well-formed request that cannot be executed.
fn request_error_status(media_type: MediaType) -> StatusCode {
    match media_type {
        // A client of the old media type takes any other status for a failure of something in between.
        MediaType::Json => StatusCode::OK,
        MediaType::GraphQlResponse | MediaType::EventStream => StatusCode::BAD_REQUEST,
    }
}

fn whole(
    status: StatusCode,
    media_type: MediaType,
    response: &Response,
    summary: Summary,
) -> HttpAnswer {
    HttpAnswer {
        status,
        media_type: media_type.name(),
        allow: None,
        body: Answer::Text(response.to_json().to_string()),
        summary,
    }
}

fn refused(refusal: &Refusal, media_type: MediaType) -> HttpAnswer {
    // A refusal is no event: whoever asks for a stream reads the status.
    let media_type = match media_type {
        MediaType::EventStream => MediaType::Json,
        other => other,
    };
    let code = refusal.code.unwrap_or("BAD_REQUEST");
    let response = Response::refused(GraphQlError::new(refusal.message.as_str()).with_code(code));
    let summary = Summary::default().with_errors(&response);
    HttpAnswer {
        allow: refusal.allow,
        ..whole(refusal.status, media_type, &response, summary)
    }
}

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>GraphQL mock</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}pre{background:#8882;padding:.75rem;overflow:auto}</style>
<h1>GraphQL mock</h1>
<p>A mocked GraphQL API answers at this URL. Point any GraphQL client or IDE at it; introspection is on.</p>
<pre>curl "$URL" -H 'Content-Type: application/json' -d '{"query":"{ __typename }"}'</pre>
<p>Subscriptions: <code>Accept: text/event-stream</code>, or a WebSocket with the subprotocol
<code>graphql-transport-ws</code>.</p>
</html>
"#;

fn page() -> HttpAnswer {
    HttpAnswer {
        status: StatusCode::OK,
        media_type: "text/html; charset=utf-8",
        allow: None,
        body: Answer::Text(PAGE.to_owned()),
        summary: Summary::default(),
    }
}

/// For the journal: what JSON a summary is.
impl From<&Summary> for Json {
    fn from(summary: &Summary) -> Self {
        serde_json::json!({
            "operationName": summary.operation,
            "operationType": summary.kind.map(OperationKind::name),
            "errors": summary.errors,
        })
    }
}
