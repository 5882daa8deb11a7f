//! What every service of a stack stands on. No sockets and no HTTP server live here.
//!
//! | module | holds |
//! | --- | --- |
//! | [`clock`] | the stack's one clock: system, frozen or moved; sleepers wake when it moves |
//! | [`entropy`] | the stack's one source of randomness and ids, seeded on request |
//! | [`journal`] | what happened, in the order in which it was applied |
//! | [`fault`] | rules that delay, break or replace answers on purpose |
//! | [`limits`] | every bound in one value, and the gauge of stored bytes |
//! | [`state`] | the gate and the cell: one consistent cut across services |
//! | [`service`] | the [`Service`] trait, its status, its snapshot [`Part`] |
//! | [`http`] | the request, response, body and upgrade that services see |
//! | [`context`] | all of the above, as one cheap handle |

pub mod clock;
pub mod context;
pub mod entropy;
pub mod fault;
pub mod http;
pub mod journal;
pub mod limits;
pub mod service;
pub mod state;

pub use clock::{Clock, ClockChange, ClockError, ClockState, Stopwatch, system_time};
pub use context::{Context, ContextSnapshot};
pub use entropy::Entropy;
pub use fault::{Effect, FaultRule, Faults};
pub use futures_util::future::BoxFuture;
pub use http::{
    Body, BodyError, Connection, Face, Io, KeptParts, Peer, Request, Response, SocketFault, Upgrade,
};
pub use jiff::{SignedDuration, Timestamp};
pub use journal::{Detail, Entry, Journal, Note};
pub use limits::{Limits, MemoryGauge, OutOfMemory};
pub use service::{FixedResponse, Part, ResetDepth, ResponseFuture, RestoreError, Service, Status};
pub use state::{Cut, Gate, StateCell};
