//! The protocols: requests that stubs answer, and WireMock's admin API.

mod admin;
mod json;
mod serve;
mod unmatched;
