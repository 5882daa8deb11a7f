//! The whole stack through its one port.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod bad_input;
mod control;
mod faults;
mod interception;
mod isolation;
mod lent;
mod lifecycle;
mod pages;
mod protocols;
mod release;
mod support;
mod turns;
