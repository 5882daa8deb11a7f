//! Hrana's Protobuf schema, as the third version's specification prints it, and its conversions.
//!
//! Written by hand for prost's derive: the schema is small and frozen, and a build without `protoc` stays one. In
//! proto3 a message that is left out reads as its default; one of several kinds that is left out is refused,
//! because there is nothing it could mean.

pub mod http;
pub mod shared;
pub mod ws;

use super::error::ProtocolError;

/// A message without its kind, or without a part that it needs.
fn missing(what: &'static str) -> ProtocolError {
    ProtocolError::Protobuf(format!("{what} is missing or not known"))
}
