//! One stream of a socket: a task that runs its requests in order.

use std::collections::VecDeque;

use efsm_core::fault::Fault;
use tokio::sync::mpsc;

use super::super::error::refusal;
use super::super::message::{Answer, CursorEntry, Error, ServerMessage};
use super::super::program::leaves_no_trace;
use super::super::run::{Entries, Refused, open_cursor, run, texts};
use super::super::streams::Stream;
use super::{Abruptly, Command, Outgoing};
use crate::DatabaseService;

/// About the bytes of values after which an answer to `fetch_cursor` is full.
const FETCH_BYTES: usize = 1 << 20;

/// One stream of a socket.
pub(super) struct StreamTask {
    pub(super) service: DatabaseService,
    pub(super) stream: Stream,
    pub(super) cursor: Option<Cursor>,
    pub(super) sender: mpsc::UnboundedSender<Outgoing>,
}

pub(super) struct Cursor {
    entries: Entries,
    /// Received, and not yet fetched.
    waiting: VecDeque<CursorEntry>,
}

impl StreamTask {
    pub(super) async fn serve(mut self, mut commands: mpsc::UnboundedReceiver<(i32, Command)>) {
        while let Some((request_id, command)) = commands.recv().await {
            if let Command::Close = command {
                drop(self.cursor);
                // The transaction is rolled back before the answer.
                self.stream.close(self.service.inner());
                let closed = of_response(request_id, Ok(Answer::CloseStream));
                let _ = self.sender.send(Outgoing::Message(closed));
                return;
            }
            if let Some(end) = command.texts().find_map(Abruptly::asked_by) {
                let _ = self.sender.send(Outgoing::End(end));
                return;
            }
            let outgoing = match self.answer(command).await {
                Ok(answer) => Outgoing::Message(of_response(request_id, Ok(answer))),
                Err(Refused::Error(error)) => {
                    Outgoing::Message(of_response(request_id, Err(error)))
                }
                Err(Refused::Fault(fault)) => of_fault(request_id, &fault),
            };
            if self.sender.send(outgoing).is_err() {
                return;
            }
        }
    }

    async fn answer(&mut self, command: Command) -> Result<Answer, Refused> {
        match command {
            Command::Open => Ok(Answer::OpenStream),
            Command::Close => Ok(Answer::CloseStream),
            Command::Run(_) | Command::OpenCursor(_) if self.cursor.is_some() => {
                Err(Refused::Error(refusal(
                    "STREAM_HAS_CURSOR",
                    "the stream has an open cursor: close it before the next request",
                )))
            }
            Command::Run(job) => {
                let harmless = &mut self.stream.leaves_no_trace;
                *harmless = *harmless && job.texts().all(leaves_no_trace);
                run(&self.stream.session, job).await
            }
            Command::OpenCursor(steps) => {
                let harmless = &mut self.stream.leaves_no_trace;
                *harmless = *harmless && texts(&steps).all(leaves_no_trace);
                self.cursor = Some(Cursor {
                    entries: open_cursor(&self.stream.session, steps),
                    waiting: VecDeque::new(),
                });
                Ok(Answer::OpenCursor)
            }
            Command::FetchCursor { max_count } => match &mut self.cursor {
                Some(cursor) => Ok(cursor.fetch(max_count as usize).await),
                None => Err(Refused::Error(refusal(
                    "CURSOR_NOT_OPEN",
                    "the cursor failed to open",
                ))),
            },
            Command::CloseCursor => {
                self.cursor = None;
                Ok(Answer::CloseCursor)
            }
        }
    }
}

impl Command {
    /// Every text of SQL that it runs.
    fn texts(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Run(job) => Box::new(job.texts()),
            Self::OpenCursor(steps) => Box::new(texts(steps)),
            _ => Box::new(std::iter::empty()),
        }
    }
}

impl Cursor {
    async fn fetch(&mut self, max_count: usize) -> Answer {
        let mut entries = Vec::new();
        let mut bytes = 0;
        let mut done = false;
        while entries.len() < max_count && bytes < FETCH_BYTES {
            if let Some(entry) = self.waiting.pop_front() {
                bytes += size_bytes(&entry);
                entries.push(entry);
            } else if let Some(more) = self.entries.recv().await {
                self.waiting = more.into();
            } else {
                done = true;
                break;
            }
        }
        Answer::FetchCursor { entries, done }
    }
}

fn size_bytes(entry: &CursorEntry) -> usize {
    match entry {
        CursorEntry::Row { row } => row.iter().map(|cell| cell.0.as_ref().size_bytes()).sum(),
        _ => 0,
    }
}

pub(super) fn of_response(request_id: i32, response: Result<Answer, Error>) -> ServerMessage {
    match response {
        Ok(response) => ServerMessage::ResponseOk {
            request_id,
            response,
        },
        Err(error) => ServerMessage::ResponseError { request_id, error },
    }
}

/// A socket has no statuses: a rule with one fails the request, a broken connection breaks the socket.
fn of_fault(request_id: i32, fault: &Fault) -> Outgoing {
    let effect = fault.effect();
    if effect.reset || effect.drop || effect.truncate.is_some() {
        return Outgoing::End(Abruptly::Broken);
    }
    let message = match &effect.body {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(body) => body.to_string(),
        None => format!("failed on purpose by the fault rule {}", fault.rule.id),
    };
    let status = effect.status.unwrap_or(500);
    let error = refusal(&format!("HTTP_{status}"), message);
    Outgoing::Message(of_response(request_id, Err(error)))
}
