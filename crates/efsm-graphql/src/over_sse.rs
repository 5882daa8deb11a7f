//! The events of graphql-sse's distinct connections mode
//! (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>): `next` with a response each, then `complete`.

use crate::api::Response;

/// The type and the data of an event that carries a response.
pub fn next(response: &Response) -> (&'static str, String) {
    ("next", response.to_json().to_string())
}

/// The event after which nothing comes; its data is empty, and must be there for clients to see it.
pub const COMPLETE: (&str, &str) = ("complete", "");
