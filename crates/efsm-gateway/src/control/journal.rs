//! `journal` and its live form, `events`.

use std::collections::VecDeque;

use efsm_core::journal::Query;
use efsm_core::{BoxFuture, Context, Response};
use efsm_wire::sse::{self, Event};
use futures_util::stream;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Call, Operation, ok};

/// Entries a page without `limit` holds.
const PAGE: usize = 1000;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "GET",
        path: "/journal",
        summary: "What happened, oldest first; the newest `limit` entries that fit",
        query: &[
            (
                "service",
                "only this service's entries; `stack` for what concerns the whole",
            ),
            ("since", "only entries with a greater sequence number"),
            ("limit", "at most this many, 1000 when missing"),
            (
                "q",
                "only entries whose JSON contains this text, ignoring case",
            ),
        ],
        body: None,
        status: 200,
        answer: r#"{"entries":[{"seq":1,"at":"2026-01-01T00:00:00Z","service":"http","kind":"request","summary":"GET /hello -> 200"}],"dropped":0,"last_seq":1}"#,
        handler: read,
    },
    Operation {
        method: "DELETE",
        path: "/journal",
        summary: "Empties the journal; sequence numbers go on",
        query: &[],
        body: None,
        status: 200,
        answer: r#"{"deleted":12}"#,
        handler: |call| {
            Box::pin(async move {
                let journal = call.stack.context().journal();
                let deleted = journal.len();
                journal.clear();
                ok(&json!({ "deleted": deleted }))
            })
        },
    },
    Operation {
        method: "GET",
        path: "/events",
        summary: "The journal as Server-Sent Events: new entries, or all after Last-Event-ID or `since`",
        query: &[
            ("service", "only this service's entries"),
            (
                "since",
                "begin after this sequence number; 0 for all that is held",
            ),
        ],
        body: None,
        status: 200,
        answer: r#"id: 1
data: {"seq":1,"service":"http","kind":"request"}"#,
        handler: events,
    },
];

fn number(call: &Call, name: &str) -> Result<Option<u64>, Response> {
    let Some(text) = call.query(name) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        efsm_wire::error_with_hint(
            StatusCode::BAD_REQUEST,
            format!("`{name}` is not a number: {text}"),
            "give a whole number, 0 or greater",
        )
    })
}

fn read(call: Call) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        let (since, limit) = match (number(&call, "since"), number(&call, "limit")) {
            (Ok(since), Ok(limit)) => (since, limit),
            (Err(refusal), _) | (_, Err(refusal)) => return refusal,
        };
        let page = call.stack.journal(&Query {
            service: call.query("service").as_deref(),
            since: since.unwrap_or(0),
            limit: Some(limit.map_or(PAGE, |n| usize::try_from(n).unwrap_or(usize::MAX))),
            text: call.query("q").as_deref(),
        });
        let entries: Vec<Value> = page.entries.iter().map(efsm_core::Entry::to_json).collect();
        ok(&json!({ "entries": entries, "dropped": page.dropped, "last_seq": page.last_seq }))
    })
}

fn events(call: Call) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        let asked = match number(&call, "since") {
            Ok(asked) => asked,
            Err(refusal) => return refusal,
        };
        let seen = sse::last_event_id(&call.request.head.headers)
            .and_then(|id| id.parse().ok())
            .or(asked);
        let context = call.stack.context().clone();
        let follow = Follow {
            since: seen.unwrap_or_else(|| context.journal().last_seq()),
            context,
            service: call.query("service").map(std::borrow::Cow::into_owned),
            ready: VecDeque::new(),
        };
        sse::response(stream::unfold(follow, Follow::next))
    })
}

/// Where one listener of `events` stands.
struct Follow {
    context: Context,
    service: Option<String>,
    since: u64,
    ready: VecDeque<Event>,
}

impl Follow {
    async fn next(mut self) -> Option<(Event, Self)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some((event, self));
            }
            let page = self.context.journal().read(&Query {
                service: self.service.as_deref(),
                since: self.since,
                ..Query::default()
            });
            // Behind where we stood, the stack was restored: what follows there is new again.
            self.since = page.last_seq;
            self.ready.extend(
                page.entries
                    .iter()
                    .map(|entry| Event::data(entry.to_json().to_string()).with_id(entry.seq)),
            );
            if self.ready.is_empty() {
                let journal = self.context.journal().clone();
                journal.changed_since(self.since).await;
            }
        }
    }
}
