//! The journal: everything that happened in a stack, in the order in which it was applied.
//!
//! Bounded in entries and in bytes; the oldest entries fall out and are counted. An entry keeps its
//! parts as the service had them and is rendered only when somebody reads it, so that a hot path pays
//! for a push and no more. Its entries are a persistent vector: a snapshot shares them.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use imbl::Vector;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::sync::Notify;

/// What a service records of one happening.
pub trait Detail: Any + Debug + Send + Sync {
    /// One line for people: `GET /hello -> 200`.
    fn summary(&self) -> String;

    /// The machine-readable fields beside `seq`, `at`, `service`, `kind` and `summary`.
    fn fields(&self) -> Map<String, Value> {
        Map::new()
    }

    /// About how many bytes the entry holds in memory.
    fn size_bytes(&self) -> usize {
        256
    }
}

/// One line of the journal.
#[derive(Clone, Debug)]
pub struct Entry {
    /// 1 for a stack's first entry; never used twice, also when entries are dropped.
    pub seq: u64,
    pub at: Timestamp,
    /// The service's name, or `stack` for what concerns the whole.
    pub service: &'static str,
    /// What happened, as a stable kebab-case word: `request`, `statement`, `publish`.
    pub kind: &'static str,
    pub detail: Arc<dyn Detail>,
    /// What the detail held when it was appended: asking it again would fetch it from far away in memory.
    size_bytes: u32,
}

impl Entry {
    /// The detail as the service's own type; `None` when it is another's.
    pub fn detail_as<T: Detail>(&self) -> Option<&T> {
        (&*self.detail as &dyn Any).downcast_ref()
    }

    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("seq".into(), self.seq.into());
        object.insert("at".into(), self.at.to_string().into());
        object.insert("service".into(), self.service.into());
        object.insert("kind".into(), self.kind.into());
        object.insert("summary".into(), self.detail.summary().into());
        for (name, value) in self.detail.fields() {
            object.entry(name).or_insert(value);
        }
        Value::Object(object)
    }
}

/// A detail that is a sentence and some fields; enough for rare happenings.
#[derive(Clone, Debug, Default)]
pub struct Note {
    pub summary: String,
    pub fields: Map<String, Value>,
}

impl Note {
    pub fn new(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            fields: Map::new(),
        }
    }

    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }
}

impl Detail for Note {
    fn summary(&self) -> String {
        self.summary.clone()
    }

    fn fields(&self) -> Map<String, Value> {
        self.fields.clone()
    }

    fn size_bytes(&self) -> usize {
        // A rough figure is enough to bound memory; exact sizes would cost more than they protect.
        128 + self.summary.len() + self.fields.len() * 64
    }
}

/// A handle to one stack's journal; clones share it.
#[derive(Clone, Debug)]
pub struct Journal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: Bounds,
    state: Mutex<JournalState>,
    changed: Notify,
    /// Who waits on `changed`: without anybody, an append need not look.
    waiting: AtomicUsize,
}

#[derive(Clone, Copy, Debug)]
struct Bounds {
    entries: usize,
    bytes: usize,
}

/// The journal as a value that a snapshot can hold.
#[derive(Clone, Debug, Default)]
pub struct JournalState {
    entries: Vector<Entry>,
    last_seq: u64,
    dropped: u64,
    size_bytes: usize,
}

/// A selection of the journal, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub entries: Vec<Entry>,
    /// Entries that fell out of the bounds since the journal was last emptied.
    pub dropped: u64,
    /// The newest sequence number given out, whatever the selection holds.
    pub last_seq: u64,
}

/// Which entries to read.
#[derive(Clone, Debug, Default)]
pub struct Query<'a> {
    pub service: Option<&'a str>,
    /// Only entries with a greater sequence number.
    pub since: u64,
    /// At most this many; the newest are kept.
    pub limit: Option<usize>,
    /// Only entries whose rendered JSON contains this text, case-insensitively.
    pub text: Option<&'a str>,
}

impl Journal {
    /// Holds at most `entries` entries of about `bytes` bytes together; 0 entries records nothing.
    pub fn bounded(entries: usize, bytes: usize) -> Self {
        Self(Arc::new(Inner {
            bounds: Bounds { entries, bytes },
            state: Mutex::default(),
            changed: Notify::new(),
            waiting: AtomicUsize::new(0),
        }))
    }

    /// Appends an entry and returns its sequence number.
    ///
    /// Call it while the state that the entry tells of is still locked: that is what makes the
    /// journal's order the order of application.
    #[inline]
    pub fn append(
        &self,
        at: Timestamp,
        service: &'static str,
        kind: &'static str,
        detail: impl Detail,
    ) -> u64 {
        self.append_shared(at, service, kind, Arc::new(detail))
    }

    /// As [`Journal::append`], for a detail that the service keeps a hand on.
    pub fn append_shared(
        &self,
        at: Timestamp,
        service: &'static str,
        kind: &'static str,
        detail: Arc<dyn Detail>,
    ) -> u64 {
        let size_bytes = size_bytes(&*detail);
        let (seq, is_awaited) = {
            let mut state = self.0.state.lock();
            state.last_seq += 1;
            let seq = state.last_seq;
            state.size_bytes += size_bytes as usize;
            state.entries.push_back(Entry {
                seq,
                at,
                service,
                kind,
                detail,
                size_bytes,
            });
            state.trim(self.0.bounds);
            // Read under the lock under which a waiter, once counted, reads the sequence.
            (seq, self.0.waiting.load(Ordering::Relaxed) > 0)
        };
        if is_awaited {
            self.0.changed.notify_waiters();
        }
        seq
    }

    pub fn last_seq(&self) -> u64 {
        self.0.state.lock().last_seq
    }

    /// How many entries are held now.
    pub fn len(&self) -> usize {
        self.0.state.lock().entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All that is held, oldest first, as a value which later entries do not change.
    pub fn entries(&self) -> Vector<Entry> {
        self.0.state.lock().entries.clone()
    }

    pub fn read(&self, query: &Query<'_>) -> Page {
        // Rendering for a text search happens on a shared copy, outside the lock.
        let state = self.state();
        let text = query.text.map(str::to_lowercase);
        let from = state
            .entries
            .binary_search_by(|entry| entry.seq.cmp(&(query.since.saturating_add(1))))
            .unwrap_or_else(|at| at);
        let mut entries: Vec<Entry> = state
            .entries
            .iter()
            .skip(from)
            .rev()
            .filter(|entry| query.service.is_none_or(|name| name == entry.service))
            .filter(|entry| {
                text.as_ref()
                    .is_none_or(|text| entry.to_json().to_string().to_lowercase().contains(text))
            })
            .take(query.limit.unwrap_or(usize::MAX))
            .cloned()
            .collect();
        entries.reverse();
        Page {
            entries,
            dropped: state.dropped,
            last_seq: state.last_seq,
        }
    }

    /// Waits until [`Journal::last_seq`] is greater than `seq` or the journal was restored behind it.
    pub async fn changed_since(&self, seq: u64) {
        self.0.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.0.waiting);
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            // Registered before the check, so that an append between the two is not missed.
            changed.as_mut().enable();
            if self.last_seq() != seq {
                return;
            }
            changed.await;
        }
    }

    /// Drops every entry and the count of dropped ones; sequence numbers go on.
    pub fn clear(&self) {
        let mut state = self.0.state.lock();
        state.entries = Vector::new();
        state.size_bytes = 0;
        state.dropped = 0;
    }

    /// Drops the entries for which `keep` is false, without counting them as lost.
    pub fn retain(&self, keep: impl FnMut(&Entry) -> bool) {
        let mut state = self.0.state.lock();
        state.entries.retain(keep);
        state.size_bytes = state.entries.iter().map(|e| e.size_bytes as usize).sum();
    }

    /// Gives the newest entry for which `fits` holds the detail that `change` makes of its own; `false` when there is
    /// none. It keeps its number and its place, and snapshots keep the entry as it was.
    pub fn amend(
        &self,
        fits: impl Fn(&Entry) -> bool,
        change: impl FnOnce(&Entry) -> Arc<dyn Detail>,
    ) -> bool {
        let mut state = self.0.state.lock();
        let Some(index) = state.entries.iter().rposition(fits) else {
            return false;
        };
        let mut entry = state.entries[index].clone();
        entry.detail = change(&entry);
        let before = std::mem::replace(&mut entry.size_bytes, size_bytes(&*entry.detail));
        state.size_bytes =
            state.size_bytes.saturating_sub(before as usize) + entry.size_bytes as usize;
        state.entries.set(index, entry);
        state.trim(self.0.bounds);
        true
    }

    pub fn state(&self) -> JournalState {
        self.0.state.lock().clone()
    }

    pub fn restore(&self, state: JournalState) {
        *self.0.state.lock() = state;
        self.0.changed.notify_waiters();
    }
}

/// What an entry notes of its detail's size: the bound on all entries together is far below what the field holds.
fn size_bytes(detail: &dyn Detail) -> u32 {
    u32::try_from(detail.size_bytes()).unwrap_or(u32::MAX)
}

/// One waiter, for as long as it waits.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl JournalState {
    fn trim(&mut self, bounds: Bounds) {
        while self.entries.len() > bounds.entries || self.size_bytes > bounds.bytes {
            let Some(entry) = self.entries.pop_front() else {
                break;
            };
            self.size_bytes = self.size_bytes.saturating_sub(entry.size_bytes as usize);
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal_of(bounds: usize, summaries: &[&str]) -> Journal {
        let journal = Journal::bounded(bounds, 1 << 20);
        for summary in summaries {
            journal.append(
                Timestamp::UNIX_EPOCH,
                "http",
                "request",
                Note::new(*summary),
            );
        }
        journal
    }

    fn seqs(page: &Page) -> Vec<u64> {
        page.entries.iter().map(|e| e.seq).collect()
    }

    #[test]
    fn oldest_entries_fall_out_and_are_counted() {
        let journal = journal_of(2, &["a", "b", "c", "d"]);
        let page = journal.read(&Query::default());
        assert_eq!(seqs(&page), [3, 4]);
        assert_eq!((page.dropped, page.last_seq), (2, 4));
    }

    #[test]
    fn bytes_bound_the_journal_too() {
        let journal = Journal::bounded(1000, 1000);
        for _ in 0..50 {
            journal.append(
                Timestamp::UNIX_EPOCH,
                "db",
                "statement",
                Note::new("x".repeat(200)),
            );
        }
        let page = journal.read(&Query::default());
        assert_eq!(page.entries.len(), 3);
        assert_eq!(page.dropped, 47);
    }

    #[test]
    fn journal_without_room_counts_only() {
        let journal = journal_of(0, &["a", "b"]);
        let page = journal.read(&Query::default());
        assert!(page.entries.is_empty());
        assert_eq!((page.dropped, page.last_seq), (2, 2));
    }

    #[test]
    fn reading_selects_by_service_since_limit_and_text() {
        let journal = journal_of(100, &["GET /a", "GET /b", "GET /ab"]);
        journal.append(Timestamp::UNIX_EPOCH, "queue", "publish", Note::new("a"));
        let read = |query: Query<'_>| seqs(&journal.read(&query));
        assert_eq!(
            read(Query {
                since: 2,
                ..Query::default()
            }),
            [3, 4]
        );
        assert_eq!(
            read(Query {
                limit: Some(2),
                ..Query::default()
            }),
            [3, 4]
        );
        assert_eq!(
            read(Query {
                service: Some("queue"),
                ..Query::default()
            }),
            [4]
        );
        assert_eq!(
            read(Query {
                text: Some("get /A"),
                ..Query::default()
            }),
            [1, 3]
        );
        assert_eq!(
            read(Query {
                since: u64::MAX,
                ..Query::default()
            }),
            [] as [u64; 0]
        );
    }

    #[test]
    fn an_amended_entry_keeps_its_place_and_snapshots_keep_it_as_it_was() {
        let journal = journal_of(100, &["a", "b", "a"]);
        let before = journal.state();
        let is = |text: &'static str| move |entry: &Entry| entry.detail.summary() == text;
        let longer = "c".repeat(100);
        assert!(journal.amend(is("a"), |_| Arc::new(Note::new(&longer))));
        assert!(!journal.amend(is("z"), |_| unreachable!()));
        let summaries = |journal: &Journal| -> Vec<String> {
            let entries = journal.entries();
            entries.iter().map(|e| e.detail.summary()).collect()
        };
        assert_eq!(summaries(&journal), ["a", "b", &longer]);
        assert_eq!(seqs(&journal.read(&Query::default())), [1, 2, 3]);
        assert_eq!(journal.state().size_bytes, before.size_bytes + 99);
        journal.restore(before);
        assert_eq!(summaries(&journal), ["a", "b", "a"]);
    }

    #[test]
    fn clearing_keeps_the_sequence() {
        let journal = journal_of(100, &["a", "b"]);
        journal.clear();
        assert!(journal.is_empty());
        assert_eq!(
            journal.append(Timestamp::UNIX_EPOCH, "http", "request", Note::new("c")),
            3
        );
    }

    #[test]
    fn snapshot_of_the_journal_does_not_see_what_follows() {
        let journal = journal_of(100, &["a"]);
        let state = journal.state();
        journal.append(Timestamp::UNIX_EPOCH, "http", "request", Note::new("b"));
        journal.restore(state);
        assert_eq!(journal.last_seq(), 1);
        assert_eq!(journal.len(), 1);
    }

    #[tokio::test]
    async fn waiting_for_a_change_ends_with_the_next_entry() {
        let journal = journal_of(100, &["a"]);
        let waiting = tokio::spawn({
            let journal = journal.clone();
            async move { journal.changed_since(1).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        journal.append(Timestamp::UNIX_EPOCH, "http", "request", Note::new("b"));
        waiting.await.unwrap();
    }
}
