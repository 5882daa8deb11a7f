//! The state machine: users, the issuer and its key, grants, the log of issued tokens. Takes `now` and
//! input, returns values; knows no HTTP.

pub mod grants;
pub mod issuer;
pub mod keys;
pub mod log;
pub mod state;
pub mod token;
pub mod user;

pub use grants::{Grant, GrantKind, GrantRequest};
pub use issuer::Issuer;
pub use keys::Keys;
pub use log::IssuedLog;
pub use state::{Counts, State};
pub use token::IssuedToken;
pub use user::User;
