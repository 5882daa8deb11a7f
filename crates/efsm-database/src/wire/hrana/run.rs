//! Jobs on the session of a stream.
//!
//! A single statement is run by the service's own path. A batch, a cursor and a sequence run on one thread as a
//! whole, unless there are fault rules, which are asked for before each statement that is really run.

use efsm_core::Stopwatch;
use efsm_core::fault::Fault;
use tokio::sync::mpsc;

use super::cell::Cell;
use super::error::of_database;
use super::message::{
    Answer, BatchResult, Col, CursorEntry, DescribeParam, DescribeResult, Ended, Error, StmtResult,
};
use super::program::{Fate, Statement, Step};
use super::rendered::Rendered;
use crate::engine::statement::Columns;
use crate::engine::{Args, Outcome, Row, Run, Session, Sink, script};
use crate::error::Error as DatabaseError;
use crate::service::{Failure, OpenSession};

/// Why a job has no answer.
#[derive(Debug)]
pub(super) enum Refused {
    Error(Error),
    /// A fault rule that answers for more than the statement: a status, a broken connection.
    Fault(Fault),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Database(error) => Self::Error(of_database(&error)),
            Failure::Fault(fault) => of_fault(fault),
        }
    }
}

impl From<DatabaseError> for Refused {
    fn from(error: DatabaseError) -> Self {
        Self::Error(of_database(&error))
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// A rule that only has a body fails the statement: with that message, or with `message` and `code` of an object.
fn of_fault(fault: Fault) -> Refused {
    let effect = fault.effect();
    if effect.status.is_some() || effect.reset || effect.drop || effect.truncate.is_some() {
        return Refused::Fault(fault);
    }
    let text = |body: &serde_json::Value, name| body.get(name)?.as_str().map(str::to_owned);
    let (message, code) = match &effect.body {
        Some(serde_json::Value::String(message)) => (Some(message.clone()), None),
        Some(body) => (
            text(body, "message").or_else(|| Some(body.to_string())),
            text(body, "code"),
        ),
        None => (None, None),
    };
    Refused::Error(Error {
        message: message
            .unwrap_or_else(|| format!("failed on purpose by the fault rule {}", fault.rule.id)),
        code: code.unwrap_or_else(|| "SQLITE_ERROR".to_owned()),
    })
}

/// What a client wants of a stream.
#[derive(Debug)]
pub(super) enum Job {
    Execute(Statement),
    Batch(Vec<Step>),
    Sequence(String),
    Describe(String),
    GetAutocommit,
}

impl Job {
    /// Every text of SQL that it runs.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, steps) = match self {
            Self::Execute(statement) => (Some(statement.sql.as_str()), &[][..]),
            Self::Sequence(sql) => (Some(sql.as_str()), &[][..]),
            Self::Batch(steps) => (None, steps.as_slice()),
            Self::Describe(_) | Self::GetAutocommit => (None, &[][..]),
        };
        one.into_iter().chain(texts(steps))
    }
}

/// The texts of a batch.
pub(super) fn texts(steps: &[Step]) -> impl Iterator<Item = &str> {
    steps.iter().map(|step| step.statement.sql.as_str())
}

pub(super) async fn run(session: &OpenSession, job: Job) -> Result<Answer, Refused> {
    Ok(match job {
        Job::Execute(statement) => Answer::Execute {
            result: execute(session, statement).await?,
        },
        Job::Batch(steps) => Answer::Batch {
            result: Box::pin(batch(session, steps)).await?,
        },
        Job::Sequence(sql) => {
            Box::pin(sequence(session, sql)).await?;
            Answer::Sequence
        }
        Job::Describe(sql) => Answer::Describe {
            result: describe(session, &sql).await?,
        },
        Job::GetAutocommit => Answer::GetAutocommit {
            is_autocommit: session.is_autocommit().await,
        },
    })
}

/// Takes the rows of a statement.
#[derive(Debug, Default)]
struct Taken {
    result: StmtResult,
    wants_rows: bool,
}

impl Sink for Taken {
    fn columns(&mut self, columns: Columns<'_>) {
        self.result.rows.clear();
        self.result.cols = columns.to_vec().into_iter().map(Col::from).collect();
    }

    fn row(&mut self, row: &Row<'_>) -> bool {
        if self.wants_rows {
            self.result.rows.push(cells(row));
        }
        true
    }
}

fn cells(row: &Row<'_>) -> Vec<Cell> {
    row.values().map(|value| Cell(value.to_value())).collect()
}

fn size_bytes(row: &[Cell]) -> usize {
    row.iter().map(|cell| cell.0.as_ref().size_bytes()).sum()
}

async fn execute(session: &OpenSession, statement: Statement) -> Result<StmtResult, Refused> {
    let taken = Taken {
        wants_rows: statement.wants_rows,
        ..Taken::default()
    };
    let (outcome, mut taken, duration_ms) = execute_into(session, statement, taken).await?;
    taken.result.ended = Ended::new(&outcome, duration_ms);
    Ok(taken.result)
}

/// As [`execute`], with the result as JSON.
pub(super) async fn execute_rendered(
    session: &OpenSession,
    statement: Statement,
) -> Result<Vec<u8>, Refused> {
    let rendered = Rendered::new(statement.wants_rows);
    let (outcome, rendered, duration_ms) = execute_into(session, statement, rendered).await?;
    Ok(rendered.finish(&outcome, duration_ms))
}

/// Runs a statement; its rows go to the sink, and with it come the outcome and how many milliseconds it took.
async fn execute_into<S: Sink + Send + 'static>(
    session: &OpenSession,
    statement: Statement,
    sink: S,
) -> Result<(Outcome, S, f64), Refused> {
    if statement.has_names()
        && let Ok(parameters) = session.parameters(&statement.sql).await
        && let Some(unexpected) = statement.unexpected(&parameters)
    {
        return Err(unexpected.into());
    }
    let stopwatch = Stopwatch::start();
    let (outcome, sink) = session
        .execute(&statement.sql, statement.args, sink)
        .await?;
    Ok((outcome, sink, milliseconds(stopwatch)))
}

async fn describe(session: &OpenSession, sql: &str) -> Result<DescribeResult, Refused> {
    let description = session.describe(sql).await?;
    let parameters = description.parameters.into_iter();
    Ok(DescribeResult {
        params: parameters
            .map(|parameter| DescribeParam {
                name: parameter.name,
            })
            .collect(),
        cols: description.columns.into_iter().map(Col::from).collect(),
        is_explain: description.is_explain,
        is_readonly: description.is_readonly,
    })
}

async fn sequence(session: &OpenSession, sql: String) -> Result<(), Refused> {
    session.fault(&sql).await?;
    let recorder = session.clone();
    session
        .work(move |session, run| {
            for piece in script::split(&sql) {
                let run = anew(run);
                let result = session.run(piece.sql, &Args::NONE, &run);
                recorder.record(piece.sql, Args::NONE, &run, &result);
                result?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

async fn batch(session: &OpenSession, steps: Vec<Step>) -> Result<BatchResult, Refused> {
    let mut report = Collected::within(session.context().limits().result_bytes);
    if !has_faults(session) {
        return on_thread(session, steps, report).await?.into_result();
    }
    let mut fates = Vec::with_capacity(steps.len());
    for step in steps {
        let fate = one_by_one(session, step, &fates, |result| match result {
            Some(Ok(result)) => report.push(Some(result), None),
            Some(Err(error)) => report.push(None, Some(error)),
            None => report.push(None, None),
        });
        fates.push(fate.await?);
    }
    report.into_result()
}

fn has_faults(session: &OpenSession) -> bool {
    !session.context().faults().list().is_empty()
}

/// Runs one step by the service's path for single statements.
async fn one_by_one(
    session: &OpenSession,
    step: Step,
    fates: &[Fate],
    report: impl FnOnce(Option<Result<StmtResult, Error>>),
) -> Result<Fate, Refused> {
    if let Some(condition) = &step.condition
        && !condition.holds(fates, session.is_autocommit().await)
    {
        report(None);
        return Ok(Fate::Skipped);
    }
    match execute(session, step.statement).await {
        Ok(result) => {
            report(Some(Ok(result)));
            Ok(Fate::Ok)
        }
        Err(Refused::Error(error)) => {
            report(Some(Err(error)));
            Ok(Fate::Failed)
        }
        Err(fault) => Err(fault),
    }
}

/// Receives what becomes of the steps of a batch, in order.
trait Report: Send + 'static {
    fn skipped(&mut self, step: u32);
    fn begin(&mut self, step: u32, cols: Vec<Col>);
    /// `false` when nobody takes it.
    fn row(&mut self, row: Vec<Cell>) -> bool;
    fn end(&mut self, outcome: &Outcome, duration_ms: f64);
    fn failed(&mut self, step: u32, error: Error);
}

async fn on_thread<R: Report>(
    session: &OpenSession,
    steps: Vec<Step>,
    mut report: R,
) -> Result<R, Failure> {
    let recorder = session.clone();
    session
        .work(move |session, run| {
            let mut fates = Vec::with_capacity(steps.len());
            for (at, step) in steps.into_iter().enumerate() {
                let at = at as u32;
                let is_skipped = step
                    .condition
                    .is_some_and(|cond| !cond.holds(&fates, session.is_autocommit()));
                if is_skipped {
                    report.skipped(at);
                    fates.push(Fate::Skipped);
                    continue;
                }
                let done = run_step(session, step.statement, at, &mut report, run, &recorder);
                fates.push(match done {
                    Ok(()) => Fate::Ok,
                    Err(Stopped::Failed(error)) => {
                        report.failed(at, error);
                        Fate::Failed
                    }
                    // What was not asked for any more is not begun.
                    Err(Stopped::Alone) => break,
                });
            }
            Ok(report)
        })
        .await
}

enum Stopped {
    Failed(Error),
    /// Whoever waited for the result went away.
    Alone,
}

fn run_step(
    session: &mut Session,
    statement: Statement,
    at: u32,
    report: &mut impl Report,
    run: &Run,
    recorder: &OpenSession,
) -> Result<(), Stopped> {
    let run = anew(run);
    if statement.has_names()
        && let Ok(parameters) = session.parameters(&statement.sql, &run)
        && let Some(unexpected) = statement.unexpected(&parameters)
    {
        return Err(Stopped::Failed(unexpected));
    }
    let mut sink = Reported {
        report,
        step: at,
        wants_rows: statement.wants_rows,
    };
    let result = session.execute(&statement.sql, &statement.args, &run, &mut sink);
    recorder.record(&statement.sql, statement.args, &run, &result);
    match result {
        Ok(outcome) => {
            report.end(&outcome, milliseconds(run.stopwatch));
            Ok(())
        }
        Err(DatabaseError::ReceiverGone | DatabaseError::Cancelled) => Err(Stopped::Alone),
        Err(error) => Err(Stopped::Failed(of_database(&error))),
    }
}

struct Reported<'r, R> {
    report: &'r mut R,
    step: u32,
    wants_rows: bool,
}

impl<R: Report> Sink for Reported<'_, R> {
    fn columns(&mut self, columns: Columns<'_>) {
        let cols = columns.to_vec().into_iter().map(Col::from).collect();
        self.report.begin(self.step, cols);
    }

    fn row(&mut self, row: &Row<'_>) -> bool {
        !self.wants_rows || self.report.row(cells(row))
    }
}

/// The results of a batch in hand.
#[derive(Debug)]
struct Collected {
    result: BatchResult,
    open: StmtResult,
    most_bytes: usize,
    /// Bytes of the values so far.
    bytes: usize,
}

impl Collected {
    fn within(most_bytes: usize) -> Self {
        Self {
            result: BatchResult::default(),
            open: StmtResult::default(),
            most_bytes,
            bytes: 0,
        }
    }

    fn into_result(self) -> Result<BatchResult, Refused> {
        if self.bytes <= self.most_bytes {
            return Ok(self.result);
        }
        let limit = self.most_bytes;
        Err(DatabaseError::ResultTooLarge { limit }.into())
    }

    fn push(&mut self, result: Option<StmtResult>, error: Option<Error>) {
        self.result.step_results.push(result);
        self.result.step_errors.push(error);
    }
}

impl Report for Collected {
    fn skipped(&mut self, _step: u32) {
        self.push(None, None);
    }

    fn begin(&mut self, _step: u32, cols: Vec<Col>) {
        self.open.cols = cols;
    }

    fn row(&mut self, row: Vec<Cell>) -> bool {
        self.bytes += size_bytes(&row);
        self.open.rows.push(row);
        self.bytes <= self.most_bytes
    }

    fn end(&mut self, outcome: &Outcome, duration_ms: f64) {
        let mut result = std::mem::take(&mut self.open);
        result.ended = Ended::new(outcome, duration_ms);
        self.push(Some(result), None);
    }

    fn failed(&mut self, _step: u32, error: Error) {
        self.open = StmtResult::default();
        self.push(None, Some(error));
    }
}

/// Entries of a cursor that may be waiting for their receiver.
const WAITING_CHUNKS: usize = 4;
const ENTRIES_PER_CHUNK: usize = 256;
/// About the bytes of a chunk after which it is sent off.
const CHUNK_BYTES: usize = 64 * 1024;

/// Entries of a cursor, in the order in which they come to be.
pub(super) type Entries = mpsc::Receiver<Vec<CursorEntry>>;

/// Begins to run a batch; its results come as entries, no faster than they are taken. The batch ends when the
/// receiver is dropped.
pub(super) fn open_cursor(session: &OpenSession, steps: Vec<Step>) -> Entries {
    let (sender, entries) = mpsc::channel(WAITING_CHUNKS);
    let session = session.clone();
    tokio::spawn(async move {
        let gone = sender.clone();
        tokio::select! {
            () = feed(&session, steps, sender) => {}
            // Dropping the work cancels the statement that runs.
            () = gone.closed() => {}
        }
    });
    entries
}

async fn feed(session: &OpenSession, steps: Vec<Step>, out: mpsc::Sender<Vec<CursorEntry>>) {
    let failed = if has_faults(session) {
        feed_one_by_one(session, steps, &out).await
    } else {
        let report = Sent::new(out.clone());
        match on_thread(session, steps, report).await {
            Ok(sent) => {
                // A receiver that is gone needs no last entries.
                let _ = out.send(sent.pending).await;
                Ok(())
            }
            Err(failure) => Err(failure.into()),
        }
    };
    let error = match failed {
        Ok(()) => return,
        Err(Refused::Error(error)) => error,
        // The answer has begun: only its end can tell.
        Err(Refused::Fault(fault)) => Error {
            message: format!("failed on purpose by the fault rule {}", fault.rule.id),
            code: "SQLITE_ERROR".to_owned(),
        },
    };
    let _ = out.send(vec![CursorEntry::Error { error }]).await;
}

async fn feed_one_by_one(
    session: &OpenSession,
    steps: Vec<Step>,
    out: &mpsc::Sender<Vec<CursorEntry>>,
) -> Result<(), Refused> {
    let mut fates = Vec::with_capacity(steps.len());
    for (step, at) in steps.into_iter().zip(0..) {
        let mut entries = Vec::new();
        let fate = one_by_one(session, step, &fates, |result| match result {
            Some(Ok(result)) => entries = of_result(at, result),
            Some(Err(error)) => entries.push(CursorEntry::StepError { step: at, error }),
            None => {}
        });
        fates.push(fate.await?);
        if out.send(entries).await.is_err() {
            break;
        }
    }
    Ok(())
}

fn of_result(step: u32, result: StmtResult) -> Vec<CursorEntry> {
    let begin = CursorEntry::StepBegin {
        step,
        cols: result.cols,
    };
    let end = CursorEntry::StepEnd {
        affected_row_count: result.ended.affected_row_count,
        last_insert_rowid: result.ended.last_insert_rowid,
    };
    let rows = result.rows.into_iter().map(|row| CursorEntry::Row { row });
    std::iter::once(begin).chain(rows).chain([end]).collect()
}

/// Sends entries off in chunks, from the thread that runs the batch.
struct Sent {
    out: mpsc::Sender<Vec<CursorEntry>>,
    pending: Vec<CursorEntry>,
    pending_bytes: usize,
}

impl Sent {
    fn new(out: mpsc::Sender<Vec<CursorEntry>>) -> Self {
        Self {
            out,
            pending: Vec::new(),
            pending_bytes: 0,
        }
    }

    fn push(&mut self, entry: CursorEntry) -> bool {
        if let CursorEntry::Row { row } = &entry {
            self.pending_bytes += size_bytes(row);
        }
        self.pending.push(entry);
        if self.pending.len() < ENTRIES_PER_CHUNK && self.pending_bytes < CHUNK_BYTES {
            return true;
        }
        self.pending_bytes = 0;
        self.out
            .blocking_send(std::mem::take(&mut self.pending))
            .is_ok()
    }
}

impl Report for Sent {
    fn skipped(&mut self, _step: u32) {}

    fn begin(&mut self, step: u32, cols: Vec<Col>) {
        self.push(CursorEntry::StepBegin { step, cols });
    }

    fn row(&mut self, row: Vec<Cell>) -> bool {
        self.push(CursorEntry::Row { row })
    }

    fn end(&mut self, outcome: &Outcome, _duration_ms: f64) {
        self.push(CursorEntry::StepEnd {
            affected_row_count: outcome.changes,
            last_insert_rowid: outcome.last_insert_rowid,
        });
    }

    fn failed(&mut self, step: u32, error: Error) {
        self.push(CursorEntry::StepError { step, error });
    }
}

/// The same call, with a stopwatch of its own for the statement that follows.
fn anew(run: &Run) -> Run {
    Run {
        stopwatch: Stopwatch::start(),
        ..run.clone()
    }
}

fn milliseconds(stopwatch: Stopwatch) -> f64 {
    stopwatch.elapsed().as_secs_f64() * 1e3
}
