//! The service as a gateway sees it: requests in, answers out.

mod admin;
mod support;
mod typed;
