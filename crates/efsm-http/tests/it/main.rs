//! The service as a gateway sees it: requests in, answers out.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has failed"
)]

mod admin;
mod behaviour;
mod journal;
mod matching;
mod outgoing;
mod properties;
mod resources;
mod root_dir;
mod specs;
mod support;
mod templates;
mod typed;
