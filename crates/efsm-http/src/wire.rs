//! The protocols: requests that stubs answer, and WireMock's admin API.

mod admin;
mod callback;
pub(crate) mod client;
mod json;
mod render;
mod serve;
mod stand_in;
mod static_files;
mod unmatched;
mod webhook;

pub(crate) use stand_in::to_real_host;

pub(crate) use json::pretty as pretty_json;
