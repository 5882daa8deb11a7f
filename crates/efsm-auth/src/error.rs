//! What can go wrong, by what the caller can do about it.

use efsm_core::OutOfMemory;
use efsm_jose::{JoseError, KeyError};

/// A user, a setting or a token that cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AuthError {
    #[error("the user has no name: give `username`")]
    UnnamedUser,
    #[error("the user's name is too long: use at most {limit} characters")]
    LongName { limit: usize },
    #[error(
        "the user `{user}` cannot have the claim `{claim}`: it is set when a token is made; leave it out, or issue a token in process with extra claims"
    )]
    ReservedClaim { user: String, claim: &'static str },
    #[error("claims must be a JSON object, and {found} was given")]
    ClaimsNotAnObject { found: &'static str },
    #[error("tokens must live for at least one second: give another `ttl_seconds`")]
    ZeroTtl,
    #[error("the secret cannot be used: {0}")]
    Secret(#[from] KeyError),
    #[error("the token cannot be made: {0}")]
    Token(#[from] JoseError),
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
}

/// Why a request for a token was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GrantError {
    #[error(
        "grant_type is missing: send password with a username, or client_credentials with a client_id"
    )]
    NoGrantType,
    #[error("the grant type '{grant_type}' is not supported: use password or client_credentials")]
    UnsupportedGrantType { grant_type: String },
    #[error("username is missing")]
    NoUsername,
    #[error("client_id is missing: send it in the body or by HTTP Basic authentication")]
    NoClient,
    #[error("the password of the user '{username}' is wrong or missing")]
    WrongPassword { username: String },
    #[error("the secret of the client '{client_id}' is wrong or missing")]
    WrongClientSecret { client_id: String },
    #[error("the scope has the character {bad:?}, which no scope may have")]
    BadScope { bad: char },
    #[error(transparent)]
    Token(#[from] JoseError),
}

/// Why a token is not believed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct InvalidToken {
    pub reason: JoseError,
}
