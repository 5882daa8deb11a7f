//! The state of the service, and the operations on it.

use std::sync::Arc;

use super::index::Index;
use super::stub::Stub;

/// Everything that a snapshot of the service holds. The journal holds its serve events.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub stubs: Arc<Index>,
}

impl State {
    /// Adds a stub as the newest.
    pub fn add(&mut self, stub: Arc<Stub>) {
        Arc::make_mut(&mut self.stubs).insert(stub);
    }
}
