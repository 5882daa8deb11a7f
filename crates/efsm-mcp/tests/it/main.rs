//! The server as clients see it: over pipes and over HTTP, at both revisions of the protocol.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod agent;
mod cut;
mod files;
mod reading;
mod running;
mod safety;
mod tools;
mod wire;
