//! Templates from outside, through the crate's own door.

#![allow(clippy::unwrap_used)] // Everything here is a test.

mod helpers;
mod limits;
mod request;
mod support;
mod syntax;
mod wiremock;
