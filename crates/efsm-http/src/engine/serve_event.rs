//! Serve events: what the journal holds of every request that was answered.

use std::sync::Arc;

use bytes::Bytes;
use efsm_core::Detail;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::mock::MockHit;
use super::request::{KeptContent, KeptRequest};
use super::response::Fault;
use super::stub::Stub;

/// The journal's kind of a serve event.
pub const KIND: &str = "request";

/// One request, the stub that it met and what was answered; rendered only when somebody reads it.
#[derive(Debug)]
pub struct ServeEvent {
    pub id: Uuid,
    pub request: KeptRequest,
    /// The stub that matched; `None` for a request without one.
    pub stub: Option<Arc<Stub>>,
    /// Which of the stub's responses was given; 0 without a sequence.
    pub response: usize,
    /// The description that answered, or that a stub's answer breaks.
    pub mock: Option<Box<MockHit>>,
    pub answer: Answer,
    pub timing: Timing,
    pub(crate) sub_events: Vec<SubEvent>,
}

/// What was answered.
#[derive(Debug)]
pub enum Answer {
    /// The stub's own prepared answer.
    Prepared,
    /// No stub matched.
    NotMatched,
    /// Behind a pointer: most answers are prepared, and the journal holds ten thousand events.
    Built(Box<Built>),
}

/// An answer that was made for its request.
#[derive(Debug)]
pub struct Built {
    pub status: StatusCode,
    /// The body unpacked, when it came packed from where it was proxied from.
    pub content: KeptContent,
    pub fault: Option<Fault>,
    /// Whether it came from elsewhere.
    pub proxied: bool,
}

impl From<Built> for Answer {
    fn from(built: Built) -> Self {
        Self::Built(Box::new(built))
    }
}

/// How long the parts took: the added delay on the stack's clock, the rest in real time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    pub(crate) added_delay_ms: u64,
    pub(crate) process_ms: u64,
}

/// Something that happened while a request was served, or after it.
#[derive(Clone, Debug)]
pub struct SubEvent {
    /// `REQUEST_NOT_MATCHED`, `JSON_ERROR`, `WARNING`, `ERROR`, `WEBHOOK_REQUEST`, ...
    pub kind: &'static str,
    /// Since the request came, in nanoseconds of real time.
    pub offset_ns: u64,
    pub data: Value,
}

impl ServeEvent {
    pub fn was_matched(&self) -> bool {
        self.stub.is_some() || self.mock.is_some()
    }

    /// The status that was sent; `None` when a fault left none.
    pub fn status(&self) -> StatusCode {
        match &self.answer {
            Answer::Prepared => self
                .stub
                .as_ref()
                .map_or(StatusCode::OK, |stub| stub.response.status.fixed()),
            Answer::NotMatched => StatusCode::NOT_FOUND,
            Answer::Built(built) => built.status,
        }
    }

    /// What was done to the socket instead of an answer.
    pub(crate) fn fault(&self) -> Option<Fault> {
        match &self.answer {
            Answer::Built(built) => built.fault,
            _ => None,
        }
    }

    /// What was answered, when it came from elsewhere.
    pub fn from_elsewhere(&self) -> Option<(StatusCode, &HeaderMap, &Bytes)> {
        match &self.answer {
            Answer::Built(built) if built.proxied => {
                Some((built.status, built.content.headers(), built.content.body()))
            }
            _ => None,
        }
    }

    pub fn sub_events(&self) -> &[SubEvent] {
        &self.sub_events
    }

    /// The event with what came after it. One that is in the journal is never changed itself: snapshots and forks
    /// share it.
    pub(crate) fn followed_by(&self, later: SubEvent) -> Self {
        let answer = match &self.answer {
            Answer::Prepared => Answer::Prepared,
            Answer::NotMatched => Answer::NotMatched,
            Answer::Built(built) => Answer::from(Built {
                status: built.status,
                content: KeptContent::new(built.content.headers(), built.content.body()),
                fault: built.fault,
                proxied: built.proxied,
            }),
        };
        let mut sub_events = self.sub_events.clone();
        sub_events.push(later);
        Self {
            id: self.id,
            request: KeptRequest::new(&self.request),
            stub: self.stub.clone(),
            response: self.response,
            mock: self.mock.clone(),
            answer,
            timing: self.timing,
            sub_events,
        }
    }
}

impl Timing {
    pub fn added_delay_ms(&self) -> u64 {
        self.added_delay_ms
    }

    pub fn process_ms(&self) -> u64 {
        self.process_ms
    }
}

impl Detail for ServeEvent {
    fn summary(&self) -> String {
        let (method, url) = (self.request.method(), self.request.url());
        if let Some(fault) = self.fault() {
            return format!("{method} {url} -> {}", fault.name());
        }
        match &self.answer {
            Answer::NotMatched => format!("{method} {url} -> 404, no stub"),
            _ => format!("{method} {url} -> {}", self.status().as_u16()),
        }
    }

    fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("id".into(), self.id.to_string().into());
        fields.insert("method".into(), self.request.method().as_str().into());
        fields.insert("url".into(), self.request.url().into());
        fields.insert("status".into(), self.status().as_u16().into());
        fields.insert("matched".into(), self.was_matched().into());
        if let Some(stub) = &self.stub {
            fields.insert("stub".into(), stub.id.to_string().into());
            if let Some(name) = &stub.name {
                fields.insert("stub_name".into(), name.clone().into());
            }
        }
        if let Some(mock) = &self.mock {
            mock.add_to(&mut fields);
        }
        fields
    }

    fn size_bytes(&self) -> usize {
        let answer = match &self.answer {
            Answer::Prepared | Answer::NotMatched => 0,
            Answer::Built(built) => size_of::<Built>() + built.content.size_bytes(),
        };
        self.request.size_bytes() + answer + size_of::<Self>() - size_of::<KeptRequest>()
    }
}

/// A header's name as HTTP/1.1 usually writes it: HTTP/2 and this program keep names in lower case.
pub fn title_case(name: &str) -> String {
    let mut first = true;
    name.chars()
        .map(|c| {
            let shown = if first { c.to_ascii_uppercase() } else { c };
            first = c == '-';
            shown
        })
        .collect()
}
