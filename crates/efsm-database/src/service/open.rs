//! A client's session as a wire uses it.
//!
//! A statement is first tried where the request is answered, with a small number of steps and without waiting
//! for a writer: most are done within microseconds, less than handing them to a thread costs. What is not
//! done by then had no effect and is run again on a thread that may be held up. Statements that would have
//! an effect when they are stopped, writes in an open transaction, go to the thread at once.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use efsm_core::Context;
use efsm_core::fault::Fault;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Inner, NAME};
use crate::engine::{
    Args, Cancel, Database, Description, Outcome, Parameter, Run, Session, Sink, script,
};
use crate::error::Error;
use crate::journal::{Face, Ran};

/// Steps of the virtual machine that a statement is lent where the request is answered: a fraction of a
/// millisecond.
const STEPS_AT_HAND: u64 = 10_000;

/// A session that lives as long as its clones. Statements that come at the same time wait for each other.
#[derive(Clone)]
pub struct OpenSession {
    service: Arc<Inner>,
    own: Detached,
}

/// An open session without its service. The service keeps the sessions of clients in this form: with a handle of it,
/// each would keep the service alive, and the service the session, for ever.
#[derive(Clone)]
pub(crate) struct Detached {
    session: Arc<Mutex<Session>>,
    database: Database,
    face: Face,
}

/// Why a statement has no result.
#[derive(Debug)]
pub enum Failure {
    /// The engine's error.
    Database(Error),
    /// A fault rule takes the statement's place; its delay has passed.
    Fault(Fault),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

/// Which fault rule fits a text.
enum Drawn {
    Nothing,
    Fault(Fault),
    /// Perhaps one that names a table.
    ByTable,
}

/// Cancels when it is dropped: a client that goes away takes its statement with it.
struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// A session that nobody else has. It becomes an [`OpenSession`], and one it again, without being moved.
pub(crate) struct Lone(Arc<Mutex<Session>>);

impl Lone {
    pub(crate) fn new(session: Session) -> Self {
        Self(Arc::new(Mutex::new(session)))
    }

    pub(crate) fn session(&mut self) -> &mut Session {
        Arc::get_mut(&mut self.0)
            .expect("nobody else has it")
            .get_mut()
    }
}

impl Detached {
    pub(crate) fn attach(self, service: Arc<Inner>) -> OpenSession {
        OpenSession { service, own: self }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    pub(crate) fn face(&self) -> Face {
        self.face
    }

    /// Whether a statement runs now.
    pub(crate) fn is_running(&self) -> bool {
        self.session.try_lock().is_err()
    }
}

impl OpenSession {
    pub(crate) fn new(service: Arc<Inner>, mut session: Lone, face: Face) -> Self {
        let own = Detached {
            database: session.session().database().clone(),
            session: session.0,
            face,
        };
        own.attach(service)
    }

    /// For the service to keep.
    pub(crate) fn detach(self) -> Detached {
        self.own
    }

    pub fn database(&self) -> &Database {
        &self.own.database
    }

    pub fn face(&self) -> Face {
        self.own.face
    }

    /// What the stack lends.
    pub(crate) fn context(&self) -> &Context {
        &self.service.context
    }

    /// Whether no transaction is open.
    pub async fn is_autocommit(&self) -> bool {
        self.own.session.lock().await.is_autocommit()
    }

    /// The session itself, when nobody else has it.
    pub(crate) fn into_lone(mut self) -> Option<Lone> {
        Arc::get_mut(&mut self.own.session)?;
        Some(Lone(self.own.session))
    }

    /// Runs one statement. Its rows are in the sink that is given back; a sink may be begun anew, with
    /// [`Sink::columns`], when the statement is.
    pub async fn execute<S: Sink + Send + 'static>(
        &self,
        sql: &str,
        args: Args,
        sink: S,
    ) -> Result<(Outcome, S), Failure> {
        let run = self.service.run();
        self.execute_in(&run, sql, args, sink).await
    }

    /// As [`OpenSession::execute`], for a call that has begun already.
    pub(crate) async fn execute_in<S: Sink + Send + 'static>(
        &self,
        run: &Run,
        sql: &str,
        args: Args,
        mut sink: S,
    ) -> Result<(Outcome, S), Failure> {
        let drawn = self.draw(sql, None);
        if let Drawn::Nothing = drawn
            && let Ok(mut session) = self.own.session.clone().try_lock_owned()
        {
            return match self.at_hand(&mut session, run, sql, args, &mut sink) {
                Ok(result) => Ok((result?, sink)),
                Err(args) => Box::pin(self.on_thread(session, sql, args, sink)).await,
            };
        }
        // What is seldom done has its room made when it is.
        Box::pin(async {
            self.apply(drawn, sql).await?;
            let mut session = self.own.session.clone().lock_owned().await;
            match self.at_hand(&mut session, &self.service.run(), sql, args, &mut sink) {
                Ok(result) => Ok((result?, sink)),
                Err(args) => self.on_thread(session, sql, args, sink).await,
            }
        })
        .await
    }

    /// Tries a statement where the request is answered. Gives its arguments back when it must be run on a thread.
    fn at_hand(
        &self,
        session: &mut Session,
        run: &Run,
        sql: &str,
        args: Args,
        sink: &mut dyn Sink,
    ) -> Result<Result<Outcome, Error>, Args> {
        if !session.is_autocommit() && !session.is_readonly(sql, run) {
            return Err(args);
        }
        let few = run.clone().with_steps(STEPS_AT_HAND);
        self.service.context.gate().pass(|| {
            let result = session.execute(sql, &args, &few, sink);
            if is_worth_a_thread(&result) {
                return Err(args);
            }
            self.record(sql, args, run, &result);
            Ok(result)
        })
    }

    async fn on_thread<S: Sink + Send + 'static>(
        &self,
        session: OwnedMutexGuard<Session>,
        sql: &str,
        args: Args,
        mut sink: S,
    ) -> Result<(Outcome, S), Failure> {
        let (this, sql) = (self.clone(), sql.to_owned());
        self.hand_over(session, move |session, run| {
            let result = session.execute(&sql, &args, run, &mut sink);
            this.record(&sql, args, run, &result);
            Ok((result?, sink))
        })
        .await
    }

    /// Does longer work with the session, on a thread: several statements, or one of much work. Its faults
    /// are to be asked for before ([`OpenSession::fault`]) and its statements recorded in it
    /// ([`OpenSession::record`]).
    pub async fn work<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Session, &Run) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Failure> {
        let session = self.own.session.clone().lock_owned().await;
        self.hand_over(session, work).await
    }

    async fn hand_over<R: Send + 'static>(
        &self,
        mut session: OwnedMutexGuard<Session>,
        work: impl FnOnce(&mut Session, &Run) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Failure> {
        // Whoever holds the writer's lock for too long must not be waited for.
        self.service.sweep(self.service.context.now());
        let permit = if session.is_autocommit() {
            self.service.threads.clone().acquire_owned().await.ok()
        } else {
            None
        };
        let cancel = CancelOnDrop(Cancel::default());
        let run = self.service.run().with_cancel(cancel.0.clone());
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&mut session, &run);
            drop(permit);
            result
        })
        .await;
        match done {
            Ok(result) => Ok(result?),
            Err(stopped) => match stopped.try_into_panic() {
                // The gateway turns it into an answer.
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Failure::Database(Error::Cancelled)),
            },
        }
    }

    /// What a statement is, without running it.
    pub async fn describe(&self, sql: &str) -> Result<Description, Error> {
        let run = self.service.run();
        self.own.session.lock().await.describe(sql, &run)
    }

    /// The parameters of a statement, without running it.
    pub async fn parameters(&self, sql: &str) -> Result<Vec<Parameter>, Error> {
        let run = self.service.run();
        self.own.session.lock().await.parameters(sql, &run)
    }

    /// Waits for, or fails with, the fault rule that fits any statement of a text: by `sql` (its text), `table`
    /// (each that it touches, views resolved) or `database`.
    pub async fn fault(&self, sql: &str) -> Result<(), Failure> {
        self.apply(self.draw(sql, None), sql).await
    }

    async fn apply(&self, drawn: Drawn, sql: &str) -> Result<(), Failure> {
        let fault = match drawn {
            Drawn::Nothing => None,
            Drawn::Fault(fault) => Some(fault),
            Drawn::ByTable => {
                let run = self.service.run();
                let tables = self.own.session.lock().await.tables_of(sql, &run);
                tables
                    .iter()
                    .find_map(|table| match self.draw(sql, Some(table)) {
                        Drawn::Fault(fault) => Some(fault),
                        Drawn::Nothing | Drawn::ByTable => None,
                    })
            }
        };
        let Some(fault) = fault else {
            return Ok(());
        };
        if let Some(delay_ms) = fault.effect().delay_ms {
            let delay = Duration::from_millis(delay_ms);
            self.service.context.clock().sleep(delay).await;
        }
        let effect = fault.effect();
        let is_delay_only = effect.status.is_none()
            && effect.body.is_none()
            && !effect.reset
            && !effect.drop
            && effect.truncate.is_none();
        if is_delay_only {
            return Ok(());
        }
        let error = Error::Injected {
            message: match &effect.body {
                Some(serde_json::Value::String(text)) => text.clone(),
                Some(body) => body.to_string(),
                None => format!("failed on purpose by the fault rule {}", fault.rule.id),
            },
        };
        let failed = Err(error);
        self.record(sql, Args::NONE, &self.service.run(), &failed);
        Err(Failure::Fault(fault))
    }

    /// Draws a rule for a text, with the table that it touches if one is known. Compiling the text for its tables is
    /// done only when there is a rule that wants them.
    fn draw(&self, sql: &str, table: Option<&str>) -> Drawn {
        let context = &self.service.context;
        let is_asked_for_table = Cell::new(false);
        let fault = context
            .faults()
            .for_operation(NAME, context.entropy(), |name| match name {
                "sql" => Some(Cow::Borrowed(sql)),
                "database" => Some(Cow::Borrowed(self.own.database.name())),
                "table" => {
                    is_asked_for_table.set(true);
                    table.map(Cow::Borrowed)
                }
                _ => None,
            });
        match fault {
            Some(fault) => Drawn::Fault(fault),
            None if is_asked_for_table.get() => Drawn::ByTable,
            None => Drawn::Nothing,
        }
    }

    /// Writes a statement and what came of it into the journal.
    pub fn record(&self, sql: &str, args: Args, run: &Run, result: &Result<Outcome, Error>) {
        self.record_times(sql, args, 1, run, result);
    }

    /// As [`OpenSession::record`], for a statement that was run for several sets of arguments.
    pub fn record_times(
        &self,
        sql: &str,
        args: Args,
        times: usize,
        run: &Run,
        result: &Result<Outcome, Error>,
    ) {
        self.service.record(
            &self.own.database,
            sql,
            args,
            times,
            self.own.face,
            run,
            result,
        );
    }
}

impl Inner {
    #[expect(
        clippy::too_many_arguments,
        reason = "they are the fields of one journal entry"
    )]
    pub(super) fn record(
        &self,
        database: &Database,
        sql: &str,
        args: Args,
        times: usize,
        face: Face,
        run: &Run,
        result: &Result<Outcome, Error>,
    ) {
        let duration = run.stopwatch.elapsed();
        let mut ran = Ran::new(database.shared_name(), sql, args, face, duration, result);
        ran.times = times;
        self.context.record(NAME, "statement", ran);
    }
}

/// Whether a statement that was tried with few steps and no patience may succeed with more of them.
fn is_worth_a_thread(result: &Result<Outcome, Error>) -> bool {
    matches!(result, Err(error) if matches!(error, Error::OutOfSteps { .. }) || error.is_busy())
}

/// How many statements a text has.
pub(crate) fn statements(text: &str) -> usize {
    script::split(text).count()
}
