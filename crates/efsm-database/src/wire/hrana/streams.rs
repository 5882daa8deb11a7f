//! Streams over HTTP: held between two requests, found again by a baton that is good once.
//!
//! A baton is the stream's number and a secret which each answer renews. Streams that idle for too long on the
//! stack's clock are closed and their transactions rolled back, because HTTP has no connection whose end would
//! tell that a client is gone.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use efsm_core::{Context, SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::task::AbortHandle;

use super::error::ProtocolError;
use super::program::SqlTexts;
use crate::DatabaseService;
use crate::engine::Database;
use crate::journal::Face;
use crate::service::{Detached, Inner, Lone, OpenSession, Shelf};

/// How long a stream may idle; as long as on libSQL's server.
const IDLE: SignedDuration = SignedDuration::from_secs(10);
/// How long it is known of an expired stream that there was one.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(5);
/// Streams of one stack that are held at once.
const MOST: usize = 10_000;
/// Sessions of one database that are kept for later streams, and for how long without being used.
const KEPT_SESSIONS: usize = 16;
const KEPT: SignedDuration = SignedDuration::from_secs(60);

/// A stream: a session, and the texts that are stored for it.
pub(crate) struct Stream<S = OpenSession> {
    pub(super) session: S,
    pub(super) texts: SqlTexts,
    /// Whether its session is as good as new once it is closed.
    pub(super) leaves_no_trace: bool,
    counted: Counted,
}

/// One of the streams that are open.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(open.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Default)]
pub(crate) struct Streams {
    /// How many are open, those of sockets among them.
    open: Arc<AtomicUsize>,
    held: Mutex<Table>,
    /// Connections cost more to open than most statements do.
    kept: Mutex<BTreeMap<String, Shelf>>,
}

#[derive(Default)]
struct Table {
    last_number: u64,
    streams: HashMap<u64, Held>,
}

struct Held {
    secret: String,
    state: State,
    _expiry: Expiry,
}

/// The task that closes a stream when its time has come; it ends with the stream.
struct Expiry(AbortHandle);

impl Drop for Expiry {
    fn drop(&mut self) {
        self.0.abort();
    }
}

enum State {
    Idle {
        stream: Stream<Detached>,
        until: Timestamp,
    },
    InUse,
    Expired {
        until: Timestamp,
    },
}

/// A stream in the hands of one request. Dropped, it is closed.
pub(super) struct Taken {
    service: Arc<Inner>,
    number: Option<u64>,
    stream: Option<Stream>,
}

impl Taken {
    /// The stream, unless it was closed.
    pub(super) fn stream(&mut self) -> Option<&mut Stream> {
        self.stream.as_mut()
    }

    /// Closes the stream; its transaction is rolled back.
    pub(super) fn close(&mut self) {
        if let Some(stream) = self.stream.take() {
            stream.close(&self.service);
        }
    }

    /// Holds the stream for the next request; gives the baton for it, or none when it was closed.
    pub(super) fn release(mut self) -> Result<Option<String>, ProtocolError> {
        let Some(stream) = self.stream.take() else {
            return Ok(None);
        };
        let baton = self
            .service
            .hrana
            .hold(&self.service, self.number, stream)?;
        // From here on the stream is not this request's.
        self.number = None;
        Ok(Some(baton))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.service.hrana.held.lock().streams.remove(&number);
        }
    }
}

impl Stream {
    pub(super) fn open(service: &DatabaseService, database: &Database) -> Self {
        let session = service.inner().hrana.session(database);
        Self {
            session: OpenSession::new(service.inner().clone(), session, Face::Hrana),
            texts: SqlTexts::of_stream(),
            leaves_no_trace: true,
            counted: Counted::new(&service.inner().hrana.open),
        }
    }

    /// Ends the stream. Its connection is kept for another if nothing tells the two apart.
    pub(super) fn close(self, service: &Inner) {
        if !self.leaves_no_trace {
            return;
        }
        if let Some(session) = self.session.into_lone() {
            service.hrana.keep(session, service.context.now());
        }
    }
}

impl<S> Stream<S> {
    /// The stream with its session in another form.
    fn with<T>(self, form: impl FnOnce(S) -> T) -> Stream<T> {
        Stream {
            session: form(self.session),
            texts: self.texts,
            leaves_no_trace: self.leaves_no_trace,
            counted: self.counted,
        }
    }
}

impl Streams {
    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    fn session(&self, database: &Database) -> Lone {
        let mut kept = self.kept.lock();
        match kept.get_mut(database.name()).and_then(Shelf::take) {
            Some(session) => session,
            // As on libSQL's server, whose SQLite is compiled that way.
            None => Lone::new(database.session().enforcing_foreign_keys()),
        }
    }

    fn keep(&self, mut lone: Lone, now: Timestamp) {
        let session = lone.session();
        if !session.forget() {
            return;
        }
        let mut kept = self.kept.lock();
        let shelf = match kept.get_mut(session.database().name()) {
            Some(shelf) => shelf,
            None => kept
                .entry(session.database().name().to_owned())
                .or_default(),
        };
        let surplus = shelf.put(lone, now, KEPT_SESSIONS);
        drop(kept);
        // A connection is closed after the lock.
        drop(surplus);
    }

    /// The stream of a baton, or a new one.
    pub(super) fn take(
        service: &DatabaseService,
        database: &Database,
        baton: Option<&str>,
    ) -> Result<Taken, ProtocolError> {
        let inner = service.inner();
        let Some(baton) = baton else {
            return Ok(Taken {
                service: inner.clone(),
                number: None,
                stream: Some(Stream::open(service, database)),
            });
        };
        let now = inner.context.now();
        let (number, stream) = inner.hrana.find(baton, now)?;
        Ok(Taken {
            service: inner.clone(),
            number: Some(number),
            stream: Some(stream.with(|session| session.attach(inner.clone()))),
        })
    }

    fn find(&self, baton: &str, now: Timestamp) -> Result<(u64, Stream<Detached>), ProtocolError> {
        let (number, secret) = baton
            .split_once('.')
            .and_then(|(number, secret)| Some((number.parse().ok()?, secret)))
            .ok_or(ProtocolError::BatonUnknown)?;
        let mut table = self.held.lock();
        let held = table
            .streams
            .get_mut(&number)
            .ok_or(ProtocolError::BatonUnknown)?;
        let expired = held.expire(now);
        match held.state {
            State::Expired { .. } => {
                drop(table);
                // The connection is closed after the lock.
                drop(expired);
                return Err(ProtocolError::BatonExpired);
            }
            State::InUse => return Err(ProtocolError::BatonUsed),
            State::Idle { .. } if held.secret != secret => return Err(ProtocolError::BatonUsed),
            State::Idle { .. } => {}
        }
        match std::mem::replace(&mut held.state, State::InUse) {
            State::Idle { stream, .. } => Ok((number, stream)),
            State::InUse | State::Expired { .. } => Err(ProtocolError::BatonUsed),
        }
    }

    fn hold(
        &self,
        service: &Arc<Inner>,
        number: Option<u64>,
        stream: Stream,
    ) -> Result<String, ProtocolError> {
        let context = &service.context;
        let secret = context.entropy().alphanumeric(32);
        let now = context.now();
        let until = now.saturating_add(IDLE).unwrap_or(Timestamp::MAX);
        let stream = stream.with(OpenSession::detach);
        let state = State::Idle { stream, until };
        let mut table = self.held.lock();
        if let Some(number) = number
            && let Some(held) = table.streams.get_mut(&number)
        {
            held.state = state;
            held.secret.clone_from(&secret);
            return Ok(baton(number, &secret));
        }
        if table.streams.len() >= MOST {
            let expired = table.sweep(now);
            // Better to forget that there were some than to refuse one.
            let is_held = |held: &Held| !matches!(held.state, State::Expired { .. });
            table.streams.retain(|_, held| is_held(held));
            if table.streams.len() >= MOST {
                drop(table);
                drop((expired, state));
                return Err(ProtocolError::TooManyStreams { most: MOST });
            }
        }
        table.last_number += 1;
        let number = table.last_number;
        let expiry = tokio::spawn(expire(Arc::downgrade(service), context.clone(), number));
        let held = Held {
            secret: secret.clone(),
            state,
            _expiry: Expiry(expiry.abort_handle()),
        };
        table.streams.insert(number, held);
        Ok(baton(number, &secret))
    }

    /// When a stream is due to be looked at again; none when there is none.
    fn due(&self, number: u64, now: Timestamp) -> Option<Timestamp> {
        let mut table = self.held.lock();
        let held = table.streams.get_mut(&number)?;
        let expired = held.expire(now);
        let due = match &held.state {
            State::Idle { until, .. } | State::Expired { until } => *until,
            State::InUse => now.saturating_add(IDLE).unwrap_or(Timestamp::MAX),
        };
        if matches!(held.state, State::Expired { until } if until <= now) {
            table.streams.remove(&number);
            return None;
        }
        drop(table);
        // The connection is closed after the lock.
        drop(expired);
        Some(due)
    }

    /// Closes what has idled for too long.
    pub(crate) fn sweep(&self, now: Timestamp) {
        let expired = self.held.lock().sweep(now);
        drop(expired);
        for shelf in self.kept.lock().values_mut() {
            shelf.sweep(now, KEPT);
        }
    }

    /// Forgets the kept connections: after a reset, they would only hold old pages.
    pub(crate) fn clear(&self) {
        let kept = std::mem::take(&mut *self.kept.lock());
        drop(kept);
    }
}

impl Table {
    fn sweep(&mut self, now: Timestamp) -> Vec<Stream<Detached>> {
        let expired = self
            .streams
            .values_mut()
            .filter_map(|held| held.expire(now));
        let expired = expired.collect();
        self.streams.retain(|_, held| match held.state {
            State::Expired { until } => until > now,
            _ => true,
        });
        expired
    }
}

impl Held {
    /// Takes the stream out if it has idled for too long; while a cursor runs on it, it does not idle.
    fn expire(&mut self, now: Timestamp) -> Option<Stream<Detached>> {
        let State::Idle { stream, until } = &mut self.state else {
            return None;
        };
        if *until > now {
            return None;
        }
        if stream.session.is_running() {
            *until = now.saturating_add(IDLE).unwrap_or(Timestamp::MAX);
            return None;
        }
        let until = now.saturating_add(REMEMBERED).unwrap_or(Timestamp::MAX);
        match std::mem::replace(&mut self.state, State::Expired { until }) {
            State::Idle { stream, .. } => Some(stream),
            State::InUse | State::Expired { .. } => None,
        }
    }
}

fn baton(number: u64, secret: &str) -> String {
    format!("{number}.{secret}")
}

/// Closes a stream when its time has come, so that a transaction which was left behind holds up nobody.
async fn expire(service: Weak<Inner>, context: Context, number: u64) {
    loop {
        let due = match service.upgrade() {
            Some(service) => service.hrana.due(number, context.now()),
            None => None,
        };
        let Some(due) = due else { return };
        context.clock().sleep_until(due).await;
    }
}
