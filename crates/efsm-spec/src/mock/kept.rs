//! Answers that depend on nothing but the operation and `Accept`: made once, and kept ready to be sent.

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use parking_lot::RwLock;

use super::{Answer, Mock, Request};
use crate::model::Operation;

/// How many answers are kept, of how many `Accept`s for an operation, and how large each may be.
const MOST: usize = 4_096;
const MOST_ACCEPTS: usize = 64;
const MOST_BYTES: usize = 64 << 10;

/// An answer that is the same for every request like its own.
#[derive(Debug)]
pub struct Kept {
    answer: Answer,
    /// With the CORS headers for whoever asks for none in particular.
    headers: HeaderMap,
    operation: Option<Arc<str>>,
}

impl Kept {
    /// The operation's name, as [`Answer::operation_name`] has it.
    pub fn operation_name(&self) -> Option<&Arc<str>> {
        self.operation.as_ref()
    }

    /// The answer with its parts one by one, but for the CORS headers.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }
}

/// Kept answers by the address of their operation and what the request accepts.
#[derive(Debug, Default)]
pub(super) struct Shelf(RwLock<Shelved>);

/// What a request accepts, and its answer.
type ForAccept = (Option<Box<str>>, Arc<Kept>);

#[derive(Debug, Default)]
struct Shelved {
    by_operation: HashMap<usize, Vec<ForAccept>>,
    count: usize,
}

impl Shelf {
    pub(super) fn get(
        &self,
        operation: &Arc<Operation>,
        accept: Option<&str>,
    ) -> Option<Arc<Kept>> {
        let shelved = self.0.read();
        let own = shelved.by_operation.get(&address(operation))?;
        own.iter()
            .find(|(own, _)| own.as_deref() == accept)
            .map(|(_, kept)| kept.clone())
    }

    fn put(&self, operation: &Arc<Operation>, accept: Option<&str>, kept: Arc<Kept>) {
        let mut shelved = self.0.write();
        if shelved.count >= MOST {
            return;
        }
        let own = shelved.by_operation.entry(address(operation)).or_default();
        // Another request may have been as quick.
        let is_new = own.iter().all(|(own, _)| own.as_deref() != accept);
        if is_new && own.len() < MOST_ACCEPTS {
            own.push((accept.map(Into::into), kept));
            shelved.count += 1;
        }
    }
}

/// Operations live as long as their description.
fn address(operation: &Arc<Operation>) -> usize {
    Arc::as_ptr(operation) as usize
}

impl Mock {
    /// Keeps an answer that has its log and no CORS headers yet.
    pub(super) fn keep(
        &self,
        operation: &Arc<Operation>,
        accept: Option<&str>,
        answer: Answer,
    ) -> Arc<Kept> {
        let kept = Arc::new(Kept {
            headers: header_map(self.cors(&HeaderMap::new()).iter().chain(&answer.headers)),
            operation: answer.operation_name().map(Into::into),
            answer,
        });
        if kept.answer.body.len() <= MOST_BYTES {
            self.shelf.put(operation, accept, kept.clone());
        }
        kept
    }

    /// The headers of a kept answer, as this request gets them.
    pub fn headers_of(&self, kept: &Kept, request: &Request<'_>) -> HeaderMap {
        if self.is_plain(request) {
            return kept.headers.clone();
        }
        header_map(
            self.cors(request.headers)
                .iter()
                .chain(&kept.answer.headers),
        )
    }
}

/// Pairs as headers. A description may call a header anything; what is no header is not sent.
pub fn header_map<'a>(pairs: impl IntoIterator<Item = &'a (String, String)>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}
