//! The service: the engine in a stack, with its sessions, its journal, its faults and its typed API.
//!
//! | module | holds |
//! | --- | --- |
//! | [`api`] | what a test calls in process |
//! | [`open`] | a client's session as a wire uses it: where its statements run |
//! | `pool` | sessions for calls that name none |
//! | `shelf` | sessions that are set aside for later calls |
//! | `held` | sessions that clients hold across calls, until they idle for too long |

mod api;
mod held;
mod open;
mod pool;
mod shelf;

use std::sync::Arc;

use efsm_core::{
    BoxFuture, Context, Cut, Part, Request, ResetDepth, Response, ResponseFuture, RestoreError,
    Service, Status, Stopwatch, Timestamp,
};
use tokio::sync::Semaphore;

pub use self::api::{LocalSession, NamedDatabase};
pub use self::held::SessionInfo;
pub(crate) use self::held::{Held, IDLE};
pub(crate) use self::open::{Detached, Lone, statements};
pub use self::open::{Failure, OpenSession};
use self::pool::Pool;
pub(crate) use self::shelf::Shelf;
use crate::engine::{Database, Databases, Limits, Run, Snapshot};
use crate::error::Error;
use crate::journal::Face;
use crate::wire;

/// The service's name in the journal, in snapshots and in the control API.
pub(crate) const NAME: &str = "database";

/// Statements that wait for a thread, or on one for a writer, at once. Those of open transactions are not
/// among them: what the others wait for must be able to end.
const WAITING_STATEMENTS: usize = 64;

/// The database service of one stack; clones share it.
#[derive(Clone)]
pub struct DatabaseService(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) context: Context,
    pub(crate) databases: Databases,
    /// The database without a name.
    pub(crate) main: Database,
    pub(crate) pool: Pool,
    pub(crate) held: Held,
    pub(crate) hrana: wire::hrana::Streams,
    pub(crate) threads: Arc<Semaphore>,
}

impl DatabaseService {
    pub fn new(context: Context) -> Self {
        let limits = Limits::from(context.limits());
        let databases = Databases::new(limits, context.memory());
        Self(Arc::new(Inner {
            main: databases.default_database(),
            databases,
            pool: Pool::default(),
            held: Held::default(),
            hrana: wire::hrana::Streams::default(),
            threads: Arc::new(Semaphore::new(WAITING_STATEMENTS)),
            context,
        }))
    }

    /// The engine's databases: versions, diffs, sessions without a journal.
    pub fn databases(&self) -> &Databases {
        &self.0.databases
    }

    /// A session for a client of a wire; its database is made if there is none.
    pub fn open_session(&self, database: &str, face: Face) -> Result<OpenSession, Error> {
        let session = self.databases().database(database)?.session();
        let session = Lone::new(session);
        Ok(OpenSession::new(self.0.clone(), session, face))
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }

    pub(crate) fn context(&self) -> &Context {
        &self.0.context
    }
}

impl Inner {
    /// A call that begins now.
    pub(crate) fn run(&self) -> Run {
        Run::new(self.context.now(), Stopwatch::start())
    }

    /// Closes what has idled for too long; its transactions are rolled back.
    pub(crate) fn sweep(&self, now: Timestamp) {
        self.held.sweep(now);
        self.pool.sweep(now);
        self.hrana.sweep(now);
    }
}

impl std::fmt::Debug for DatabaseService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseService")
            .field("databases", &self.0.databases)
            .finish_non_exhaustive()
    }
}

impl Service for DatabaseService {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prefix(&self) -> &'static str {
        "/db"
    }

    fn http(&self, request: Request) -> ResponseFuture<'_> {
        wire::answer(self, request)
    }

    fn control(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(wire::control(self, request))
    }

    fn status(&self) -> Status {
        self.0.sweep(self.0.context.now());
        let list = self.0.databases.list();
        Status::default()
            .with("databases", list.len())
            .with("sessions", self.0.held.count() + self.0.hrana.count())
            .with_memory(list.iter().map(|(_, bytes)| bytes).sum())
    }

    fn reset(&self, depth: ResetDepth, _cut: &Cut<'_>) {
        match depth {
            ResetDepth::All => {
                self.0.databases.clear();
                self.0.pool.clear();
                self.0.hrana.clear();
            }
            ResetDepth::Data => {
                let run = self.0.run();
                for (name, _) in self.0.databases.list() {
                    // The name is one that the database already has. A schema that cannot be made anew
                    // (only an imported file can hold one) is left, rows and all, rather than lost.
                    let emptied = self
                        .0
                        .databases
                        .database(&name)
                        .and_then(|database| database.reset_data(&run));
                    if let Err(error) = emptied {
                        self.note_failed_reset(&name, &error);
                    }
                }
            }
        }
    }

    fn snapshot(&self, _cut: &Cut<'_>) -> Part {
        Part::new(NAME, self.0.databases.snapshot())
    }

    fn restore(&self, part: &Part, _cut: &Cut<'_>) -> Result<(), RestoreError> {
        self.0.databases.restore(part.state::<Snapshot>()?);
        self.0.hrana.clear();
        Ok(())
    }

    fn clock_moved(&self, now: Timestamp) {
        self.0.sweep(now);
    }
}

impl DatabaseService {
    fn note_failed_reset(&self, database: &str, error: &Error) {
        let note = efsm_core::Note::new(format!("database {database} was not reset: {error}"))
            .with("database", database);
        self.0.context.record(NAME, "reset-failed", note);
    }
}
