//! How an auth service is set up.

use efsm_core::entropy;

use crate::engine::{Issuer, Keys, State, User};
use crate::{AuthError, DEFAULT_TTL_SECONDS, UNPLACED_ISSUER};

/// The settings; [`Default`] is what [`AuthService::new`](crate::AuthService::new) takes.
#[derive(Clone, PartialEq)]
pub struct AuthConfig {
    /// The HS256 secret, as text. `None` draws 256 bits from the operating system: a stack's seed must not
    /// decide a secret.
    pub secret: Option<String>,
    /// How long a token lives.
    pub ttl_seconds: u64,
    /// The claim `iss`. `None`: `{url}/auth` once the stack listens, which is where its documents are.
    pub issuer: Option<String>,
    pub users: Vec<User>,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            secret: None,
            ttl_seconds: DEFAULT_TTL_SECONDS,
            issuer: None,
            users: Vec::new(),
        }
    }
}

// The secret must not reach a log.
impl std::fmt::Debug for AuthConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthConfig")
            .field("ttl_seconds", &self.ttl_seconds)
            .field("issuer", &self.issuer)
            .field("users", &self.users.len())
            .finish_non_exhaustive()
    }
}

impl AuthConfig {
    pub(crate) fn into_state(self) -> Result<State, AuthError> {
        if self.ttl_seconds == 0 {
            return Err(AuthError::ZeroTtl);
        }
        let secret = self.secret.unwrap_or_else(random_secret);
        let mut state = State::new(Issuer {
            name: self.issuer.unwrap_or_else(|| UNPLACED_ISSUER.to_owned()),
            former: Vec::new(),
            ttl_seconds: self.ttl_seconds,
            keys: Keys::from_secret(secret)?,
        });
        for user in self.users {
            state.put_user(user.checked()?);
        }
        Ok(state)
    }
}

fn random_secret() -> String {
    efsm_jose::base64url::encode(entropy::system_bytes())
}
