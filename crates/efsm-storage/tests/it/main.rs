//! The service through its two doors: HTTP, and the typed calls.

#![expect(
    clippy::unwrap_used,
    reason = "a test panics where something is not as it must be, in its helpers too"
)]

mod conditions;
mod contract;
mod faults;
mod isolation;
mod journal;
mod keys;
mod model;
mod ranges;
mod uploads;
mod world;
