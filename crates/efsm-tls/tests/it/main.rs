//! The authority as clients see it: rustls on both ends, in memory.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod handshake;
mod trust;
