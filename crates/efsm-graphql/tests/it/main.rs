//! One binary for all integration tests: ten would link ten times.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod execution;
mod http;
mod introspection;
mod limits;
mod mocking;
mod random_queries;
mod schema;
mod support;
mod syntax;
mod validation;
mod websocket;
