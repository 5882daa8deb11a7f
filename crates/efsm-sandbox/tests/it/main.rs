//! The sandbox, from outside: what a caller sees, and what a command can and cannot do.
#![cfg(target_os = "linux")]

mod basics;
mod support;
