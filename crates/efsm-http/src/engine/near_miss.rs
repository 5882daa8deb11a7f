//! Near misses: which stubs a request almost matched, and which requests a pattern almost did.

use std::sync::Arc;

use super::index::Index;
use super::pattern::Probe;
use super::stub::Stub;

/// How many are told.
pub const TOLD: usize = 3;

/// Stubs that are compared at most: each costs edit distances, and a request without a stub must not
/// become the slowest of all.
const COMPARED: usize = 5000;

/// A stub and how far a request was from it.
#[derive(Clone, Debug)]
pub struct NearMiss {
    pub stub: Arc<Stub>,
    pub distance: f64,
}

/// The nearest stubs, nearest first. A distance of 0 is no match yet: a stub may answer from another scenario state,
/// and two dates may be as near as they are and still in the wrong order.
pub fn of_request(stubs: &Index, probe: &Probe<'_>) -> Vec<NearMiss> {
    let mut misses: Vec<NearMiss> = stubs
        .iter()
        .take(COMPARED)
        .map(|stub| NearMiss {
            distance: stub.pattern.distance(probe),
            stub: stub.clone(),
        })
        .collect();
    misses.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    misses.truncate(TOLD);
    misses
}
