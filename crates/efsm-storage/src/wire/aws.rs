//! S3 requests. None is implemented yet, and each says so in S3's own words.

use efsm_core::{Body, Request, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::operations::Operations;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");

/// S3's `NotImplemented`.
pub(super) fn not_implemented(operations: &Operations, request: &Request) -> Response {
    let id = format!("{:016X}", operations.context().entropy().next_u64());
    let body = if request.head.method == Method::HEAD {
        Body::Empty
    } else {
        Body::from(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NotImplemented</Code><Message>A header or \
             operation that you provided implies functionality that is not implemented: use the plain REST calls \
             under /storage</Message><RequestId>{id}</RequestId></Error>"
        ))
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}
