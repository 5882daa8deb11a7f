//! Runs a command against a stack, in the strongest of three tiers that the machine offers, and says what was
//! really enforced.
//!
//! | module | holds |
//! | --- | --- |
//! | [`job`] | the command, its variables, its limits, the stacks that it reaches |
//! | [`policy`] | tiers, and which may be used |
//! | [`outcome`] | how it ended, and what was in force |
//! | [`orders`] | passing signals on, stopping, killing |
//! | `linux` | the helper's processes, the tiers, and the caller's side of them |
//!
//! A command is supervised by a helper: the efsm binary, run again. It is a process of one thread, because namespaces
//! can be entered by nothing else, and it ends everything that the command started, also when its caller is killed.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod error;
pub mod job;
#[cfg(target_os = "linux")]
mod linux;
pub mod orders;
pub mod outcome;
pub mod output;
pub mod policy;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{available, main_if_asked, remove_leftovers, report, run};
pub use error::SandboxError;
pub use job::{Job, JobLimits, StackPort, Stdin, inherited_env};
#[cfg(target_os = "linux")]
pub use linux::{available, main_if_asked, remove_leftovers, report, run};
pub use orders::{Orders, Steering, steering};
pub use outcome::{End, Enforced, Isolation, Lacking, Measure, Outcome, PassedOver, Written};
pub use output::{Chunk, Stream};
pub use policy::{Choice, Container, Policy, Tier, TierReport};
