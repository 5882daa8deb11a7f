//! GraphQL operations as streams of responses: over Server-Sent Events here, over WebSockets in `socket`.

mod socket;

use std::sync::Arc;

use efsm_core::{Clock, Timestamp};
use efsm_graphql::over_sse;
use efsm_graphql::{Event, OperationKind, Prepared, Response};
use efsm_wire::sse;
use futures_util::stream;

use crate::engine::mock::graphql::GraphQl;
use crate::engine::mock::{Events, MockAnswer, MockBody, Spec};
use crate::service::HttpService;
use crate::service::feeds::{Pushed, Subscriber};

/// When the clock jumps, a subscription makes up what it missed, but not all of a year.
const MOST_MISSED: u32 = 1_000;

/// The responses of one operation: one of a query or mutation, one for each event of a subscription.
pub(super) struct Responses {
    graphql: Arc<GraphQl>,
    prepared: Prepared,
    clock: Clock,
    source: Source,
}

enum Source {
    Once,
    Ended,
    Subscription {
        subscriber: Subscriber,
        /// When the next event is made up; `None` when all are pushed.
        due: Option<Timestamp>,
        number: u64,
    },
}

impl HttpService {
    pub(super) fn responses(
        &self,
        spec: &Spec,
        graphql: Arc<GraphQl>,
        prepared: Prepared,
    ) -> Responses {
        let clock = self.context().clock().clone();
        let source = match prepared.kind() {
            OperationKind::Subscription => Source::Subscription {
                subscriber: self
                    .feeds()
                    .subscribe(spec.id, prepared.subscribed_field().unwrap_or_default()),
                due: graphql
                    .interval
                    .and_then(|interval| clock.now().checked_add(interval).ok()),
                number: 0,
            },
            OperationKind::Query | OperationKind::Mutation => Source::Once,
        };
        Responses {
            graphql,
            prepared,
            clock,
            source,
        }
    }

    /// The answer with the operation's events as its body.
    pub(super) fn graphql_events(&self, spec: &Spec, events: Events) -> MockAnswer {
        let Events {
            mut answer,
            operation,
        } = events;
        let responses = match (operation, spec.mock.clone().graphql()) {
            (Ok(prepared), Some(graphql)) => Ok(self.responses(spec, graphql, *prepared)),
            (Err(refusal), _) => Err(Some(refusal)),
            // Only a mock of GraphQL gives such events.
            (Ok(_), None) => Err(None),
        };
        let events = stream::unfold((responses, false), async |(mut responses, is_complete)| {
            if is_complete {
                return None;
            }
            let response = match &mut responses {
                Ok(responses) => responses.next().await,
                Err(refusal) => refusal.take(),
            };
            let is_complete = response.is_none();
            let (name, data) = match &response {
                Some(response) => over_sse::next(response),
                None => (over_sse::COMPLETE.0, over_sse::COMPLETE.1.to_owned()),
            };
            let event = sse::Event::data(data).with_event(name);
            Some((event, (responses, is_complete)))
        });
        let (head, body) = sse::response(events).into_parts();
        for (name, value) in &head.headers {
            answer.headers.insert(name, value.clone());
        }
        answer.body = MockBody::Stream(body);
        answer
    }
}

impl Responses {
    /// The next response; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Response> {
        let (subscriber, due, number) = match &mut self.source {
            Source::Ended => return None,
            Source::Once => {
                self.source = Source::Ended;
                return Some(self.graphql.execute(&self.prepared, self.clock.now(), None));
            }
            Source::Subscription {
                subscriber,
                due,
                number,
            } => (subscriber, due, number),
        };
        let is_over = self.graphql.most_events.is_some_and(|most| *number >= most);
        if is_over {
            return None;
        }
        let pushed = match *due {
            None => subscriber.next().await,
            Some(until) => tokio::select! {
                biased;
                pushed = subscriber.next() => pushed,
                () = self.clock.sleep_until(until) => {
                    *due = following(until, self.clock.now(), self.graphql.interval);
                    Some(Pushed::Data(serde_json::Map::new()))
                }
            },
        };
        let data = match pushed? {
            Pushed::End => return None,
            Pushed::Error(error) => {
                return Some(Response {
                    data: Some(serde_json::Value::Null),
                    errors: vec![error],
                });
            }
            Pushed::Data(data) => data,
        };
        *number += 1;
        let event = Event {
            number: *number,
            data,
        };
        Some(
            self.graphql
                .execute(&self.prepared, self.clock.now(), Some(&event)),
        )
    }
}

/// When the event after the one that was due at `due` is due.
fn following(
    due: Timestamp,
    now: Timestamp,
    interval: Option<std::time::Duration>,
) -> Option<Timestamp> {
    let interval = interval?;
    let next = due.checked_add(interval).ok()?;
    let earliest = now.checked_sub(interval.saturating_mul(MOST_MISSED)).ok()?;
    Some(next.max(earliest))
}
