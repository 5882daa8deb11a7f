//! Stateful resources over HTTP.

use std::fmt::Write as _;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, ETAG, LINK, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use crate::engine::request::LoggedRequest;
use crate::engine::resource::{
    Conditions, Item, ListQuery, Operation, Outcome, Page, ResourceDefinition, ResourceError,
    Target,
};
use crate::engine::stub::Stub;
use crate::service::HttpService;

const ON_COLLECTIONS: &str = "GET, HEAD, POST, OPTIONS";
const ON_OBJECTS: &str = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS";

pub(super) type Parts = (StatusCode, HeaderMap, Bytes);

impl HttpService {
    /// Answers a request to a resource from its data.
    pub(super) fn resource(
        &self,
        stub: &Stub,
        definition: &ResourceDefinition,
        request: &LoggedRequest,
    ) -> Parts {
        let decoded = percent_encoding::percent_decode_str(request.path()).decode_utf8_lossy();
        let Some(target) = definition.target(&decoded) else {
            return refusal(StatusCode::NOT_FOUND, "no collection is here");
        };
        let body = request.body();
        let operation = match (request.method(), target.id) {
            (&Method::GET | &Method::HEAD, None) => {
                Operation::List(ListQuery::parse(request.query()))
            }
            (&Method::POST, None) => Operation::Create(body),
            (&Method::GET | &Method::HEAD, Some(_)) => Operation::Read,
            (&Method::PUT, Some(_)) => Operation::Replace(body),
            (&Method::PATCH, Some(_)) => Operation::Merge(body),
            (&Method::DELETE, Some(_)) => Operation::Delete,
            (method, id) => return not_allowed(method, id.is_some()),
        };
        let if_match = request.header("if-match");
        let if_none_match = request.header("if-none-match");
        let conditions = Conditions {
            if_match: if_match.as_deref(),
            if_none_match: if_none_match.as_deref(),
        };
        let new_uuid = || self.new_id().to_string();
        let outcome = self.edit(|state| {
            let mut data = state.collections.get(&stub.id).cloned().unwrap_or_default();
            let before = data.size_bytes();
            let outcome = data.apply(definition, target, &operation, conditions, new_uuid)?;
            let after = data.size_bytes();
            self.take_room(after.saturating_sub(before))?;
            state.stored_bytes = state.stored_bytes + after - before;
            state.collections.insert(stub.id, data);
            Ok::<_, ResourceError>(outcome)
        });
        match outcome {
            Ok(outcome) => answer(outcome, request, target),
            Err(error) => refusal(status_of(&error), &error.to_string()),
        }
    }
}

fn answer(outcome: Outcome, request: &LoggedRequest, target: Target<'_>) -> Parts {
    match outcome {
        Outcome::List(page) => list(&page, request),
        Outcome::Created(item) => {
            let mut headers = headers_of(&item);
            let path = request.path().trim_end_matches('/');
            if let Ok(location) = HeaderValue::from_str(&format!("{path}/{}", item.id)) {
                headers.insert(LOCATION, location);
            }
            (StatusCode::CREATED, headers, text(&item.value))
        }
        Outcome::Item(item) => (StatusCode::OK, headers_of(&item), text(&item.value)),
        Outcome::Deleted => (StatusCode::NO_CONTENT, HeaderMap::new(), Bytes::new()),
        Outcome::NotModified { version } => {
            let mut headers = HeaderMap::new();
            tag(&mut headers, version, target.id.is_none());
            (StatusCode::NOT_MODIFIED, headers, Bytes::new())
        }
    }
}

fn list(page: &Page, request: &LoggedRequest) -> Parts {
    let items: Vec<&Value> = page.items.iter().map(|item| &**item).collect();
    let body = Bytes::from(json!(items).to_string());
    let mut headers = json_headers();
    tag(&mut headers, page.version, true);
    headers.insert(
        HeaderName::from_static("x-total-count"),
        HeaderValue::from(page.total),
    );
    if let (Some(number), Some(limit)) = (page.number, page.limit)
        && let Ok(link) = HeaderValue::from_str(&links(page, number, limit, request))
        && !link.is_empty()
    {
        headers.insert(LINK, link);
    }
    (StatusCode::OK, headers, body)
}

/// First, previous, next and last page (RFC 8288).
fn links(page: &Page, number: usize, limit: usize, request: &LoggedRequest) -> String {
    let last = page.total.div_ceil(limit.max(1)).max(1);
    let mut link = String::new();
    for (relation, target) in [
        ("first", Some(1)),
        ("prev", number.checked_sub(1).filter(|n| *n > 0)),
        ("next", Some(number + 1).filter(|n| *n <= last)),
        ("last", Some(last)),
    ] {
        let Some(target) = target else { continue };
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in request.query() {
            if name == "_page" {
                query.append_pair(name, &target.to_string());
            } else {
                query.append_pair(name, value);
            }
        }
        if !link.is_empty() {
            link.push_str(", ");
        }
        let origin = format!("{}://{}", request.scheme(), request.authority());
        let path = request.head.uri.path();
        let _ = write!(
            link,
            "<{origin}{path}?{}>; rel=\"{relation}\"",
            query.finish()
        );
    }
    link
}

fn status_of(error: &ResourceError) -> StatusCode {
    match error {
        ResourceError::NotFound { .. } => StatusCode::NOT_FOUND,
        ResourceError::Conflict { .. } => StatusCode::CONFLICT,
        ResourceError::BadBody { .. } => StatusCode::BAD_REQUEST,
        ResourceError::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        ResourceError::Full { .. } | ResourceError::OutOfMemory(_) => {
            StatusCode::INSUFFICIENT_STORAGE
        }
    }
}

fn refusal(status: StatusCode, message: &str) -> Parts {
    let body = json!({"error": message}).to_string();
    (status, json_headers(), Bytes::from(body))
}

fn not_allowed(method: &Method, is_object: bool) -> Parts {
    let allowed = if is_object {
        ON_OBJECTS
    } else {
        ON_COLLECTIONS
    };
    let (status, mut headers, body) = if method == Method::OPTIONS {
        (StatusCode::NO_CONTENT, HeaderMap::new(), Bytes::new())
    } else {
        let kind = if is_object {
            "an object"
        } else {
            "a collection"
        };
        refusal(
            StatusCode::METHOD_NOT_ALLOWED,
            &format!("{method} is not for {kind}: use {allowed}"),
        )
    };
    headers.insert(ALLOW, HeaderValue::from_static(allowed));
    (status, headers, body)
}

fn headers_of(item: &Item) -> HeaderMap {
    let mut headers = json_headers();
    tag(&mut headers, item.version, false);
    headers
}

fn json_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers
}

/// A list's tag is weak: two lists of one version differ by their queries.
fn tag(headers: &mut HeaderMap, version: u64, weak: bool) {
    let weak = if weak { "W/" } else { "" };
    if let Ok(value) = HeaderValue::from_str(&format!("{weak}\"{version}\"")) {
        headers.insert(ETAG, value);
    }
}

fn text(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}
