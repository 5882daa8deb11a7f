//! The auth service: tokens that a backend under test can verify, users with claims, and a log of both.
//!
//! | module | holds |
//! | --- | --- |
//! | [`engine`] | the state machine: issuer, keys, users, grants, tokens, their log |
//! | [`wire`] | the plain REST contract under `/auth` |
//! | [`service`] | the service of a stack, and its typed API |
//! | [`config`] | secret, lifetime, issuer, users |
//! | [`error`] | what can go wrong |
//!
//! ```
//! use efsm_auth::AuthService;
//! use efsm_core::Context;
//! use serde_json::json;
//!
//! let auth = AuthService::new(Context::default());
//! auth.add_user("alice", json!({"email": "alice@example.com", "roles": ["admin"]}))?;
//! let token = auth.issue_jwt("alice", json!({"aud": "shop"}))?;
//! let claims = auth.validate_jwt(&token)?;
//! assert_eq!(claims.subject(), Some("alice"));
//! assert_eq!(claims.text("email"), Some("alice@example.com"));
//! assert_eq!(auth.issued_tokens().len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod config;
pub mod engine;
pub mod error;
pub mod service;
pub mod wire;

/// How long a token lives unless the configuration says otherwise.
pub const DEFAULT_TTL_SECONDS: u64 = 3600;

/// The claim `iss` of a service that listens nowhere; with an address it is named after that.
pub const UNPLACED_ISSUER: &str = "efsm";

pub use config::AuthConfig;
pub use efsm_jose::Claims;
pub use engine::{GrantKind, GrantRequest, IssuedToken, User};
pub use error::{AuthError, GrantError, InvalidToken};
pub use service::AuthService;
