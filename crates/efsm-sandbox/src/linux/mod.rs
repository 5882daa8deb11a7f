//! Linux: the helper's processes and the caller's side of them.

mod cgroup;
mod channel;
mod docker;
mod filter;
mod guardian;
mod helper;
mod landlocked;
mod locate;
mod mountinfo;
mod mounts;
mod namespaces;
mod network;
mod processes;
mod program;
mod pump;
mod report;
mod restrict;
mod run;
mod scratch;
mod secrets;
mod session;
mod supervisor;
mod sys;
mod tiers;
mod wire;

pub use helper::main_if_asked;
pub use run::run;
pub use scratch::remove_leftovers;
pub use tiers::{available, report};
