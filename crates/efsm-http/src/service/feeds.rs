//! Subscriptions that are open, and the events that are pushed to them.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use efsm_graphql::GraphQlError;
use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use uuid::Uuid;

/// A subscriber that is so far behind is let go.
const MOST_WAITING: usize = 1_024;

/// What is pushed to a subscription.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pushed {
    /// Fields of the subscription type, by their names.
    Data(Map<String, Value>),
    Error(GraphQlError),
    End,
}

/// The open subscriptions of a stack. They are connections of its own, so that no snapshot holds them.
#[derive(Debug, Default)]
pub(crate) struct Feeds(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    last: u64,
    by_number: BTreeMap<u64, Feed>,
}

#[derive(Debug)]
struct Feed {
    spec: Uuid,
    field: String,
    sender: mpsc::Sender<Pushed>,
}

/// A subscriber's end. Dropping it ends the subscription.
#[derive(Debug)]
pub(crate) struct Subscriber {
    number: u64,
    receiver: mpsc::Receiver<Pushed>,
    feeds: Weak<Feeds>,
}

impl Feeds {
    pub(crate) fn subscribe(self: &Arc<Self>, spec: Uuid, field: &str) -> Subscriber {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        let mut open = self.0.lock();
        open.last += 1;
        let number = open.last;
        let field = field.to_owned();
        open.by_number.insert(
            number,
            Feed {
                spec,
                field,
                sender,
            },
        );
        Subscriber {
            number,
            receiver,
            feeds: Arc::downgrade(self),
        }
    }

    /// Pushes to the subscriptions of a description, all or those of a field; the answer is to how many.
    pub(crate) fn push(&self, spec: &Uuid, field: Option<&str>, pushed: &Pushed) -> usize {
        let mut open = self.0.lock();
        let mut count = 0;
        open.by_number.retain(|_, feed| {
            if feed.spec != *spec || field.is_some_and(|field| field != feed.field) {
                return true;
            }
            let is_sent = feed.sender.try_send(pushed.clone()).is_ok();
            count += usize::from(is_sent);
            is_sent && *pushed != Pushed::End
        });
        count
    }
}

impl Subscriber {
    /// What is pushed next; `None` when nothing more can be.
    pub(crate) async fn next(&mut self) -> Option<Pushed> {
        self.receiver.recv().await
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        if let Some(feeds) = self.feeds.upgrade() {
            feeds.0.lock().by_number.remove(&self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_reach_the_subscribers_of_their_field() {
        let feeds = Arc::new(Feeds::default());
        let (spec, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut tick = feeds.subscribe(spec, "tick");
        let tock = feeds.subscribe(spec, "tock");
        let _elsewhere = feeds.subscribe(other, "tick");
        let event = Pushed::Data(Map::new());
        assert_eq!(feeds.push(&spec, Some("tick"), &event), 1);
        assert_eq!(tick.receiver.try_recv().unwrap(), event);
        assert_eq!(feeds.push(&spec, None, &event), 2);
        drop(tock);
        assert_eq!(feeds.push(&spec, None, &Pushed::End), 1);
        assert_eq!(feeds.push(&spec, None, &event), 0);
    }

    #[test]
    fn a_subscriber_that_does_not_read_is_let_go() {
        let feeds = Arc::new(Feeds::default());
        let spec = Uuid::from_u128(1);
        let _slow = feeds.subscribe(spec, "tick");
        let pushed: usize = (0..2_000)
            .map(|_| feeds.push(&spec, None, &Pushed::Data(Map::new())))
            .sum();
        assert_eq!(pushed, MOST_WAITING);
    }
}
