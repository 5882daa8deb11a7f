//! Stubs, their index, and what they answer: no sockets, no files, no clock of its own.

pub mod delay;
pub mod document;
pub mod import;
pub mod index;
pub mod mock;
pub mod near_miss;
pub mod pattern;
pub mod rank;
pub mod recording;
pub mod reply;
pub mod request;
pub mod resource;
pub mod response;
pub mod scenario;
pub mod sequence;
pub mod serve_event;
pub mod settings;
pub mod state;
pub mod stub;
pub mod templating;
