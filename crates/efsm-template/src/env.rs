//! What a template needs from outside: the time, chance, the machine, keys and partials.

use std::sync::Arc;

use jiff::Zoned;

use crate::Template;

/// The world as a template sees it, lent for one rendering.
///
/// Every method but [`now`](Env::now) and [`random_u64`](Env::random_u64) has a default that knows
/// nothing and permits nothing.
pub trait Env {
    /// The present, in the zone that plays the system's: patterns without a zone show dates in it.
    fn now(&self) -> Zoned;

    /// 64 random bits.
    fn random_u64(&self) -> u64;

    /// What `hostname` prints.
    #[allow(clippy::unnecessary_literal_bound)] // A default; others borrow from themselves.
    fn hostname(&self) -> &str {
        "localhost"
    }

    /// What `systemValue` gives for a key.
    fn system_value(&self, source: SystemSource, key: &str) -> SystemValue {
        let _ = (source, key);
        SystemValue::Denied
    }

    /// Signs `header.payload` of a JSON Web Token; `None` when there is no key for the algorithm.
    fn sign_jwt(&self, algorithm: JwtAlgorithm, signing_input: &[u8]) -> Option<Vec<u8>> {
        let _ = (algorithm, signing_input);
        None
    }

    /// The `kid` that tokens of the algorithm carry.
    fn jwt_key_id(&self, algorithm: JwtAlgorithm) -> Option<String> {
        let _ = algorithm;
        None
    }

    /// The JSON Web Key Set that `jwks` prints.
    fn jwks(&self) -> Option<String> {
        None
    }

    /// A partial that the template does not define itself.
    fn partial(&self, name: &str) -> Option<Arc<Template>> {
        let _ = name;
        None
    }
}

/// Where `systemValue` looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemSource {
    /// An environment variable.
    Environment,
    /// A system property of the mock server.
    Property,
}

/// What [`Env::system_value`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemValue {
    /// The key may not be read.
    Denied,
    /// The key may be read and has no value.
    Absent,
    Present(String),
}

/// A signature algorithm of JSON Web Tokens (RFC 7518, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JwtAlgorithm {
    Hs256,
    Rs256,
}

impl JwtAlgorithm {
    /// Its name in a token's header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
        }
    }
}
