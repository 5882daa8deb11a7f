//! The plain REST contract: `/auth/oauth/...`, `/auth/users`, `/auth/issued`.

mod basic;
mod introspect;
mod issued;
mod oauth_error;
mod parameters;
pub mod rest;
mod token;
mod userinfo;
mod users;
