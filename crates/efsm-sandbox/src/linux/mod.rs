//! Linux: the helper's processes and the caller's side of them.

mod channel;
mod guardian;
mod helper;
mod locate;
mod processes;
mod program;
mod pump;
mod restrict;
mod run;
mod session;
mod supervisor;
mod sys;
mod tiers;
mod wire;

pub use helper::main_if_asked;
pub use run::run;
pub use tiers::available;
