//! The order in which stubs are tried.

use std::cmp::Reverse;

/// A stub's place among all: lower priority first, then the one that was added last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    pub priority: i32,
    pub added: Reverse<u64>,
}

/// The priority of a stub that names none.
pub const DEFAULT_PRIORITY: i32 = 5;
