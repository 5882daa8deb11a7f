//! What the service lends to templates.

use std::sync::Arc;

use aws_lc_rs::hmac;
use efsm_javatext::JavaRegex;
use efsm_template::JwtAlgorithm;

use super::HttpService;
use crate::engine::templating::{TokenSigner, World};

/// Names that `systemValue` may read when nobody said otherwise, as in WireMock.
const PERMITTED: &str = "wiremock.*";

impl HttpService {
    /// Says who signs the tokens of the `jwt` helper; without it they are HS256 with a key of this service's own.
    pub fn sign_tokens_with(&self, signer: Arc<dyn TokenSigner>) {
        *self.0.signer.lock() = Some(Signer(signer));
    }

    /// The world as templates see it now.
    pub(crate) fn world(&self) -> World {
        let signer = {
            let mut held = self.0.signer.lock();
            let signer = held.get_or_insert_with(|| Signer(Arc::new(OwnKey::new(self))));
            signer.0.clone()
        };
        let permitted = self.0.permitted.get_or_init(|| {
            let patterns = &self.options().permitted_system_keys;
            if patterns.is_empty() {
                return JavaRegex::new(PERMITTED).into_iter().collect();
            }
            let compiled = patterns.iter().filter_map(|p| JavaRegex::new(p).ok());
            compiled.collect()
        });
        World::new(
            self.context(),
            |name| std::env::var(name).ok(),
            permitted.clone(),
            signer,
        )
    }
}

/// Whoever signs.
pub(super) struct Signer(Arc<dyn TokenSigner>);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

/// HS256 with a key that only this service knows.
struct OwnKey(hmac::Key);

impl OwnKey {
    fn new(service: &HttpService) -> Self {
        let mut secret = [0; 32];
        service.context().entropy().fill(&mut secret);
        Self(hmac::Key::new(hmac::HMAC_SHA256, &secret))
    }
}

impl TokenSigner for OwnKey {
    fn sign(&self, algorithm: JwtAlgorithm, signing_input: &[u8]) -> Option<Vec<u8>> {
        match algorithm {
            JwtAlgorithm::Hs256 => Some(hmac::sign(&self.0, signing_input).as_ref().to_vec()),
            JwtAlgorithm::Rs256 => None,
        }
    }
}
