//! The log of issued tokens, bounded; the oldest fall out and are still counted.

use std::sync::Arc;

use efsm_core::Detail as _;
use imbl::Vector;

use crate::engine::IssuedToken;

const MOST_ENTRIES: usize = 10_000;
const MOST_BYTES: usize = 32 << 20;

#[derive(Clone, Debug, Default)]
pub struct IssuedLog {
    entries: Vector<Arc<IssuedToken>>,
    size_bytes: usize,
}

impl IssuedLog {
    pub(crate) fn push(&mut self, token: Arc<IssuedToken>) {
        self.size_bytes += token.size_bytes();
        self.entries.push_back(token);
        while self.entries.len() > MOST_ENTRIES || self.size_bytes > MOST_BYTES {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.size_bytes -= oldest.size_bytes();
        }
    }

    /// Oldest first.
    pub fn entries(&self) -> &Vector<Arc<IssuedToken>> {
        &self.entries
    }

    pub fn size_bytes(&self) -> usize {
        self.size_bytes
    }
}
