//! Who listens to which topic. Kept outside the state: a listener belongs to a connection, not to a snapshot.
//!
//! The state's lock is taken before the locks here, never after them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::engine::{Cursor, State, TopicName};

#[derive(Debug, Default)]
pub(crate) struct Signals {
    listened: Mutex<Listened>,
    closed: AtomicBool,
}

#[derive(Debug, Default)]
struct Listened {
    /// How often the state was replaced. No part of a snapshot: a restore must be seen as a change, even one to
    /// a state that was there before.
    generation: u64,
    // Only topics that are listened to have an entry, so a publish to others wakes nobody.
    topics: HashMap<TopicName, Audience>,
}

#[derive(Debug, Default)]
struct Audience {
    notify: Arc<Notify>,
    cursors: Vec<Arc<Mutex<Cursor>>>,
}

/// One who listens to a topic, until dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    signals: Arc<Signals>,
    topic: TopicName,
    notify: Arc<Notify>,
    cursor: Arc<Mutex<Cursor>>,
}

impl Signals {
    /// Call it under the lock of the state in which the cursor was placed.
    pub(crate) fn listen(self: &Arc<Self>, cursor: Cursor) -> Listener {
        let topic = cursor.topic().clone();
        let cursor = Arc::new(Mutex::new(cursor));
        let notify = {
            let mut listened = self.listened.lock();
            let audience = listened.topics.entry(topic.clone()).or_default();
            audience.cursors.push(cursor.clone());
            audience.notify.clone()
        };
        Listener {
            signals: self.clone(),
            topic,
            notify,
            cursor,
        }
    }

    /// Turns every cursor to a state that replaced another. Call it under the state's lock, and
    /// [`Signals::wake_all`] after it.
    pub(crate) fn turn(&self, state: &State) {
        let mut listened = self.listened.lock();
        listened.generation += 1;
        let generation = listened.generation;
        for cursor in listened.topics.values().flat_map(|a| &a.cursors) {
            cursor.lock().turn(state, generation);
        }
    }

    /// Wakes those who listen to `topic`. Call it without a lock on the state.
    pub(crate) fn wake(&self, topic: &TopicName) {
        let notify = self
            .listened
            .lock()
            .topics
            .get(topic)
            .map(|audience| audience.notify.clone());
        if let Some(notify) = notify {
            notify.notify_waiters();
        }
    }

    /// Wakes everybody. Call it without a lock on the state.
    pub(crate) fn wake_all(&self) {
        let all: Vec<_> = self
            .listened
            .lock()
            .topics
            .values()
            .map(|audience| audience.notify.clone())
            .collect();
        for notify in all {
            notify.notify_waiters();
        }
    }

    /// Ends every listener: the service is going.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.wake_all();
    }

    pub(crate) fn listeners(&self) -> usize {
        let listened = self.listened.lock();
        listened.topics.values().map(|a| a.cursors.len()).sum()
    }
}

impl Listener {
    /// Looks again and again, whenever the topic is woken, until `look` finds something; `None` once the
    /// service is gone. Dropping the future before it ends loses nothing.
    pub(crate) async fn find<T>(&self, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        loop {
            let woken = self.notify.notified();
            tokio::pin!(woken);
            // Registered before looking, so that a publish between the two is not missed.
            woken.as_mut().enable();
            if self.signals.closed.load(Ordering::Acquire) {
                return None;
            }
            if let Some(found) = look() {
                return Some(found);
            }
            woken.await;
        }
    }

    pub(crate) fn cursor(&self) -> &Mutex<Cursor> {
        &self.cursor
    }

    pub(crate) fn topic(&self) -> &TopicName {
        &self.topic
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut listened = self.signals.listened.lock();
        if let Some(audience) = listened.topics.get_mut(&self.topic) {
            audience.cursors.retain(|c| !Arc::ptr_eq(c, &self.cursor));
            if audience.cursors.is_empty() {
                listened.topics.remove(&self.topic);
            }
        }
    }
}
