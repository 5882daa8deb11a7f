//! The sandbox, from outside: what a caller sees, and what a command can and cannot do.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod basics;
mod deaths;
mod docker;
mod full_disk;
mod probes;
mod stack;
mod support;
mod unprivileged;
mod world;
