//! The issuer: a name, a key, and how long what it signs lives.

use efsm_core::Timestamp;
use efsm_jose::{Claims, Header, JoseError, Validation, decode, encode};
use serde_json::{Map, Value};

use crate::engine::{Grant, Keys, User};

/// Who signs tokens. Never changed in place: a stack's state shares it.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// The claim `iss`.
    pub name: String,
    /// Names under which the same key signed before: a fork has its parent's tokens, and an address of its own.
    pub former: Vec<String>,
    /// Seconds from `iat` to `exp`.
    pub ttl_seconds: u64,
    pub keys: Keys,
}

impl Issuer {
    /// The claims of a token for `grant`, made at `now`: the registered ones, then the user's.
    pub(crate) fn claims(
        &self,
        grant: &Grant,
        user: Option<&User>,
        now: Timestamp,
        jti: &str,
    ) -> Map<String, Value> {
        let iat = now.as_second();
        let ttl = i64::try_from(self.ttl_seconds).unwrap_or(i64::MAX);
        let mut claims = Map::new();
        let mut set = |name: &str, value: Value| {
            claims.insert(name.to_owned(), value);
        };
        set("iss", self.name.clone().into());
        set("sub", grant.subject.clone().into());
        set("iat", iat.into());
        set("exp", iat.saturating_add(ttl).into());
        // Without it two tokens of one second would be the same token.
        set("jti", jti.into());
        if let Some(client_id) = &grant.client_id {
            set("client_id", client_id.clone().into());
        }
        if !grant.scope.is_empty() {
            set("scope", grant.scope.clone().into());
        }
        for (name, value) in user.iter().flat_map(|user| &user.claims) {
            set(name, value.clone());
        }
        claims
    }

    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, JoseError> {
        let key = self.keys.signing();
        encode(&Header::jwt(key), claims, key)
    }

    /// The claims of a token that this issuer made and that is alive at `now`.
    pub(crate) fn validate(&self, token: &str, now: Timestamp) -> Result<Claims, JoseError> {
        let under = |name: &str| {
            let validation = Validation::at(now).with_issuer(name);
            decode(token, self.keys.verifying(), &validation)
        };
        match under(&self.name) {
            Err(refused @ JoseError::Issuer { .. }) => {
                let mut formers = self.former.iter();
                formers.find_map(|name| under(name).ok()).ok_or(refused)
            }
            validated => validated,
        }
    }

    /// The same issuer under another name; tokens of the former ones stay valid.
    pub(crate) fn renamed(&self, name: &str) -> Self {
        let mut former = self.former.clone();
        former.retain(|known| known != name);
        if self.name != name {
            former.push(self.name.clone());
        }
        Self {
            name: name.to_owned(),
            former,
            ..self.clone()
        }
    }
}
