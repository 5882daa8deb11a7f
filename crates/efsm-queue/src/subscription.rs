//! A subscription: a cursor, and the patience to wait for what it does not yet find.

use std::sync::Arc;

use efsm_core::{Context, StateCell};

use crate::engine::{Delivery, State, TopicName};
use crate::signals::Listener;

/// Every message of one topic, in order, from a chosen one on.
///
/// Subscribers share nothing: each gets every message. It holds no messages, so a slow one costs nothing
/// and misses nothing.
#[derive(Debug)]
pub struct Subscription {
    pub(crate) cell: Arc<StateCell<State>>,
    pub(crate) context: Context,
    pub(crate) listener: Listener,
}

impl Subscription {
    /// The next message, or the news of a reset; waits for it. `None` once the service is gone.
    ///
    /// Cancel-safe: a delivery is taken only when it is returned.
    pub async fn next(&mut self) -> Option<Delivery> {
        self.listener.find(|| self.look()).await
    }

    /// The next delivery if it is there now.
    pub fn try_next(&mut self) -> Option<Delivery> {
        self.look()
    }

    pub fn topic(&self) -> &TopicName {
        self.listener.topic()
    }

    /// Waits until the service is gone.
    pub(crate) async fn closed(&self) {
        self.listener.find(|| None::<()>).await;
    }

    fn look(&self) -> Option<Delivery> {
        let now = self.context.now();
        self.cell
            .read(|state| self.listener.cursor().lock().step(state, now))
    }
}
