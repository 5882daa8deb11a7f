//! The seam between a stack and its services.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::future::{BoxFuture, Either, Ready, ready};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use crate::http::{Body, Connection, Request, Response};
use crate::{Cut, Timestamp};

/// One service of a stack. Object-safe: the gateway holds `Arc<dyn Service>` and knows no more.
///
/// `Any` is its parent so that whoever wired a stack can get the service back as its own type.
pub trait Service: Any + Send + Sync {
    /// `http`, `database`, `auth`, `queue` or `storage`.
    fn name(&self) -> &'static str;

    /// Where it is mounted on the port, without a slash at the end: `/db`.
    fn prefix(&self) -> &'static str;

    /// Answers one request that the gateway routed here. `request.route` says by which rule;
    /// `request.path()` is the raw path below the mount.
    fn http(&self, request: Request) -> ResponseFuture<'_>;

    /// Whether this service has something of its own at that very path, before which a default of the stack
    /// (`/health`, the page at `/`, a protocol's probe) gives way.
    fn claims(&self, _head: &http::request::Parts) -> bool {
        false
    }

    /// Answers the service's own calls of the control API: all under `/_efsm/{prefix}/`. `request.kept`
    /// finds the service's part of a kept snapshot.
    fn control(&self, request: Request) -> BoxFuture<'_, Response> {
        let answer = control_not_found(request.path());
        Box::pin(std::future::ready(answer))
    }

    /// Takes over a connection that does not speak HTTP, or gives it back when the service has no
    /// such wire.
    fn stream(&self, connection: Connection) -> Result<BoxFuture<'static, ()>, Connection> {
        Err(connection)
    }

    fn status(&self) -> Status;

    /// Empties the service to `depth`.
    fn reset(&self, depth: ResetDepth, cut: &Cut<'_>);

    /// The service's whole state, shared rather than copied.
    fn snapshot(&self, cut: &Cut<'_>) -> Part;

    /// Puts a state in place that a service of the same type gave, in this stack or another.
    fn restore(&self, part: &Part, cut: &Cut<'_>) -> Result<(), RestoreError>;

    /// The stack listens at `url` from now on, and no request has come yet.
    fn listening(&self, _url: &str) {}

    /// The stack's clock was moved: expire what is due. Waiters on the clock wake by themselves.
    fn clock_moved(&self, _now: Timestamp) {}
}

/// A response that is at hand, or the wait for one; `.await` gives it either way.
///
/// Most answers of a mock need no waiting, and then neither a box nor a task's state is made for them.
pub enum ResponseFuture<'a> {
    Ready(Response),
    /// At hand, and the same as for other requests.
    Fixed(Arc<FixedResponse>),
    Pending(BoxFuture<'a, Response>),
}

impl<'a> ResponseFuture<'a> {
    pub fn new(answer: impl Future<Output = Response> + Send + 'a) -> Self {
        Self::Pending(Box::pin(answer))
    }
}

impl<'a> IntoFuture for ResponseFuture<'a> {
    type Output = Response;
    type IntoFuture = Either<Ready<Response>, BoxFuture<'a, Response>>;

    fn into_future(self) -> Self::IntoFuture {
        match self {
            Self::Ready(response) => Either::Left(ready(response)),
            Self::Fixed(fixed) => Either::Left(ready(fixed.response())),
            Self::Pending(answer) => Either::Right(answer),
        }
    }
}

/// A response that is made once and given to many requests.
#[derive(Debug)]
pub struct FixedResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    written: OnceLock<Option<Box<[u8]>>>,
}

impl FixedResponse {
    pub fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            status,
            headers,
            body,
            written: OnceLock::new(),
        }
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// For one request.
    pub fn response(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }

    /// What a wire writes of it for every request, once `write` has made it; `None` when that cannot be made in advance.
    pub fn written(&self, write: impl FnOnce(&Self) -> Option<Vec<u8>>) -> Option<&[u8]> {
        let written = self.written.get_or_init(|| write(self).map(Into::into));
        written.as_deref()
    }
}

fn control_not_found(path: &str) -> Response {
    let body = serde_json::json!({
        "error": format!("no control call at {path}"),
        "hint": "GET /_efsm/openapi.json lists the calls",
    });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = http::StatusCode::NOT_FOUND;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    response
}

/// What a service says of itself in the control API.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Counts by name: `stubs`, `topics`, `objects`.
    pub counts: Map<String, Value>,
    /// Bytes that it stores.
    pub memory_bytes: u64,
}

impl Status {
    pub fn with(mut self, name: &str, count: impl Into<Value>) -> Self {
        self.counts.insert(name.to_owned(), count.into());
        self
    }

    pub fn with_memory(mut self, bytes: u64) -> Self {
        self.memory_bytes = bytes;
        self
    }
}

/// How deep a reset goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResetDepth {
    /// What tests made: rows, messages, objects, the call log, issued tokens, states of scenarios.
    /// What prepares a stack stays: stubs, tables, users, topics, buckets.
    #[default]
    Data,
    /// Everything.
    All,
}

/// One service's share of a snapshot: an immutable value, cheap to clone.
#[derive(Clone)]
pub struct Part {
    service: &'static str,
    state: Arc<dyn Any + Send + Sync>,
}

impl Part {
    pub fn new<S: Any + Send + Sync>(service: &'static str, state: S) -> Self {
        Self {
            service,
            state: Arc::new(state),
        }
    }

    pub fn service(&self) -> &'static str {
        self.service
    }

    /// The state as the service's own type.
    pub fn state<S: Any + Send + Sync>(&self) -> Result<&S, RestoreError> {
        self.state.downcast_ref().ok_or(RestoreError::WrongState {
            service: self.service,
        })
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    #[error(
        "the snapshot's part for `{service}` was made by another kind of service: restore it into a stack with the same services"
    )]
    WrongState { service: &'static str },
    #[error("the snapshot cannot be restored into `{service}`: {reason}")]
    Refused {
        service: &'static str,
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_gives_its_state_only_as_the_type_that_it_is() {
        let part = Part::new("queue", vec![1u8]);
        assert_eq!(part.state::<Vec<u8>>().unwrap(), &[1]);
        assert_eq!(
            part.state::<String>(),
            Err(RestoreError::WrongState { service: "queue" })
        );
    }
}
