//! Mocks from a description of an API: what answers where no stub matches.
//!
//! # The seam
//!
//! A description of whatever kind (OpenAPI, GraphQL, ...) becomes one [`Mock`]: an immutable value that a request is
//! shown to. [`Mock::claim`] says, without doing anything, how well a request fits; the service asks the mock that
//! fits best. [`Mock::answer`] then gives the answer, or says that the request goes on to the real API and what to
//! do with what comes back ([`Step::Forward`]).
//!
//! A mock does no I/O, reads no clock and draws nothing: what it needs is in the [`Turn`]. What it keeps between
//! requests is in the [`MockState`] of the turn, which belongs to the stack's state, so that snapshots and forks
//! hold it; a mock that keeps something says so by [`Mock::is_stateful`], and its answers are then made one after the
//! other. The mock itself is shared by all forks.
//!
//! A new kind of description needs: an implementation of [`Mock`], and a line in [`open`] that recognises its
//! documents.

mod definition;
pub(crate) mod graphql;
mod listing;
mod openapi;
mod stateful;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use efsm_core::{Body, Timestamp};
use efsm_spec::mock::Line;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use self::definition::{GraphQlOptions, SpecDefinition, SpecOptions};
use self::graphql::GraphQl;
pub use self::openapi::open;
use super::request::LoggedRequest;
use super::resource::Collection;

/// An API that is answered from its description.
pub trait Mock: fmt::Debug + Send + Sync {
    fn about(&self) -> About;

    /// How well a request fits.
    fn claim(&self, request: &LoggedRequest) -> Claim;

    /// Whether answers change the state of the turn.
    fn is_stateful(&self) -> bool {
        false
    }

    fn answer(&self, request: &LoggedRequest, turn: &mut Turn<'_>) -> Step;

    /// What an answer that came from a stub breaks of the description, each as JSON.
    fn check(
        &self,
        _request: &LoggedRequest,
        _status: StatusCode,
        _headers: &HeaderMap,
        _body: &[u8],
    ) -> Vec<Value> {
        Vec::new()
    }

    /// The mock as one of GraphQL, whose operations also come over WebSockets.
    fn graphql(self: Arc<Self>) -> Option<Arc<GraphQl>> {
        None
    }
}

/// What a description says of itself.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// `openapi`, `graphql`, ...
    pub kind: &'static str,
    pub title: String,
    /// How many operations it has.
    pub operations: usize,
    /// Lines for people: the operations, as `GET /pets/{id}`.
    pub routes: Vec<(String, String)>,
    /// What is wrong with it or not supported, with file and line.
    pub warnings: Vec<String>,
    /// Every file that was read.
    pub files: Vec<String>,
}

/// How well a request fits a description; the greatest is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// Nothing of it is described.
    Nothing,
    /// The path is described, the method is not.
    Path,
    /// The operation is described.
    Operation,
    /// The operation is described, and the host is one of the description's.
    Host,
}

/// What a mock may use for one answer.
#[derive(Debug)]
pub struct Turn<'a> {
    pub now: Timestamp,
    /// Drawn for this answer: what unseeded data follows from.
    pub entropy: u64,
    pub state: &'a mut MockState,
}

/// What a mock keeps between requests. Its clones are cheap.
#[derive(Clone, Debug, Default)]
pub struct MockState {
    /// Objects by the path of their collection.
    pub resources: Collection,
}

/// What is to be done with a request.
pub enum Step {
    Answered(Box<MockAnswer>),
    /// The request goes on, and what comes back becomes the answer.
    Forward(Box<dyn Pending>),
    /// The answer's body is the operation's events, as they come.
    Events(Box<Events>),
}

/// An answer of Server-Sent Events.
#[derive(Debug)]
pub struct Events {
    pub answer: MockAnswer,
    /// Or the response that refuses it, which is the only event.
    pub operation: Result<Box<efsm_graphql::Prepared>, efsm_graphql::Response>,
}

/// A request that is under way to the real API.
pub trait Pending: Send {
    /// The URL of the API; the request's own path is added to it.
    fn base_url(&self) -> &str;

    /// The URL of the HTTP proxy through which it is reached.
    fn through(&self) -> Option<&str>;

    /// The answer for what came back.
    fn received(
        self: Box<Self>,
        request: &LoggedRequest,
        response: &Received,
        entropy: u64,
    ) -> MockAnswer;

    /// The answer when nothing came back.
    fn failed(self: Box<Self>, request: &LoggedRequest, reason: &str) -> MockAnswer;
}

/// What the real API answered.
#[derive(Debug)]
pub struct Received {
    pub status: StatusCode,
    /// Without those of the connection.
    pub headers: HeaderMap,
    /// Unpacked.
    pub body: Bytes,
}

/// An answer, and what there is to say of it.
#[derive(Debug)]
pub struct MockAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: MockBody,
    /// What was meant: `getPet`, or a method and a path.
    pub operation: Option<Arc<str>>,
    /// What request and answer break of the description, each as JSON.
    pub violations: Vec<Value>,
    /// What happened, line by line.
    pub log: Arc<[Line]>,
    /// Whether the description had an answer.
    pub is_described: bool,
    /// Requests that are to be sent once this is.
    pub callbacks: Vec<efsm_spec::mock::Callback>,
}

/// The body of an answer.
#[derive(Debug)]
pub enum MockBody {
    Whole(Bytes),
    /// Sent as it comes, and not in the journal.
    Stream(Body),
}

/// A description that a stack serves.
#[derive(Clone, Debug)]
pub struct Spec {
    pub id: Uuid,
    pub name: Arc<str>,
    pub mock: Arc<dyn Mock>,
    /// Answers also for what it does not describe: the stack is this API and nothing else.
    pub is_fallback: bool,
    pub about: Arc<About>,
}

impl Spec {
    /// As the admin API shows it.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "name": &*self.name,
            "kind": self.about.kind,
            "title": self.about.title,
            "operations": self.about.operations,
            "fallback": self.is_fallback,
            "files": self.about.files,
            "warnings": self.about.warnings,
        })
    }
}

/// What the journal keeps of an answer by a description.
#[derive(Clone, Debug)]
pub struct MockHit {
    pub spec: Uuid,
    pub name: Arc<str>,
    pub operation: Option<Arc<str>>,
    pub violations: Vec<Value>,
    pub log: Arc<[Line]>,
    pub is_described: bool,
}

impl MockHit {
    pub(crate) fn add_to(&self, fields: &mut Map<String, Value>) {
        fields.insert("spec".into(), (*self.name).into());
        if let Some(operation) = &self.operation {
            fields.insert("operation".into(), (**operation).into());
        }
        if !self.violations.is_empty() {
            fields.insert("violations".into(), self.violations.clone().into());
        }
    }
}

/// Why a description cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    #[error(transparent)]
    Document(#[from] efsm_spec::LoadError),
    #[error("{location}: {error}")]
    GraphQl {
        location: String,
        error: efsm_graphql::SchemaError,
    },
    #[error("{option}: {reason}")]
    Option { option: String, reason: String },
}
