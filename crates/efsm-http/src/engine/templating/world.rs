//! The world outside a template: time, chance, permitted variables, keys.

use std::sync::Arc;

use efsm_core::{Context, Entropy};
use efsm_javatext::JavaRegex;
use efsm_template::{Env, JwtAlgorithm, SystemSource, SystemValue};
use jiff::Zoned;
use jiff::tz::TimeZone;

/// Signs the tokens of the `jwt` helper; the stack's identity provider is one.
pub trait TokenSigner: Send + Sync {
    /// Signs `header.payload`; `None` when there is no key for the algorithm.
    fn sign(&self, algorithm: JwtAlgorithm, signing_input: &[u8]) -> Option<Vec<u8>>;

    /// The `kid` of the algorithm's key.
    fn key_id(&self, _algorithm: JwtAlgorithm) -> Option<String> {
        None
    }

    /// The public keys, as a JSON Web Key Set.
    fn jwks(&self) -> Option<String> {
        None
    }
}

/// What templates of one stack may know.
#[derive(Clone)]
pub struct World {
    pub(crate) now: Zoned,
    pub(crate) entropy: Entropy,
    /// Environment variables by name, and which names may be read.
    pub(crate) variables: fn(&str) -> Option<String>,
    pub(crate) permitted: Arc<[JavaRegex]>,
    pub(crate) signer: Arc<dyn TokenSigner>,
}

impl World {
    pub fn new(
        context: &Context,
        variables: fn(&str) -> Option<String>,
        permitted: Arc<[JavaRegex]>,
        signer: Arc<dyn TokenSigner>,
    ) -> Self {
        Self {
            now: context.now().to_zoned(TimeZone::UTC),
            entropy: context.entropy().clone(),
            variables,
            permitted,
            signer,
        }
    }
}

impl Env for World {
    fn now(&self) -> Zoned {
        self.now.clone()
    }

    fn random_u64(&self) -> u64 {
        self.entropy.next_u64()
    }

    fn system_value(&self, source: SystemSource, key: &str) -> SystemValue {
        let is_permitted = self
            .permitted
            .iter()
            .any(|pattern| pattern.matches(key).unwrap_or(false));
        if !is_permitted {
            return SystemValue::Denied;
        }
        // There is no Java machine and so there are no system properties.
        match source {
            SystemSource::Environment => {
                (self.variables)(key).map_or(SystemValue::Absent, SystemValue::Present)
            }
            SystemSource::Property => SystemValue::Absent,
        }
    }

    fn sign_jwt(&self, algorithm: JwtAlgorithm, signing_input: &[u8]) -> Option<Vec<u8>> {
        self.signer.sign(algorithm, signing_input)
    }

    fn jwt_key_id(&self, algorithm: JwtAlgorithm) -> Option<String> {
        self.signer.key_id(algorithm)
    }

    fn jwks(&self) -> Option<String> {
        self.signer.jwks()
    }
}
