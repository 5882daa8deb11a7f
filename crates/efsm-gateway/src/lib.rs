//! The one port of a stack, and everything that belongs to no single service.
//!
//! A connection's journey: [`listener`] accepts it, [`detect`] looks at its first bytes, `connection`
//! speaks HTTP and hands each request to [`dispatch`], which names a service or a call of `control`.
//! Stacks of one process live in a [`Host`]; each is a [`Stack`]: a context, services, snapshots and a port.

mod aws;
mod connection;
mod control;
pub mod detect;
pub mod dispatch;
pub mod guard;
mod host;
#[cfg(test)]
mod hyper_beside;
mod lent;
pub mod listener;
pub mod plain_request;
mod snapshots;
mod stack;

pub use control::{clock_change, openapi};
pub use efsm_tls::TlsError;
pub use guard::Guard;
pub use host::{ForkError, ForkOptions, Host, Mcp, StartError, StartOptions};
pub use lent::{Adopted, ExtraListener};
pub use listener::{BindError, Preference};
pub use snapshots::{Snapshot, SnapshotInfo};
pub use stack::{Assembly, Stack};
