//! Stubs, their index, and what they answer: no sockets, no files, no clock of its own.

pub mod document;
pub mod import;
pub mod index;
pub mod pattern;
pub mod rank;
pub mod reply;
pub mod request;
pub mod response;
pub mod serve_event;
pub mod state;
pub mod stub;
