//! Who waits for which topic. Kept outside the state: a listener belongs to a connection, not to a snapshot.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::engine::TopicName;

#[derive(Debug, Default)]
pub(crate) struct Signals {
    // Only topics that are listened to have an entry, so a publish to others wakes nobody.
    listened: Mutex<HashMap<TopicName, Listened>>,
    closed: AtomicBool,
}

#[derive(Debug, Default)]
struct Listened {
    listeners: usize,
    notify: Arc<Notify>,
}

/// One who listens to a topic, until dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    signals: Arc<Signals>,
    topic: TopicName,
    notify: Arc<Notify>,
}

impl Signals {
    pub(crate) fn listen(self: &Arc<Self>, topic: TopicName) -> Listener {
        let notify = {
            let mut listened = self.listened.lock();
            let listened = listened.entry(topic.clone()).or_default();
            listened.listeners += 1;
            listened.notify.clone()
        };
        Listener {
            signals: self.clone(),
            topic,
            notify,
        }
    }

    /// Wakes those who listen to `topic`. Call it without a lock on the state.
    pub(crate) fn wake(&self, topic: &TopicName) {
        let notify = self.listened.lock().get(topic).map(|l| l.notify.clone());
        if let Some(notify) = notify {
            notify.notify_waiters();
        }
    }

    pub(crate) fn wake_all(&self) {
        let all: Vec<_> = self
            .listened
            .lock()
            .values()
            .map(|l| l.notify.clone())
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
        self.listened.lock().values().map(|l| l.listeners).sum()
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
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut listened = self.signals.listened.lock();
        if let Some(entry) = listened.get_mut(&self.topic) {
            entry.listeners -= 1;
            if entry.listeners == 0 {
                listened.remove(&self.topic);
            }
        }
    }
}
