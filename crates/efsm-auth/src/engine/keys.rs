//! The secret that signs and verifies.

use std::fmt;

use efsm_jose::{Algorithm, KeyError, SigningKey, VerifyingKey};

/// One HS256 secret, as text, so that it can be handed to a backend in a variable or a file.
#[derive(Clone)]
pub struct Keys {
    secret: String,
    signing: SigningKey,
    verifying: VerifyingKey,
}

impl Keys {
    /// The key is the UTF-8 bytes of `secret`.
    pub fn from_secret(secret: impl Into<String>) -> Result<Self, KeyError> {
        let secret = secret.into();
        let signing = SigningKey::hmac(Algorithm::Hs256, secret.as_bytes())?;
        let verifying = signing.verifying_key()?;
        Ok(Self {
            secret,
            signing,
            verifying,
        })
    }

    pub fn secret(&self) -> &str {
        &self.secret
    }

    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.signing.algorithm())
    }
}
