//! What the real API answered while a mock stood before it, for its description.

use std::path::Path;
use std::sync::Arc;

use efsm::{
    EphemeralMockServer, JournalQuery, RecordedAnswer, ServeEvent, SpecLoader, record_answers,
};
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use crate::failure::Failure;

/// Answers that are kept; the description takes fewer for each response.
const ANSWERS: usize = 10_000;

#[derive(Debug)]
pub(super) struct Recorder {
    answers: Arc<Mutex<Vec<RecordedAnswer>>>,
    task: JoinHandle<()>,
}

impl Recorder {
    pub(super) fn follow(server: &EphemeralMockServer) -> Self {
        let answers = Arc::<Mutex<Vec<RecordedAnswer>>>::default();
        let (journal, kept) = (server.journal().clone(), answers.clone());
        let task = server.host().runtime().spawn(async move {
            let mut seen = 0;
            loop {
                journal.changed_since(seen).await;
                let page = journal.read(&JournalQuery {
                    since: seen,
                    ..JournalQuery::default()
                });
                seen = page.last_seq;
                let new = page.entries.iter().filter_map(|entry| entry.detail_as());
                let mut kept = kept.lock();
                let room = ANSWERS.saturating_sub(kept.len());
                kept.extend(new.filter_map(recorded).take(room));
            }
        });
        Self { answers, task }
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
        let answers = self.answers.lock();
        let failed = |what: String| Failure::Spec {
            what,
            hint: "the recorded answers are lost; check --record-to, and record again".to_owned(),
        };
        let (document, added) = record_answers(location, text, loader, &answers)
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
