//! What the real API answered while a mock stood before it, for its description.

use std::path::Path;
use std::sync::Arc;

use efsm::{
    EphemeralMockServer, Journal, JournalQuery, RecordedAnswer, ServeEvent, SpecLoader,
    record_answers,
};
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use crate::failure::Failure;

/// Answers that are kept; the description takes fewer for each response.
const ANSWERS: usize = 10_000;

#[derive(Debug)]
pub(super) struct Recorder {
    kept: Arc<Kept>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Kept {
    journal: Journal,
    answers: Mutex<Answers>,
}

#[derive(Debug, Default)]
struct Answers {
    list: Vec<RecordedAnswer>,
    /// The journal's entry up to which they are taken.
    seen: u64,
}

impl Kept {
    /// Takes what the journal has by now.
    fn take(&self) -> u64 {
        let mut answers = self.answers.lock();
        let page = self.journal.read(&JournalQuery {
            since: answers.seen,
            ..JournalQuery::default()
        });
        answers.seen = page.last_seq;
        let new = page.entries.iter().filter_map(|entry| entry.detail_as());
        let room = ANSWERS.saturating_sub(answers.list.len());
        answers.list.extend(new.filter_map(recorded).take(room));
        answers.seen
    }
}

impl Recorder {
    pub(super) fn follow(server: &EphemeralMockServer) -> Self {
        let kept = Arc::new(Kept {
            journal: server.journal().clone(),
            answers: Mutex::default(),
        });
        let follower = kept.clone();
        let task = server.host().runtime().spawn(async move {
            let mut seen = 0;
            loop {
                follower.journal.changed_since(seen).await;
                seen = follower.take();
            }
        });
        Self { kept, task }
    }

    /// Writes the description with the answers among its examples, and says so.
    pub(super) fn write(
        self,
        location: &str,
        text: &str,
        loader: &dyn SpecLoader,
        to: &Path,
    ) -> Result<(), Failure> {
        self.task.abort();
        // The last answers may be ones that the task had no time for.
        self.kept.take();
        let answers = self.kept.answers.lock();
        let failed = |what: String| Failure::Spec {
            what,
            hint: "the recorded answers are lost; check --record-to, and record again".to_owned(),
        };
        let (document, added) = record_answers(location, text, loader, &answers.list)
            .map_err(|error| failed(error.to_string()))?;
        std::fs::write(to, format!("{document:#}\n"))
            .map_err(|error| failed(format!("{} cannot be written: {error}", to.display())))?;
        eprintln!("{added} recorded examples are in {}", to.display());
        Ok(())
    }
}

fn recorded(event: &ServeEvent) -> Option<RecordedAnswer> {
    let (status, headers, body) = event.from_elsewhere()?;
    let media_type = headers.get("content-type")?.to_str().ok()?;
    Some(RecordedAnswer {
        method: event.request.method().as_str().to_owned(),
        path: event.request.path().to_owned(),
        status: status.as_u16(),
        media_type: media_type.to_owned(),
        body: String::from_utf8(body.to_vec()).ok()?,
    })
}
