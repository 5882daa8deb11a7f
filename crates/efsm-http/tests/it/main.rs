//! The service as a gateway sees it: requests in, answers out.

mod admin;
mod behaviour;
mod journal;
mod matching;
mod outgoing;
mod properties;
mod resources;
mod root_dir;
mod support;
mod templates;
mod typed;
